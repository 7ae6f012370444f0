//! Readings go in by the trait's own door, and come out by it: over folds, restarts, full disks.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use kinglet_proto::ingest::{Bucket, Label, Place, Spread};
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::Sample;
use kinglet_proto::sample::table::METRICS;
use kinglet_proto::time::{Instant, Now};

use super::database::{Database, Events, Names};
use super::*;
use crate::fleet::{Aggregates, Reading, Snapshot, Told};
use crate::history::{Kept, Point};

mod alerts;
mod faults;
mod forget;
mod turns;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// Noon of a Thursday.
const NOON: u64 = 1_700_136_000_000;

/// A store on disk that is driven by hand.
struct Lab {
    folder: PathBuf,
    store: Store,
    writer: Writer,
    told: mpsc::Receiver<Kept>,
    number: u64,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn settings(folder: &Path) -> Settings {
    Settings { path: Some(folder.join("history.db")), ..Settings::in_memory() }
}

fn driven(folder: &Path) -> (Store, Writer, mpsc::Receiver<Kept>) {
    let store = Store::open(settings(folder)).unwrap();
    let (tell, told) = mpsc::channel();
    let writer = Writer::new(store.shared.clone(), Box::new(move |kept| tell.send(kept).unwrap()));
    (store, writer, told)
}

impl Lab {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let (store, writer, told) = driven(&folder);
        Self { folder, store, writer, told, number: 0 }
    }

    /// The same file, by a new process.
    fn restart(&mut self) {
        let memory = Store::open(Settings::in_memory()).unwrap();
        drop(std::mem::replace(&mut self.store, memory));
        let nobody: Tell = Box::new(|_| {});
        drop(std::mem::replace(&mut self.writer, Writer::new(self.store.shared.clone(), nobody)));
        (self.store, self.writer, self.told) = driven(&self.folder);
    }

    fn keep(&mut self, at: u64, seq: Option<u64>, age: Option<u64>, tenths: u64) {
        self.number += 1;
        let mut sample = Sample::default();
        sample.cpu.usage = Some(Percent::of(tenths, 1000));
        sample.network.total_rx = Some(at / 1000);
        if age.is_none() {
            sample.timestamp = WallTime::from_unix_millis(at);
        }
        let wall = WallTime::from_unix_millis(at + age.unwrap_or(0));
        self.store.keep(&Update::Reading(Reading {
            number: self.number,
            host: snapshot(),
            sample: Arc::new(sample),
            place: seq.map(|seq| Place { boot_id: "b".to_owned(), seq }),
            received: Now { instant: Instant::default(), wall },
            age: age.map(Duration::from_millis),
            newest: false,
        }));
    }

    fn live(&mut self, at: u64, seq: u64, tenths: u64) {
        self.keep(at, Some(seq), Some(0), tenths);
    }

    fn turn(&mut self, now: u64) -> Vec<Kept> {
        self.writer.turn(now);
        self.told.try_iter().collect()
    }

    fn ask(&self, metric: &str, from: u64, to: u64, step_s: Option<u32>) -> Vec<Point> {
        let found = self.try_ask(metric, from, to, step_s).unwrap();
        found.first().map(|line| line.points.clone()).unwrap_or_default()
    }

    fn try_ask(
        &self,
        metric: &str,
        from: u64,
        to: u64,
        step_s: Option<u32>,
    ) -> Result<Vec<Line>, QueryError> {
        let metric = METRICS.iter().find(|known| known.name == metric).unwrap();
        let [from, to] = [from, to].map(WallTime::from_unix_millis);
        let host = &snapshot().id;
        self.store.lines(&Query { host, metric, label: None, from, to, step_s })
    }

    fn cpu(&self, from: u64, to: u64, step_s: u32) -> Vec<(u64, f64)> {
        let points = self.ask("cpu.usage", from, to, Some(step_s));
        points.iter().map(|point| (point.at_ms, point.mean)).collect()
    }
}

fn snapshot() -> Snapshot {
    let id = HostId::parse("pi").unwrap();
    Snapshot {
        id,
        label: Arc::new(Label::default()),
        online: true,
        stopped: false,
        last_seen: None,
        sample: None,
    }
}

#[test]
fn what_was_kept_is_there_after_a_restart_and_only_then_said_to_be_safe() {
    let mut lab = Lab::new("restart");
    lab.live(NOON, 1, 125);
    lab.live(NOON + 5_000, 2, 250);
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), []);
    assert_eq!(lab.turn(NOON + 6_000), [Kept::UpTo(2)]);
    let both = [(NOON, 12.5), (NOON + 5_000, 25.0)];
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), both);
    lab.restart();
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), both);
    assert_eq!(lab.cpu(NOON, NOON + 5_000, 1), both[..1], "the end is not included");
}

#[test]
fn what_is_sent_again_changes_nothing() {
    let mut lab = Lab::new("again");
    for turn in 0..3 {
        lab.live(NOON, 1, 125);
        lab.keep(NOON + 1_000, Some(2), Some(40_000), 250);
        lab.keep(NOON + 1_300, Some(2), Some(55_000), 250); // its age is never counted the same
        lab.keep(NOON + 2_000, None, None, 375); // vStats: by its label alone
        lab.turn(NOON + turn);
        if turn == 1 {
            lab.restart();
        }
    }
    let all = [(NOON, 12.5), (NOON + 1_000, 25.0), (NOON + 2_000, 37.5)];
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), all);
    // In a block they are known as well.
    lab.turn(NOON + 2 * HOUR);
    lab.keep(NOON + 1_500, Some(2), Some(2 * HOUR), 250);
    lab.keep(NOON + 2_000, None, None, 375);
    lab.turn(NOON + 2 * HOUR + 1);
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), all);
    // An agent that was restarted counts anew: these are other readings.
    lab.live(NOON + 10_000, 1, 500);
    lab.live(NOON + 15_000, 2, 625);
    lab.turn(NOON + 2 * HOUR + 2);
    assert_eq!(lab.cpu(NOON + 9_000, NOON + HOUR, 1).len(), 2);
}

#[test]
fn hours_and_days_say_what_the_readings_said() {
    let mut lab = Lab::new("fold");
    let start = NOON - 12 * HOUR; // midnight
    // 30 hours, every ten seconds, with a gap of two hours.
    let is_gap = |at: u64| (start + 5 * HOUR..start + 7 * HOUR).contains(&at);
    let readings: Vec<u64> =
        (0..30 * 360).map(|n| start + n * 10_000).filter(|at| !is_gap(*at)).collect();
    let value = |at: u64| (at / 10_000 * 37) % 1000;
    for (seq, at) in (1..).zip(&readings) {
        lab.live(*at, seq, value(*at));
        if at % HOUR == HOUR - 10_000 {
            lab.turn(at + 10_000 + 30 * 60_000);
        }
    }
    let end = start + 30 * HOUR;
    lab.turn(end);
    let hour = |at: u64| Vec::from_iter(readings.iter().filter(|r| **r >= at && **r < at + HOUR));
    // As they came, from blocks and from the log.
    for at in [start + 12 * HOUR, start + 29 * HOUR] {
        let expected = Vec::from_iter(hour(at).into_iter().map(|at| (*at, tenths(value(*at)))));
        assert_eq!(lab.cpu(at, at + HOUR, 1), expected);
    }
    // By the minute, from the day that is rolled and the one that is not.
    for at in [start + 3 * HOUR, start + 25 * HOUR] {
        let points = lab.ask("cpu.usage", at, at + HOUR, Some(60));
        assert_eq!(points.len(), 60);
        for point in points {
            let of = |r: &&u64| **r >= point.at_ms && **r < point.at_ms + 60_000;
            let values = Vec::from_iter(readings.iter().filter(of).map(|r| tenths(value(*r))));
            let mean = values.iter().sum::<f64>() / 6.0;
            assert!((point.mean - mean).abs() < 0.011, "{point:?} {mean}");
            assert_eq!(point.min, values.iter().copied().fold(f64::MAX, f64::min));
            assert_eq!(point.max, values.iter().copied().fold(f64::MIN, f64::max));
        }
    }
    // An outage is no line, in any resolution.
    for (step, points) in [(60, 28 * 60), (900, 28 * 4), (3600, 28)] {
        let found = lab.ask("cpu.usage", start, end, Some(step));
        assert_eq!(found.len(), points, "{step}");
        assert!(found.iter().all(|point| point.at_ms.is_multiple_of(u64::from(step) * 1000)));
        assert!(found.iter().all(|point| !is_gap(point.at_ms)));
    }
    // A counter rose by as much as it rose, over the seams of hours and days too.
    let rises = lab.ask("network.total_rx", start + HOUR, end, Some(3600));
    let total: f64 = rises.iter().map(|point| point.mean).sum();
    // The last reading is ten seconds before the end, and so is the one before the first.
    assert_eq!(total, f64::from(29 * 3600), "{rises:?}");
    // The first day's readings are gone once they are old, and its minutes are not.
    let later = start + 50 * HOUR;
    lab.turn(later);
    assert!(lab.cpu(start, start + HOUR, 1).iter().all(|(at, _)| at.is_multiple_of(60_000)));
    assert_eq!(lab.cpu(start, start + HOUR, 60).len(), 60);
}

fn tenths(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap()) / 10.0
}

#[test]
fn late_ones_land_in_their_place_and_mend_what_was_rolled() {
    let mut lab = Lab::new("late");
    let midnight = NOON + 12 * HOUR;
    lab.live(NOON, 1, 100);
    lab.turn(NOON + 1);
    lab.live(midnight + HOUR, 3, 100);
    lab.turn(midnight + 90 * 60_000);
    assert_eq!(lab.ask("cpu.usage", NOON, NOON + HOUR, Some(3600))[0].mean, 10.0);
    // One of yesterday, of the same hour and minute.
    lab.keep(NOON + 5_000, Some(2), Some(14 * HOUR), 300);
    lab.turn(midnight + 2 * HOUR + 90 * 60_000);
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1).len(), 2);
    for step in [60, 900, 3600] {
        let [point] = lab.ask("cpu.usage", NOON, NOON + HOUR, Some(step))[..] else { panic!() };
        assert_eq!((point.mean, point.min, point.max), (20.0, 10.0, 30.0), "{step}");
    }
    // One whose readings are gone: its points are merged into what is there.
    let later = NOON + 3 * DAY;
    lab.turn(later);
    lab.keep(NOON + 9_000, Some(9), Some(3 * DAY), 500);
    lab.turn(later + 1);
    lab.turn(later + HOUR + 90 * 60_000);
    let point = lab.ask("cpu.usage", NOON, NOON + HOUR, Some(3600))[0];
    assert_eq!((point.mean, point.max), (30.0, 50.0));
}

#[test]
fn readings_from_a_clock_that_was_ahead_do_not_hold_up_the_log() {
    let mut lab = Lab::new("ahead");
    let ahead = NOON + 400 * DAY;
    for n in 0..5 {
        lab.live(ahead + n * 1000, n + 1, n);
        lab.live(NOON + n * 1000, n + 9, n);
    }
    lab.turn(NOON + 10_000);
    lab.turn(NOON + HOUR + 90 * 60_000);
    lab.turn(NOON + 2 * HOUR + 90 * 60_000);
    assert_eq!(held(&lab.store.shared.database).log_rows(), 0);
    assert_eq!(lab.cpu(ahead, ahead + HOUR, 1).len(), 5);
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1).len(), 5);
}

#[test]
fn too_many_points_are_refused_with_the_step_that_fits() {
    let mut lab = Lab::new("many");
    lab.live(NOON, 1, 100);
    lab.turn(NOON);
    let asked = lab.try_ask("cpu.usage", NOON - 30 * DAY, NOON, Some(1));
    assert_eq!(asked, Err(QueryError::TooManyPoints(300)));
    assert!(lab.try_ask("cpu.usage", NOON - 30 * DAY, NOON, Some(300)).is_ok());
    assert_eq!(lab.try_ask("cpu.usage", 0, NOON + 1, None).unwrap()[0].step_s, 1);
}

#[test]
fn sums_of_an_agent_stand_where_no_reading_does() {
    let mut lab = Lab::new("sums");
    lab.live(NOON + 60_000, 1, 100);
    lab.turn(NOON);
    let bucket = |minute: u64, length_s: u32| Bucket {
        start_s: NOON / 1000 + minute * 60,
        length_s,
        samples: 12,
        cpu_usage: Some(Spread { mean: 33.333, min: None, max: Some(50.0) }),
        memory_usage: None,
        disk_usage: None,
        total_rx: Some(7),
        total_tx: None,
    };
    let buckets: Arc<[Bucket]> =
        [bucket(0, 900), bucket(0, 60), bucket(1, 60), bucket(2, 60), bucket(0, 3600)].into();
    let wall = WallTime::from_unix_millis(NOON + HOUR);
    let received = Now { instant: Instant::default(), wall };
    for _ in 0..2 {
        let (host, buckets) = (snapshot(), buckets.clone());
        lab.store.keep(&Update::Aggregates(Aggregates { host, buckets, received }));
        lab.turn(NOON);
    }
    let expected = [(NOON, 33.33), (NOON + 60_000, 10.0), (NOON + 120_000, 33.33)];
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), expected);
}

#[test]
fn events_are_kept_newest_first() {
    let mut lab = Lab::new("events");
    for (n, kind) in ["alert", "system", "alert"].into_iter().enumerate() {
        let wall = WallTime::from_unix_millis(NOON + n as u64);
        let received = Now { instant: Instant::default(), wall };
        let (kind, data) = (kind.to_owned(), format!("{{\"n\":{n}}}"));
        lab.store.keep(&Update::Told(Told {
            host: snapshot(),
            kind,
            data,
            received,
            age: Duration::from_millis(n as u64 * 2), // the later it came, the longer ago it was
            place: None,
            again: false,
        }));
    }
    lab.turn(NOON + 9);
    let ask = |kind: Option<&str>, limit: usize| {
        let [from, to] = [NOON - 9, NOON + 9].map(WallTime::from_unix_millis);
        let found = lab.store.events(&EventQuery { host: None, kind, from, to, limit }).unwrap();
        Vec::from_iter(found.into_iter().map(|event| (event.data, event.at.unix_millis())))
    };
    let [first, second, third] =
        [(0, NOON), (1, NOON - 1), (2, NOON - 2)].map(|(n, at)| (format!("{{\"n\":{n}}}"), at));
    assert_eq!(ask(None, 2), [first.clone(), second]);
    assert_eq!(ask(Some("alert"), 9), [first, third]);
}

#[test]
fn no_alarm_goes_for_figures_that_are_told_as_events() {
    let db = Database::open_in_memory().unwrap();
    db.add_name(Names::Host, 1, "pi").unwrap();
    let mut at = NOON;
    let mut add = |kind: &str, count: usize| {
        for _ in 0..count {
            at += 1;
            db.add_event(1, at, kind, "{}").unwrap();
        }
    };
    add("alert", 1);
    add("performance", 30);
    add("alert", 2);
    add("performance", 30);
    let count = |kind| {
        let wanted = Events { host: None, kind: Some(kind), from: 0, to: u64::MAX, limit: 999 };
        db.events(&wanted).unwrap().len()
    };
    db.cut_events(0, 20).unwrap();
    assert_eq!((count("alert"), count("performance")), (3, 10));
    add("alert", 18);
    db.cut_events(0, 20).unwrap();
    assert_eq!((count("alert"), count("performance")), (18, 2), "and of all the newest are kept");
    db.cut_events(NOON + 70, 20).unwrap();
    assert_eq!(count("performance"), 0);
}

#[test]
fn a_backup_is_taken_while_it_runs_and_put_back_when_it_does_not() {
    let mut lab = Lab::new("backup");
    let (path, copy) = (lab.folder.join("history.db"), lab.folder.join("copy.db"));
    lab.live(NOON, 1, 100);
    lab.turn(NOON);
    backup(&path, &copy).unwrap();
    assert!(backup(&path, &copy).is_err(), "nothing is written over");
    lab.live(NOON + 5_000, 2, 100);
    lab.turn(NOON + 6_000);
    assert!(matches!(restore(&path, &copy), Err(StoreError::InUse)));
    let memory = Store::open(Settings::in_memory()).unwrap();
    let nobody = Writer::new(memory.shared.clone(), Box::new(|_| {}));
    (lab.store, lab.writer) = (memory, nobody);
    assert!(restore(&path, &copy).unwrap().is_some_and(|aside| aside.exists()));
    lab.restart();
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), [(NOON, 10.0)]);
    let mut text = Vec::new();
    let cpu = METRICS.iter().find(|metric| metric.name == "cpu.usage").unwrap();
    let all = (0, NOON + HOUR);
    export(&path, &snapshot().id, &[cpu], all, ExportFormat::Csv, &mut text).unwrap();
    let expected = format!("unix_ms,metric,labels,mean,min,max\n{NOON},cpu.usage,,10,10,10\n");
    assert_eq!(String::from_utf8(text).unwrap(), expected);
}
