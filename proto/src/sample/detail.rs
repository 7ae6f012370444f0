//! What telegraf's schema has of a host and no frame of ours carries.
//!
//! It is in the files that are read anyway; taking it out of them costs what it costs only where
//! somebody wants it. On a wire it would make every frame half as long again for figures that few
//! look at: so it is not written, and what another writes in its place is not read.

use std::hash::Hasher;

use serde::{Deserialize, Deserializer, Serializer};

use super::field::{Field, Scope};
use crate::limits::INGEST_LIST_MAX;

/// The detail of a sample; nothing where nobody asked for it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detail(Option<Box<Figures>>);

/// The figures in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figures {
    /// Shares of the last interval: of all processors together, then of each that is online.
    pub cpus: Vec<CpuShares>,
    /// Processors that are no threads of others; `None` where the kernel does not tell.
    pub physical_cores: Option<u64>,
    /// Names among the users of login sessions.
    pub distinct_users: Option<u64>,
    /// Lines of meminfo.
    pub memory: MemoryDetail,
    /// Disks, their partitions and what lies on them, in the kernel's order.
    pub block_devices: Vec<BlockDevice>,
}

/// Where one processor's time went, in percent; their sum is 100.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CpuShares {
    /// Its number; `None` for all together.
    pub core: Option<u32>,
    /// User space at normal priority, guests apart.
    pub user: f64,
    /// The kernel.
    pub system: f64,
    /// Nothing to do.
    pub idle: f64,
    /// User space at lowered priority, guests apart.
    pub nice: f64,
    /// Nothing to do with I/O outstanding.
    pub iowait: f64,
    /// Hardware interrupts.
    pub irq: f64,
    /// Software interrupts.
    pub softirq: f64,
    /// The hypervisor gave it to others.
    pub steal: f64,
    /// Guests at normal priority. Since Linux 2.6.24.
    pub guest: f64,
    /// Guests at lowered priority. Since Linux 2.6.33.
    pub guest_nice: f64,
}

/// Lines of meminfo, in bytes; `None` where the kernel does not print one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryDetail {
    /// Used lately.
    pub active: Option<u64>,
    /// Not used lately.
    pub inactive: Option<u64>,
    /// The kernel's own structures.
    pub slab: Option<u64>,
    /// Of them, what it gives back under pressure.
    pub slab_reclaimable: Option<u64>,
    /// Of them, what it does not.
    pub slab_unreclaimable: Option<u64>,
    /// Shared memory and tmpfs.
    pub shared: Option<u64>,
    /// Files mapped into memory.
    pub mapped: Option<u64>,
    /// Page tables.
    pub page_tables: Option<u64>,
    /// Waits to be written to disk.
    pub dirty: Option<u64>,
    /// Is being written to disk.
    pub write_back: Option<u64>,
    /// FUSE's buffers for that.
    pub write_back_tmp: Option<u64>,
    /// What may be promised to programs where overcommitting is forbidden.
    pub commit_limit: Option<u64>,
    /// What is promised to programs.
    pub committed: Option<u64>,
    /// In swap and in memory still.
    pub swap_cached: Option<u64>,
}

/// Counters of one block device since boot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlockDevice {
    /// Kernel name: `sda`, `sda1`, `dm-0`.
    pub name: String,
    /// Reads done.
    pub reads: u64,
    /// Writes done.
    pub writes: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
    /// Milliseconds that reads took, together.
    pub read_ms: u64,
    /// Milliseconds that writes took, together.
    pub write_ms: u64,
    /// Milliseconds with I/O in flight.
    pub busy_ms: u64,
    /// Milliseconds in flight, of all I/O together.
    pub weighted_ms: u64,
    /// Reads and writes in flight now.
    pub in_flight: u64,
    /// Reads merged with others.
    pub merged_reads: u64,
    /// Writes merged with others.
    pub merged_writes: u64,
    /// Share of the last interval with I/O in flight, percent; `None` in the first sample.
    pub busy_percent: Option<f64>,
    /// Milliseconds that one read or write took, of the last interval; `None` without any.
    pub await_ms: Option<f64>,
    /// Milliseconds that the device was busy for one.
    pub service_ms: Option<f64>,
}

impl Detail {
    /// The figures, if there are any.
    pub fn get(&self) -> Option<&Figures> {
        self.0.as_deref()
    }

    /// The figures, to be filled.
    pub fn get_mut(&mut self) -> &mut Figures {
        self.0.get_or_insert_default()
    }
}

/// It is never written and says nothing to anybody who reads frames.
impl Field for Detail {
    #[cfg(test)]
    fn full() -> Self {
        Self::default()
    }

    fn is_absent(&self) -> bool {
        true
    }

    fn write<S: Serializer>(&self, to: S, _scope: &Scope) -> Result<S::Ok, S::Error> {
        to.serialize_none()
    }

    fn bound(&mut self) {
        if let Some(figures) = &mut self.0 {
            figures.cpus.truncate(INGEST_LIST_MAX);
            figures.block_devices.truncate(INGEST_LIST_MAX);
            figures.block_devices.iter_mut().for_each(|device| device.name.bound());
        }
    }

    fn hash_inventory<H: Hasher>(&self, _all: bool, _hasher: &mut H) {}
}

impl<'de> Deserialize<'de> for Detail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self::default())
    }
}
