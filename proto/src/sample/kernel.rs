//! What the kernel counts since boot, and the tasks it has at hand.

use super::part::part;

part! {
    /// Counters grow from boot on; what they grew by between two samples is the reader's to say.
    #[derive(Copy, Eq)]
    pub struct Kernel in "kernel" {
        /// When the host booted, by the wall clock as it stands now; absent where nobody has set
        /// the clock since.
        pub boot_time: Option<u64> => gauge(UnixSeconds), public;
        /// Context switches.
        pub context_switches: Option<u64> => counter(Count), public;
        /// Interrupts served.
        pub interrupts: Option<u64> => counter(Count), public;
        /// Processes and threads created; starts over at 2^32 on a 32-bit kernel.
        pub forks: Option<u64> => counter(Count), public;
        /// Tasks running or ready to run.
        pub running: Option<u64> => gauge(Count), public;
        /// Tasks waiting for I/O.
        pub blocked: Option<u64> => gauge(Count), public;
        /// Processes killed for want of memory, since Linux 4.13.
        pub oom_kills: Option<u64> => counter(Count), public;
        /// Pages read from swap.
        pub pages_swapped_in: Option<u64> => counter(Count), public;
        /// Pages written to swap.
        pub pages_swapped_out: Option<u64> => counter(Count), public;
    }
}
