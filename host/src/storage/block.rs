//! Which physical disks lie under a file system: partitions, LVM, LUKS, md, btrfs and ZFS, from
//! sysfs and udev's notes alone. No block device is opened: that would wake a sleeping disk.
//!
//! A disk is what carries the bytes of this host and holds something (`size`): what has hardware
//! (`device`), but for the paths of a multipath device, which is the disk itself; and what lies on
//! nothing here, as network disks (rbd, drbd, nbd). Not loop, ram and zram devices or ZFS volumes,
//! not a drive for media, not the boot areas of an eMMC, not raw flash. What lies on something
//! (dm, md, bcache) ends at its members, as far as they carry what it holds.

use super::medium::Medium;
use super::members::{self, is_helper, is_image};
use super::mounts::Volume;
use crate::filter::Filter;
use crate::kernel::block;
use crate::kernel::{text, udev};
use crate::limits::{BLOCK_LAYERS_MAX, DISKS_MAX};
use crate::read::{Buffer, Root};

/// Devices that are no disk whatever they have.
const NO_DISKS: [&str; 8] = ["loop", "ram", "zram", "sr", "fd", "mtdblock", "ubiblock", "zd"];

/// Stands for the disk of what lies in a file: it is that of another file system.
const IN_A_FILE: usize = usize::MAX;

/// The part of a file system that lies on one disk: `part` of `of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) disk: usize,
    pub(crate) part: u64,
    pub(crate) of: u64,
}

/// All block devices and what they lie on.
#[derive(Debug, Default)]
pub(crate) struct BlockMap {
    pub(crate) disks: Vec<Medium>,
    nodes: Vec<Node>,
    /// Members of each btrfs.
    btrfs: Vec<Vec<String>>,
    /// Members of ZFS pools: pool and node.
    zfs: Vec<(String, usize)>,
}

/// Where to read, and which disks the owner wants to see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host<'a> {
    pub(crate) proc: &'a Root,
    pub(crate) sys: &'a Root,
    pub(crate) root: &'a Root,
    pub(crate) filter: &'a Filter,
}

#[derive(Debug)]
struct Node {
    name: String,
    sectors: u64,
    /// Name under `/dev/mapper`.
    mapper: Option<String>,
    device: (u64, u64),
    shares: Vec<Share>,
}

impl BlockMap {
    /// Reads the topology; `with_pools` also looks for members of ZFS pools.
    pub(crate) fn read(host: Host<'_>, with_pools: bool, buffer: &mut Buffer) -> Self {
        let (mut map, sys) = (Self::default(), host.sys);
        let mut names = sys.names("block");
        names.retain(|name| may_hold(name, sys, buffer));
        let paths = members::paths(&names, sys, buffer);
        names.retain(|name| {
            let path = paths.iter().find(|(_, whole)| whole == name);
            let is_path = paths.iter().any(|(path, _)| path == name);
            let is_disk = path.is_some() || !is_path && sys.exists(format!("block/{name}/device"));
            if is_disk {
                map.add_disk(name, path.map(|(path, _)| path.as_str()), host, buffer);
            }
            !is_disk && !is_path
        });
        for (path, whole) in &paths {
            let shares = map.named(whole).map(|node| node.shares.clone());
            map.add(path, shares.unwrap_or_default(), sys, buffer);
        }
        map.add_layers(&mut names, host, buffer);
        // What lies on nothing here carries its bytes itself.
        names.retain(|name| {
            let is_disk = !name.starts_with("dm-")
                && members::carriers(name, sys, host.proc, buffer).is_none();
            if is_disk {
                map.add_disk(name, None, host, buffer);
            }
            !is_disk
        });
        map.add_layers(&mut names, host, buffer);
        map.btrfs = sys
            .names("fs/btrfs")
            .iter()
            .map(|id| sys.names(format!("fs/btrfs/{id}/devices")))
            .filter(|members| members.len() > 1)
            .collect();
        if with_pools {
            map.read_pools(host.root, buffer);
        }
        map
    }

    /// Adds a disk the owner wants to see, while there is room; `path` leads to it.
    fn add_disk(&mut self, name: &str, path: Option<&str>, host: Host<'_>, buffer: &mut Buffer) {
        if self.disks.len() < DISKS_MAX && host.filter.allows(&block::plain(name)) {
            let mut medium = Medium::read(name, host.sys, host.root, buffer);
            if let Some(path) = path {
                medium.take(Medium::read(path, host.sys, host.root, buffer));
            }
            let share = Share { disk: self.disks.len(), part: 1, of: 1 };
            self.disks.push(medium);
            self.add(name, vec![share], host.sys, buffer);
        }
    }

    /// Adds what lies on something else: from the bottom up, until nothing new is understood.
    fn add_layers(&mut self, names: &mut Vec<String>, host: Host<'_>, buffer: &mut Buffer) {
        for _ in 0..BLOCK_LAYERS_MAX {
            let count = names.len();
            names.retain(|name| match self.shares_of_members(name, host, buffer) {
                Some(shares) => {
                    self.add(name, shares, host.sys, buffer);
                    false
                }
                None => true,
            });
            if names.len() == count {
                break;
            }
        }
    }

    fn named(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The disks under a volume; empty when it lies elsewhere or nobody knows.
    pub(crate) fn shares(&self, volume: &Volume) -> Vec<Share> {
        let mut shares = self.all_shares(volume);
        shares.retain(|share| share.disk != IN_A_FILE);
        shares
    }

    /// Whether a volume lies in a file of another one, LUKS or LVM between them or not.
    pub(crate) fn is_in_a_file(&self, volume: &Volume) -> bool {
        self.all_shares(volume).iter().any(|share| share.disk == IN_A_FILE)
    }

    fn all_shares(&self, volume: &Volume) -> Vec<Share> {
        if volume.fstype == "zfs" {
            let pool = volume.source.split('/').next().unwrap_or_default();
            let members: Vec<&Node> =
                self.zfs.iter().filter(|m| m.0 == pool).map(|m| &self.nodes[m.1]).collect();
            return spread(&members, 1, members.len());
        }
        let by_device = self.nodes.iter().find(|node| node.device == volume.device);
        let members: Vec<&Node> = match by_device {
            Some(node) => vec![node],
            // bcachefs names all its devices, with colons between.
            None => volume.storage.split(':').filter_map(|source| self.node(source)).collect(),
        };
        let [only] = members[..] else { return spread(&members, 1, members.len()) };
        let Some(group) = self.btrfs.iter().find(|group| group.contains(&only.name)) else {
            return only.shares.clone();
        };
        let members: Vec<&Node> =
            group.iter().filter_map(|name| self.nodes.iter().find(|n| n.name == *name)).collect();
        spread(&members, 1, members.len())
    }

    fn node(&self, source: &str) -> Option<&Node> {
        let name = source.strip_prefix("/dev/")?;
        let mapper = name.strip_prefix("mapper/");
        self.nodes.iter().find(|node| match mapper {
            Some(mapper) => node.mapper.as_deref() == Some(mapper),
            None => block::plain(&node.name) == name,
        })
    }

    /// Adds a device and its partitions.
    fn add(&mut self, name: &str, shares: Vec<Share>, sys: &Root, buffer: &mut Buffer) {
        let at = format!("block/{name}");
        let is_part =
            |part: &String| part.starts_with(name) && sys.exists(format!("{at}/{part}/partition"));
        for part in sys.names(&at).into_iter().filter(is_part) {
            let shares = shares.clone();
            self.add_node(part.clone(), &format!("{at}/{part}"), shares, sys, buffer);
        }
        self.add_node(name.to_owned(), &at, shares, sys, buffer);
    }

    fn add_node(
        &mut self,
        name: String,
        at: &str,
        shares: Vec<Share>,
        sys: &Root,
        buffer: &mut Buffer,
    ) {
        let device = sys.read(format!("{at}/dev"), buffer).and_then(block::parse_dev);
        let Some(device) = device else { return };
        let mapper = sys.text(format!("{at}/dm/name"), buffer);
        let sectors = sys.number(format!("{at}/size"), buffer).unwrap_or(0);
        self.nodes.push(Node { name, sectors, mapper, device, shares });
    }

    /// What a device lies on, when all that carries it is understood.
    fn shares_of_members(
        &self,
        name: &str,
        host: Host<'_>,
        buffer: &mut Buffer,
    ) -> Option<Vec<Share>> {
        let sys = host.sys;
        let names = members::carriers(name, sys, host.proc, buffer)?;
        if names.iter().all(|member| member.starts_with("loop")) {
            return Some(vec![Share { disk: IN_A_FILE, part: 1, of: 1 }]);
        }
        let find = |member: &String| self.named(member);
        let all: Vec<&Node> = names.iter().map(find).collect::<Option<_>>()?;
        let named = |node: &Node, is: fn(&str) -> bool| node.mapper.as_deref().is_some_and(is);
        let mut members = all.clone();
        members.retain(|node| !named(node, is_helper));
        if members.is_empty() {
            members = all;
        }
        if members.iter().all(|node| named(node, is_image)) {
            // The sizes tell a mirror from stripes and parity.
            let whole =
                sys.number(format!("block/{name}/size"), buffer).filter(|size| *size > 0)?;
            let each = members.iter().flat_map(|node| parts(&node.shares, node.sectors, whole));
            return Some(each.collect());
        }
        let level = sys.text(format!("block/{name}/md/level"), buffer);
        let (part, of) = level_share(level.as_deref(), members.len());
        Some(spread(&members, part, of))
    }

    fn read_pools(&mut self, root: &Root, buffer: &mut Buffer) {
        for (at, node) in self.nodes.iter().enumerate() {
            let (major, minor) = node.device;
            let record = root.read(format!("run/udev/data/b{major}:{minor}"), buffer);
            if let Some(pool) = record.and_then(|record| udev::parse(record).zfs_pool) {
                self.zfs.push((text::owned(pool), at));
            }
        }
    }
}

/// How much of what an array of `count` members holds lies on each: `part` of `of`.
fn level_share(level: Option<&str>, count: usize) -> (u64, usize) {
    match level {
        Some("raid1") => (1, 1),
        Some("raid4" | "raid5") => (1, count.saturating_sub(1).max(1)),
        Some("raid6") => (1, count.saturating_sub(2).max(1)),
        Some("raid10") => (2, count.max(2)),
        _ => (1, count),
    }
}

/// The shares of all members, each with `part` of `of` of the whole.
fn spread(members: &[&Node], part: u64, of: usize) -> Vec<Share> {
    let of = u64::try_from(of).unwrap_or(u64::MAX);
    members.iter().flat_map(|node| parts(&node.shares, part, of)).collect()
}

fn parts(shares: &[Share], part: u64, of: u64) -> impl Iterator<Item = Share> {
    shares.iter().map(move |share| Share {
        disk: share.disk,
        part: share.part.saturating_mul(part),
        of: share.of.saturating_mul(of),
    })
}

/// Whether a device may be a disk, or lie on one.
fn may_hold(name: &str, sys: &Root, buffer: &mut Buffer) -> bool {
    let is_boot_area =
        name.starts_with("mmcblk") && ["boot", "rpmb", "gp"].iter().any(|area| name.contains(area));
    if is_boot_area || NO_DISKS.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    sys.number(format!("block/{name}/size"), buffer).is_some_and(|size| size > 0)
        && sys.number(format!("block/{name}/hidden"), buffer) != Some(1)
}

#[cfg(test)]
mod tests;
