//! How sessions begin and end, and what is counted of them.

use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use serde_json::Value;
use tungstenite::Message;

use super::client::{Frame, Stomp};
use crate::command::started;
use crate::support::{Deadline, Hub, VIEWER, WEB, report, scratch};

/// The counts of `/healthz`.
fn counts(hub: &Hub) -> Value {
    let (_, text) = hub.http("/healthz", "");
    let body = text.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str::<Value>(body).unwrap()["stomp"].clone()
}

fn wait_for_end(hub: &Hub, how: &str) {
    let deadline = Deadline::in_seconds(10);
    while counts(hub)[how] != 1 {
        deadline.check(&format!("{how}: {}", counts(hub)));
    }
}

#[test]
fn connected_has_version_beats_server_and_session() {
    let hub = Hub::public();
    for (path, hello, version, beats) in [
        (
            "/stomp",
            "CONNECT\naccept-version:1.0,1.1,1.2\nheart-beat:5000,7000\n",
            "1.2",
            "10000,10000",
        ),
        ("/ws/stomp", "STOMP\naccept-version:1.1,1.0\nheart-beat:0,7000\n", "1.1", "10000,0"),
        ("/stomp/websocket", "CONNECT\nlogin:guest\npasscode:guest\n", "1.0", "0,0"),
        ("/stomp", "CONNECT\r\naccept-version:1.2\r\nheart-beat:20000,0\r\n", "1.2", "0,10000"),
    ] {
        let mut client = Stomp::open(&hub, path);
        client.say(&format!("{hello}\n\0"));
        let connected = client.frame();
        assert_eq!(connected.command, "CONNECTED");
        assert_eq!(connected.header("version"), version, "{hello}");
        assert_eq!(connected.header("heart-beat"), beats, "{hello}");
        assert!(connected.header("server").starts_with("kinglet-hub/"));
        assert!(connected.header("session").starts_with("stomp-"));
    }
    assert_eq!(counts(&hub)["connected"], 4);
}

#[test]
fn one_subprotocol_is_agreed_on_and_none_that_was_not_offered() {
    let hub = Hub::public();
    for (offered, agreed) in [
        ("v12.stomp, v11.stomp, v10.stomp", Some("v12.stomp")),
        ("v10.stomp, v11.stomp", Some("v10.stomp")),
    ] {
        let headers = [("sec-websocket-protocol", offered)];
        let (_, response) = hub.open_with_response("/stomp", &headers).unwrap();
        let told = response.headers().get("sec-websocket-protocol");
        assert_eq!(told.map(|told| told.to_str().unwrap()), agreed);
    }
    let (_, response) = hub.open_with_response("/stomp", &[]).unwrap();
    assert!(!response.headers().contains_key("sec-websocket-protocol"));
}

#[test]
fn no_version_in_common_is_an_error_with_those_there_are() {
    let hub = Hub::public();
    let mut client = Stomp::open(&hub, "/stomp");
    client.say("CONNECT\naccept-version:2.0,3.1\n\n\0");
    let (error, code) = client.refused();
    assert_eq!((error.header("version"), code), ("1.0,1.1,1.2", 1002));
}

#[test]
fn a_token_may_stand_in_each_place_and_a_wrong_one_is_told() {
    let hub = Hub::start(&format!("[viewers]\ntoken_hash = \"{}\"", TokenHash::of(VIEWER)));
    let bearer = format!("Bearer {VIEWER}");
    let hello = "CONNECT\naccept-version:1.2\n\n\0";
    let offered = format!("v12.stomp, bearer.{VIEWER}");
    for (path, headers, hello) in [
        (
            "/stomp",
            vec![],
            &*format!("CONNECT\naccept-version:1.2\nlogin:x\npasscode:{VIEWER}\n\n\0"),
        ),
        ("/stomp", vec![], &format!("CONNECT\nAuthorization:Bearer {VIEWER}\n\n\0")),
        ("/stomp", vec![("authorization", &*bearer)], hello),
        ("/stomp", vec![("sec-websocket-protocol", &*offered)], hello),
        (&format!("/stomp?token={VIEWER}"), vec![], hello),
        (&format!("/stomp?token={VIEWER}"), vec![], "CONNECT\npasscode:guest\n\n\0"),
    ] {
        let mut client = Stomp(hub.open(path, &headers).unwrap());
        client.say(hello);
        assert_eq!(client.frame().command, "CONNECTED", "{path} {hello}");
        client.subscribe("a", "/topic/agentHealth");
    }
    for hello in ["CONNECT\n\n\0", "CONNECT\nlogin:guest\npasscode:guest\n\n\0"] {
        let mut client = Stomp::open(&hub, "/stomp");
        client.say(hello);
        let (error, code) = client.refused();
        assert_eq!((error.header("message"), code), ("a token is needed", 1008));
    }
}

#[test]
fn every_end_is_counted_once_by_how_it_came() {
    let hub = Hub::public();
    let mut clean = Stomp::connect(&hub, "");
    clean.say("DISCONNECT\nreceipt:77\n\n\0");
    let receipt = clean.frame();
    assert_eq!((&*receipt.command, receipt.header("receipt-id")), ("RECEIPT", "77"));
    assert_eq!(clean.0.closed().map(|frame| u16::from(frame.code)), Some(1000));
    wait_for_end(&hub, "clean");
    let mut page = Stomp::connect(&hub, "");
    page.0.socket.close(None).unwrap();
    while page.0.socket.read().is_ok() {}
    wait_for_end(&hub, "closed");
    drop(Stomp::connect(&hub, ""));
    wait_for_end(&hub, "lost");
    let (_, metrics) = hub.http("/metrics", "");
    for line in [
        "kinglet_hub_stomp_connected_total 3",
        "kinglet_hub_stomp_ended_total{how=\"clean\"} 1",
        "kinglet_hub_stomp_ended_total{how=\"closed\"} 1",
        "kinglet_hub_stomp_ended_total{how=\"lost\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}");
    }
}

#[test]
fn beats_go_both_ways_as_agreed_and_who_misses_three_is_lost() {
    let hub = Hub::public();
    let mut client = Stomp::open(&hub, "/stomp");
    client.say("CONNECT\naccept-version:1.2\nheart-beat:1,1\n\n\0");
    assert_eq!(client.frame().header("heart-beat"), "10000,10000");
    client.0.socket.get_ref().set_read_timeout(Some(Duration::from_secs(12))).unwrap();
    assert_eq!(client.0.socket.read().unwrap(), Message::text("\n"));
    let (error, code) = client.refused_within(Duration::from_secs(25));
    assert_eq!((error.header("message"), code), ("nothing was heard for too long", 1002));
    wait_for_end(&hub, "lost");
}

#[test]
fn frames_come_in_any_number_of_messages_of_either_kind() {
    let hub = Hub::public();
    let mut client = Stomp::open(&hub, "/stomp");
    client.say("\n");
    let subscribe = |id: u32, topic: &str| {
        format!("SUBSCRIBE\nid:{id}\ndestination:{topic}\nreceipt:r{id}\n\n\0")
    };
    let [first, second] = [subscribe(1, "/topic/agentHealth"), subscribe(2, "/topic/x")];
    let hello = format!("CONNECT\naccept-version:1.2\n\n\0\n\n{first}{second}\r\n");
    for part in hello.as_bytes().chunks(7) {
        client.0.socket.send(Message::binary(part.to_vec())).unwrap();
    }
    let frames = [client.frame(), client.frame(), client.frame()];
    assert_eq!(frames.each_ref().map(|frame| &*frame.command), ["CONNECTED", "RECEIPT", "RECEIPT"]);
    client.say("UNSUBSCRIBE\nid:1\nreceipt:a\n\n\0UNSUBSCRIBE\nid:9\nreceipt:b\n\n\0");
    client.say("ACK\nid:1\nreceipt:c\n\n\0NACK\nid:1\nreceipt:d\n\n\0");
    let receipts: Vec<_> = (0..4).map(|_| client.frame()).collect();
    let receipts: Vec<_> = receipts.iter().map(|frame| frame.header("receipt-id")).collect();
    assert_eq!(receipts, ["a", "b", "c", "d"]);
}

#[test]
fn who_says_nothing_is_closed() {
    let hub = Hub::public();
    let mut client = Stomp::open(&hub, "/stomp");
    let (error, code) = client.refused_within(Duration::from_secs(13));
    assert_eq!((error.header("message"), code), ("no credentials were shown in time", 1008));
}

#[test]
fn viewers_have_seats_and_the_hub_says_goodbye_when_it_stops() {
    let mut hub = Hub::public();
    let viewers = |hub: &Hub| {
        let (_, text) = hub.http("/healthz", "");
        serde_json::from_str::<Value>(text.split_once("\r\n\r\n").unwrap().1).unwrap()["viewers"]
            .clone()
    };
    let mut client = Stomp::connect(&hub, "");
    assert_eq!(viewers(&hub), 0, "only who subscribes has a seat");
    client.subscribe("1", "/topic/agentHealth");
    client.subscribe("2", "/topic/instanceHealth");
    assert_eq!(viewers(&hub), 1);
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 1.0));
    let told: Frame = client.frame();
    assert_eq!(told.command, "MESSAGE");
    let closed = std::thread::spawn(move || {
        while let Ok(message) = client.0.socket.read() {
            if let Message::Close(frame) = message {
                return frame.map(|frame| u16::from(frame.code));
            }
        }
        None
    });
    hub.stop();
    assert_eq!(closed.join().unwrap(), Some(1001));
}

#[test]
fn sessions_of_strangers_are_a_few_lines_a_minute_and_all_of_them_counted() {
    let file = scratch("hub.toml");
    std::fs::write(
        &file,
        "listen = \"127.0.0.1:0\"\n[store]\npath = \"memory\"\n[viewers]\npublic = true\n",
    )
    .unwrap();
    let (running, address, log) = started(&file, "info");
    let hub = Hub::elsewhere(address);
    for _ in 0..40 {
        let mut client = Stomp::open(&hub, "/stomp");
        client.say("CONNECT\naccept-version:1.2\n\n\0");
        assert_eq!(client.frame().command, "CONNECTED");
    }
    assert_eq!(counts(&hub)["connected"], 40);
    drop(running);
    let log = log.join().unwrap();
    let lines = log.lines().filter(|line| line.contains("stomp-")).count();
    assert!((6..=24).contains(&lines), "{lines}: {log}");
}
