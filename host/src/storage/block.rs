//! Which physical disks lie under a file system: partitions, LVM, LUKS, md, btrfs and ZFS, from
//! sysfs and udev's notes alone. No block device is opened: that would wake a sleeping disk.
//!
//! A disk is what has hardware (`device`) and holds something (`size`): not loop, ram, zram, dm and
//! md devices, not a drive for media, not the boot areas of an eMMC, not raw flash.

use super::medium::Medium;
use super::mounts::Volume;
use crate::filter::Filter;
use crate::kernel::block;
use crate::kernel::{text, udev};
use crate::limits::{BLOCK_LAYERS_MAX, DISKS_MAX};
use crate::read::{Buffer, Root};

/// Devices that have a `device` link and are no disk all the same.
const NO_DISKS: [&str; 9] = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "mtdblock"];

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

#[derive(Debug)]
struct Node {
    name: String,
    /// Name under `/dev/mapper`.
    mapper: Option<String>,
    device: (u64, u64),
    shares: Vec<Share>,
}

impl BlockMap {
    /// Reads the topology; `with_pools` also looks for members of ZFS pools.
    pub(crate) fn read(
        sys: &Root,
        root: &Root,
        filter: &Filter,
        with_pools: bool,
        buffer: &mut Buffer,
    ) -> Self {
        let mut map = Self::default();
        let mut names = sys.names("block");
        names.retain(|name| {
            let is_disk = is_disk(name, sys, buffer);
            if is_disk && map.disks.len() < DISKS_MAX && filter.allows(&block::plain(name)) {
                let share = Share { disk: map.disks.len(), part: 1, of: 1 };
                map.disks.push(Medium::read(name, sys, root, buffer));
                map.add(name, vec![share], sys, buffer);
            }
            !is_disk
        });
        // What lies on something else: from the bottom up, until nothing new is understood.
        for _ in 0..BLOCK_LAYERS_MAX {
            names.retain(|name| match map.shares_of_members(name, sys, buffer) {
                Some(shares) => {
                    map.add(name, shares, sys, buffer);
                    false
                }
                None => true,
            });
        }
        map.btrfs = sys
            .names("fs/btrfs")
            .iter()
            .map(|id| sys.names(format!("fs/btrfs/{id}/devices")))
            .filter(|members| members.len() > 1)
            .collect();
        if with_pools {
            map.read_pools(root, buffer);
        }
        map
    }

    /// The disks under a volume; empty when it lies elsewhere or nobody knows.
    pub(crate) fn shares(&self, volume: &Volume) -> Vec<Share> {
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
        self.nodes.push(Node { name, mapper, device, shares });
    }

    /// What a device lies on, when all its members are understood.
    fn shares_of_members(&self, name: &str, sys: &Root, buffer: &mut Buffer) -> Option<Vec<Share>> {
        let names = sys.names(format!("block/{name}/slaves"));
        let find = |member: &String| self.nodes.iter().find(|node| node.name == *member);
        let members: Vec<&Node> = names.iter().map(find).collect::<Option<_>>()?;
        if members.is_empty() {
            return None;
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
    let shares = members.iter().flat_map(|node| &node.shares);
    shares
        .map(|share| Share {
            disk: share.disk,
            part: share.part.saturating_mul(part),
            of: share.of.saturating_mul(of),
        })
        .collect()
}

fn is_disk(name: &str, sys: &Root, buffer: &mut Buffer) -> bool {
    let is_boot_area =
        name.starts_with("mmcblk") && ["boot", "rpmb", "gp"].iter().any(|area| name.contains(area));
    if is_boot_area || NO_DISKS.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    sys.exists(format!("block/{name}/device"))
        && sys.number(format!("block/{name}/size"), buffer).is_some_and(|size| size > 0)
        && sys.number(format!("block/{name}/hidden"), buffer) != Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, minor: u64, shares: Vec<Share>) -> Node {
        Node { name: name.into(), mapper: None, device: (8, minor), shares }
    }

    fn volume(device: (u64, u64), storage: &str, fstype: &str) -> Volume {
        Volume {
            mount_point: "/".into(),
            source: storage.into(),
            fstype: fstype.into(),
            read_only: false,
            device,
            storage: storage.into(),
            is_view: false,
            path: c"/".into(),
            group: 0,
            may_move: false,
        }
    }

    fn whole(disk: usize) -> Share {
        Share { disk, part: 1, of: 1 }
    }

    #[test]
    fn a_mirror_holds_everything_twice_and_a_stripe_a_part_each() {
        assert_eq!(level_share(Some("raid1"), 2), (1, 1));
        assert_eq!(level_share(Some("raid5"), 4), (1, 3));
        assert_eq!(level_share(Some("raid6"), 4), (1, 2));
        assert_eq!(level_share(Some("raid10"), 4), (2, 4));
        assert_eq!(level_share(Some("raid5"), 1), (1, 1));
        assert_eq!(level_share(None, 3), (1, 3));
    }

    #[test]
    fn a_volume_is_found_by_number_name_members_or_pool() {
        let map = BlockMap {
            disks: Vec::new(),
            nodes: vec![
                node("sda1", 1, vec![whole(0)]),
                node("sdb1", 17, vec![whole(1)]),
                Node { mapper: Some("vg-lv".into()), ..node("dm-0", 99, vec![whole(1)]) },
                node("cciss!c0d0p1", 50, vec![whole(0)]),
            ],
            btrfs: vec![vec!["sda1".into(), "sdb1".into()]],
            zfs: vec![("tank".into(), 0), ("tank".into(), 1)],
        };
        let half = |disk| Share { disk, part: 1, of: 2 };
        for (device, storage, fstype, shares) in [
            ((8, 17), "/dev/root", "ext4", vec![half(0), half(1)]), // a member of the btrfs
            ((8, 99), "/dev/root", "ext4", vec![whole(1)]),
            ((0, 30), "/dev/mapper/vg-lv", "btrfs", vec![whole(1)]),
            ((0, 30), "/dev/sda1", "btrfs", vec![half(0), half(1)]),
            ((0, 30), "/dev/sda1:/dev/sdb1", "bcachefs", vec![half(0), half(1)]),
            ((0, 30), "/dev/cciss/c0d0p1", "ext4", vec![whole(0)]),
            ((0, 30), "tank/home", "zfs", vec![half(0), half(1)]),
            ((0, 30), "dozer", "zfs", vec![]),
            ((0, 30), "nas:/export", "nfs4", vec![]),
        ] {
            assert_eq!(map.shares(&volume(device, storage, fstype)), shares, "{storage}");
        }
    }
}
