//! What an NVMe disk tells of its health: log page 02h, 512 bytes, little-endian
//! (NVM Express Base Specification, "SMART / Health Information").
//!
//! ```text
//! page = warnings:1 kelvin:2 spare:1 threshold:1 used:1 26 read:16 written:16 32
//!        busy:16 cycles:16 hours:16 unsafe:16 errors:16 336        { bytes of each }
//!
//! 00 2a 01 64 0a 03 00 ...       healthy: 298 K, spare 100 %, at least 10 %, 3 % used
//! 01 46 01 05 0a 5f 00 ...       spare blocks low: 5 %, 95 % used
//! 04 36 01 64 05 ff 00 ...       unreliable: worn out more than twice
//! ```

/// What it says; counters are over its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Log {
    /// Bits: 1 spare blocks low, 2 temperature, 4 unreliable, 8 read-only, 16 no power for its
    /// memory, 32 persistent memory unreliable.
    pub warnings: u8,
    /// Spare blocks left, percent; `None` where it is more than all.
    pub spare: Option<u8>,
    /// Where that becomes a warning, percent.
    pub threshold: Option<u8>,
    /// Share of its rated life that is used up, percent; 255 for that and more.
    pub used: u8,
    /// Read by the host, in thousands of 512 bytes.
    pub units_read: u64,
    /// Written by the host, likewise.
    pub units_written: u64,
    /// How often it was switched on.
    pub power_cycles: u64,
    /// Hours it was on.
    pub power_on_hours: u64,
    /// How often its power went without a word before.
    pub unsafe_shutdowns: u64,
    /// Data that it could not give back, or not as they were.
    pub media_errors: u64,
}

/// Reads a page; `None` for one that is short, or that nobody has written.
pub fn parse(page: &[u8]) -> Option<Log> {
    let (first, _) = page.first_chunk::<512>()?.split_first()?;
    if page.iter().all(|byte| byte == first) {
        return None;
    }
    let percent = |at: usize| page.get(at).copied().filter(|percent| *percent <= 100);
    Some(Log {
        warnings: *first,
        spare: percent(3),
        threshold: percent(4),
        used: *page.get(5)?,
        units_read: number(page, 32)?,
        units_written: number(page, 48)?,
        power_cycles: number(page, 112)?,
        power_on_hours: number(page, 128)?,
        unsafe_shutdowns: number(page, 144)?,
        media_errors: number(page, 160)?,
    })
}

/// A number of 128 bits, at most what 64 have room for.
fn number(page: &[u8], at: usize) -> Option<u64> {
    let bytes = page.get(at..)?.first_chunk()?;
    Some(u64::try_from(u128::from_le_bytes(*bytes)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of these bytes at these places, and zeros.
    fn page(parts: &[(usize, &[u8])]) -> Vec<u8> {
        let mut page = vec![0; 512];
        for (at, bytes) in parts {
            page[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        page
    }

    #[test]
    fn each_figure_is_at_its_place() {
        let page = page(&[
            (0, b"\x05\x2a\x01\x64\x0a\x03"),
            (32, b"\x01\x02"),
            (48, b"\0\0\0\0\0\0\0\x80"),
            (64, b"\x77"), // commands, which nobody asks for
            (112, b"\x10"),
            (128, b"\x20\x4e"),
            (144, b"\x03"),
            (160, b"\x04"),
        ]);
        let due = Log {
            warnings: 5,
            spare: Some(100),
            threshold: Some(10),
            used: 3,
            units_read: 513,
            units_written: 1 << 63,
            power_cycles: 16,
            power_on_hours: 20_000,
            unsafe_shutdowns: 3,
            media_errors: 4,
        };
        assert_eq!(parse(&page), Some(due));
        let longer = [page.as_slice(), b"more"].concat();
        assert_eq!(parse(&longer), Some(due));
    }

    #[test]
    fn a_page_that_nobody_wrote_is_none() {
        for page in [vec![], vec![0; 511], vec![0; 512], vec![0xff; 512], vec![1; 100]] {
            assert_eq!(parse(&page), None, "{} bytes", page.len());
        }
    }

    #[test]
    fn what_is_too_much_is_absent_or_the_most_there_is() {
        let log = parse(&page(&[(3, b"\xff\x65\xff"), (128, &[0xff; 16])])).unwrap();
        assert_eq!((log.spare, log.threshold, log.used), (None, None, 255));
        assert_eq!((log.power_on_hours, log.unsafe_shutdowns), (u64::MAX, 0));
    }
}
