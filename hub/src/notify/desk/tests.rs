use std::time::Duration;

use kinglet_proto::time::WallTime;

use super::super::alert::tests::alert;
use super::super::notice::State;
use super::*;

fn rules() -> Rules {
    let none = Vec::new;
    Rules { level: Level::Warning, hosts: none(), groups: none(), resolved: true, per_hour: 30 }
}

/// So many seconds after the alerts of these tests.
fn at(seconds: u64) -> Now {
    let wall = WallTime::from_unix_millis(1_795_000_000_000 + seconds * 1000);
    Now { instant: Instant::from_millis(seconds * 1000), wall }
}

fn desk(rules: Rules) -> Desk {
    Desk::new(rules, Memory::default(), 1, at(0))
}

/// Tells an alert of this id, level and status.
fn tell(desk: &mut Desk, id: &str, level: &str, status: &str, seconds: u64) {
    desk.handle_alert(alert(id, level, status), at(seconds).instant);
}

/// All that is sent at this time, by a server that takes it.
fn sent(desk: &mut Desk, seconds: u64) -> Vec<(State, String)> {
    let mut sent = Vec::new();
    while let Step::Send(notice) = desk.poll(at(seconds)) {
        desk.handle_fate(&Fate::Taken, at(seconds));
        sent.push((notice.state, notice.id));
        assert!(sent.len() < 1000);
    }
    sent
}

fn fired(id: &str) -> (State, String) {
    (State::Fired, id.to_owned())
}

fn later() -> Fate {
    Fate::Later(None, "busy".to_owned())
}

#[test]
fn an_alert_is_told_once_when_it_fires_and_once_when_it_is_over() {
    let mut desk = desk(rules());
    for _ in 0..3 {
        tell(&mut desk, "a", "warning", "active", 0);
    }
    assert_eq!(sent(&mut desk, 0), [fired("a")]);
    tell(&mut desk, "a", "critical", "active", 1);
    tell(&mut desk, "a", "warning", "active", 2);
    assert_eq!(sent(&mut desk, 2), [fired("a")], "it is worse, and that once");
    for _ in 0..2 {
        tell(&mut desk, "a", "warning", "resolved", 3);
    }
    assert_eq!(sent(&mut desk, 3), [(State::Resolved, "a".to_owned())]);
    tell(&mut desk, "a", "warning", "active", 4);
    assert_eq!(sent(&mut desk, 4), [fired("a")], "it begins anew");
    assert_eq!(desk.counts(), Counts { sent: 4, failed: 0, held: 0 });
    assert_eq!(desk.poll(at(5)), Step::Wait(None));
}

#[test]
fn nobody_is_told_what_he_does_not_want() {
    let only = |change: fn(&mut Rules)| {
        let mut rules = rules();
        change(&mut rules);
        let mut desk = desk(rules);
        tell(&mut desk, "w", "warning", "active", 0);
        tell(&mut desk, "c", "critical", "active", 0);
        tell(&mut desk, "w", "warning", "resolved", 0);
        sent(&mut desk, 0).into_iter().map(|(_, id)| id).collect::<String>()
    };
    assert_eq!(only(|_| ()), "wcw");
    assert_eq!(only(|rules| rules.level = Level::Critical), "c");
    assert_eq!(only(|rules| rules.resolved = false), "wc");
    assert_eq!(only(|rules| rules.hosts = vec!["web-1".to_owned()]), "wcw");
    assert_eq!(only(|rules| rules.hosts = vec!["Web".to_owned()]), "wcw");
    assert_eq!(only(|rules| rules.hosts = vec!["web-2".to_owned()]), "");
    assert_eq!(only(|rules| rules.groups = vec!["production".to_owned()]), "wcw");
    assert_eq!(only(|rules| rules.groups = vec!["home".to_owned()]), "");
    let mut desk = desk(rules());
    let silenced = Alert { is_silenced: true, ..alert("s", "critical", "active") };
    desk.handle_alert(silenced, at(0).instant);
    tell(&mut desk, "i", "info", "active", 0);
    tell(&mut desk, "never seen", "warning", "resolved", 0);
    assert_eq!(sent(&mut desk, 0), []);
    tell(&mut desk, "s", "critical", "active", 1);
    assert_eq!(sent(&mut desk, 1), [fired("s")], "no longer silenced");
}

#[test]
fn what_is_above_the_limit_of_an_hour_comes_as_a_digest() {
    let mut desk = desk(Rules { per_hour: 2, ..rules() });
    for (second, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        tell(&mut desk, id, "warning", "active", second as u64);
    }
    assert_eq!(sent(&mut desk, 4), [fired("a"), fired("b")]);
    tell(&mut desk, "c", "warning", "resolved", 5);
    let due = 2 + NOTIFY_DIGEST_EVERY.as_secs();
    assert_eq!(desk.poll(at(6)), Step::Wait(Some(at(due).instant)));
    let Step::Send(digest) = desk.poll(at(due)) else { panic!("no digest") };
    assert_eq!((digest.state, &*digest.title), (State::Digest, "2 alerts were held back"));
    assert_eq!(sent(&mut desk, due).len(), 1);
    assert_eq!(desk.counts(), Counts { sent: 3, failed: 0, held: 3 });
    tell(&mut desk, "e", "warning", "active", 3599);
    assert_eq!(sent(&mut desk, 3599), []);
    let mut desk = Desk { memory: Memory::default(), ..desk };
    tell(&mut desk, "f", "warning", "active", 3600);
    assert_eq!(sent(&mut desk, 3600), [fired("f")], "the hour of the first is over");
}

#[test]
fn a_busy_server_is_asked_again_ever_later_and_in_order() {
    let mut desk = desk(rules());
    tell(&mut desk, "a", "warning", "active", 0);
    tell(&mut desk, "b", "warning", "active", 0);
    let mut now = at(0);
    let mut pauses = Vec::new();
    for _ in 0..40 {
        assert!(matches!(desk.poll(now), Step::Send(notice) if notice.id == "a"));
        desk.handle_fate(&later(), now);
        let Step::Wait(Some(until)) = desk.poll(now) else { panic!("no pause") };
        pauses.push(until.since(now.instant));
        now.instant = until;
    }
    assert!(pauses[0] <= Duration::from_secs(4), "{pauses:?}");
    assert!(pauses[39] <= Duration::from_secs(600) && pauses[39] > pauses[0] * 50, "{pauses:?}");
    let told = Fate::Later(Some(Duration::from_secs(42)), "busy".to_owned());
    desk.handle_fate(&told, now);
    assert_eq!(desk.poll(now), Step::Wait(Some(now.instant.plus(Duration::from_secs(42)))));
    now.instant = now.instant.plus(Duration::from_secs(42));
    assert_eq!(desk.counts().sent, 0);
    assert_eq!(sent(&mut desk, now.instant.as_millis() / 1000 + 1), [fired("a"), fired("b")]);
}

#[test]
fn what_is_refused_is_not_tried_again_and_what_is_old_is_dropped() {
    let mut desk = desk(rules());
    tell(&mut desk, "a", "warning", "active", 0);
    tell(&mut desk, "b", "warning", "active", 0);
    desk.handle_fate(&Fate::Refused("404".to_owned()), at(0));
    assert!(matches!(desk.poll(at(0)), Step::Send(notice) if notice.id == "b"));
    desk.handle_fate(&later(), at(0));
    assert_eq!(desk.waiting(), 1);
    desk.handle_fate(&later(), at(NOTIFY_GOOD_FOR.as_secs() + 1));
    assert_eq!(desk.waiting(), 0);
    assert_eq!(desk.counts(), Counts { sent: 0, failed: 2, held: 0 });
}

#[test]
fn a_queue_that_is_full_loses_no_alert() {
    let mut desk = desk(Rules { per_hour: 1000, ..rules() });
    for number in 0..NOTIFY_QUEUE_MAX + 5 {
        tell(&mut desk, &number.to_string(), "warning", "active", 0);
    }
    desk.handle_fate(&Fate::Later(Some(Duration::from_secs(7000)), String::new()), at(0));
    assert_eq!(desk.poll(at(6999)), Step::Wait(Some(at(7000).instant)), "no room for a digest");
    let all = sent(&mut desk, 7000);
    assert_eq!(all.len(), NOTIFY_QUEUE_MAX + 1);
    assert_eq!(all.last().unwrap().0, State::Digest);
    assert_eq!(desk.counts().held, 5);
}

#[test]
fn what_was_told_and_what_waits_outlives_the_hub() {
    let mut before = desk(Rules { per_hour: 2, ..rules() });
    for id in ["a", "b", "c"] {
        tell(&mut before, id, "warning", "active", 0);
    }
    before.handle_fate(&Fate::Taken, at(0));
    let text = serde_json::to_string(before.memory()).unwrap();
    let memory = serde_json::from_str(&text).unwrap();
    let mut after = Desk::new(rules(), memory, 2, at(0));
    for id in ["a", "b", "c"] {
        tell(&mut after, id, "warning", "active", 9);
    }
    assert_eq!(sent(&mut after, 9), [fired("b")]);
    assert_eq!(sent(&mut after, NOTIFY_DIGEST_EVERY.as_secs()).len(), 1, "c, in a digest");
    after.forget(&HostId::parse("web-1").unwrap());
    assert!(after.memory().open.is_empty());
}
