//! What of a sample changes rarely: told once, remembered by the other side.

use std::hash::{DefaultHasher, Hasher as _};

use serde::{Serialize, Serializer};

use super::field::{Scope, Terms};
use super::{Field, Sample};

/// A sample to be written, with or without the fields that rarely change.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The reading.
    pub sample: &'a Sample,
    /// Whether the inventory goes along.
    pub inventory: bool,
    /// How the server calls things.
    pub terms: &'static Terms,
    /// How many rows of each list, from its top.
    pub rows: usize,
}

impl<'a> Report<'a> {
    /// All of a sample, in our own terms.
    pub const fn whole(sample: &'a Sample) -> Self {
        Self { sample, inventory: true, terms: &Terms::OWN, rows: usize::MAX }
    }
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { sample, inventory, terms, rows } = *self;
        sample.write(serializer, &Scope { inventory, terms, rows, private: true })
    }
}

/// A sample to be written for anybody: the fields that say so, and no others.
#[derive(Debug, Clone, Copy)]
pub struct Public<'a>(pub &'a Sample);

impl Serialize for Public<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer, &Scope { private: false, ..Scope::ALL })
    }
}

impl Sample {
    /// A number that is the same for the same inventory.
    pub fn inventory_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash_inventory(false, &mut hasher);
        hasher.finish()
    }

    /// Takes over what an older reading says of the inventory, where this one says nothing.
    pub fn merge_inventory(&mut self, older: &Self) {
        self.absorb(older);
    }

    /// Cuts lists and texts to what a hub keeps of them, and gives back the room a decoder took in
    /// advance: a frame of 64 KiB can name twenty thousand empty disks, and each of them would take
    /// 300 bytes for as long as the host is known.
    pub fn bound(&mut self) {
        Field::bound(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Disk, DiskType, Interface};

    fn sample() -> Sample {
        let mut sample = Sample { hostname: "pi".into(), ..Sample::default() };
        sample.ip_addresses.push("192.0.2.1".into());
        sample.os.name = "debian".into();
        sample.cpu.brand = "Cortex".into();
        let (name, model, serial) = ("sda".into(), "M".into(), "S".into());
        let disk_type = DiskType::Ssd;
        sample.disks.push(Disk { name, model, serial, disk_type, ..Disk::default() });
        let (name, mac) = ("eth0".into(), Some("02:00".into()));
        sample.network.interfaces.push(Interface { name, mac, ..Interface::default() });
        sample
    }

    #[test]
    fn the_public_sees_what_says_so_and_nothing_else() {
        let text = serde_json::to_string(&Public(&sample())).unwrap();
        for word in ["serial", "mac", "ip_addresses"] {
            assert!(!text.contains(&format!("\"{word}\"")), "{word} in {text}");
        }
        let public: Sample = serde_json::from_str(&text).unwrap();
        assert_eq!((public.hostname.as_str(), public.cpu.brand.as_str()), ("pi", "Cortex"));
        assert_eq!((public.disks[0].model.as_str(), public.disks[0].serial.as_str()), ("M", ""));
        assert_eq!(public.network.interfaces[0].mac, None);
        assert!(public.ip_addresses.is_empty());
    }

    #[test]
    fn inventory_is_left_out_hashed_and_remembered() {
        let full = sample();
        let report = Report { inventory: false, ..Report::whole(&full) };
        let short = serde_json::to_string(&report).unwrap();
        for word in ["debian", "Cortex", "\"M\"", "\"S\"", "SSD"] {
            assert!(!short.contains(word), "{word} in {short}");
        }
        let mut read: Sample = serde_json::from_str(&short).unwrap();
        assert_ne!(read.inventory_hash(), full.inventory_hash());
        read.merge_inventory(&full);
        assert_eq!((read.inventory_hash(), read), (full.inventory_hash(), full.clone()));
        let changed = |change: fn(&mut Sample)| {
            let mut other = full.clone();
            change(&mut other);
            other.inventory_hash() != full.inventory_hash()
        };
        assert!(changed(|sample| sample.cpu.cores = Some(9)));
        assert!(changed(|sample| sample.disks[0].name = "sdb".into()));
        assert!(changed(|sample| sample.disks[0].disk_type = DiskType::Hdd));
        assert!(!changed(|sample| sample.hostname = "other".into()));
        assert!(!changed(|sample| sample.network.interfaces[0].name = "eth1".into()));
    }
}
