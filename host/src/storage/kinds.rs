//! What kind of file system a mount is, by what the mount table says of it.

use crate::kernel::mountinfo::Mount;

/// Without a block device (major 0), the types that still have storage behind them; those of FUSE
/// are judged by [`fuse`].
const STORAGE_WITHOUT_DEVICE: [&[u8]; 28] = [
    b"9p",
    b"afs",
    b"bcachefs",
    b"beegfs",
    b"btrfs",
    b"ceph",
    b"cifs",
    b"coda",
    b"fuseblk",
    b"gfs2",
    b"glusterfs",
    b"gpfs",
    b"jffs2",
    b"lustre",
    b"nfs",
    b"nfs4",
    b"ocfs2",
    b"orangefs",
    b"panfs",
    b"prl_fs",
    b"simfs",
    b"smb3",
    b"smbfs",
    b"ubifs",
    b"vboxsf",
    b"virtiofs",
    b"vmhgfs",
    b"zfs",
];
/// FUSE daemons that hold nothing, and those that mount an image, which is full by nature.
const FUSE_WITHOUT_STORAGE: [&[u8]; 14] = [
    b"dwarfs",
    b"erofsfuse",
    b"fuse-overlayfs",
    b"fuseiso",
    b"gvfs-fuse-daemon",
    b"gvfsd-fuse",
    b"kio-fuse",
    b"lxcfs",
    b"portal",
    b"snapfuse",
    b"squashfuse",
    b"squashfuse_ll",
    b"sysboxfs",
    b"vmware-vmblock",
];
/// Images that are full by nature, and what only looks like a disk.
const IMAGES: [&[u8]; 7] =
    [b"squashfs", b"erofs", b"cramfs", b"romfs", b"iso9660", b"udf", b"devtmpfs"];
/// What container engines bind from the host's disk; other files are told by asking.
const CONTAINER_FILES: [&[u8]; 3] = [b"/etc/hosts", b"/etc/hostname", b"/etc/resolv.conf"];

/// What a mount is to a sum of space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It holds what no other mount holds.
    Storage,
    /// It shows what another mount or another host holds.
    View,
    /// It holds nothing of its owner's.
    Other,
}

/// The kind of a mount. A root is always storage: where else would the host be?
pub(super) fn of(mount: &Mount<'_>) -> Kind {
    let fstype = mount.fstype;
    if mount.mount_point == b"/" {
        return Kind::Storage;
    }
    if IMAGES.contains(&fstype) || CONTAINER_FILES.contains(&mount.mount_point) {
        return Kind::Other;
    }
    match fstype.strip_prefix(b"fuse").and_then(|rest| rest.strip_prefix(b".")) {
        Some(daemon) => return fuse(daemon, mount),
        None if fstype == b"fuse" => return fuse(b"", mount),
        None => {}
    }
    let is_snapshot = fstype == b"zfs" && mount.source.contains(&b'@');
    let has_device = mount.device.0 != 0 && mount.source != b"none";
    let is_held = has_device || STORAGE_WITHOUT_DEVICE.contains(&fstype);
    if fstype == b"overlay" || is_snapshot || !is_held {
        Kind::Other
    } else if is_loop(mount) || is_of_wsl(mount) {
        Kind::View
    } else {
        Kind::Storage
    }
}

/// A daemon shows what is elsewhere (a union, an encrypted folder, a cloud that makes up its size)
/// unless it drives a disk itself.
fn fuse(daemon: &[u8], mount: &Mount<'_>) -> Kind {
    let last = mount.mount_point.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let is_image = daemon.ends_with(b".AppImage") || last.starts_with(b".mount_");
    // Who gives no name holds settings or devices: Proxmox's /etc/pve.
    let is_nameless = daemon.is_empty() && mount.source == b"/dev/fuse";
    if is_image || is_nameless || FUSE_WITHOUT_STORAGE.contains(&daemon) {
        Kind::Other
    } else if is_loop(mount) || !mount.source.starts_with(b"/dev/") {
        Kind::View
    } else {
        Kind::Storage
    }
}

/// A file used as a disk: what it takes is used of the file system it lies in.
pub(super) fn is_loop(mount: &Mount<'_>) -> bool {
    mount.device.0 == 7 || mount.source.starts_with(b"/dev/loop")
}

/// The folders of drive C: that Windows lends, beside `/mnt/c`.
fn is_of_wsl(mount: &Mount<'_>) -> bool {
    let is_lent = mount.source == b"none" || mount.mount_point.starts_with(b"/usr/lib/wsl/");
    mount.fstype == b"9p" && is_lent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::mountinfo;

    fn kind(line: &str) -> Kind {
        of(&mountinfo::parse(format!("1 0 {line} rw").as_bytes()).next().unwrap())
    }

    #[test]
    fn a_root_is_storage_whatever_its_type() {
        for root in [
            "0:21 / / rw - simfs /dev/simfs",
            "0:21 / / rw - aufs none",
            "0:21 / / rw - overlay overlay",
            "0:2 / / rw - wslfs rootfs",
            "0:2 / / rw - lxfs rootfs",
            "0:21 / / rw - vmhgfs .host:/",
            "0:21 / / rw - gpfs fs1",
            "0:2 / / rw - rootfs rootfs",
            "7:0 / / ro - squashfs /dev/loop0",
            "0:40 / / rw - fuse.fuse-overlayfs fuse-overlayfs",
        ] {
            assert_eq!(kind(root), Kind::Storage, "{root}");
        }
    }

    #[test]
    fn a_view_is_told_from_storage_and_from_what_holds_nothing() {
        for (mount, expected) in [
            ("8:1 / /srv rw - ext4 /dev/sda1", Kind::Storage),
            ("8:1 / /srv rw - ext4 none", Kind::Other),
            ("0:40 /a /b rw - btrfs /dev/sdb", Kind::Storage),
            ("0:40 / /fs rw - gpfs fs1", Kind::Storage),
            ("8:17 / /ntfs rw - fuseblk /dev/sdb1", Kind::Storage),
            ("0:40 / /exfat rw - fuse.exfat /dev/sdb1", Kind::Storage),
            ("0:40 / /union rw - fuse.mergerfs a:b", Kind::View),
            ("0:40 / /mnt/user rw - fuse.shfs shfs", Kind::View),
            ("0:40 / /cloud rw - fuse.rclone crypt:x", Kind::View),
            ("0:40 / /far rw - fuse.sshfs me@host:/", Kind::View),
            ("0:40 / /enc rw - fuse.gocryptfs /srv/.enc", Kind::View),
            ("0:40 / /enc rw - fuse encfs", Kind::View),
            ("7:9 / /img rw - ext4 /dev/loop9", Kind::View),
            ("259:3 / /img rw - ext4 /dev/loop9p1", Kind::View),
            ("0:40 / /var/lib/docker rw - btrfs /dev/loop2", Kind::View),
            ("0:40 / /mnt/d rw - 9p D:\\134", Kind::Storage),
            ("0:40 / /usr/lib/wsl/drivers ro - 9p drivers", Kind::View),
            ("0:40 / /lent ro - 9p none", Kind::View),
            ("0:40 / /etc/pve rw - fuse /dev/fuse", Kind::Other),
            ("0:40 / /tmp/.mount_abCdEf ro - fuse.app app", Kind::Other),
            ("0:40 / /x ro - fuse.app.AppImage app.AppImage", Kind::Other),
            ("0:40 / /snap/x ro - fuse.squashfuse /dev/fuse", Kind::Other),
            ("0:40 / /merged rw - overlay overlay", Kind::Other),
            ("0:40 / /run rw - tmpfs tmpfs", Kind::Other),
            ("0:40 / /s ro - zfs tank/a@monday", Kind::Other),
            ("7:9 / /snap/x/1 ro - squashfs /dev/loop9", Kind::Other),
            ("8:1 /x /etc/hosts rw - ext4 /dev/sda1", Kind::Other),
        ] {
            assert_eq!(kind(mount), expected, "{mount}");
        }
    }
}
