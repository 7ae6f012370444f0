//! When a link is alive, and when it is given up.

use super::*;

#[test]
fn the_first_tick_dials_and_nothing_before_it() {
    let mut rig = Rig::kinglet();
    assert_eq!(rig.next_wait(), Some(0), "the loop is told to tick at once");
    let late = [Input::Opened, Input::Pong, Input::Closed(Loss::Broken), Input::NetworkChanged];
    for input in late.into_iter().chain([Input::Blocked, Input::Drained, Input::Text("x")]) {
        assert_eq!(rig.feed(input), [], "{input:?}");
    }
    assert_eq!(rig.feed(Input::Tick), [Out::Dial]);
    assert_eq!(rig.feed(Input::Tick), [], "one dial in flight");
    assert!(!rig.session.is_up());
}

#[test]
fn ping_at_30_s_and_dead_at_45_s_without_a_pong() {
    let mut rig = Rig::kinglet().open();
    let outs = rig.pass(44_999);
    assert_eq!(times(&outs, &Out::Ping), [30_000]);
    assert_eq!(hang_ups(&outs), []);
    assert_eq!(hang_ups(&rig.pass(1)), [(1, Reason::Deaf)]);
}

#[test]
fn pings_go_on_every_30_s_while_pongs_come() {
    let mut rig = Rig::kinglet().open();
    let mut pings = Vec::new();
    for round in 0..10 {
        let outs = rig.pass(30_000);
        pings.extend(times(&outs, &Out::Ping).iter().map(|at| round * 30_000 + at));
        rig.ms += 100; // the answer takes a moment
        assert_eq!(rig.feed(Input::Pong), []);
        rig.ms -= 100;
    }
    assert_eq!(pings, (1..=10).map(|round| round * 30_000).collect::<Vec<_>>());
}

#[test]
fn dead_45_s_after_the_last_pong() {
    let mut rig = Rig::kinglet().open();
    rig.pass(31_000);
    rig.feed(Input::Pong);
    assert_eq!(hang_ups(&rig.pass(60_000)), [(45_000, Reason::Deaf)]);
}

#[test]
fn dead_at_45_s_while_blocked() {
    let mut rig = Rig::kinglet().open();
    rig.feed(Input::Blocked);
    let outs = rig.pass(50_000);
    assert_eq!(times(&outs, &Out::Ping), [30_000]);
    assert_eq!(hang_ups(&outs), [(45_000, Reason::Deaf)]);
}

#[test]
fn dead_at_45_s_while_the_server_keeps_talking() {
    let mut rig = Rig::kinglet().open();
    let (start, mut outs) = (rig.ms, Vec::new());
    while outs.is_empty() && rig.ms < start + 60_000 {
        rig.ms += 500; // every 500 ms a frame, and never a tick
        outs = rig.feed(Input::Text(r#"{"type":"pong"}"#));
        outs.retain(|out| !matches!(out, Out::Ping | Out::Text(_)));
    }
    assert_eq!(rig.ms - start, 45_000);
    assert_eq!(outs[0], Out::HangUp(Reason::Deaf));
}

#[test]
fn a_pong_in_the_moment_of_the_deadline_is_too_late() {
    let mut rig = Rig::kinglet().open();
    rig.ms += 45_000;
    assert!(rig.feed(Input::Pong).contains(&Out::HangUp(Reason::Deaf)));
}

#[test]
fn a_deadline_that_passed_wins_over_every_input() {
    let sample = Sample::default();
    let inputs = [
        Input::Opened,
        Input::Text("{}"),
        Input::Pong,
        Input::Closed(Loss::Refused),
        Input::Sampled(&sample),
        Input::Blocked,
        Input::Drained,
        Input::NetworkChanged,
        Input::Tick,
    ];
    for input in inputs {
        let mut rig = Rig::kinglet().open();
        rig.ms += 45_000;
        let mut outs = rig.feed(input);
        assert_eq!(outs.remove(0), Out::HangUp(Reason::Deaf), "{input:?}");
        assert!(matches!(outs.remove(0), Out::Event(Event::Down { reason: Reason::Deaf, .. })));
        let redial = matches!(input, Input::NetworkChanged);
        assert_eq!(outs, if redial { vec![Out::Dial] } else { vec![] }, "{input:?}");
    }
}

#[test]
fn news_of_the_old_connection_is_not_taken_for_the_new_attempts() {
    let sample = Sample::default();
    for input in [
        Input::Opened,
        Input::Closed(Loss::Refused),
        Input::Closed(Loss::Broken),
        Input::Text(r#"{"type":"auth","status":"error"}"#),
        Input::Pong,
        Input::Blocked,
        Input::Drained,
        Input::Sampled(&sample),
        Input::NetworkChanged,
    ] {
        let mut rig = Rig::kinglet().open();
        rig.feed(Input::Closed(Loss::Broken));
        rig.ms = rig.next_wait().unwrap();
        assert_eq!(rig.feed(input), [Out::Dial], "{input:?}");
        assert!(matches!(rig.session.state, State::Dialing { .. }), "{input:?}");
    }
}

#[test]
fn an_attempt_nobody_reports_on_ends_by_itself() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    assert_eq!(hang_ups(&rig.pass(60_000)), [(60_000, Reason::DialTimeout)]);
}

#[test]
fn suspend_counts_and_the_link_is_given_up_on_waking() {
    let mut rig = Rig::kinglet().open();
    rig.ms += 8 * 3600 * 1000;
    let outs = rig.feed(Input::Tick);
    assert_eq!(outs[0], Out::HangUp(Reason::Deaf));
    let dials = times(&rig.pass(4_000), &Out::Dial);
    assert_eq!(dials.len(), 1, "back at once: {dials:?}");
}
