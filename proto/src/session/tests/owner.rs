//! What the owner reads, and what no server can make of it.

use super::*;

#[test]
fn two_kicks_within_a_minute_are_said_once() {
    let mut rig = Rig::new("simple-server-status", None);
    let kick = |rig: &mut Rig, after_ms: u64| {
        rig.ms = rig.next_wait().unwrap().max(rig.ms);
        rig.feed(Input::Tick);
        rig.feed(Input::Opened);
        rig.sample();
        rig.ms += after_ms;
        let outs = rig.feed(Input::Closed(Loss::Closed));
        events(&outs).iter().filter(|line| line.contains("another host")).count()
    };
    let told: Vec<usize> = (0..4).map(|_| kick(&mut rig, 2_000)).collect();
    assert_eq!(told, [0, 1, 0, 0]);

    let mut rig = Rig::new("simple-server-status", None);
    let told: Vec<usize> = (0..3).map(|_| kick(&mut rig, 40_000)).collect();
    assert_eq!(told, [0, 1, 0], "43 s apart");
    let mut rig = Rig::new("simple-server-status", None);
    let slow = |rig: &mut Rig| {
        rig.ms += 30_000;
        kick(rig, 40_000)
    };
    assert_eq!([slow(&mut rig), slow(&mut rig), slow(&mut rig)], [0; 3], "70 s apart");
}

#[test]
fn a_server_that_cuts_is_understood_where_that_is_its_way() {
    for (protocol, loss, heard) in [
        ("komari", Loss::Ended, 1),
        ("komari", Loss::Broken, 0),
        ("simple-server-status", Loss::Ended, 0),
    ] {
        let mut rig = Rig::new(protocol, None);
        rig.sample.cpu.usage = Some(crate::percent::Percent::of(1, 4));
        (rig.sample.network.total_rx, rig.sample.network.total_tx) = (Some(1), Some(1));
        let mut told = Vec::new();
        for _ in 0..3 {
            rig.ms = rig.next_wait().unwrap().max(rig.ms);
            rig.feed(Input::Tick);
            rig.feed(Input::Opened);
            rig.sample();
            rig.ms += 2_000;
            told.extend(events(&rig.feed(Input::Closed(loss))));
        }
        let said = told.iter().filter(|line| line.contains("another host")).count();
        assert_eq!(said, heard, "{protocol} {loss:?}: {told:?}");
    }
}

#[test]
fn a_server_cannot_flood_the_log() {
    let mut rig = Rig::kinglet().open();
    let mut said = 0;
    for at in 0..1000 {
        let text = format!(r#"{{"type":"error","data":{{"code":"E{}"}}}}"#, at % 100 / 2);
        said += events(&rig.feed(Input::Text(&text))).len();
    }
    assert_eq!(said, SERVER_EVENTS_MAX as usize);
    let mut rig = Rig::shipped().open();
    rig.feed(Input::Text(r#"{"type":"auth","status":"ok"}"#));
    let update = Input::Text(r#"{"type":"command","command":"update","download_url":"http://x"}"#);
    let expected = ["the server asked for update: refused, an agent takes no orders"];
    assert_eq!(events(&rig.feed(update)), expected);
    assert_eq!(events(&rig.feed(update)), [""; 0], "once");
}

#[test]
fn garbage_is_ignored_in_every_protocol() {
    let garbage = [
        "",
        "{",
        "null",
        "[]",
        "\u{0}",
        "{\"type\":null}",
        "{\"type\":\"ack\"}",
        "{\"type\":\"auth\"",
        r#"{"type":"ack","data":{"seq":-1}}"#,
        r#"{"type":"ack","data":{"seq":1e99}}"#,
        r#"{"type":"batch_ack","batch_id":7}"#,
        r#"{"type":"batch_ack","batch_id":"x"}"#,
        r#"{"type":"config","ping_targets":{"a":[[[[]]]]}}"#,
        r#"{"type":"unheard_of"}"#,
        r#"{"type":"config","traffic_config":7}"#,
    ];
    let nested = "[".repeat(60_000);
    for mut rig in [
        Rig::kinglet().open(),
        Rig::shipped().open(),
        Rig::new("vstats", None).open(),
        Rig::new("simple-server-status", None).open(),
    ] {
        for text in garbage.iter().copied().chain([nested.as_str()]) {
            assert_eq!(rig.feed(Input::Text(text)), [], "{text:.40}");
        }
    }
}

#[test]
fn mutilated_messages_do_no_harm_in_any_protocol() {
    let messages = [
        r#"{"type":"ack","id":"1","timestamp":"2026-11-20T08:00:00Z","data":{"seq":41}}"#,
        r#"{"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED","retry_after":5000}}"#,
        r#"{"type":"auth","status":"ok","last_buckets":{"15min":1920000,"hourly":480000}}"#,
        r#"{"type":"batch_ack","batch_id":"1","accepted":12,"rejected":3}"#,
        r#"{"type":"command","command":"update","download_url":"http://x/\u00e4"}"#,
    ];
    let mut rng = crate::rng::Rng::new(41);
    let mut at = |len: usize| usize::try_from(rng.below(len as u64)).unwrap();
    let new = || {
        [
            Rig::kinglet().open(),
            Rig::shipped().open(),
            Rig::new("vstats", None).open(),
            Rig::new("simple-server-status", None).open(),
        ]
    };
    let mut rigs = new();
    for round in 0..5_000 {
        if round % 50 == 0 {
            rigs = new(); // a refusal or a pause ends the listening
        }
        let mut bytes = messages[at(messages.len())].as_bytes().to_vec();
        for _ in 0..=at(3) {
            let place = at(bytes.len());
            match at(3) {
                0 => bytes[place] = b"0\"\\{}[],:x9-"[at(12)],
                1 => drop(bytes.remove(place)),
                _ => bytes.truncate(place + 1),
            }
        }
        let text = String::from_utf8(bytes).unwrap();
        for rig in &mut rigs {
            rig.feed(Input::Text(&text));
            assert!(rig.session.counts().ring_bytes == 0, "{text}");
        }
    }
}

#[test]
fn stop_says_goodbye_and_nothing_after_it() {
    for stage in ["new", "waiting", "dialing", "login", "up"] {
        let mut rig = Rig::shipped();
        if stage != "new" {
            rig.feed(Input::Tick);
        }
        match stage {
            "waiting" => drop(rig.feed(Input::Closed(Loss::Broken))),
            "login" | "up" => drop(rig.feed(Input::Opened)),
            _ => {}
        }
        if stage == "up" {
            rig.feed(Input::Text(r#"{"type":"auth","status":"ok"}"#));
        }
        let goodbye = [Out::HangUp(Reason::Stopping)];
        let expected = if matches!(stage, "new" | "waiting") { &[][..] } else { &goodbye[..] };
        assert_eq!(rig.feed(Input::Stop), expected, "{stage}");
        assert_eq!(Reason::Stopping.close_code(), 1001);
        assert_eq!(rig.next_wait(), None, "{stage}");
        rig.ms += 100_000;
        for input in [Input::Stop, Input::Tick, Input::Opened, Input::NetworkChanged, Input::Pong] {
            assert_eq!(rig.feed(input), [], "{stage} {input:?}");
        }
        assert_eq!(rig.sample(), []);
    }
}

#[test]
fn nothing_a_session_shows_holds_the_token() {
    let mut rig = Rig::shipped().open();
    rig.feed(Input::Text(r#"{"type":"auth","status":"error","message":"no"}"#));
    // The login lies in its buffer still.
    assert!(rig.session.frame.contains("hunter2"));
    let shown = format!("{:?}", rig.session);
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_session_at_rest_is_small() {
    let mut rig = Rig::kinglet().open();
    for _ in 0..1000 {
        rig.ms += 5_000;
        rig.feed(Input::Pong);
        let seq = seqs(&rig.sample())[0];
        rig.feed(Input::Text(&format!(r#"{{"type":"ack","data":{{"seq":{seq}}}}}"#)));
    }
    let session = &rig.session;
    let kept = session.live.capacity() + session.frame.capacity() + session.actions.capacity() * 64;
    assert!(std::mem::size_of::<Session>() < 1024, "{}", std::mem::size_of::<Session>());
    assert!(kept < 4096, "{kept} bytes kept");
    assert_eq!(session.counts().ring_bytes, 0);
}
