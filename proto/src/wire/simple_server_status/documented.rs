//! The documented members as they are made of a sample, by an agent and by a hub for its viewers.
//! A value the host cannot give is zero here: who reads this expects a number.

use super::{Cpu, Disk, Memory, Network, System};
use crate::sample::{self, Filesystem, Sample};
use crate::wire::go;

impl<'a> Cpu<'a> {
    pub(crate) fn of(sample: &'a Sample) -> Self {
        Self {
            percent: Some(sample.cpu.usage.unwrap_or_default()),
            cores: Some(sample.cpu.cores.unwrap_or_default()),
            model_name: sample.cpu.brand.as_str().into(),
        }
    }
}

impl Memory {
    pub(crate) fn of(memory: &sample::Memory) -> Self {
        Self {
            total: Some(memory.total.unwrap_or_default()),
            used: Some(memory.used.unwrap_or_default()),
            available: Some(memory.available.unwrap_or_default()),
            free: None,
            used_percent: Some(memory.usage_percent.unwrap_or_default()),
        }
    }
}

impl<'a> Disk<'a> {
    /// A file system with the rates of the disk it lies on.
    pub(crate) fn of(fs: &'a Filesystem, sample: &Sample) -> Self {
        let holds = |disk: &&sample::Disk| disk.mount_points.contains(&fs.mount_point);
        let below = sample.disks.iter().find(holds);
        Self {
            path: fs.mount_point.as_str().into(),
            total: Some(fs.total.unwrap_or_default()),
            used: Some(fs.used.unwrap_or_default()),
            free: Some(fs.free.unwrap_or_default()),
            used_percent: Some(fs.usage_percent.unwrap_or_default()),
            read_speed: Some(below.and_then(|disk| disk.read_speed).unwrap_or_default()),
            write_speed: Some(below.and_then(|disk| disk.write_speed).unwrap_or_default()),
        }
    }
}

impl<'a> Network<'a> {
    /// All interfaces together, under the name of the one that leads out.
    pub(crate) fn of(network: &'a sample::Network) -> Self {
        let first = network.interfaces.first().map(|interface| &interface.name);
        Self {
            interface_name: network.wan.as_ref().or(first).map_or("", String::as_str).into(),
            bytes_sent: Some(network.total_tx.unwrap_or_default()),
            bytes_recv: Some(network.total_rx.unwrap_or_default()),
            in_speed: Some(network.rx_speed.or(network.rx).unwrap_or_default()),
            out_speed: Some(network.tx_speed.or(network.tx).unwrap_or_default()),
        }
    }
}

impl<'a> System<'a> {
    pub(crate) fn of(sample: &'a Sample) -> Self {
        Self {
            hostname: sample.hostname.as_str().into(),
            os: "linux".into(),
            platform: sample.os.name.as_str().into(),
            arch: go::arch(&sample.os.arch.0).into(),
            kernel: sample.os.kernel.as_str().into(),
            uptime: Some(sample.uptime.unwrap_or_default()),
        }
    }
}
