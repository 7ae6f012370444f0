//! When reports go, and how often.

use super::*;
use crate::sample::Custom;

#[test]
fn reports_come_at_the_servers_own_interval_whatever_the_loops_cadence() {
    for (cadence, count) in [(1_000, 13), (2_000, 13), (2_500, 13), (5_000, 13), (4_900, 13)] {
        let mut rig = Rig::kinglet().open();
        let (start, mut reports) = (rig.ms, 0);
        while rig.ms <= start + 60_000 {
            reports += seqs(&rig.sample()).len();
            rig.ms += cadence;
            rig.feed(Input::Pong);
        }
        assert!((count - 1..=count).contains(&reports), "{reports} at a cadence of {cadence}");
    }
}

#[test]
fn a_sample_that_comes_a_little_early_or_late_does_not_shift_the_rhythm() {
    let mut rig = Rig::kinglet().open();
    let start = rig.ms;
    let mut rng = crate::rng::Rng::new(3);
    for tick in 0..100 {
        rig.ms = start + tick * 5_000 + rng.below(200);
        assert_eq!(seqs(&rig.sample()), [tick + 1]);
        rig.feed(Input::Pong);
    }
}

/// All figures of the owner's own go behind the report that has them.
#[test]
fn what_is_told_beside_a_report_goes_at_once() {
    let mut rig = Rig::kinglet().open();
    let custom = |at| Custom { series: format!("x{at}"), value: 1.0 };
    rig.sample.custom = (0..12).map(custom).collect();
    let outs = rig.sample();
    let is_own =
        |out: &Out| matches!(out, Out::Text(text) if text.contains(r#""type":"performance""#));
    let texts = outs.iter().filter(|out| matches!(out, Out::Text(_)));
    let told: Vec<_> = texts.map(is_own).collect();
    assert_eq!((told.len(), told[0]), (1 + 12, false));
    assert!(told[1..].iter().all(|is_own| *is_own), "{told:?}");
}

#[test]
fn a_protocols_servers_bound_the_interval() {
    for (protocol, seconds) in [("kinglet", 3600), ("vstats", 25), ("simple-server-status", 30)] {
        let interval = Duration::from_secs(3600);
        let session = Session::new(Protocol::named(protocol).unwrap(), account(None), interval, 0);
        assert_eq!(session.interval().as_secs(), seconds);
    }
}

#[test]
fn a_heartbeat_goes_when_nothing_else_did_for_30_s() {
    let mut rig = Rig::kinglet().open();
    rig.pass(20_000);
    assert_eq!(seqs(&rig.sample()), [1]);
    let outs = rig.pass(24_000);
    assert_eq!(outs.iter().filter(|(_, out)| matches!(out, Out::Text(_))).count(), 0);
    rig.feed(Input::Pong);
    let outs: Vec<_> = rig.pass(7_000);
    let beats: Vec<_> = outs.iter().filter(|(_, out)| matches!(out, Out::Text(_))).collect();
    assert_eq!(beats.len(), 1);
    assert!(matches!(beats[0], (6_000, Out::Text(text)) if text.contains(r#""type":"heartbeat""#)));
}

#[test]
fn samples_of_an_outage_are_counted_where_the_protocol_keeps_none() {
    let mut rig = Rig::new("simple-server-status", None).open();
    rig.feed(Input::Closed(Loss::Broken));
    for _ in 0..7 {
        rig.ms += 5_000;
        rig.feed(Input::Closed(Loss::Broken));
        rig.sample();
    }
    let counts = rig.session.counts();
    assert_eq!((counts.samples_dropped, counts.ring_bytes), (7, 0));
}

#[test]
fn a_rate_limit_is_kept_but_not_for_ever() {
    let limit = |ms: &str| {
        format!(r#"{{"type":"error","data":{{"code":"RATE_LIMIT_EXCEEDED","retry_after":{ms}}}}}"#)
    };
    for (asked, granted) in [("20000", 20_000), ("1e300", 600_000), ("-5", 0), ("null", 1_000)] {
        let mut rig = Rig::kinglet().open();
        rig.feed(Input::Text(&limit(asked)));
        let (start, mut first) = (rig.ms, None);
        while rig.ms < start + 700_000 && first.is_none() {
            rig.ms += 1_000;
            rig.feed(Input::Pong);
            let outs = [rig.feed(Input::Tick), rig.sample()].concat();
            first = texts(&outs).first().map(|_| rig.ms - start);
        }
        let first = first.unwrap();
        assert!(first >= granted && first <= granted + 1_000, "{asked}: {first}");
    }
    let mut rig = Rig::kinglet().open();
    let outs = rig.feed(Input::Text(&limit("5000")));
    assert_eq!(events(&outs), ["the server asked for silence: next report in 5 s"]);
}

#[test]
fn what_a_rate_limit_may_have_cost_is_sent_again() {
    let mut rig = Rig::kinglet().open();
    for _ in 0..3 {
        rig.sample();
        rig.ms += 5_000;
    }
    rig.feed(Input::Text(r#"{"type":"ack","data":{"seq":1}}"#));
    let limit = r#"{"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED","retry_after":1000}}"#;
    assert!(texts(&rig.feed(Input::Text(limit))).is_empty(), "not before the pause is over");
    assert!(rig.pass(999).is_empty());
    let outs: Vec<Out> = rig.pass(2_000).into_iter().map(|(_, out)| out).collect();
    assert_eq!(seqs(&outs), [2, 3], "one of them was not taken");
    rig.feed(Input::Text(r#"{"type":"ack","data":{"seq":3}}"#));
    assert_eq!(rig.session.counts().ring_bytes, 0);
}
