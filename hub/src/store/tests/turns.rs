//! The two tables of the log take turns: nothing is lost by it, and little is written.

use super::*;

/// A reading a minute, and a turn of the writer with each.
fn minutes(lab: &mut Lab, minutes: std::ops::Range<u64>) {
    for minute in minutes {
        let at = NOON + minute * 60_000;
        lab.live(at, minute + 1, minute % 1000);
        lab.turn(at + 1000);
    }
}

#[test]
fn whenever_it_is_restarted_every_reading_is_there_once() {
    let mut lab = Lab::new("turns");
    let restarts = [20, 61, 65, 119, 121, 130, 185, 240, 299];
    let mut from = 0;
    for to in restarts {
        minutes(&mut lab, from..to);
        lab.restart();
        // What was sent before and not acknowledged comes again.
        lab.keep(NOON + (to - 1) * 60_000, Some(to), Some(5000), (to - 1) % 1000);
        from = to;
    }
    minutes(&mut lab, from..from + 1);
    let hours = (0..6).map(|hour| NOON + hour * HOUR);
    let found: Vec<_> = hours.flat_map(|hour| lab.cpu(hour, hour + HOUR, 1)).collect();
    let expected: Vec<_> =
        (0..=from).map(|minute| (NOON + minute * 60_000, tenths(minute % 1000))).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_log_holds_three_hours_at_most() {
    let mut lab = Lab::new("hours");
    for hour in 0..12 {
        minutes(&mut lab, hour * 60..(hour + 1) * 60);
        let rows = held(&lab.store.shared.database).log_rows();
        assert!((60..=180).contains(&rows), "{rows} rows after {hour} hours");
    }
}

/// The pages of a write-ahead log that is never written back: what was written so far.
fn pages_written(lab: &Lab) -> u64 {
    std::fs::metadata(lab.folder.join("history.db-wal")).unwrap().len() / 4096
}

#[test]
fn to_empty_the_log_writes_none_of_its_pages() {
    let mut lab = Lab::new("empties");
    for second in 0..3600 {
        lab.live(NOON + second * 1000, second + 1, second % 1000);
        if second % 60 == 59 {
            lab.turn(NOON + second * 1000);
        }
    }
    let before = pages_written(&lab);
    assert!(before > 100, "a log of {before} pages");
    lab.turn(NOON + HOUR + 3_540_000);
    lab.turn(NOON + HOUR + 3_600_000);
    assert_eq!(held(&lab.store.shared.database).log_rows(), 0);
    let written = pages_written(&lab) - before;
    assert!(written < 12, "{written} pages for a block of an hour and an empty log");
}
