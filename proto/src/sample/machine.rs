//! Processor, memory, tasks: the parts of a sample that every host has.

use serde::Deserialize;

use super::part::part;
use crate::percent::Percent;

/// A machine's name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Arch(pub String);

part! {
    /// The operating system. Inventory.
    #[derive(Eq)]
    pub struct Os in "os" {
        /// `ID` of os-release: `debian`, `openwrt`; `linux` where there is no such file.
        pub name: String => plain, public;
        /// `VERSION_ID` of os-release; empty on rolling distributions.
        pub version: String => plain, public;
        /// Kernel release, as `uname -r`.
        pub kernel: String => plain, public;
        /// Machine, as `uname -m`.
        pub arch: Arch => plain, public;
    }
}

part! {
    /// Processor time over the last interval, of all cores together.
    pub struct Cpu in "cpu" {
        /// Model name; empty where neither the kernel nor the device tree knows one.
        pub brand: String => plain, inventory, public;
        /// Logical processors online.
        pub cores: Option<u32> => gauge(Count), inventory, public;
        /// Share of time not idle, of all cores together; waiting for I/O counts as idle.
        pub usage: Option<Percent> => gauge(Percent), public;
        /// Share of time not idle of each core that is online, in the kernel's order.
        pub per_core: Vec<Percent> =>
            each("core", Percent, "cpu.{core}.usage", core_numbers), public;
        /// The kernel's number of each core in `per_core`; left out where that is its place there,
        /// as it is while every core is online.
        pub core_numbers: Vec<u32> => plain, sparse, public;
        /// Share of time in user space at normal priority.
        pub user: Option<Percent> => gauge(Percent), public;
        /// Share of time in the kernel.
        pub system: Option<Percent> => gauge(Percent), public;
        /// Share of time in user space at lowered priority.
        pub nice: Option<Percent> => gauge(Percent), public;
        /// Share of time idle with I/O outstanding.
        pub iowait: Option<Percent> => gauge(Percent), public;
        /// Share of time in hardware and software interrupts.
        pub irq: Option<Percent> => gauge(Percent), public;
        /// Share of time the hypervisor gave to others; absent when it says more than passed.
        pub steal: Option<Percent> => gauge(Percent), public;
        /// Mean clock of the cores; absent where the kernel does not scale or tell it.
        pub frequency: Option<u32> => gauge(Megahertz), public;
    }
}

part! {
    /// Main memory, in bytes.
    #[derive(Copy, Eq)]
    pub struct Memory in "memory" {
        /// Memory the kernel manages.
        pub total: Option<u64> => gauge(Bytes), public;
        /// Memory in use: `total` less `available`.
        pub used: Option<u64> => gauge(Bytes), public;
        /// Memory that nothing uses, not even a cache.
        pub free: Option<u64> => gauge(Bytes), public;
        /// What new work can get without swapping; estimated before Linux 3.14.
        pub available: Option<u64> => gauge(Bytes), public;
        /// Share of the memory in use: `used` of `total`.
        pub usage_percent: Option<Percent> => gauge(Percent), public;
        /// Memory that buffers block devices.
        pub buffers: Option<u64> => gauge(Bytes), public;
        /// Memory in the page cache and in slab that can be reclaimed.
        pub cached: Option<u64> => gauge(Bytes), public;
        /// Swap space; zero where there is none.
        pub swap_total: Option<u64> => gauge(Bytes), public;
        /// Swap space in use.
        pub swap_used: Option<u64> => gauge(Bytes), public;
        /// Memory that compressed swap (zram) itself takes; absent without zram.
        pub zram_used: Option<u64> => gauge(Bytes), public;
    }
}

part! {
    /// Mean number of runnable and uninterruptible tasks, two decimals.
    #[derive(Copy)]
    pub struct LoadAverage in "load_average" {
        /// Mean over one minute of the tasks that run, want to or wait for a disk.
        pub one: f64 => gauge(Count), public;
        /// The same over five minutes.
        pub five: f64 => gauge(Count), public;
        /// The same over fifteen minutes.
        pub fifteen: f64 => gauge(Count), public;
    }
}

part! {
    /// Processes, and the tasks the kernel schedules for them and for itself.
    #[derive(Copy, Eq)]
    pub struct Processes in "processes" {
        /// Processes, the kernel's own among them; in a container those that it has.
        pub total: Option<u64> => gauge(Count), public;
        /// Tasks the kernel schedules: each process is one or more.
        pub threads: Option<u64> => gauge(Count), public;
        /// Tasks running or ready to run.
        pub running: u64 => gauge(Count), public;
        /// Processes that wait for something; this and what follows only where `processes.enabled`.
        pub sleeping: Option<u64> => gauge(Count), public;
        /// Processes that wait for a disk or the network and cannot be stopped.
        pub blocked: Option<u64> => gauge(Count), public;
        /// Processes that somebody has halted.
        pub stopped: Option<u64> => gauge(Count), public;
        /// Processes that have ended and whose parents have not asked how.
        pub zombies: Option<u64> => gauge(Count), public;
    }
}

part! {
    /// Pressure stall information: how much of the time work waited for a resource.
    #[derive(Copy, Eq)]
    pub struct Pressure in "pressure" {
        /// Waiting for a processor.
        pub cpu: Option<Stall> =>
            part(Stall, ["pressure.cpu.some_avg10", "pressure.cpu.full_avg10"]), public;
        /// Waiting for memory.
        pub memory: Option<Stall> =>
            part(Stall, ["pressure.memory.some_avg10", "pressure.memory.full_avg10"]), public;
        /// Waiting for I/O.
        pub io: Option<Stall> =>
            part(Stall, ["pressure.io.some_avg10", "pressure.io.full_avg10"]), public;
    }
}

part! {
    /// Stalls of one resource, as shares of the last ten seconds.
    #[derive(Copy, Eq)]
    pub struct Stall in "pressure" {
        /// Share of the last ten seconds in which some task waited for the resource.
        pub some_avg10: Option<Percent> => gauge(Percent), public;
        /// Share in which every task waited; absent for the processor before Linux 5.13.
        pub full_avg10: Option<Percent> => gauge(Percent), public;
    }
}

part! {
    /// The agent's own cost and luck, since it started.
    #[derive(Eq)]
    pub struct AgentCost in "agent" {
        /// Version of the agent.
        pub version: String => plain, public;
        /// Resident memory of the agent.
        pub rss: Option<u64> => gauge(Bytes), public;
        /// The agent's share of the time of all cores.
        pub cpu_percent: Option<Percent> => gauge(Percent), public;
        /// Collectors that are read less often for the agent's budget; absent where no processor
        /// time is bounded.
        pub slowed: Option<u64> => gauge(Count), public;
        /// Whether the agent takes more of a processor or of memory than its owner gives it; absent
        /// where he bounds neither.
        pub over_budget: Option<bool> => gauge(Switch), public;
        /// Bytes written to servers since the agent started, frames and TLS included.
        pub bytes_sent: u64 => counter(Bytes), public;
        /// Connections lost and dialled again since the agent started.
        pub reconnects: u64 => counter(Count), public;
        /// Samples that found no room while a server was away, since the agent started.
        pub samples_dropped: u64 => counter(Count), public;
        /// Bytes of samples waiting for a server.
        pub ring_bytes: u64 => gauge(Bytes), public;
        /// Days for which the certificate of the server that is reported to is good still, of
        /// several the first that ends; absent without TLS.
        pub certificate_days: Option<i32> => gauge(Count), public;
    }
}
