//! A desk that is fed a fleet's updates by hand, over restarts.

mod figures;
mod rules;
mod silence;

use std::sync::Arc;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{Label, NewsPlace, Place};
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Disk, Filesystem, Sample};
use kinglet_proto::time::{Instant, Now, WallTime};
use serde_json::{Value, json};

use super::*;
use crate::fleet::{Reading, Snapshot, Told, Update};

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// 2027-01-15T08:00:00Z.
const BEGIN: u64 = 1_800_000_000_000;

/// A desk and the disk it is kept on.
struct Lab {
    desk: Desk,
    settings: Settings,
    certificate: Option<WallTime>,
    kept: Kept,
    over: Vec<Entry>,
    now: u64,
    /// What was told, as `host alert_id status`.
    told: Vec<String>,
}

fn settings() -> Settings {
    Settings {
        offline_for: Some(Duration::from_secs(300)),
        full_within: Some(Duration::from_secs(7 * 24 * 3600)),
        certificate: true,
        fleet: fleet_rules(|_| true),
        ..Settings::default()
    }
}

fn id(text: &str) -> HostId {
    HostId::parse(text).unwrap()
}

fn host(text: &str, online: bool) -> Snapshot {
    let label = Label { group: Some("Attic".to_owned()), ..Label::default() };
    Snapshot {
        id: id(text),
        label: Arc::new(label),
        online,
        stopped: false,
        last_seen: None,
        sample: None,
    }
}

impl Lab {
    fn new(settings: Settings) -> Self {
        let mut lab = Self {
            desk: Desk::new(settings.clone(), None, Kept::default(), known, Now::default()),
            settings,
            certificate: None,
            kept: Kept::default(),
            over: Vec::new(),
            now: 0,
            told: Vec::new(),
        };
        lab.restart();
        lab
    }

    fn at(&self) -> Now {
        let wall = WallTime::from_unix_millis(BEGIN + self.now);
        Now { instant: Instant::from_millis(1_000_000 + self.now), wall }
    }

    /// The hub is another, which knows what was kept.
    fn restart(&mut self) {
        let (kept, now) = (self.kept.clone(), self.at());
        self.desk = Desk::new(self.settings.clone(), self.certificate, kept, known, now);
        self.settle();
    }

    /// Time goes by, in steps.
    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while self.now < end {
            self.now = end.min(self.now + 1000);
            let now = self.at();
            self.desk.tick(now);
            self.settle();
        }
    }

    fn feed(&mut self, update: &Update) {
        let now = self.at();
        self.desk.handle(update, now);
        self.settle();
    }

    fn status(&mut self, name: &str, online: bool) {
        self.feed(&Update::Status(host(name, online)));
    }

    fn read(&mut self, name: &str, place: Option<Place>, sample: Sample) {
        self.read_of(host(name, true), place, Duration::ZERO, sample);
    }

    fn read_of(&mut self, host: Snapshot, place: Option<Place>, age: Duration, sample: Sample) {
        let (sample, age) = (Arc::new(sample), Some(age));
        let (number, received, newest) = (0, self.at(), true);
        let reading = Reading { number, host, sample, place, received, age, newest };
        self.feed(&Update::Reading(reading));
    }

    fn tell(&mut self, name: &str, data: &Value) {
        self.tell_of("alert", name, data, Duration::ZERO, None);
    }

    fn tell_of(
        &mut self,
        kind: &str,
        name: &str,
        data: &Value,
        age: Duration,
        number: Option<u64>,
    ) {
        let (kind, data) = (kind.to_owned(), data.to_string());
        let place = |number| NewsPlace { boot_id: "b".to_owned(), number, after: 0 };
        let (received, place, again) = (self.at(), number.map(place), false);
        let host = host(name, true);
        self.feed(&Update::Told(Told { host, kind, data, received, age, place, again }));
    }

    fn settle(&mut self) {
        for change in self.desk.take_changes() {
            match change {
                Change::Alert(entry) => {
                    let is_it = |other: &Entry| other.host == entry.host && other.id == entry.id;
                    self.kept.open.retain(|other| !is_it(other));
                    let list =
                        if entry.until.is_some() { &mut self.over } else { &mut self.kept.open };
                    list.push(entry);
                }
                Change::Silence(silence) => self.kept.silences.push(silence),
                Change::NoSilence(id) => self.kept.silences.retain(|other| other.id != id),
                Change::Host(seen) => {
                    self.kept.hosts.retain(|other| other.host != seen.host);
                    self.kept.hosts.push(seen);
                }
                Change::NoHost(host) => self.kept.hosts.retain(|other| other.host != host),
            }
        }
        for Tell { host, data } in self.desk.take_tells() {
            let data: Value = serde_json::from_str(&data).unwrap();
            let word = |key: &str| data[key].as_str().unwrap().to_owned();
            self.told.push(format!("{host} {} {}", word("alert_id"), word("status")));
            // It comes back with the stream, and is no news.
            self.tell(&host, &data);
        }
    }

    fn take_told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    fn open(&self) -> Vec<&str> {
        self.desk.open().map(|entry| entry.id.as_str()).collect()
    }
}

/// `gone` is nobody's host any more, `named` is in the configuration.
fn known(id: &HostId) -> Standing {
    match id.as_str() {
        "gone" => Standing::Nobody,
        "named" => Standing::Named,
        _ => Standing::Guest,
    }
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_host_that_is_away_for_long_is_told_once_and_over_restarts() {
    let mut lab = Lab::new(settings());
    lab.status("pi", false);
    lab.pass(60 * MINUTE);
    assert_eq!(lab.take_told(), none(), "it was never seen");
    lab.status("pi", true);
    lab.status("pi", false);
    lab.pass(4 * MINUTE);
    lab.status("pi", true);
    lab.pass(60 * MINUTE);
    assert_eq!(lab.take_told(), none(), "it was only started anew");
    lab.status("pi", false);
    lab.pass(5 * MINUTE + 1000);
    assert_eq!(lab.take_told(), ["pi hub-offline active"]);
    lab.restart();
    lab.pass(60 * MINUTE);
    assert_eq!(lab.take_told(), none(), "that is known");
    assert_eq!(lab.open(), ["hub-offline"]);
    lab.status("pi", true);
    assert_eq!(lab.take_told(), ["pi hub-offline resolved"]);
    assert_eq!((lab.open().len(), lab.over.len()), (0, 1));
    lab.restart();
    lab.pass(4 * MINUTE);
    lab.status("pi", true);
    lab.pass(10 * MINUTE);
    assert_eq!(lab.take_told(), none(), "it came back in time");
    lab.restart();
    lab.pass(6 * MINUTE + 1000);
    assert_eq!(lab.take_told(), ["pi hub-offline active"], "it died while the hub was away");
}

#[test]
fn what_is_not_watched_any_more_is_over() {
    let mut lab = Lab::new(settings());
    lab.status("pi", true);
    lab.status("pi", false);
    lab.pass(6 * MINUTE);
    assert_eq!(lab.take_told(), ["pi hub-offline active"]);
    lab.settings.offline_for = None;
    lab.restart();
    assert_eq!(lab.take_told(), ["pi hub-offline resolved"]);
    assert!(lab.open().is_empty());
}

#[test]
fn who_is_retired_is_not_missed() {
    let mut lab = Lab::new(settings());
    for name in ["pi", "gone", "named"] {
        lab.status(name, true);
        lab.status(name, false);
    }
    lab.pass(10 * MINUTE);
    assert_eq!(lab.take_told().len(), 3);
    lab.feed(&Update::Removed(id("pi")));
    lab.restart();
    assert_eq!(lab.open().len(), 1, "one is forgotten, of one the token is gone");
    lab.pass(8 * DAY);
    assert_eq!((lab.take_told(), lab.open().len()), (none(), 1), "it is in the configuration");
    lab.status("guest", true);
    lab.status("guest", false);
    lab.restart();
    lab.pass(6 * DAY);
    assert_eq!(lab.take_told(), ["guest hub-offline active"]);
    lab.pass(2 * DAY);
    assert_eq!((lab.take_told(), lab.open().len()), (none(), 1), "it stayed away for a week");
    lab.restart();
    assert_eq!(lab.open().len(), 1);
}

fn fired(id: &str, value: f64) -> Value {
    json!({"alert_id":id,"type":"cpu","level":"critical","title":"Busy","value":value,
        "status":"active","metadata":{"series":"cpu.usage"}})
}

#[test]
fn what_agents_tell_is_of_when_it_happened_and_how_far_it_goes_outlives_a_start() {
    let mut lab = Lab::new(settings());
    lab.status("pi", true);
    lab.pass(10 * MINUTE);
    let (cpu, ago) = (fired("cpu-00000000000000ff", 97.5), Duration::from_millis(4 * MINUTE));
    lab.tell_of("alert", "pi", &cpu, ago, Some(7));
    let since = lab.desk.open().next().unwrap().since;
    assert_eq!(since.unix_millis(), BEGIN + 6 * MINUTE);
    lab.tell_of("system", "pi", &json!({"event":"start","uptime":1}), Duration::ZERO, Some(9));
    let over = json!({"alert_id":"cpu-00000000000000ff","status":"resolved"});
    lab.tell_of("alert", "pi", &over, Duration::from_millis(MINUTE), Some(12));
    assert_eq!(lab.over[0].until.unwrap().unix_millis(), BEGIN + 9 * MINUTE);
    lab.tell_of("system", "pi", &json!({"event":"throttled"}), Duration::ZERO, Some(15));
    lab.restart();
    assert_eq!(lab.desk.told_by_agents()[0].1.heard, Some(("b".to_owned(), 15)));
}

#[test]
fn what_agents_tell_is_on_the_same_list() {
    let mut lab = Lab::new(settings());
    lab.status("pi", true);
    lab.tell("pi", &fired("cpu-00000000000000ff", 97.5));
    lab.tell("pi", &fired("hub-offline", 1.0));
    let entry = lab.desk.open().next().unwrap().clone();
    assert_eq!((&*entry.said.rule, &*entry.said.series), ("cpu", "cpu.usage"));
    let now = lab.at();
    let known = lab.desk.acknowledge(&id("pi"), &entry.id, Some("ann"), now).unwrap();
    assert_eq!(known.said.acknowledged.unwrap().by, "ann");
    lab.pass(MINUTE);
    lab.tell("pi", &fired("cpu-00000000000000ff", 99.0));
    lab.restart();
    let again = lab.desk.open().next().unwrap().clone();
    assert_eq!((again.since, again.said.value), (entry.since, 99.0));
    assert_eq!(again.said.acknowledged.unwrap().by, "ann");
    assert_eq!(lab.desk.told_by_agents()[0].1.open.len(), 1);
    lab.tell("pi", &json!({"alert_id":entry.id,"status":"resolved","resolution":"well"}));
    assert_eq!((lab.open().len(), &*lab.over[0].said.resolution), (0, "well"));
    assert_eq!(lab.take_told(), none(), "the agent has told all of it");
    assert_eq!(lab.desk.acknowledge(&id("pi"), &entry.id, Some("ann"), now), None);
}

#[test]
fn what_was_lost_on_the_way_is_made_good() {
    let mut lab = Lab::new(settings());
    for name in ["pi", "old"] {
        lab.status(name, true);
        lab.tell(name, &fired("cpu-00000000000000ff", 97.5));
    }
    let news = kinglet_proto::alert::book::Known {
        id: "disk-00000000000000ff".to_owned(),
        kind: "filesystems".to_owned(),
        level: kinglet_proto::alert::Level::Warning,
    };
    let now = lab.at();
    lab.desk.resume(&[host("pi", false)], &[(id("pi"), vec![news])], now);
    lab.settle();
    assert_eq!(lab.open(), ["disk-00000000000000ff"]);
    lab.pass(6 * MINUTE);
    assert_eq!(lab.take_told(), ["pi hub-offline active"]);
}

#[test]
fn a_disk_that_fills_is_told_in_time() {
    let mut lab = Lab::new(settings());
    lab.status("nas", true);
    let line = |slope: f64, full: f64| {
        let hour = |n: u32| {
            let days = f64::from(n) / 24.0;
            (BEGIN + u64::from(n) * 60 * MINUTE, full - slope * (3.0 - days))
        };
        vec![("/srv".to_owned(), (0..72).map(hour).collect::<Vec<_>>())]
    };
    let look = |lab: &mut Lab, lines: &[(String, Vec<(u64, f64)>)]| {
        let now = lab.at();
        lab.desk.look_ahead(&id("nas"), lines, now);
        lab.settle();
        lab.take_told()
    };
    assert_eq!(look(&mut lab, &line(5.0, 80.0)), none(), "one look is none");
    let told = look(&mut lab, &line(5.0, 80.0));
    assert!(told[0].starts_with("nas hub-disk_trend-"), "{told:?}");
    lab.restart();
    lab.status("nas", true);
    for _ in 0..3 {
        assert_eq!(look(&mut lab, &line(5.0, 80.0)), none());
    }
    assert_eq!(look(&mut lab, &line(0.1, 80.0)), none());
    assert!(look(&mut lab, &line(0.1, 80.0))[0].ends_with(" resolved"));
    for _ in 0..2 {
        look(&mut lab, &line(5.0, 80.0));
    }
    assert!(look(&mut lab, &[])[0].ends_with(" resolved"), "it is unmounted");
}

#[test]
fn the_hubs_own_certificate_is_watched() {
    let mut lab = Lab::new(settings());
    lab.certificate = Some(WallTime::from_unix_millis(BEGIN + 15 * DAY));
    lab.restart();
    lab.pass(2 * MINUTE);
    assert_eq!(lab.take_told(), none());
    lab.now += 2 * DAY;
    lab.pass(2 * MINUTE);
    assert_eq!(lab.take_told(), ["kinglet-hub hub-certificate active"]);
    lab.restart();
    lab.pass(2 * MINUTE);
    assert_eq!(lab.take_told(), none());
    lab.desk.renew_certificate(Some(WallTime::from_unix_millis(BEGIN + 300 * DAY)));
    lab.pass(2 * MINUTE);
    assert_eq!(lab.take_told(), ["kinglet-hub hub-certificate resolved"]);
}

#[test]
fn what_cannot_be_kept_waits_in_its_order() {
    let mut lab = Lab::new(settings());
    lab.desk.handle(&Update::Status(host("pi", true)), lab.at());
    let first = lab.desk.take_changes();
    lab.desk.handle(&Update::Status(host("pi", false)), lab.at());
    lab.desk.give_back(first);
    let all = lab.desk.take_changes();
    let away = [None, Some(WallTime::from_unix_millis(BEGIN))];
    let due = away.map(|away| Change::Host(Seen { host: id("pi"), away, told: None }));
    assert_eq!(all[..2], due);
}
