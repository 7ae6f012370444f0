//! Which mounts are file systems with storage behind them, each device once.
//!
//! Left out are the kernel's own file systems, images that are full by nature (squashfs and its
//! like: OpenWrt's `/rom`, snaps), overlays other than the root, mounts hidden under others, ZFS
//! snapshots and single files that are bound. Bind mounts, btrfs subvolumes and exports mounted
//! twice share a device and are one; the datasets of a ZFS pool that share its free space are one,
//! with their usage added up. A root that is OpenWrt's overlay has its space in `/overlay`, and the
//! two are one. What only an answer can tell (a file, a dataset with a quota) is settled in
//! [`super::rows`].

use std::ffi::CString;

use super::kinds::{self, Kind};
use crate::filter::Filter;
use crate::kernel::mountinfo::{self, Mount};
use crate::limits::{CANDIDATES_MAX, DEPTH_MAX, FILESYSTEMS_MAX, MOUNTS_MAX};

/// A file system in the sample, or what may become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) mount_point: String,
    pub(crate) source: String,
    pub(crate) fstype: String,
    pub(crate) read_only: bool,
    /// Its space is another's, and no sum has it.
    pub(crate) is_view: bool,
    /// Device number and source of the storage: another mount's for an overlay.
    pub(crate) device: (u64, u64),
    pub(crate) storage: String,
    /// What to ask for its space.
    pub(crate) path: CString,
    /// The same for mounts that may be one: those of a device, the datasets of a pool.
    pub(crate) group: usize,
    /// Whether an answer can show that it is none, or one with others.
    pub(crate) may_move: bool,
}

impl Volume {
    pub(crate) fn is_root(&self) -> bool {
        self.mount_point == "/"
    }

    /// The ZFS pool it is a dataset of.
    pub(crate) fn pool(&self) -> Option<&str> {
        (self.fstype == "zfs").then(|| self.source.split('/').next())?
    }
}

/// What is mounted, one for each file system of the sample, and a number that grows with every
/// other list.
#[derive(Debug, Default)]
pub(crate) struct Volumes {
    pub(crate) list: Vec<Volume>,
    pub(crate) generation: u64,
}

/// Chooses from the text of mountinfo what is to be asked, the best of each group first: the lowest
/// of a file system's mounts stands for it.
pub(crate) fn choose(mountinfo: &[u8], filter: &Filter) -> Vec<Volume> {
    // Room for all at once: what grows is taken from the kernel and given back at each doubling.
    let lines = mountinfo.iter().filter(|byte| **byte == b'\n').count();
    let mut mounts: Vec<Mount<'_>> = Vec::with_capacity(lines.min(MOUNTS_MAX));
    mounts.extend(mountinfo::parse(mountinfo).take(MOUNTS_MAX));
    drop_hidden(&mut mounts);
    let overlay = mounts.iter().find(|mount| mount.mount_point == b"/overlay").copied();
    // A host that lives in such a file itself has nothing else to count.
    let is_in_file = mounts.iter().any(|mount| mount.mount_point == b"/" && kinds::is_loop(mount));
    let mut ranked: Vec<Mount<'_>> = Vec::with_capacity(mounts.len());
    for mount in mounts.into_iter().filter(|mount| kinds::of(mount) != Kind::Other) {
        let at = ranked.partition_point(|other| rank(other) <= rank(&mount));
        ranked.insert(at, mount);
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut chosen = Vec::new();
    for mount in &ranked {
        let below = below_overlay(mount, overlay.as_ref()).unwrap_or(mount);
        let key = key(below);
        let number = groups.iter().position(|group| group.key == key).unwrap_or(groups.len());
        if number == groups.len() {
            groups.push(Group { key, is_whole: false, sources: Vec::new() });
        }
        if !groups[number].takes(mount) {
            continue;
        }
        let is_view = kinds::of(mount) == Kind::View && !(is_in_file && kinds::is_loop(mount));
        let volume = Volume { is_view, ..volume(mount, below, number) };
        if filter.allows(&volume.mount_point) && chosen.len() < CANDIDATES_MAX {
            chosen.push(volume);
        }
    }
    chosen
}

/// Mounts that may be one file system.
struct Group<'a> {
    key: Vec<u8>,
    /// A directory of its own root is among them: nothing else needs to be asked.
    is_whole: bool,
    /// Of those that are asked.
    sources: Vec<&'a [u8]>,
}

impl<'a> Group<'a> {
    /// Whether a mount is to be asked beside those before it. Of a pool that is each dataset; of a
    /// device the first one, and others while all may turn out to be files.
    fn takes(&mut self, mount: &Mount<'a>) -> bool {
        let is_wanted = match mount.fstype {
            b"zfs" => !self.sources.contains(&mount.source),
            _ => !self.is_whole,
        } && self.sources.len() < FILESYSTEMS_MAX;
        self.is_whole |= is_directory(mount);
        if is_wanted {
            self.sources.push(mount.source);
        }
        is_wanted
    }
}

/// Whether a mount is sure to be no file.
fn is_directory(mount: &Mount<'_>) -> bool {
    mount.root == b"/" || mount.fstype == b"btrfs" || mount.mount_point == b"/"
}

/// A later mount hides the earlier ones on the same place and below it, but for those on itself.
fn drop_hidden(mounts: &mut Vec<Mount<'_>>) {
    let parents: Vec<(u64, u64)> = mounts.iter().map(|m| (m.id, m.parent)).collect();
    let parent = |id: &u64| parents.iter().find(|pair| pair.0 == *id).map(|pair| pair.1);
    let lies_on = |mount: &Mount<'_>, other: u64| {
        let above = std::iter::successors(Some(mount.parent), parent);
        above.take(DEPTH_MAX).any(|id| id == other)
    };
    let mut later: Vec<(&[u8], u64)> = Vec::new();
    mounts.reverse();
    mounts.retain(|mount| {
        let path = mount.mount_point;
        let ends = (1..path.len()).filter(|end| path[*end] == b'/');
        let mut above = ends.filter_map(|end| place(&later, &path[..end]).ok());
        let is_below = above.any(|at| !lies_on(mount, later[at].1));
        match place(&later, path) {
            Ok(_) => false,
            Err(at) => {
                later.insert(at, (path, mount.id));
                !is_below
            }
        }
    });
    mounts.reverse();
}

/// Where a path is in this list, or belongs. A sorted list: a tree would be one kind of tree more
/// in the program, of 2 kB.
fn place(later: &[(&[u8], u64)], path: &[u8]) -> Result<usize, usize> {
    later.binary_search_by(|(other, _)| (*other).cmp(path))
}

/// What makes two mounts one file system.
fn key(mount: &Mount<'_>) -> Vec<u8> {
    let of = |kind: &[u8], name: &[u8]| [kind, b"\0", name].concat();
    if mount.fstype == b"zfs" {
        return of(b"zfs", mount.source.split(|byte| *byte == b'/').next().unwrap_or_default());
    }
    // Each mount of an export, or of a drive of Windows, may have a device number of its own.
    let is_export = mount.fstype.starts_with(b"nfs") || mount.fstype == b"cifs";
    if mount.device.0 == 0 && is_export {
        return of(b"net", mount.source);
    }
    if let (b"9p", [drive, b':', ..]) = (mount.fstype, mount.source) {
        return of(b"drive", &[drive.to_ascii_uppercase()]);
    }
    of(b"dev", format!("{}:{}", mount.device.0, mount.device.1).as_bytes())
}

/// OpenWrt's root: an overlay whose upper layer is the mount at `/overlay`.
fn below_overlay<'m, 'a>(
    mount: &Mount<'_>,
    overlay: Option<&'m Mount<'a>>,
) -> Option<&'m Mount<'a>> {
    overlay.filter(|_| mount.fstype == b"overlay" && mount.source == b"overlayfs:/overlay")
}

/// `/`, then a whole one, then the shortest.
fn rank<'a>(mount: &Mount<'a>) -> (bool, bool, usize, &'a [u8]) {
    let path = mount.mount_point;
    (path != b"/", mount.root != b"/", path.len(), path)
}

fn volume(mount: &Mount<'_>, below: &Mount<'_>, group: usize) -> Volume {
    let text = |name: &[u8]| String::from_utf8_lossy(&mountinfo::unescape(name)).into_owned();
    Volume {
        mount_point: text(mount.mount_point),
        source: text(mount.source),
        fstype: text(mount.fstype),
        read_only: mount.read_only,
        is_view: false,
        device: below.device,
        storage: text(below.source),
        // A mount point cannot hold a NUL.
        path: CString::new(mountinfo::unescape(mount.mount_point)).unwrap_or_default(),
        group,
        may_move: !is_directory(mount) || mount.fstype == b"zfs",
    }
}

#[cfg(test)]
mod tests;
