//! `/proc/diskstats`: block device counters (Documentation/admin-guide/iostats.rst).
//!
//! ```text
//! line = major minor name reads merged sectors ms writes merged sectors ms in-flight io-ms ...
//!
//!  179       0 mmcblk0 9183 2480 611418 41210 5120 6012 190330 88123 0 51230 129333
//!    8       0 sda 504 1 4418 162 59 240 50700 197 0 248 391 2 0 524290 6 8 25
//!    8       1 sda1 120 3800 44 352
//! ```
//! 14 fields up to Linux 4.17, 18 from 4.18, 20 from 5.5. The last form, seven fields, is what
//! kernels before 2.6.25 print of partitions: left out, as only whole disks count. A sector is 512
//! bytes whatever the disk's own size.

use super::text::{self, Fields};

/// One block device; its counters are parsed when asked for.
#[derive(Debug, Clone)]
pub struct DiskStat<'a> {
    /// Device number.
    pub device: (u64, u64),
    /// The name and what follows.
    rest: Fields<'a>,
}

/// All counters of one block device since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct All {
    /// Reads done.
    pub reads: u64,
    /// Reads merged with others.
    pub merged_reads: u64,
    /// Sectors read, of 512 bytes.
    pub sectors_read: u64,
    /// Milliseconds that reads took, together; wraps at 2^32.
    pub read_ms: u64,
    /// Writes done.
    pub writes: u64,
    /// Writes merged with others.
    pub merged_writes: u64,
    /// Sectors written.
    pub sectors_written: u64,
    /// Milliseconds that writes took, together; wraps at 2^32.
    pub write_ms: u64,
    /// Reads and writes in flight; zero where an old kernel counts below it.
    pub in_flight: u64,
    /// Milliseconds with I/O in flight; wraps at 2^32.
    pub busy_ms: u64,
    /// Milliseconds in flight, of all I/O together; wraps at 2^32.
    pub weighted_ms: u64,
}

/// Counters of one block device since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Sectors read, of 512 bytes.
    pub sectors_read: u64,
    /// Sectors written.
    pub sectors_written: u64,
    /// Milliseconds with I/O in flight; wraps at 2^32.
    pub busy_ms: u64,
}

/// The devices in the kernel's order, lines that do not parse left out.
pub fn parse(diskstats: &[u8]) -> impl Iterator<Item = DiskStat<'_>> {
    text::lines(diskstats).filter_map(|line| {
        let mut fields = text::fields(line);
        let device = (fields.number()?, fields.number()?);
        Some(DiskStat { device, rest: fields })
    })
}

impl<'a> DiskStat<'a> {
    /// Its kernel name.
    pub fn name(&self) -> Option<&'a [u8]> {
        self.rest.clone().next()
    }

    /// All its counters; `None` when the line is short or not made of numbers.
    pub fn all(&self) -> Option<All> {
        let mut fields = self.rest.clone();
        fields.pass(1)?; // name
        Some(All {
            reads: fields.number()?,
            merged_reads: fields.number()?,
            sectors_read: fields.number()?,
            read_ms: fields.number()?,
            writes: fields.number()?,
            merged_writes: fields.number()?,
            sectors_written: fields.number()?,
            write_ms: fields.number()?,
            in_flight: text::number(fields.next()?).unwrap_or_default(),
            busy_ms: fields.number()?,
            weighted_ms: fields.number()?,
        })
    }

    /// Its counters; `None` when the line is short or not made of numbers.
    pub fn counters(&self) -> Option<Counters> {
        let mut fields = self.rest.clone();
        fields.pass(3)?; // name, reads, merged
        let sectors_read = fields.number()?;
        fields.pass(3)?; // ms, writes, merged
        let sectors_written = fields.number()?;
        fields.pass(2)?; // ms, and those in flight, which went negative on old kernels
        Some(Counters { sectors_read, sectors_written, busy_ms: fields.number()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_14_18_and_20_fields_parse() {
        let text = b"   8       0 sda 1 2 3 4 5 6 7 8 0 9 10\n\
            104 0 cciss/c0d0 1 2 055711 4 5 6 7 8 -1 9 10 11 12 13 14\n\
            254 0 vda 1 2 30 4 5 6 70 8 0 90 10 11 12 13 14 15 16\n";
        let all: Vec<_> = parse(text).collect();
        assert_eq!(all[0].device, (8, 0));
        assert_eq!(all[1].device, (104, 0));
        let counters: Vec<_> = all.iter().map(|stat| stat.counters().unwrap()).collect();
        for (found, expected) in counters.iter().zip([(3, 7, 9), (55_711, 7, 9), (30, 70, 90)]) {
            let (sectors_read, sectors_written, busy_ms) = expected;
            assert_eq!(*found, Counters { sectors_read, sectors_written, busy_ms });
        }
    }

    #[test]
    fn all_counters_parse_whole_or_not_at_all() {
        let stat = |text: &'static [u8]| parse(text).next().unwrap();
        let whole = stat(b"104 0 cciss/c0d0 1 2 3 4 5 6 7 8 -1 9 10 11 12\n");
        assert_eq!(whole.name(), Some(&b"cciss/c0d0"[..]));
        let all = whole.all().unwrap();
        assert_eq!((all.reads, all.merged_reads, all.sectors_read, all.read_ms), (1, 2, 3, 4));
        assert_eq!((all.writes, all.merged_writes, all.sectors_written), (5, 6, 7));
        assert_eq!((all.write_ms, all.in_flight), (8, 0));
        assert_eq!((all.busy_ms, all.weighted_ms), (9, 10));
        assert_eq!(stat(b"8 1 sda1 1 2 3 4 5 6 7 8 0 9\n").all(), None, "short");
        assert_eq!(stat(b"8 1 sda1 1 2 x 4 5 6 7 8 0 9 10\n").all(), None);
    }

    #[test]
    fn short_and_broken_lines_are_left_out() {
        let text = b"\n8 1 sda1 120 3800 44 352\n8 0\nx y z 1 2 3 4 5 6 7 8 9 10 11\n\
            8 0 sda 1 2 99999999999999999999 4 5 6 7 8 0 9 10\n";
        assert_eq!(parse(text).filter_map(|stat| stat.counters()).count(), 0);
    }
}
