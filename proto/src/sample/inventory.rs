//! A sample on its way to the wire, with its inventory or without.
//!
//! Three structs hold inventory beside figures; they are written by hand here, everything else
//! is derived. An empty inventory text means "unknown" and is left out; lists are always written.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Cpu, Disk, DiskType, Sample};

/// A sample to be written, with or without the fields that rarely change.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The reading.
    pub sample: &'a Sample,
    /// Whether `os`, the CPU's brand and cores, and each disk's model, serial and type go along.
    pub inventory: bool,
}

impl Serialize for Sample {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Report { sample: self, inventory: true }.serialize(serializer)
    }
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (sample, inventory) = (self.sample, self.inventory);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("timestamp", &sample.timestamp)?;
        map.serialize_entry("hostname", &sample.hostname)?;
        if !sample.ip_addresses.is_empty() {
            map.serialize_entry("ip_addresses", &sample.ip_addresses)?;
        }
        if inventory {
            map.serialize_entry("os", &sample.os)?;
        }
        map.serialize_entry("cpu", &Part { value: &sample.cpu, inventory })?;
        map.serialize_entry("memory", &sample.memory)?;
        map.serialize_entry("disks", &Disks { disks: &sample.disks, inventory })?;
        map.serialize_entry("filesystems", &sample.filesystems)?;
        map.serialize_entry("network", &sample.network)?;
        optional(&mut map, "uptime", sample.uptime.as_ref())?;
        optional(&mut map, "load_average", sample.load_average.as_ref())?;
        optional(&mut map, "processes", sample.processes.as_ref())?;
        optional(&mut map, "users", sample.users.as_ref())?;
        optional(&mut map, "sockets", sample.sockets.as_ref())?;
        optional(&mut map, "conntrack", sample.conntrack.as_ref())?;
        optional(&mut map, "pressure", sample.pressure.as_ref())?;
        map.serialize_entry("temperatures", &sample.temperatures)?;
        map.serialize_entry("fans", &sample.fans)?;
        optional(&mut map, "battery", sample.battery.as_ref())?;
        optional(&mut map, "power", sample.power.as_ref())?;
        map.serialize_entry("wireless", &sample.wireless)?;
        optional(&mut map, "agent", sample.agent.as_ref())?;
        map.end()
    }
}

/// One struct of figures and inventory.
struct Part<'a, T> {
    value: &'a T,
    inventory: bool,
}

/// The disks, each a [`Part`].
struct Disks<'a> {
    disks: &'a [Disk],
    inventory: bool,
}

impl Serialize for Disks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inventory = self.inventory;
        serializer.collect_seq(self.disks.iter().map(|value| Part { value, inventory }))
    }
}

impl Serialize for Part<'_, Cpu> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cpu = self.value;
        let mut map = serializer.serialize_map(None)?;
        if self.inventory {
            text(&mut map, "brand", &cpu.brand)?;
            optional(&mut map, "cores", cpu.cores.as_ref())?;
        }
        optional(&mut map, "usage", cpu.usage.as_ref())?;
        map.serialize_entry("per_core", &cpu.per_core)?;
        optional(&mut map, "user", cpu.user.as_ref())?;
        optional(&mut map, "system", cpu.system.as_ref())?;
        optional(&mut map, "nice", cpu.nice.as_ref())?;
        optional(&mut map, "iowait", cpu.iowait.as_ref())?;
        optional(&mut map, "irq", cpu.irq.as_ref())?;
        optional(&mut map, "steal", cpu.steal.as_ref())?;
        optional(&mut map, "frequency", cpu.frequency.as_ref())?;
        map.end()
    }
}

impl Serialize for Part<'_, Disk> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let disk = self.value;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &disk.name)?;
        if self.inventory {
            text(&mut map, "model", &disk.model)?;
            text(&mut map, "serial", &disk.serial)?;
            if disk.disk_type != DiskType::Unknown {
                map.serialize_entry("disk_type", &disk.disk_type)?;
            }
        }
        optional(&mut map, "total", disk.total.as_ref())?;
        optional(&mut map, "used", disk.used.as_ref())?;
        optional(&mut map, "usage_percent", disk.usage_percent.as_ref())?;
        map.serialize_entry("mount_points", &disk.mount_points)?;
        optional(&mut map, "read_speed", disk.read_speed.as_ref())?;
        optional(&mut map, "write_speed", disk.write_speed.as_ref())?;
        optional(&mut map, "read_bytes", disk.read_bytes.as_ref())?;
        optional(&mut map, "write_bytes", disk.write_bytes.as_ref())?;
        optional(&mut map, "busy_percent", disk.busy_percent.as_ref())?;
        optional(&mut map, "wear_percent", disk.wear_percent.as_ref())?;
        map.end()
    }
}

fn optional<M: SerializeMap, T: Serialize>(
    map: &mut M,
    key: &'static str,
    value: Option<&T>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, value))
}

fn text<M: SerializeMap>(map: &mut M, key: &'static str, value: &str) -> Result<(), M::Error> {
    if value.is_empty() { Ok(()) } else { map.serialize_entry(key, value) }
}
