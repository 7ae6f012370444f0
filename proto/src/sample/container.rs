//! Containers of the host.

use super::part::part;
use crate::percent::Percent;

part! {
    /// One container that runs, as its control group shows it.
    pub struct Container in "containers.{container}" {
        /// Its name where the control group has it, as with LXC and machined, or its engine is
        /// asked for it; else the first twelve digits of its id.
        pub name: String => key("container");
        /// Whose it is: `docker`, `podman`, `containerd`, `cri-o`, `lxc`, `machine`; `oci` where
        /// nothing tells.
        pub engine: String => label("engine");
        /// Whether it is frozen, as `docker pause` does.
        pub frozen: bool => gauge(Switch), sparse;
        /// Its share of the time of all cores; absent where the collector `cpu` is left out.
        pub cpu_percent: Option<Percent> => gauge(Percent);
        /// Cores that it kept busy: 0.25 is a quarter of one, 2.00 are two (`docker stats` shows
        /// 25 % and 200 %).
        pub cpu_cores: Option<f64> => gauge(Count);
        /// Memory in use, files that were not read for long not counted; absent where the kernel
        /// does not account for it.
        pub memory_used: Option<u64> => gauge(Bytes);
        /// Memory that it may use; absent where it has no limit of its own.
        pub memory_limit: Option<u64> => gauge(Bytes);
        /// Share in use of that limit.
        pub memory_percent: Option<Percent> => gauge(Percent);
        /// Bytes received over its interfaces since it was started; absent where it has the host's.
        pub rx_bytes: Option<u64> => counter(Bytes);
        /// Bytes sent, likewise.
        pub tx_bytes: Option<u64> => counter(Bytes);
        /// Bytes received a second.
        pub rx_speed: Option<u64> => gauge(BytesPerSecond);
        /// Bytes sent a second.
        pub tx_speed: Option<u64> => gauge(BytesPerSecond);
    }
}
