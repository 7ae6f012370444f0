//! `/run/udev/data/b<major>:<minor>`: what udev found on a block device, without opening it again.
//!
//! ```text
//! line = type ":" key "=" value
//!
//! E:ID_SERIAL_SHORT=WD-WX21D9700001
//! E:ID_FS_TYPE=zfs_member
//! E:ID_FS_LABEL=tank
//! ```

use super::text;

/// The properties that count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Udev<'a> {
    /// Serial number.
    pub serial: Option<&'a [u8]>,
    /// The ZFS pool it is a member of.
    pub zfs_pool: Option<&'a [u8]>,
}

/// Parses the record.
pub fn parse(record: &[u8]) -> Udev<'_> {
    let property = |key: &[u8]| {
        text::lines(record).find_map(|line| {
            match text::split_once(b'=', line.strip_prefix(b"E:")?) {
                Some((name, value)) if name == key && !value.is_empty() => Some(value),
                _ => None,
            }
        })
    };
    let is_zfs = property(b"ID_FS_TYPE") == Some(b"zfs_member");
    Udev {
        serial: property(b"ID_SERIAL_SHORT"),
        zfs_pool: property(b"ID_FS_LABEL").filter(|_| is_zfs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_pool_only_on_a_member() {
        let member = parse(
            b"S:disk/by-id/x\nE:ID_SERIAL_SHORT=AB1\nE:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n",
        );
        assert_eq!(member, Udev { serial: Some(b"AB1"), zfs_pool: Some(b"tank") });
        assert_eq!(parse(b"E:ID_FS_TYPE=ext4\nE:ID_FS_LABEL=tank\n"), Udev::default());
        assert_eq!(parse(b"E:ID_SERIAL_SHORT=\nE:\nE\n\nID_SERIAL_SHORT=1"), Udev::default());
    }
}
