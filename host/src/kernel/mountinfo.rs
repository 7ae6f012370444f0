//! `/proc/<pid>/mountinfo`: the mount table (proc_pid_mountinfo(5)).
//!
//! ```text
//! line = id parent major:minor root mount-point options { optional } "-" type source super-options
//!
//! 27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw,errors=remount-ro
//! 36 27 0:32 / /srv/my\040share rw,relatime shared:7 - nfs4 nas:/export rw,vers=4.2
//! 21 20 0:53 / /mnt/test rw,relatime - tmpfs  rw
//! ```
//! Fields are separated by exactly one blank: an empty source gives two in a row. Blanks, tabs,
//! line ends and backslashes in names are written in octal.

use super::text;

/// One mount; names are as the file has them, see [`unescape`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Number of the mount, while it lasts.
    pub id: u64,
    /// The mount it is mounted on.
    pub parent: u64,
    /// Device number of the file system; major 0 where no block device is behind it.
    pub device: (u64, u64),
    /// The directory of the file system that is mounted; `/` unless it is a bind or a subvolume.
    pub root: &'a [u8],
    /// Where.
    pub mount_point: &'a [u8],
    /// File system type.
    pub fstype: &'a [u8],
    /// Source; may be empty.
    pub source: &'a [u8],
    /// Whether the mount or the file system is read-only.
    pub read_only: bool,
}

/// The mounts in the kernel's order, lines that do not parse left out.
pub fn parse(mountinfo: &[u8]) -> impl Iterator<Item = Mount<'_>> {
    text::lines(mountinfo).filter_map(parse_line)
}

fn parse_line(line: &[u8]) -> Option<Mount<'_>> {
    let mut fields = line.split(|byte| *byte == b' ');
    let (id, parent) = (text::number(fields.next()?)?, text::number(fields.next()?)?);
    let (major, minor) = text::split_once(b':', fields.next()?)?;
    let device = (text::number(major)?, text::number(minor)?);
    let (root, mount_point, options) = (fields.next()?, fields.next()?, fields.next()?);
    fields.find(|field| *field == b"-")?;
    let (fstype, source) = (fields.next()?, fields.next()?);
    let read_only = is_read_only(options) || fields.next().is_some_and(is_read_only);
    Some(Mount { id, parent, device, root, mount_point, fstype, source, read_only })
}

fn is_read_only(options: &[u8]) -> bool {
    options.split(|byte| *byte == b',').any(|option| option == b"ro")
}

/// A name with its octal escapes undone, as bytes. Allocates.
pub fn unescape(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((byte, tail)) = rest.split_first() {
        let octal = match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        plain.push(octal.unwrap_or(*byte));
        rest = if octal.is_some() { &rest[4..] } else { tail };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_fields_and_empty_sources_shift_nothing() {
        for (line, fstype, source) in [
            ("1 2 8:1 / / rw - ext4 /dev/sda1 rw", "ext4", "/dev/sda1"),
            ("1 2 8:1 / / rw shared:1 - ext4 /dev/sda1 rw", "ext4", "/dev/sda1"),
            ("1 2 8:1 / / rw shared:1 master:2 - ext4 /dev/sda1 rw", "ext4", "/dev/sda1"),
            ("21 20 0:53 / /mnt/test rw,relatime shared:212 - tmpfs  rw", "tmpfs", ""),
        ] {
            let mount = parse(line.as_bytes()).next().unwrap();
            assert_eq!((mount.fstype, mount.source), (fstype.as_bytes(), source.as_bytes()));
        }
    }

    #[test]
    fn read_only_is_told_by_the_mount_or_by_the_file_system() {
        for (line, read_only) in [
            ("1 2 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro", false),
            ("1 2 8:1 / / ro,relatime - ext4 /dev/sda1 rw", true),
            ("1 2 8:1 / / rw,relatime - ext4 /dev/sda1 ro,errors=remount-ro", true),
        ] {
            assert_eq!(parse(line.as_bytes()).next().unwrap().read_only, read_only, "{line}");
        }
    }

    #[test]
    fn malformed_lines_are_left_out() {
        for line in [
            "",
            "1 2 8:1 / / rw",
            "1 2 8:1 / / rw -",
            "1 2 8:1 / / rw - ext4",
            "x 2 8:1 / / rw - ext4 /dev/sda1 rw",
            "1 2 81 / / rw - ext4 /dev/sda1 rw",
        ] {
            assert_eq!(parse(line.as_bytes()).count(), 0, "{line}");
        }
    }

    #[test]
    fn escapes_are_undone_and_nothing_else() {
        for (name, plain) in [
            (r"/mnt/my\040disk", "/mnt/my disk"),
            (r"a\011b\012c\134d", "a\tb\nc\\d"),
            (r"C:\foo", r"C:\foo"),
            (r"\04", r"\04"),
            (r"\999", r"\999"),
            (r"\\foo", r"\\foo"),
        ] {
            assert_eq!(unescape(name.as_bytes()), plain.as_bytes(), "{name}");
        }
    }
}
