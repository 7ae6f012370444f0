//! `/proc/stat`: processor time, and what the kernel counts since boot (proc_stat(5),
//! Documentation/filesystems/proc.rst).
//!
//! ```text
//! stat  = { cpu-line } intr-line { other-line }
//! cpu   = "cpu" [id] user nice system idle [iowait irq softirq [steal [guest [guest_nice]]]]
//! intr  = "intr" sum { of-one-interrupt }
//! other = ("ctxt" | "btime" | "processes" | "procs_running" | "procs_blocked") number
//!
//! cpu  6131 0 4265 148702 999 0 110 21 0 0
//! cpu0 2410 0 1321 76305 62 0 8 3 0 0
//! intr 327434 0 0 0 ...
//! ctxt 533510
//! ```
//! Processors come first, and the offline have no line. `intr` can have tens of kilobytes, for the
//! most part zeros: what stands behind it is looked for where it stood before.

use super::named::Place;
use super::text::{self, Fields, Lines};

/// Time of one processor, or of all, in ticks of `USER_HZ` since boot.
///
/// The kernel counts `guest` and `guest_nice` in `user` and `nice` already: no sum has them.
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
    /// Of `user`, what guests took. Zero before Linux 2.6.24.
    pub guest: u64,
    /// Of `nice`, what guests took. Zero before Linux 2.6.33.
    pub guest_nice: u64,
}

/// The whole file; what it does not have is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stat {
    /// The `cpu` line.
    pub total: Option<Times>,
    /// Number and times of each processor online, in the kernel's order.
    pub cores: Vec<(u64, Times)>,
    /// Interrupts served since boot.
    pub interrupts: Option<u64>,
    /// Context switches since boot.
    pub context_switches: Option<u64>,
    /// When the host booted, seconds since 1970; zero where no clock was set then.
    pub boot_time: Option<u64>,
    /// Processes and threads created since boot; 32 bits wide on a 32-bit kernel.
    pub forks: Option<u64>,
    /// Tasks running or ready to run. Since Linux 2.5.45.
    pub running: Option<u64>,
    /// Tasks waiting for I/O. Since Linux 2.5.45.
    pub blocked: Option<u64>,
}

/// Where the lines behind the processors' stood in the last text.
#[derive(Debug, Clone, Default)]
pub struct Places {
    context_switches: Place,
    boot_time: Place,
    forks: Place,
    running: Place,
    blocked: Place,
}

/// Parses into a kept struct. A last line that does not end is one that was cut, and is left out.
pub fn parse(stat_text: &[u8], stat: &mut Stat, places: &mut Places) {
    let mut cores = std::mem::take(&mut stat.cores);
    cores.clear();
    *stat = Stat { cores, ..Stat::default() };
    let mut lines = text::lines(text::whole_lines(stat_text));
    parse_processors(&mut lines, stat);
    let rest = lines.rest();
    let number = |place: &mut Place, name| place.value(name, rest).and_then(text::number);
    stat.interrupts = parse_interrupts(lines);
    stat.context_switches = number(&mut places.context_switches, b"ctxt ");
    stat.boot_time = number(&mut places.boot_time, b"btime ");
    stat.forks = number(&mut places.forks, b"processes ");
    stat.running = number(&mut places.running, b"procs_running ");
    stat.blocked = number(&mut places.blocked, b"procs_blocked ");
}

/// Takes the processors' lines.
fn parse_processors(lines: &mut Lines<'_>, stat: &mut Stat) {
    while lines.rest().starts_with(b"cpu")
        && let Some(line) = lines.next()
    {
        let rest = &line[3..];
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
        guest: next().unwrap_or(0),
        guest_nice: next().unwrap_or(0),
    })
}

/// The sum of the `intr` line, whose far end is not looked for.
fn parse_interrupts(mut lines: Lines<'_>) -> Option<u64> {
    // Ancient kernels have two lines before it.
    while !lines.rest().starts_with(b"intr ") {
        lines.next()?;
    }
    let line = &lines.rest()[5..];
    // A number has twenty digits at most.
    let start = text::lines(&line[..line.len().min(24)]).next()?;
    text::fields(start).number()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Stat {
        // What was there before does not shine through.
        let mut stat =
            Stat { cores: vec![(7, Times::default())], forks: Some(7), ..Stat::default() };
        parse(text.as_bytes(), &mut stat, &mut Places::default());
        stat
    }

    #[test]
    fn every_number_of_columns_parses() {
        for (line, expected) in [
            ("cpu  1 2 3 4\n", Times { user: 1, nice: 2, system: 3, idle: 4, ..Times::default() }),
            (
                "cpu  1 2 3 4 5 6 7\n",
                Times {
                    user: 1,
                    nice: 2,
                    system: 3,
                    idle: 4,
                    iowait: 5,
                    irq: 6,
                    softirq: 7,
                    ..Times::default()
                },
            ),
            (
                "cpu  1 2 3 4 5 6 7 8 1 2\n",
                Times {
                    user: 1,
                    nice: 2,
                    system: 3,
                    idle: 4,
                    iowait: 5,
                    irq: 6,
                    softirq: 7,
                    steal: 8,
                    guest: 1,
                    guest_nice: 2,
                },
            ),
        ] {
            assert_eq!(parsed(line).total, Some(expected), "{line}");
        }
    }

    #[test]
    fn hot_plugged_processors_keep_their_numbers() {
        let stat = parsed("cpu  4 0 0 4\ncpu0 2 0 0 2\ncpu3 2 0 0 2\nintr 5 1 2\ncpu9 1 1 1 1\n");
        assert_eq!(stat.cores.iter().map(|core| core.0).collect::<Vec<_>>(), [0, 3]);
    }

    #[test]
    fn malformed_processors_cost_themselves() {
        for (text, cores) in [
            ("", 0),
            ("cpu\n", 0),
            ("cpu0 1 2\n", 0),
            ("cpux 1 2 3 4\n", 0),
            ("cpu0 1 2 3 99999999999999999999\n", 0),
            ("cpu0 1 2 3 4\ncpu1 1 -2 3 4\ncpu2 1 2 3 4\n", 2),
            ("cpu0 1 2 3 4\ncpu1 1 2 3 4", 1), // cut
            ("garbage\n", 0),
        ] {
            let stat = parsed(text);
            assert_eq!((stat.cores.len(), stat.total), (cores, None), "{text}");
        }
    }

    #[test]
    fn what_stands_behind_the_processors_parses() {
        let stat = parsed(
            "cpu  1 2 3 4\ncpu0 1 2 3 4\nintr 997320 0 3 0\nctxt 983753\nbtime 1795161230\n\
             processes 1352\nprocs_running 4\nprocs_blocked 1\nsoftirq 1260061 450235 0\n",
        );
        assert_eq!((stat.interrupts, stat.context_switches), (Some(997_320), Some(983_753)));
        assert_eq!((stat.boot_time, stat.forks), (Some(1_795_161_230), Some(1352)));
        assert_eq!((stat.running, stat.blocked), (Some(4), Some(1)));
        // Linux 2.4: two lines more, and neither tasks nor softirqs.
        let old =
            parsed("cpu  1 2 3 4\npage 1 2\nswap 1 0\nintr 77 1\nctxt 5\nbtime 6\nprocesses 8\n");
        assert_eq!((old.interrupts, old.context_switches, old.forks), (Some(77), Some(5), Some(8)));
        assert_eq!((old.running, old.blocked), (None, None));
    }

    #[test]
    fn malformed_counters_are_absent() {
        let none = Stat::default();
        for text in [
            "intr\n",
            "intr \n",
            "intr x 1\n",
            "intr 99999999999999999999 1\n",
            "intr 123456789012345678901234567890\n",
            "ctxt\nbtime\nprocesses\nprocs_running\nprocs_blocked\n",
            "ctxt -1\nbtime x\nprocesses 99999999999999999999\n",
            "ctxts 1\nprocs 5\n",
            "processes 12", // cut
            "\n\n\0\n",
        ] {
            assert_eq!(parsed(text), none, "{text}");
        }
        let lone = parsed("intr 5\nprocesses 8\n");
        assert_eq!((lone.interrupts, lone.forks, lone.context_switches), (Some(5), Some(8), None));
        assert_eq!(parsed("processes 8\n").forks, Some(8), "without intr");
    }

    #[test]
    fn a_machine_of_480_processors_fits() {
        use std::fmt::Write as _;
        let mut text = String::from("cpu  1 1 1 1 1 1 1 1 1 1\n");
        for core in 0..480 {
            writeln!(text, "cpu{core} {core} 0 12345678 1234567890 0 0 0 0 0 0").unwrap();
        }
        writeln!(text, "intr 18446744073709551615{}\nctxt 9", " 0".repeat(10_000)).unwrap();
        let stat = parsed(&text);
        assert_eq!(stat.cores.len(), 480);
        assert_eq!(stat.cores[479].1.user, 479);
        assert_eq!((stat.interrupts, stat.context_switches), (Some(u64::MAX), Some(9)));
    }
}
