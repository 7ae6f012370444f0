//! When a session tells of alerts, and when it does so again.

use super::*;
use crate::alert::{Watch, built_in};
use crate::percent::Percent;
use crate::sample::Filesystem;

const GREETING: &str =
    r#"{"type":"connection","data":{"status":"connected","alerts":{"open":[]}}}"#;

/// A session of a host whose disk gets full and empty again.
struct Host {
    rig: Rig,
    watch: Watch,
}

impl Host {
    fn new() -> Self {
        let rules = built_in::rules(|name| name == "disk");
        Self { rig: Rig::kinglet().open(), watch: Watch::new(&rules, WallTime::default()) }
    }

    /// A look at the disk a second later; what is told of alerts by it.
    fn look(&mut self, percents: u64) -> Vec<(u64, u64)> {
        self.rig.ms += 1000;
        let usage_percent = Some(Percent::of(percents, 100));
        let row =
            Filesystem { mount_point: "/".to_owned(), usage_percent, ..Filesystem::default() };
        let sample = Sample { filesystems: vec![row], ..Sample::default() };
        let instant = Instant::from_millis(self.rig.ms);
        let now = Now { instant, wall: WallTime::default() };
        for known in self.rig.session.take_alerts() {
            self.watch.adopt(&known.id, now);
        }
        self.watch.observe(&sample, now);
        news(&self.rig.feed(Input::Watched(&self.watch)))
    }

    fn hear(&mut self, text: &str) -> Vec<(u64, u64)> {
        news(&self.rig.feed(Input::Text(text)))
    }

    /// The line breaks and comes back.
    fn reconnect(&mut self) {
        self.rig.feed(Input::Closed(Loss::Broken));
        let dials = times(&self.rig.pass(10_000), &Out::Dial);
        assert_eq!(dials.len(), 1);
        assert!(news(&self.rig.feed(Input::Opened)).is_empty(), "not before the greeting");
    }
}

/// The number of each alert that is told, and of the one before it.
fn news(outs: &[Out]) -> Vec<(u64, u64)> {
    let alerts = texts(outs).into_iter().filter(|text| text.starts_with(r#"{"type":"alert""#));
    let place = |text: &str| {
        Some((number_after(text, r#""number":"#)?, number_after(text, r#""after":"#)?))
    };
    alerts.map(|text| place(text).expect("an alert has its place")).collect()
}

#[test]
fn alerts_are_told_after_the_greeting_and_again_until_they_are_acknowledged() {
    let mut host = Host::new();
    assert!(host.look(95).is_empty(), "nobody has greeted");
    assert_eq!(host.hear(GREETING), [(1_001_000, 0)]);
    host.reconnect();
    assert_eq!(host.hear(GREETING), [(1_001_000, 0)]);
    assert!(host.hear(r#"{"type":"ack","data":{"alert":1001001}}"#).is_empty());
    host.reconnect();
    let open = GREETING.replace("[]", r#"[{"alert_id":"disk-1","type":"filesystems"}]"#);
    let open = open.replace("disk-1", &host.watch.open().next().unwrap().id);
    let greeting = open.replace(r#""open""#, r#""boot_id":"b","number":1001001,"open""#);
    assert!(host.hear(&greeting).is_empty() && host.look(95).is_empty(), "it has that");
    let over = host.look(10);
    assert_eq!(over, [(host.rig.ms, 1_001_001)], "behind the start of the agent");
}

#[test]
fn what_is_refused_is_told_again_when_it_may_be() {
    let mut host = Host::new();
    host.hear(GREETING);
    let told = host.look(95);
    assert_eq!(told, [(1_001_000, 1_000_000)], "behind the start of the agent");
    let limit = r#"{"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED","retry_after":3000}}"#;
    assert!(host.hear(limit).is_empty());
    let again: Vec<Out> = host.rig.pass(4_000).into_iter().map(|(_, out)| out).collect();
    assert_eq!(news(&again), told);
}

#[test]
fn what_was_open_before_this_start_is_no_news_until_it_is_over() {
    let mut before = Host::new();
    before.look(95);
    let id = before.watch.open().next().unwrap().id.clone();
    let open = GREETING.replace(
        r#""open":[]"#,
        &format!(r#""number":900,"boot_id":"b","open":[{{"alert_id":"{id}"}}]"#),
    );
    let mut host = Host::new();
    assert!(host.hear(&open).is_empty());
    assert!(host.look(95).is_empty(), "it fires still");
    let over = host.look(10);
    assert_eq!(over, [(host.rig.ms, 1_000_000)], "behind the start of the agent");
}
