//! The processes that take most of the host.

use super::part::part;
use crate::percent::Percent;

part! {
    /// One process that takes more of the processor or of memory than most. Its figures are no
    /// metrics: which processes these are is another matter every minute.
    #[derive(Eq)]
    pub struct Process in "top.{process}" {
        /// What the kernel calls it: the first 15 bytes of the program's name.
        pub name: String => key("process");
        /// Its number.
        pub pid: u64 => plain;
        /// Its share of the time of all cores since the walk before; absent at its first.
        pub cpu_percent: Option<Percent> => plain;
        /// Memory of it that is resident, in bytes, what it shares with others too.
        pub memory_used: Option<u64> => plain;
    }
}
