//! How long a session waits before it dials again.

use super::*;

#[test]
fn failed_attempts_wait_3_3_6_4_32_up_to_600_s_within_a_tenth() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    let waits = waits(&mut rig, 60, |rig| {
        rig.feed(Input::Closed(Loss::Broken));
    });
    assert_within_jitter(&waits, 3.0);
    assert!(waits[59] >= 540_000 && waits[59] <= 600_000);
}

#[test]
fn every_close_code_reconnects() {
    for code in (1000..=1015).chain([3000, 4000, 4999, 0, 65535]) {
        let mut rig = Rig::kinglet().open();
        rig.feed(Input::Closed(Loss::of_close_code(Some(code))));
        let dials = times(&rig.pass(70_000), &Out::Dial);
        assert!(!dials.is_empty(), "{code}");
        let least = if code == 1008 { 54_000 } else { 2_700 };
        assert!(dials[0] >= least && dials[0] <= 66_000, "{code}: {dials:?}");
    }
}

#[test]
fn refused_credentials_start_at_60_s() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    let waits = waits(&mut rig, 20, |rig| {
        rig.feed(Input::Closed(Loss::Refused));
    });
    assert_within_jitter(&waits, 60.0);
}

/// A hub that took reports closes 1008 for its own reasons: another host with our id, too much at
/// once. The token is good all the same.
#[test]
fn a_server_that_took_a_report_does_not_refuse_the_token() {
    for (acked, least) in [(false, 54_000), (true, 2_700)] {
        let mut rig = Rig::kinglet().open();
        rig.sample();
        if acked {
            rig.feed(Input::Text(r#"{"type":"ack","data":{"seq":1}}"#));
        }
        rig.feed(Input::Closed(Loss::Refused));
        let dials = times(&rig.pass(70_000), &Out::Dial);
        assert!(dials[0] >= least && dials[0] <= least + 12_000, "{acked}: {dials:?}");
    }
}

#[test]
fn a_refusal_is_said_in_one_line_until_a_connection_is_good_again() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    let told = |outs: &[Out]| {
        outs.iter().filter(|out| matches!(out, Out::Event(Event::Refused { .. }))).count()
    };
    let outs = rig.feed(Input::Closed(Loss::Refused));
    let line = &events(&outs)[0];
    assert!(
        line.starts_with("credentials refused: check the token and the id (pi); next attempt in "),
        "{line}"
    );
    for _ in 0..3 {
        rig.ms = rig.next_wait().unwrap();
        rig.feed(Input::Tick);
        let outs = rig.feed(Input::Closed(Loss::Refused));
        assert_eq!(told(&outs), 0, "{outs:?}");
        assert!(matches!(&outs[0], Out::Event(event) if event.level() == Level::Debug));
    }
    rig.ms = rig.next_wait().unwrap();
    rig.feed(Input::Tick);
    rig.feed(Input::Opened);
    rig.pass(30_000);
    rig.feed(Input::Pong);
    assert_eq!(told(&rig.feed(Input::Closed(Loss::Refused))), 1);
}

#[test]
fn a_server_that_accepts_and_drops_is_not_hammered() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    let waits = waits(&mut rig, 30, |rig| {
        rig.feed(Input::Opened);
        rig.sample();
        rig.ms += 2_000;
        rig.feed(Input::Text(r#"{"type":"connection","data":{"status":"connected"}}"#));
        rig.feed(Input::Closed(Loss::Broken));
    });
    assert_within_jitter(&waits, 3.0);
}

#[test]
fn thirty_seconds_of_traffic_or_one_pong_start_the_back_off_over() {
    for proof in ["pong", "report", "text", "nothing", "too early", "blocked"] {
        let mut rig = Rig::kinglet();
        rig.feed(Input::Tick);
        waits(&mut rig, 10, |rig| {
            rig.feed(Input::Closed(Loss::Broken));
        });
        rig.feed(Input::Opened);
        rig.pass(if proof == "too early" { 29_000 } else { 30_000 });
        match proof {
            "pong" => drop(rig.feed(Input::Pong)),
            "report" => drop(rig.sample()),
            "text" | "too early" => drop(rig.feed(Input::Text("{}"))),
            "blocked" => {
                rig.feed(Input::Blocked);
                rig.sample();
            }
            _ => {}
        }
        let wait = waits(&mut rig, 1, |rig| {
            rig.feed(Input::Closed(Loss::Broken));
        })[0];
        let proven = matches!(proof, "pong" | "report" | "text");
        assert_eq!(wait < 3_400, proven, "{proof}: {wait} ms");
    }
}

/// A server that named a time is asked then and not before, whatever the network does; a day is cut
/// to an hour.
#[test]
fn a_busy_server_is_left_alone_for_as_long_as_it_said() {
    for (asked, granted) in [(120, 120_000), (86_400, 3_600_000)] {
        let mut rig = Rig::kinglet();
        rig.feed(Input::Tick);
        rig.feed(Input::Closed(Loss::Busy(Duration::from_secs(asked))));
        let end = rig.ms + granted;
        assert_eq!(rig.next_wait(), Some(end));
        rig.ms += 50_000;
        assert_eq!(rig.feed(Input::NetworkChanged), []);
        assert_eq!(rig.next_wait(), Some(end));
        rig.ms = end;
        assert_eq!(rig.feed(Input::Tick), [Out::Dial]);
    }
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    let outs = rig.feed(Input::Closed(Loss::Busy(Duration::from_secs(1))));
    assert!(events(&outs)[0].starts_with("could not connect; next attempt in "), "{outs:?}");
    assert!(rig.next_wait().unwrap() >= rig.ms + 2_700, "no sooner than in our own turn");
}

#[test]
fn a_connection_that_is_open_already_is_gone_over_to_at_once() {
    let mut rig = Rig::kinglet().open();
    rig.sample();
    assert_eq!(rig.feed(Input::Closed(Loss::Returned)), [Out::Dial]);
    let opened = rig.feed(Input::Opened);
    assert_eq!((events(&opened), texts(&opened)), (vec!["connected".to_owned()], vec![]));
    rig.ms += 5000;
    // Nobody has acknowledged the first.
    assert_eq!(seqs(&rig.sample()), [2, 1]);
    assert_eq!(rig.session.counts().samples_dropped, 0);
    // Where there is no connection, there is none to leave.
    rig.feed(Input::Closed(Loss::Broken));
    assert_eq!(rig.feed(Input::Closed(Loss::Returned)), []);
}
