//! `/proc/mdstat` as Unraid's own driver writes it: a list of settings, a number for each disk.
//!
//! ```text
//! line = key [ "." number ] "=" value
//!
//! mdState=STARTED
//! diskName.2=md2p1
//! rdevName.2=sdd
//! ```
//! The kernel's own driver writes other lines, and has what lies below in sysfs.

use super::text;

/// The disk below `device`, which may be a whole one whose first partition is named.
pub fn disk_of<'a>(mdstat: &'a [u8], device: &str) -> Option<&'a [u8]> {
    let is_device = |name: &[u8]| {
        let rest = name.strip_prefix(device.as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"p"))
    };
    let number = values(mdstat, b"diskName.").find(|pair| is_device(pair.1))?.0;
    let disk = values(mdstat, b"rdevName.").find(|pair| pair.0 == number)?.1;
    (!disk.is_empty()).then_some(disk)
}

/// Pairs of number and value of a key.
fn values<'a>(mdstat: &'a [u8], key: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    let lines = text::lines(mdstat).filter_map(move |line| line.strip_prefix(key));
    lines.filter_map(|rest| text::split_once(b'=', text::trim(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_the_disk_of_its_number() {
        let text = b"sbName=/boot/config/super.dat\ndiskName.0=\nrdevName.0=sdb\n\
            diskName.1=md1p1\nrdevName.1=sdc\ndiskName.10=md10\nrdevName.10=sdk\n\
            diskName.2=md2\nrdevName.2=\n";
        for (device, disk) in
            [("md1", Some("sdc")), ("md10", Some("sdk")), ("md2", None), ("md3", None)]
        {
            assert_eq!(disk_of(text, device), disk.map(str::as_bytes), "{device}");
        }
        let other = b"Personalities : [raid1]\nmd1 : active raid1 sdb1[1] sda1[0]\n";
        assert_eq!(disk_of(other, "md1"), None);
        assert_eq!(disk_of(b"diskName.1\nrdevName.=x\n\n", "md1"), None);
    }
}
