//! Processor, memory, tasks: the parts of a sample that every host has.

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::percent::Percent;

/// The operating system. Inventory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Os {
    /// `ID` of os-release: `debian`, `openwrt`; `linux` where there is no such file.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// `VERSION_ID` of os-release; empty on rolling distributions.
    #[serde(deserialize_with = "lenient")]
    pub version: String,
    /// Kernel release, as `uname -r`.
    #[serde(deserialize_with = "lenient")]
    pub kernel: String,
    /// Machine, as `uname -m`.
    #[serde(deserialize_with = "lenient")]
    pub arch: String,
}

/// Processor time over the last interval, of all cores together.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Cpu {
    /// Model name; empty where neither the kernel nor the device tree knows one. Inventory.
    #[serde(deserialize_with = "lenient")]
    pub brand: String,
    /// Logical processors online. Inventory.
    pub cores: Option<u32>,
    /// Share of time not idle; idle includes iowait.
    pub usage: Option<Percent>,
    /// The same for each core that is online, in the kernel's order.
    #[serde(deserialize_with = "lenient")]
    pub per_core: Vec<Percent>,
    /// Share of time in user space at normal priority.
    pub user: Option<Percent>,
    /// Share of time in the kernel.
    pub system: Option<Percent>,
    /// Share of time in user space at lowered priority.
    pub nice: Option<Percent>,
    /// Share of time idle with I/O outstanding.
    pub iowait: Option<Percent>,
    /// Share of time in hardware and software interrupts.
    pub irq: Option<Percent>,
    /// Share of time the hypervisor gave to others.
    pub steal: Option<Percent>,
    /// Mean clock of the cores, MHz; `None` where the kernel does not scale or tell it.
    pub frequency: Option<u32>,
}

/// Main memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Memory the kernel manages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// `total - available`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// What new work can get without swapping; estimated before Linux 3.14.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available: Option<u64>,
    /// `used` of `total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_percent: Option<Percent>,
    /// Block device buffers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffers: Option<u64>,
    /// Page cache and reclaimable slab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached: Option<u64>,
    /// Swap space; zero where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_total: Option<u64>,
    /// Swap space in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_used: Option<u64>,
    /// Memory that compressed swap (zram) itself takes; `None` without zram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zram_used: Option<u64>,
}

/// Mean number of runnable and uninterruptible tasks, two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadAverage {
    /// Over one minute.
    #[serde(deserialize_with = "lenient")]
    pub one: f64,
    /// Over five minutes.
    #[serde(deserialize_with = "lenient")]
    pub five: f64,
    /// Over fifteen minutes.
    #[serde(deserialize_with = "lenient")]
    pub fifteen: f64,
}

/// Tasks the kernel schedules, threads included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Processes {
    /// All tasks.
    #[serde(deserialize_with = "lenient")]
    pub total: u64,
    /// Tasks running or ready to run.
    #[serde(deserialize_with = "lenient")]
    pub running: u64,
}

/// Pressure stall information: how much of the time work waited for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pressure {
    /// Waiting for a processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Stall>,
    /// Waiting for memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Stall>,
    /// Waiting for I/O.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io: Option<Stall>,
}

/// Stalls of one resource, as shares of the last ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Stall {
    /// Some task waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub some_avg10: Option<Percent>,
    /// Every task waited; `None` for the processor before Linux 5.13.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_avg10: Option<Percent>,
}

/// The agent's own cost and luck, since it started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentCost {
    /// Version of the agent.
    #[serde(deserialize_with = "lenient")]
    pub version: String,
    /// Resident memory, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss: Option<u64>,
    /// Processor time over the last interval, of all cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<Percent>,
    /// Bytes written to servers, frames and TLS included.
    #[serde(deserialize_with = "lenient")]
    pub bytes_sent: u64,
    /// Connections lost and dialled again.
    #[serde(deserialize_with = "lenient")]
    pub reconnects: u64,
    /// Samples that found no room while a server was away.
    #[serde(deserialize_with = "lenient")]
    pub samples_dropped: u64,
    /// Bytes of samples waiting for a server.
    #[serde(deserialize_with = "lenient")]
    pub ring_bytes: u64,
}
