//! Small attributes of block devices in `/sys/block/<name>` (Documentation/ABI/stable/sysfs-block).
//!
//! ```text
//! dev              8:0
//! mm_stat          136314880 27262976 28672000 0 30408704 1320 0 120 0    (zram)
//! device/life_time 0x01 0x02                                              (eMMC)
//! device/pre_eol_info 0x01                                                (eMMC)
//! device/vpd_pg80  00 80 00 0c "WD-WX21D97..."                            (SCSI, binary)
//! ```

use kinglet_proto::percent::Percent;

use super::text;

/// A device number, `major:minor`.
pub fn parse_dev(dev: &[u8]) -> Option<(u64, u64)> {
    let (major, minor) = text::split_once(b':', text::trim(dev))?;
    Some((text::number(major)?, text::number(minor)?))
}

/// Memory that a zram device takes, bytes: the third column; there are seven to nine.
pub fn parse_mm_stat(mm_stat: &[u8]) -> Option<u64> {
    text::fields(text::trim(mm_stat)).nth(2).and_then(text::number)
}

/// Life used up of an eMMC: the worse of its two areas, each a step of ten percent.
///
/// 1 is 0-10 % used and 10 is 90-100 %; 0 is "not told", 11 is past its life.
pub fn parse_life_time(life_time: &[u8]) -> Option<Percent> {
    let steps = text::fields(text::trim(life_time)).filter_map(text::hexadecimal);
    let worst = steps.max().filter(|step| (1..=11).contains(step))?;
    Some(Percent::of(worst.min(10), 10))
}

/// What is left of an eMMC's spare blocks: 1 normal, 2 warning (80 % are used), 3 urgent; 0 is "not
/// told".
pub fn parse_pre_eol(info: &[u8]) -> Option<u64> {
    text::hexadecimal(text::trim(info)).filter(|state| (1..=3).contains(state))
}

/// The serial number in a SCSI disk's unit serial number page.
pub fn parse_vpd_pg80(page: &[u8]) -> Option<String> {
    let (head, serial) = page.split_at_checked(4)?;
    let len = usize::from(head[2]) << 8 | usize::from(head[3]);
    let serial = text::owned(&serial[..len.min(serial.len())]);
    (head[1] == 0x80 && !serial.is_empty()).then_some(serial)
}

/// The name as users know it: sysfs writes a slash as an exclamation mark.
pub fn plain(name: &str) -> String {
    name.replace('!', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_parse_whole_or_not_at_all() {
        assert_eq!(parse_dev(b"179:0\n"), Some((179, 0)));
        assert_eq!(parse_dev(b"179"), None);
        assert_eq!(parse_mm_stat(b"  136 272 286 0 304 132 0 120 0\n"), Some(286));
        assert_eq!(parse_mm_stat(b"1 2"), None);
        for (text, percent) in [
            ("0x01 0x02\n", Some(20.0)),
            ("0x0a 0x01", Some(100.0)),
            ("0x0b 0x01", Some(100.0)),
            ("0x00 0x00", None),
            ("0xff 0x01", None),
            ("", None),
        ] {
            assert_eq!(parse_life_time(text.as_bytes()).map(Percent::get), percent, "{text}");
        }
    }

    #[test]
    fn what_an_emmc_does_not_tell_of_its_spare_blocks_is_absent() {
        for (text, state) in [("0x01\n", Some(1)), ("0x03", Some(3)), ("0x00", None), ("", None)] {
            assert_eq!(parse_pre_eol(text.as_bytes()), state, "{text}");
        }
        assert_eq!(parse_pre_eol(b"0xff"), None);
    }

    #[test]
    fn a_serial_is_as_long_as_its_page_says() {
        assert_eq!(parse_vpd_pg80(b"\0\x80\0\x06  AB12zz"), Some("AB12".into()));
        assert_eq!(parse_vpd_pg80(b"\0\x80\0\xffAB"), Some("AB".into()));
        assert_eq!(parse_vpd_pg80(b"\0\x83\0\x02AB"), None);
        assert_eq!(parse_vpd_pg80(b"\0\x80\0"), None);
        assert_eq!(parse_vpd_pg80(b"\0\x80\0\x02  "), None);
    }
}
