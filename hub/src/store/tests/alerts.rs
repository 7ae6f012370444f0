//! Alerts, silences and who was there: the same after a restart.

use super::*;
use crate::alert::{Acknowledged, Change, Entry, Said, Scope, Seen, Silence};
use crate::limits::{ALERTS_KEPT_MAX, KEEP_ALERTS};

fn time(ms: u64) -> WallTime {
    WallTime::from_unix_millis(ms)
}

fn entry(id: &str, since: u64, until: Option<u64>) -> Entry {
    let by = Acknowledged { by: "ann".into(), at: time(NOON) };
    let said = Said { title: "T".into(), value: 93.3, acknowledged: Some(by), ..Said::default() };
    let (host, since, until) = (snapshot().id, time(since), until.map(time));
    Entry { host, id: id.into(), since, until, said }
}

fn seen(host: &HostId, away: Option<u64>) -> Seen {
    let told = away.map(|number| ("boot".to_owned(), number));
    Seen { host: host.clone(), away: away.map(time), told }
}

fn past(store: &Store, limit: usize) -> Vec<Entry> {
    let (from, to) = (time(0), time(u64::MAX));
    let host = snapshot().id;
    let query = EventQuery { host: Some(&host), kind: None, from, to, limit };
    store.past_alerts(&query).unwrap()
}

#[test]
fn what_was_kept_of_alerts_is_there_after_a_restart() {
    let mut lab = Lab::new("alerts");
    let silence = Silence {
        id: 7,
        scope: Scope { hosts: vec!["pi".into()], ..Scope::default() },
        from: time(NOON),
        until: time(NOON + 1),
        by: "ann".into(),
        comment: "new disk".into(),
    };
    let (one, other) = (snapshot().id, HostId::parse("other").unwrap());
    let first = [
        Change::Alert(entry("a", NOON, None)),
        Change::Alert(entry("b", NOON, None)),
        Change::Silence(silence.clone()),
        Change::Silence(Silence { id: 8, ..silence.clone() }),
        Change::Host(seen(&one, None)),
        Change::Host(seen(&other, Some(1))),
    ];
    lab.store.keep_alerts(&first).unwrap();
    let then = [
        Change::Alert(entry("a", NOON, Some(NOON + 5))),
        Change::Alert(entry("a", NOON + 9, Some(NOON + 10))),
        Change::NoSilence(8),
        Change::Host(seen(&one, Some(NOON + 3))),
        Change::NoHost(other),
    ];
    lab.store.keep_alerts(&then).unwrap();
    lab.restart();
    let kept = lab.store.kept_alerts().unwrap();
    assert_eq!(kept.open, [entry("b", NOON, None)]);
    assert_eq!(kept.silences, [silence]);
    assert_eq!(kept.hosts, [seen(&one, Some(NOON + 3))]);
    let over = [entry("a", NOON + 9, Some(NOON + 10)), entry("a", NOON, Some(NOON + 5))];
    assert_eq!(past(&lab.store, 9), over);
    assert_eq!(past(&lab.store, 1), over[..1]);
}

#[test]
fn a_history_in_memory_keeps_them_to_its_end() {
    let store = Store::open(Settings::in_memory()).unwrap();
    store.keep_alerts(&[Change::Alert(entry("a", NOON, None))]).unwrap();
    assert_eq!(store.kept_alerts().unwrap().open.len(), 1);
    assert!(past(&store, 9).is_empty());
}

#[test]
fn what_was_over_long_ago_is_forgotten_and_what_is_open_is_not() {
    let db = Database::open_in_memory().unwrap();
    let old = NOON - u64::try_from(KEEP_ALERTS.as_millis()).unwrap() - 1;
    let all = [("open", old, None), ("old", old, Some(NOON)), ("new", NOON, Some(NOON))];
    let all = all.map(|(id, since, until)| Change::Alert(entry(id, since, until)));
    db.keep_alerts(&all).unwrap();
    db.cut_alerts(NOON).unwrap();
    assert!(ALERTS_KEPT_MAX > all.len());
    let (from, to) = (time(0), time(u64::MAX));
    let query = EventQuery { host: None, kind: None, from, to, limit: 9 };
    assert_eq!(db.past_alerts(&query).unwrap(), [entry("new", NOON, Some(NOON))]);
    assert_eq!(db.kept_alerts().unwrap().open.len(), 1);
}
