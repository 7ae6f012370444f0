//! A host that is to be forgotten leaves nothing, wherever what is kept of it is just then.

use super::*;
use crate::alert::{Change, Entry, Said};

/// How many rows each table has that says something of hosts.
fn rows(lab: &Lab) -> Vec<(&'static str, u32)> {
    let tables = ["host", "log", "log_2", "block", "event", "alert"];
    let database = held(&lab.store.shared.database);
    let count = |table| {
        let sql = format!("SELECT count(*) FROM {table}");
        (table, database.sql.query_row(&sql, (), |row| row.get(0)).unwrap())
    };
    tables.map(count).into_iter().filter(|(_, count)| *count > 0).collect()
}

/// An alert that is over.
fn over(id: &str) -> Change {
    let (at, host) = (WallTime::from_unix_millis(NOON), snapshot().id);
    let (id, until, said) = (id.into(), Some(at), Said::default());
    Change::Alert(Entry { host, id, since: at, until, said })
}

/// Two days of an hour each, an event, an alert that is over, and what waits.
fn fill(lab: &mut Lab) {
    for (number, at) in (1..).zip([NOON, NOON + 60_000, NOON + DAY, NOON + DAY + 60_000]) {
        lab.live(at, number, 100 * number);
        lab.turn(at);
    }
    lab.turn(NOON + 2 * DAY);
    let at = WallTime::from_unix_millis(NOON);
    let (kind, data) = ("system".to_owned(), "{}".to_owned());
    let now = Now { instant: Instant::default(), wall: at };
    let (age, place, again) = (Duration::ZERO, None, false);
    let told = Told { host: snapshot(), kind, data, received: now, age, place, again };
    lab.store.keep(&Update::Told(told));
    lab.store.keep_alerts(&[over("a")]).unwrap();
    lab.live(NOON + 2 * DAY, 5, 500);
    lab.turn(NOON + 2 * DAY);
    lab.live(NOON + 2 * DAY + 5_000, 6, 600);
}

#[test]
fn nothing_stays_of_a_host_that_is_forgotten() {
    let mut lab = Lab::new("forget");
    fill(&mut lab);
    let before = rows(&lab);
    assert!(before.len() >= 5, "{before:?}");
    let pi = snapshot().id;
    assert!(lab.store.forget(&pi));
    assert_eq!(lab.turn(NOON + 2 * DAY + 6_000), [Kept::UpTo(6)], "it is still there");
    lab.live(NOON + 2 * DAY + 7_000, 7, 700);
    lab.store.keep(&Update::Removed(pi.clone()));
    assert_eq!(lab.turn(NOON + 2 * DAY + 8_000), [Kept::UpTo(7)], "alerts have a say yet");
    lab.store.keep_alerts(&[over("gone with its host")]).unwrap();
    assert_eq!(lab.turn(NOON + 2 * DAY + 8_500), [Kept::UpTo(7), Kept::Forgotten(pi)]);
    assert_eq!(rows(&lab), []);
    let range = (NOON, NOON + 3 * DAY);
    assert_eq!(lab.try_ask("cpu.usage", range.0, range.1, None), Err(QueryError::UnknownHost));
    assert_eq!(lab.turn(NOON + 2 * DAY + 9_000), [Kept::UpTo(7)], "once");
}

#[test]
fn one_that_comes_again_is_another_and_keeps_what_it_tells() {
    let mut lab = Lab::new("forget-again");
    fill(&mut lab);
    let pi = snapshot().id;
    lab.store.forget(&pi);
    lab.store.keep(&Update::Removed(pi.clone()));
    lab.live(NOON + 2 * DAY + 10_000, 1, 250);
    lab.turn(NOON + 2 * DAY + 11_000);
    assert!(lab.turn(NOON + 2 * DAY + 11_500).contains(&Kept::Forgotten(pi)));
    let new = [(NOON + 2 * DAY, 25.0)];
    assert_eq!(lab.cpu(NOON, NOON + 3 * DAY, 60), new);
    lab.restart();
    assert_eq!(lab.cpu(NOON, NOON + 3 * DAY, 60), new);
    lab.live(NOON + 2 * DAY + 15_000, 2, 125);
    lab.turn(NOON + 2 * DAY + 16_000);
    assert_eq!(lab.cpu(NOON, NOON + 3 * DAY, 60), [(NOON + 2 * DAY, 18.75)]);
}

#[test]
fn one_that_is_only_removed_keeps_its_past() {
    let mut lab = Lab::new("removed");
    fill(&mut lab);
    lab.turn(NOON + 2 * DAY + 6_000);
    let before = rows(&lab);
    lab.store.keep(&Update::Removed(snapshot().id));
    lab.turn(NOON + 2 * DAY + 7_000);
    assert_eq!(rows(&lab), before);
}

#[test]
fn what_comes_while_the_thread_writes_is_forgotten_too() {
    let mut lab = Lab::new("forget-between");
    lab.live(NOON, 1, 100);
    lab.turn(NOON);
    lab.live(NOON + 5_000, 2, 200);
    lab.store.forget(&snapshot().id);
    lab.store.keep(&Update::Removed(snapshot().id));
    // As if both came after it had taken what waited.
    lab.writer.forget().unwrap();
    lab.turn(NOON + 6_000);
    assert_eq!(rows(&lab), []);
    assert_eq!(lab.turn(NOON + 7_000), [Kept::UpTo(2)]);
}

#[test]
fn a_new_file_loses_nobody_else() {
    let mut lab = Lab::new("forget-new-file");
    lab.live(NOON, 1, 100);
    lab.turn(NOON);
    lab.store.forget(&snapshot().id);
    lab.store.keep(&Update::Removed(snapshot().id));
    // As when the file is damaged: what follows has numbers of its own.
    held(&lab.store.shared.queue).forget();
    let numbers = held(&lab.store.shared.queue).forgotten.clone();
    assert_eq!(numbers, [(snapshot().id, None)]);
}
