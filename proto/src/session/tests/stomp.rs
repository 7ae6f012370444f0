//! A broker: a login it may ignore, a goodbye it may answer, beats it may fail on, destinations it
//! refuses.

use super::*;
use crate::limits::STOMP_MESSAGE_MAX;
use crate::output::{Setting, Settings};
use crate::sample::Filesystem;

const CONNECTED: &str = "CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0";
const REFUSED: &str = "ERROR\nmessage:Invalid destination\n\n/a is not valid\0";

fn broker<const N: usize>(pairs: [(&'static str, &str); N]) -> Rig {
    let mut settings = Settings::new();
    for (key, value) in pairs {
        settings.add(key, Setting::Text(value.to_owned()));
    }
    Rig::of("stomp", Account { settings, ..account(None) }).open()
}

/// The same with the login answered.
fn up<const N: usize>(pairs: [(&'static str, &str); N], connected: &str) -> Rig {
    let mut rig = broker(pairs);
    assert_eq!(events(&rig.feed(Input::Text(connected))), ["connected"]);
    rig
}

/// With beats of a second each way.
fn beating() -> Rig {
    let connected = "CONNECTED\nversion:1.2\nheart-beat:1000,1000\n\n\0";
    up([("heartbeat", "1000,1000")], connected)
}

fn beat() -> Out {
    Out::Text("\n".to_owned())
}

#[test]
fn nothing_is_sent_before_connect_is_answered() {
    let mut rig = Rig::new("stomp", None);
    rig.feed(Input::Tick);
    let outs = rig.feed(Input::Opened);
    assert!(texts(&outs)[0].starts_with("CONNECT\naccept-version:1.2,1.1,1.0\n"), "{outs:?}");
    assert_eq!(rig.sample(), []);
    assert_eq!(events(&rig.feed(Input::Text(CONNECTED))), ["connected"]);
    assert_eq!(texts(&rig.sample()), Vec::<&str>::new(), "no figure is there yet");
    rig.ms += 5_000;
    rig.sample.uptime = Some(7);
    let outs = rig.sample();
    assert!(texts(&outs)[0].starts_with("SEND\ndestination:/topic/metric/pi/uptime[VALUE]\n"));
    let outs = rig.pass(1_000_000);
    assert_eq!(texts(&outs.into_iter().map(|(_, out)| out).collect::<Vec<_>>()).len(), 0);
}

#[test]
fn a_connect_that_is_ignored_is_a_fault_of_its_own() {
    let mut rig = broker([]);
    let outs: Vec<_> = rig.pass(12_000).into_iter().map(|(_, out)| out).collect();
    let line = &events(&outs)[0];
    let words = "the broker ignored CONNECT: no answer within 10 s; next attempt in ";
    assert!(line.starts_with(words), "{line}");
}

#[test]
fn a_wrong_password_hangs_up_and_is_not_tried_again_within_a_minute() {
    for seed in 0..20 {
        let mut rig = broker([("login", "kinglet")]);
        rig.session.backoff = Backoff::new(seed);
        let outs = rig.feed(Input::Text("ERROR\nmessage:Bad CONNECT\n\nAccess refused\n\0"));
        let words = Some("Bad CONNECT: Access refused".to_owned());
        assert_eq!(outs[0], Out::HangUp(Reason::Refused(words)));
        assert_eq!(rig.feed(Input::NetworkChanged), [], "no other network makes it right");
        let wait = rig.next_wait().unwrap() - rig.ms;
        assert!((60_000..=66_000).contains(&wait), "{wait}");
    }
}

#[test]
fn what_is_refused_is_told_once_and_counted_for_each_report() {
    let mut rig = up([], CONNECTED);
    rig.sample();
    let line = "the server does not take all of a report: Invalid destination: /a is not valid; \
                told once";
    assert_eq!(events(&rig.feed(Input::Text(REFUSED))), [line]);
    assert_eq!(rig.feed(Input::Text(REFUSED)), []);
    assert_eq!(rig.session.counts().samples_dropped, 1);
    rig.ms += 5_000;
    rig.sample();
    assert_eq!(rig.feed(Input::Text(&REFUSED.repeat(20))), []);
    assert_eq!(rig.session.counts().samples_dropped, 2);
    assert!(rig.session.is_up());
}

#[test]
fn a_session_that_the_broker_ends_is_dialled_again() {
    let mut rig = up([], CONNECTED);
    rig.sample();
    let outs = rig.feed(Input::Text("ERROR\nmessage:Session closed.\n\n\0"));
    assert_eq!(outs[0], Out::HangUp(Reason::Over("the broker closed the session".into())));
    let line = &events(&outs)[0];
    let expected = "link lost: the broker closed the session; next attempt in ";
    assert!(line.starts_with(expected), "{line}");
    for _ in 0..3 {
        rig.ms = rig.next_wait().unwrap();
        assert_eq!(rig.feed(Input::Tick), [Out::Dial]);
        rig.feed(Input::Opened);
        rig.feed(Input::Text(CONNECTED));
        rig.sample();
        let outs = rig.feed(Input::Closed(Loss::Closed));
        assert_eq!(events(&outs).len(), 1, "a broker has no older connection to end: {outs:?}");
    }
}

#[test]
fn a_long_report_is_cut_into_messages_between_characters() {
    let mut rig = broker([("mode", "sample")]);
    rig.feed(Input::Text(CONNECTED));
    let name = |at: usize| format!("/mnt/{at}/ü{}", "€".repeat(at % 7));
    let mount = |at| Filesystem { mount_point: name(at), ..Filesystem::default() };
    rig.sample.filesystems = (0..500).map(mount).collect();
    let outs = rig.sample_unanswered();
    let pieces = texts(&outs);
    assert!(pieces.len() > 3, "{}", pieces.len());
    let (last, full) = pieces.split_last().unwrap();
    let room = STOMP_MESSAGE_MAX - 3..=STOMP_MESSAGE_MAX;
    assert!(full.iter().all(|piece| room.contains(&piece.len())) && last.len() <= *room.end());
    assert_eq!(outs[pieces.len()], Out::Ping, "behind all of it");
    let whole = pieces.concat();
    let body = whole.split_once("\n\n").unwrap().1.strip_suffix('\0').unwrap();
    assert_eq!(serde_json::from_str::<Sample>(body).unwrap().filesystems.len(), 500);
}

#[test]
fn beats_fill_only_silence() {
    let mut rig = beating();
    rig.sample.uptime = Some(7);
    for at in [1_000, 2_000] {
        rig.ms += 1_000;
        assert_eq!(rig.feed(Input::Tick), [beat()], "{at}");
        rig.feed(Input::Text("\n"));
    }
    rig.ms += 900;
    rig.sample();
    rig.ms += 900;
    assert_eq!(rig.feed(Input::Text("\n")), [], "the report was as good as a beat");
    rig.ms += 100;
    assert_eq!(rig.feed(Input::Tick), [beat()]);
}

#[test]
fn a_broker_that_beats_no_more_is_gone() {
    let mut rig = beating();
    for _ in 0..10 {
        rig.pass(2_700);
        rig.feed(Input::Text("\n"));
        rig.feed(Input::Pong);
    }
    let outs = rig.pass(10_000);
    assert_eq!(hang_ups(&outs), [(2_750, Reason::Silent)]);
}

#[test]
fn a_broker_that_fails_on_our_first_beat_gets_no_more() {
    let failed = "ERROR\nmessage:Failed to send message to ExecutorSubscribableChannel\n\n\0";
    for input in [
        Input::Text(failed),
        Input::Text("ERROR\nmessage:Session closed.\n\n\0"),
        Input::Closed(Loss::Broken),
        Input::Closed(Loss::Closed),
    ] {
        let mut rig = beating();
        assert_eq!(times(&rig.pass(1_000), &beat()), [1_000]);
        rig.ms += 1_000;
        let mut lines = events(&rig.feed(input));
        if lines.is_empty() {
            lines = rig.pass(0).into_iter().flat_map(|(_, out)| events(&[out])).collect();
        }
        let words = "link lost: the server failed on our first heartbeat: none is sent from now on";
        assert!(lines.len() == 1 && lines[0].starts_with(words), "{input:?}: {lines:?}");
        rig.ms = rig.next_wait().unwrap();
        rig.feed(Input::Tick);
        let outs = rig.feed(Input::Opened);
        assert!(texts(&outs)[0].contains("\nheart-beat:0,0\n"), "{outs:?}");
        rig.feed(Input::Text("CONNECTED\nversion:1.2\nheart-beat:1000,1000\n\n\0"));
        assert!(times(&rig.pass(40_000), &beat()).is_empty());
    }
}

#[test]
fn a_fault_that_has_another_cause_costs_no_beats() {
    for late in [true, false] {
        let mut rig = beating();
        rig.pass(1_000);
        rig.feed(Input::Text("\n"));
        if late {
            rig.pass(1_100);
        } else {
            rig.sample();
        }
        let outs = rig.feed(Input::Closed(Loss::Broken));
        assert!(events(&outs)[0].contains("connection broken"), "{outs:?}");
    }
}

#[test]
fn a_stop_says_goodbye_and_waits_a_second_for_the_answer() {
    let goodbye = [Out::Text("DISCONNECT\nreceipt:bye\n\n\0".to_owned())];
    let done = [Out::HangUp(Reason::Done)];
    assert_eq!(Reason::Done.close_code(), 1000);

    let mut rig = up([], CONNECTED);
    assert_eq!(rig.feed(Input::Stop), goodbye);
    assert_eq!(rig.sample(), []);
    assert_eq!(rig.feed(Input::Text(REFUSED)), [], "it was on its way");
    assert_eq!(rig.feed(Input::Text("RECEIPT\nreceipt-id:bye\n\n\0")), done);
    assert_eq!(rig.next_wait(), None);

    let mut rig = up([], CONNECTED);
    rig.feed(Input::Stop);
    assert_eq!(rig.pass(5_000), [(1_000, done[0].clone())], "no answer");

    let mut rig = up([], CONNECTED);
    rig.feed(Input::Stop);
    assert_eq!(rig.feed(Input::Closed(Loss::Closed)), [], "closed instead");
    assert_eq!(rig.next_wait(), None);

    let mut rig = up([], CONNECTED);
    rig.feed(Input::Stop);
    assert_eq!(rig.feed(Input::Stop), done, "told twice");

    let mut rig = up([], CONNECTED);
    rig.feed(Input::Stop);
    let both = "ERROR\nmessage:Session closed.\n\n\0ERROR\nmessage:x\n\n\0HELLO\n\n\0";
    assert_eq!(rig.feed(Input::Text(both)), done, "Spring's way");
    assert_eq!(rig.next_wait(), None);

    assert_eq!(broker([]).feed(Input::Stop), [Out::HangUp(Reason::Stopping)], "not answered yet");
}
