//! What a change of the host's network does.

use super::*;

#[test]
fn a_network_change_dials_at_once_but_not_in_bursts() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    waits(&mut rig, 20, |rig| {
        rig.feed(Input::Closed(Loss::Broken));
    });
    rig.feed(Input::Closed(Loss::Broken));
    assert_eq!(rig.feed(Input::NetworkChanged), [Out::Dial]);
    let start = rig.ms;
    let mut dials = 1;
    // The cable flaps twice a second for a minute, and no attempt succeeds.
    for _ in 0..120 {
        rig.feed(Input::Closed(Loss::Broken));
        rig.ms += 500;
        let dialled = |outs: &[Out]| outs.iter().filter(|out| **out == Out::Dial).count();
        dials += dialled(&rig.feed(Input::NetworkChanged)) + dialled(&rig.feed(Input::Tick));
    }
    assert_eq!(rig.ms - start, 60_000);
    assert!((15..=21).contains(&dials), "{dials} attempts in a minute");
}

#[test]
fn an_attempt_that_fails_over_a_change_is_repeated_soon() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    waits(&mut rig, 20, |rig| {
        rig.feed(Input::Closed(Loss::Broken));
    });
    assert_eq!(rig.feed(Input::NetworkChanged), []);
    rig.feed(Input::Closed(Loss::Broken));
    assert!(times(&rig.pass(3_000), &Out::Dial).len() == 1);
}

#[test]
fn an_open_link_proves_itself_after_a_change_or_is_replaced_within_5_s() {
    let mut rig = Rig::kinglet().open();
    rig.pass(5_000);
    assert_eq!(rig.feed(Input::NetworkChanged), [Out::Ping]);
    assert_eq!(rig.feed(Input::NetworkChanged), [], "one ping for a burst");
    let outs = rig.pass(5_000);
    assert_eq!(hang_ups(&outs), [(3_000, Reason::Moved)]);
    assert_eq!(times(&outs, &Out::Dial), [3_500]);

    let mut rig = Rig::kinglet().open();
    rig.feed(Input::NetworkChanged);
    rig.ms += 2_999;
    rig.feed(Input::Pong);
    assert_eq!(hang_ups(&rig.pass(44_000)), []);
}

#[test]
fn a_network_change_does_not_soften_a_refusal() {
    let mut rig = Rig::kinglet();
    rig.feed(Input::Tick);
    rig.feed(Input::Closed(Loss::Refused));
    assert_eq!(rig.feed(Input::NetworkChanged), [Out::Dial]);
    let waits = waits(&mut rig, 2, |rig| {
        rig.feed(Input::Closed(Loss::Refused));
    });
    assert_within_jitter(&waits, 72.0);
}
