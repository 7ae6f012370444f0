//! Bytes of a billing period, by way out, as far as they can be known.
//!
//! Counted is what an interface's counters grew by since they were read last, from the moment that
//! it is the way out; a spare line goes on to be counted when it is not. What has another index
//! than before is another interface under that name, and what it counted is new; so is all that
//! counts since another boot. A counter that went back tells nothing of an interval.
//!
//! What was counted is written down every ten minutes, where the owner names a file, with the
//! counters it was read from: an agent that starts again misses nothing, and a reboot costs what
//! passed since the last writing.
//!
//! A period ends when the calendar says so and what was counted began before that. A clock that was
//! never set ends none.
//!
//! ```text
//! kinglet traffic 1
//! period 24322
//! boot 3f1c0d5e-6f0b-4a57-9a35-0e8f7b0a2c11
//! wan ppp0 7 1200 340 88000000 9100000
//! (name, index, both counters as they were read, bytes received and sent in the period)
//! ```

use std::fmt::Write as _;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Traffic, WanTraffic};
use kinglet_proto::time::{Instant, Now, civil_from_days, days_from_civil};

use crate::collect::rate::{self, Width};
use crate::collect::schedule::Schedule;
use crate::kernel::text;
use crate::limits::{STATE_INTERVAL, WANS_MAX, YEAR_MIN};
use crate::setup::{Faults, Meter, Setup};
use crate::state::StateFile;

const DAY: u64 = 86_400;
/// The first line of the file.
const HEAD: &str = "kinglet traffic 1";

/// Counts what the owner pays for.
#[derive(Debug)]
pub(super) struct Account {
    meter: Meter,
    faults: Faults,
    file: Option<StateFile>,
    due: Schedule,
    boot: String,
    book: Option<Book>,
}

/// What was counted.
#[derive(Debug, Default, PartialEq)]
struct Book {
    /// Months since the year 0 when the period began.
    period: u64,
    /// When counting began; `None` for before this start of the agent.
    since: Option<Instant>,
    wans: Vec<Wan>,
}

/// One way out.
#[derive(Debug, PartialEq)]
struct Wan {
    name: String,
    /// The interface's index; `None` where its counters were those of another boot.
    index: Option<u64>,
    /// Its counters when they were read last.
    last: [u64; 2],
    bytes: [u64; 2],
}

/// An interface as it counts now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) name: &'a [u8],
    pub(super) index: u64,
    /// Bytes received and sent since it appeared.
    pub(super) bytes: [u64; 2],
    pub(super) is_wan: bool,
}

impl Account {
    /// For an owner who wants it.
    pub(super) fn new(setup: &Setup) -> Option<Self> {
        let meter = setup.meter.clone()?;
        let boot = setup.proc.text("sys/kernel/random/boot_id", &mut Default::default());
        Some(Self {
            file: meter.state_file.clone().map(StateFile::new),
            meter,
            faults: setup.faults.clone(),
            due: Schedule::every(STATE_INTERVAL),
            boot: boot.unwrap_or_default(),
            book: None,
        })
    }

    /// Adds what passed since the last call.
    pub(super) fn count<'a>(
        &mut self,
        now: Now,
        ahead: i64,
        links: impl Iterator<Item = Counted<'a>>,
        traffic: &mut Option<Traffic>,
    ) {
        let local = now.wall.unix_seconds().saturating_add_signed(ahead);
        let (period, start) = period(local / DAY, self.meter.reset_day);
        let is_first = self.book.is_none();
        let mut book = self.book.take().unwrap_or_else(|| self.load(period, now));
        for link in links {
            // An agent that begins within the period in which the host was booted knows it all.
            let booted = local.saturating_sub(now.instant.as_millis() / 1000);
            book.count(link, is_first && book.since.is_some() && booted >= start);
        }
        book.turn(period, local.saturating_sub(start), now);
        self.fill(&book, start.saturating_add_signed(-ahead), traffic);
        if !is_first && self.due.is_due(now.instant) {
            self.save(&book);
        }
        self.book = Some(book);
    }

    /// What was counted before this start.
    fn load(&mut self, period: u64, now: Now) -> Book {
        let _ = self.due.is_due(now.instant); // the first writing is an interval from now
        let fresh = Book { period, since: Some(now.instant), wans: Vec::new() };
        let Some(file) = &mut self.file else { return fresh };
        let path = file.path().display().to_string();
        match file.read().map(|text| (text.is_empty(), Book::parse(text, &self.boot))) {
            Ok((true, _)) => fresh,
            Ok((false, Some(book))) => book,
            Ok((false, None)) => {
                self.faults.tell(format!("{path}: not what was written there; begun anew"));
                fresh
            }
            Err(error) => {
                self.faults.tell(format!("{path}: {error}; left alone, traffic begins anew"));
                self.file = None;
                fresh
            }
        }
    }

    fn save(&mut self, book: &Book) {
        let Some(file) = &mut self.file else { return };
        if let Some(error) = file.poll_fault() {
            self.faults.tell(format!("{}: {error}; not written", file.path().display()));
        }
        file.write(book.text(&self.boot));
    }

    fn fill(&self, book: &Book, period_start: u64, traffic: &mut Option<Traffic>) {
        let traffic = traffic.get_or_insert_default();
        (traffic.period_start, traffic.rx, traffic.tx) = (period_start, 0, 0);
        traffic.wans.resize_with(book.wans.len(), WanTraffic::default);
        for (wan, row) in book.wans.iter().zip(&mut traffic.wans) {
            crate::collect::set_text(&mut row.interface, &wan.name);
            [row.rx, row.tx] = wan.bytes;
            traffic.rx = traffic.rx.saturating_add(row.rx);
            traffic.tx = traffic.tx.saturating_add(row.tx);
        }
        traffic.quota = self.meter.quota;
        let used = traffic.rx.saturating_add(traffic.tx);
        traffic.quota_percent = self.meter.quota.map(|quota| Percent::of(used, quota));
    }
}

impl Book {
    /// Adds what passed an interface; all since it appeared, if `from_boot` and it was not known.
    fn count(&mut self, link: Counted<'_>, from_boot: bool) {
        let Counted { name, index, bytes, is_wan } = link;
        let Some(wan) = self.wans.iter_mut().find(|wan| wan.name.as_bytes() == name) else {
            if is_wan && self.wans.len() < WANS_MAX {
                let name = String::from_utf8_lossy(name).into_owned();
                let passed = if from_boot { bytes } else { [0; 2] };
                self.wans.push(Wan { name, index: Some(index), last: bytes, bytes: passed });
            }
            return;
        };
        let is_same = wan.index == Some(index);
        for way in [0, 1] {
            let grown = match is_same {
                true => rate::growth(wan.last[way], bytes[way], Width::NATIVE).unwrap_or_default(),
                false => bytes[way],
            };
            wan.bytes[way] = wan.bytes[way].saturating_add(grown);
        }
        (wan.index, wan.last) = (Some(index), bytes);
    }

    /// Begins anew where another period has begun, so many seconds ago.
    fn turn(&mut self, period: u64, seconds: u64, now: Now) {
        if period == self.period || period < YEAR_MIN * 12 {
            return;
        }
        let counted = |since: Instant| now.instant.since(since).as_secs();
        if period > self.period && self.since.is_none_or(|since| counted(since) > seconds) {
            self.since = Some(now.instant);
            for wan in &mut self.wans {
                wan.bytes = [0; 2];
            }
        }
        self.period = period;
    }

    /// What the file has.
    fn text(&self, boot: &str) -> String {
        // A `String` takes all that is written.
        let mut out = String::new();
        let _ = writeln!(out, "{HEAD}\nperiod {}\nboot {boot}", self.period);
        for Wan { name, index, last, bytes } in &self.wans {
            let index = index.unwrap_or_default();
            let _ = write!(out, "wan {name} {index} {} {} ", last[0], last[1]);
            let _ = writeln!(out, "{} {}", bytes[0], bytes[1]);
        }
        out
    }

    /// Reads it; `None` where it is not that.
    fn parse(file: &str, boot: &str) -> Option<Self> {
        let mut lines = file.lines();
        lines.next().filter(|line| *line == HEAD)?;
        let period = lines.next()?.strip_prefix("period ")?.parse().ok()?;
        let is_same_boot = lines.next()?.strip_prefix("boot ")? == boot && !boot.is_empty();
        let mut book = Self { period, since: None, wans: Vec::new() };
        for line in lines.take(WANS_MAX) {
            let (name, numbers) = line.strip_prefix("wan ")?.split_once(' ')?;
            let mut fields = text::fields(numbers.as_bytes());
            let mut number = || fields.number();
            let index = number()?;
            book.wans.push(Wan {
                name: name.to_owned(),
                index: is_same_boot.then_some(index),
                last: [number()?, number()?],
                bytes: [number()?, number()?],
            });
        }
        Some(book)
    }
}

/// The period that a day is in, in months since the year 0, and when it began, in seconds since
/// 1970, both local.
fn period(day: u64, reset_day: u64) -> (u64, u64) {
    let (year, month, _) = civil_from_days(day);
    let months = year * 12 + month - 1;
    let start = |months: u64| {
        let first = |months: u64| days_from_civil(months / 12, months % 12 + 1, 1);
        // The last day of a month that has not so many.
        first(months) + (reset_day - 1).min(first(months + 1) - first(months) - 1)
    };
    let months = if day < start(months) && months > 1970 * 12 { months - 1 } else { months };
    (months, start(months) * DAY)
}

#[cfg(test)]
mod tests;
