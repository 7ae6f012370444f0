//! `/proc/stat`: processor time (proc_stat(5), Documentation/filesystems/proc.rst).
//!
//! ```text
//! stat  = { cpu-line } other-lines
//! cpu   = "cpu" [id] user nice system idle [iowait irq softirq [steal [guest [guest_nice]]]]
//!
//! cpu  6131 0 4265 148702 999 0 110 21 0 0
//! cpu0 2410 0 1321 76305 62 0 8 3 0 0
//! intr 327434 0 0 0 ...
//! ```
//! The processors come first, so parsing ends at the first other line: `intr` alone can have tens
//! of kilobytes. Offline processors have no line, and time is in ticks of `USER_HZ`.

use super::text::{self, Fields};

/// Time of one processor, or of all, in ticks since boot.
///
/// `guest` and `guest_nice` are left out: the kernel counts them in `user` and `nice` already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// User space at normal priority.
    pub user: u64,
    /// User space at lowered priority.
    pub nice: u64,
    /// The kernel.
    pub system: u64,
    /// Nothing to do.
    pub idle: u64,
    /// Nothing to do with I/O outstanding; may go back. Zero before Linux 2.5.41.
    pub iowait: u64,
    /// Hardware interrupts.
    pub irq: u64,
    /// Software interrupts.
    pub softirq: u64,
    /// Time the hypervisor gave to others. Zero before Linux 2.6.11.
    pub steal: u64,
}

/// Times of all processors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stat {
    /// The `cpu` line; `None` when there is none.
    pub total: Option<Times>,
    /// Number and times of each processor online, in the kernel's order.
    pub cores: Vec<(u64, Times)>,
}

/// Parses into a kept struct; says whether the text went beyond the processors' lines.
///
/// `false` means that the text may be cut and more of the file is needed.
pub fn parse(stat_text: &[u8], stat: &mut Stat) -> bool {
    stat.total = None;
    stat.cores.clear();
    for line in text::lines(stat_text) {
        let Some(rest) = line.strip_prefix(b"cpu") else { return true };
        let mut fields = text::fields(rest);
        let aggregate = rest.first() == Some(&b' ');
        let id = if aggregate { Some(0) } else { fields.number() };
        let (Some(id), Some(times)) = (id, parse_times(&mut fields)) else { continue };
        if aggregate {
            stat.total = Some(times);
        } else {
            stat.cores.push((id, times));
        }
    }
    false
}

fn parse_times(fields: &mut Fields<'_>) -> Option<Times> {
    let mut next = || fields.number();
    Some(Times {
        user: next()?,
        nice: next()?,
        system: next()?,
        idle: next()?,
        iowait: next().unwrap_or(0),
        irq: next().unwrap_or(0),
        softirq: next().unwrap_or(0),
        steal: next().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Stat, bool) {
        let mut stat = Stat::default();
        let whole = parse(text.as_bytes(), &mut stat);
        (stat, whole)
    }

    #[test]
    fn every_number_of_columns_parses() {
        for (line, expected) in [
            ("cpu  1 2 3 4", Times { user: 1, nice: 2, system: 3, idle: 4, ..Times::default() }),
            (
                "cpu  1 2 3 4 5 6 7",
                Times {
                    user: 1,
                    nice: 2,
                    system: 3,
                    idle: 4,
                    iowait: 5,
                    irq: 6,
                    softirq: 7,
                    steal: 0,
                },
            ),
            (
                "cpu  1 2 3 4 5 6 7 8 1 2",
                Times {
                    user: 1,
                    nice: 2,
                    system: 3,
                    idle: 4,
                    iowait: 5,
                    irq: 6,
                    softirq: 7,
                    steal: 8,
                },
            ),
        ] {
            assert_eq!(parsed(line).0.total, Some(expected), "{line}");
        }
    }

    #[test]
    fn hot_plugged_processors_keep_their_numbers() {
        let (stat, whole) =
            parsed("cpu  4 0 0 4\ncpu0 2 0 0 2\ncpu3 2 0 0 2\nintr 5 1 2\ncpu9 1 1 1 1\n");
        assert!(whole);
        assert_eq!(stat.cores.iter().map(|core| core.0).collect::<Vec<_>>(), [0, 3]);
    }

    #[test]
    fn malformed_lines_cost_themselves() {
        for (text, cores) in [
            ("", 0),
            ("cpu", 0),
            ("cpu0 1 2", 0),
            ("cpux 1 2 3 4", 0),
            ("cpu0 1 2 3 99999999999999999999", 0),
            ("cpu0 1 2 3 4\ncpu1 1 -2 3 4\ncpu2 1 2 3 4", 2),
        ] {
            let (stat, whole) = parsed(text);
            assert_eq!((stat.cores.len(), stat.total, whole), (cores, None, false), "{text}");
        }
        assert!(parsed("garbage").1);
    }

    #[test]
    fn a_machine_of_480_processors_fits() {
        use std::fmt::Write as _;
        let mut text = String::from("cpu  1 1 1 1 1 1 1 1 1 1\n");
        for core in 0..480 {
            writeln!(text, "cpu{core} {core} 0 12345678 1234567890 0 0 0 0 0 0").unwrap();
        }
        text.push_str("intr 1\n");
        let (stat, whole) = parsed(&text);
        assert!(whole);
        assert_eq!(stat.cores.len(), 480);
        assert_eq!(stat.cores[479].1.user, 479);
    }
}
