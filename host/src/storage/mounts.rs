//! Which mounts are file systems with storage behind them, each device once.
//!
//! Left out are the kernel's own file systems, read-only images that are full by nature (squashfs
//! and its like: OpenWrt's `/rom`, snaps), overlays other than the root, mounts hidden under
//! others, ZFS snapshots, and the three files that container engines bind over `/etc`. Bind mounts,
//! btrfs subvolumes and exports mounted twice share a device and are one; the datasets of a ZFS
//! pool share its free space and are one, with their usage added up. A root that is OpenWrt's
//! overlay has its space in `/overlay`, and the two are one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;

use crate::filter::Filter;
use crate::kernel::mountinfo::{self, Mount};
use crate::limits::{FILESYSTEMS_MAX, MOUNTS_MAX};

/// Without a block device (major 0), the types that still have storage behind them; `fuse.` types
/// are judged by [`FUSE_WITHOUT_STORAGE`].
const STORAGE_WITHOUT_DEVICE: [&[u8]; 25] = [
    b"9p",
    b"afs",
    b"bcachefs",
    b"beegfs",
    b"btrfs",
    b"ceph",
    b"cifs",
    b"coda",
    b"fuse",
    b"fuseblk",
    b"gfs2",
    b"glusterfs",
    b"jffs2",
    b"lustre",
    b"nfs",
    b"nfs4",
    b"ocfs2",
    b"orangefs",
    b"prl_fs",
    b"smb3",
    b"smbfs",
    b"ubifs",
    b"vboxsf",
    b"virtiofs",
    b"zfs",
];
/// FUSE daemons that show what is elsewhere.
const FUSE_WITHOUT_STORAGE: [&[u8]; 6] = [
    b"fuse.lxcfs",
    b"fuse.gvfsd-fuse",
    b"fuse.gvfs-fuse-daemon",
    b"fuse.portal",
    b"fuse.snapfuse",
    b"fuse.vmware-vmblock",
];
/// Images that are full by nature, and what only looks like a disk.
const IMAGES: [&[u8]; 7] =
    [b"squashfs", b"erofs", b"cramfs", b"romfs", b"iso9660", b"udf", b"devtmpfs"];
/// What container engines bind from the host's disk.
const CONTAINER_FILES: [&[u8]; 3] = [b"/etc/hosts", b"/etc/hostname", b"/etc/resolv.conf"];

/// A file system in the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) mount_point: String,
    pub(crate) source: String,
    pub(crate) fstype: String,
    pub(crate) read_only: bool,
    /// Device number and source of the storage: another mount's for an overlay.
    pub(crate) device: (u64, u64),
    pub(crate) storage: String,
    /// What to ask for its space; the first is the volume, others are datasets of its pool.
    pub(crate) paths: Vec<CString>,
}

/// What is mounted, one for each file system of the sample, and a number that grows with every
/// other table.
#[derive(Debug, Default)]
pub(crate) struct Volumes {
    pub(crate) list: Vec<Volume>,
    pub(crate) generation: u64,
}

/// Chooses from the text of mountinfo; `/` first, then by mount point.
pub(crate) fn choose(mountinfo: &[u8], filter: &Filter) -> Vec<Volume> {
    let mut mounts: Vec<Mount<'_>> = mountinfo::parse(mountinfo).take(MOUNTS_MAX).collect();
    drop_hidden(&mut mounts);
    let overlay = mounts.iter().find(|mount| mount.mount_point == b"/overlay").copied();
    let mut chosen: BTreeMap<Vec<u8>, (Mount<'_>, Vec<Mount<'_>>)> = BTreeMap::new();
    for mount in mounts.into_iter().filter(is_storage) {
        let entry = chosen.entry(key(&mount, overlay.as_ref())).or_insert((mount, Vec::new()));
        if pool(&mount).is_some() {
            entry.1.push(mount);
        }
        if rank(&mount) < rank(&entry.0) {
            entry.0 = mount;
        }
    }
    let mut volumes: Vec<Volume> = chosen
        .into_values()
        .map(|(mount, datasets)| volume(&mount, &datasets, overlay.as_ref()))
        .filter(|volume| filter.allows(&volume.mount_point))
        .collect();
    volumes.sort_by(|one, other| {
        let rank = |volume: &Volume| volume.mount_point != "/";
        (rank(one), &one.mount_point).cmp(&(rank(other), &other.mount_point))
    });
    volumes.truncate(FILESYSTEMS_MAX);
    volumes
}

/// A later mount on the same place hides the earlier ones.
fn drop_hidden(mounts: &mut Vec<Mount<'_>>) {
    let mut seen = BTreeSet::new();
    mounts.reverse();
    mounts.retain(|mount| seen.insert(mount.mount_point));
    mounts.reverse();
}

fn is_storage(mount: &Mount<'_>) -> bool {
    let fstype = mount.fstype;
    if IMAGES.contains(&fstype) || CONTAINER_FILES.contains(&mount.mount_point) {
        return false;
    }
    if fstype == b"overlay" {
        return mount.mount_point == b"/";
    }
    if fstype.starts_with(b"fuse.") {
        return !FUSE_WITHOUT_STORAGE.contains(&fstype);
    }
    if fstype == b"zfs" && mount.source.contains(&b'@') {
        return false;
    }
    let has_device = mount.device.0 != 0 && mount.source != b"none";
    has_device || STORAGE_WITHOUT_DEVICE.contains(&fstype)
}

/// The ZFS pool of a dataset.
fn pool<'a>(mount: &Mount<'a>) -> Option<&'a [u8]> {
    (mount.fstype == b"zfs").then(|| mount.source.split(|byte| *byte == b'/').next())?
}

/// What makes two mounts one file system.
fn key(mount: &Mount<'_>, overlay: Option<&Mount<'_>>) -> Vec<u8> {
    let of = |kind: &[u8], name: &[u8]| [kind, b"\0", name].concat();
    if let Some(pool) = pool(mount) {
        return of(b"zfs", pool);
    }
    let below = below_overlay(mount, overlay).unwrap_or(mount);
    // Each mount of an export may have a device number of its own.
    if below.device.0 == 0 && (below.fstype.starts_with(b"nfs") || below.fstype == b"cifs") {
        return of(b"net", below.source);
    }
    of(b"dev", format!("{}:{}", below.device.0, below.device.1).as_bytes())
}

/// OpenWrt's root: an overlay whose upper layer is the mount at `/overlay`.
fn below_overlay<'m, 'a>(
    mount: &Mount<'_>,
    overlay: Option<&'m Mount<'a>>,
) -> Option<&'m Mount<'a>> {
    overlay.filter(|_| mount.fstype == b"overlay" && mount.source == b"overlayfs:/overlay")
}

/// The lowest of a file system's mounts stands for it: `/`, then a whole one, then the shortest.
fn rank(mount: &Mount<'_>) -> (bool, bool, usize) {
    (mount.mount_point != b"/", mount.root != b"/", mount.mount_point.len())
}

fn volume(mount: &Mount<'_>, datasets: &[Mount<'_>], overlay: Option<&Mount<'_>>) -> Volume {
    let text = |name: &[u8]| String::from_utf8_lossy(&mountinfo::unescape(name)).into_owned();
    // A mount point cannot hold a NUL.
    let path = |mount: &Mount<'_>| {
        CString::new(mountinfo::unescape(mount.mount_point)).unwrap_or_default()
    };
    let below = below_overlay(mount, overlay).unwrap_or(mount);
    let others = datasets.iter().filter(|other| other.mount_point != mount.mount_point);
    let mut seen = BTreeSet::from([mount.source]);
    let paths = others.filter(|other| seen.insert(other.source)).take(FILESYSTEMS_MAX).map(path);
    Volume {
        mount_point: text(mount.mount_point),
        source: text(mount.source),
        fstype: text(mount.fstype),
        read_only: mount.read_only,
        device: below.device,
        storage: text(below.source),
        paths: std::iter::once(path(mount)).chain(paths).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(mountinfo: &str) -> Vec<String> {
        let volumes = choose(mountinfo.as_bytes(), &Filter::default());
        volumes.iter().map(|v| format!("{} {} {}", v.mount_point, v.source, v.fstype)).collect()
    }

    #[test]
    fn each_device_counts_once_with_its_best_mount() {
        let table = r"
1 0 0:2 / / rw - rootfs rootfs rw
2 1 0:3 / /proc rw - proc proc rw
3 1 8:1 / /mnt/again rw - ext4 /dev/sda1 rw
4 1 8:1 / / rw - ext4 /dev/sda1 rw
5 1 8:1 /var/lib/x /srv rw - ext4 /dev/sda1 rw
6 1 0:40 /@home /home rw - btrfs /dev/sdb1 rw
7 1 0:40 /@snap /.snapshots rw - btrfs /dev/sdb1 rw
8 1 0:41 / /run rw - tmpfs tmpfs rw
9 1 7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro
10 1 0:50 / /mnt/a\040b rw - nfs4 nas:/x rw
11 1 0:51 / /mnt/c rw - nfs4 nas:/x rw
12 1 0:52 / /var/lib/docker/overlay2/5/merged rw - overlay overlay rw
13 1 0:53 / /proc/stat rw - fuse.lxcfs lxcfs rw
14 1 0:54 / /mnt/ssh rw - fuse.sshfs me@host:/ rw
15 1 0:55 / /media/auto rw - autofs systemd-1 rw
";
        assert_eq!(
            chosen(table),
            [
                "/ /dev/sda1 ext4",
                "/home /dev/sdb1 btrfs",
                "/mnt/c nas:/x nfs4",
                "/mnt/ssh me@host:/ fuse.sshfs"
            ]
        );
    }

    #[test]
    fn the_space_of_an_openwrt_root_is_its_overlays() {
        let table = "1 0 31:6 / /rom ro - squashfs /dev/root ro
2 0 0:14 / /overlay rw - ubifs /dev/ubi0_1 rw
3 0 0:15 / / rw - overlay overlayfs:/overlay rw,lowerdir=/
4 3 0:16 / /tmp rw - tmpfs tmpfs rw";
        let volumes = choose(table.as_bytes(), &Filter::default());
        assert_eq!(volumes.len(), 1);
        assert_eq!(volumes[0].source, "overlayfs:/overlay");
        assert_eq!((volumes[0].device, volumes[0].storage.as_str()), ((0, 14), "/dev/ubi0_1"));
    }

    #[test]
    fn a_container_has_its_root_only() {
        let table = "1 0 0:90 / / rw - overlay overlay rw,lowerdir=/a
2 1 8:1 /d/hosts /etc/hosts rw - ext4 /dev/sda1 rw
3 1 8:1 /d/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw";
        assert_eq!(chosen(table), ["/ overlay overlay"]);
    }

    #[test]
    fn a_pool_is_one_volume_and_asks_every_dataset_once() {
        let table = "1 0 0:30 / / rw - zfs rpool/ROOT/debian rw
2 1 0:31 / /home rw - zfs rpool/home rw
3 1 0:31 / /home2 rw - zfs rpool/home rw
4 1 0:32 / /home/.zfs/snapshot/a ro - zfs rpool/home@a ro
5 1 0:33 / /tank rw - zfs tank rw";
        let volumes = choose(table.as_bytes(), &Filter::default());
        let points: Vec<_> =
            volumes.iter().map(|v| (v.mount_point.as_str(), v.paths.len())).collect();
        assert_eq!(points, [("/", 2), ("/tank", 1)]);
    }

    #[test]
    fn a_mount_over_another_hides_it_and_the_owner_may_exclude() {
        let over = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /mnt rw - ext4 /dev/sda2 rw\n\
            3 1 8:3 / /mnt rw - ext4 /dev/sda3 rw";
        assert_eq!(chosen(over), ["/ /dev/sda1 ext4", "/mnt /dev/sda3 ext4"]);
        let filter = Filter { exclude: vec!["/mn*".into()], ..Filter::default() };
        assert_eq!(choose(over.as_bytes(), &filter).len(), 1);
    }
}
