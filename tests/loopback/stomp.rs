//! A STOMP broker, as far as a publisher can tell.

use std::net::TcpStream;
use std::time::Duration;

use kinglet_proto::limits::{STOMP_FRAME_MAX, STOMP_MESSAGE_MAX};
use kinglet_proto::wire::stomp::{Command, Reader, Version};
use tungstenite::Message;

use super::agent::{Agent, Temporary};
use super::server::{Server, Visit, now};
use super::{block, every_second};

const CONNECTED: &str = "CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0";

fn start(server: &Server, token: &Temporary, more: &str) -> Agent {
    let more = format!("protocol = \"stomp\"\n{more}");
    Agent::start(&every_second(&block("ws", server.port(), token, &more)))
}

/// The next text message, which is short enough for any broker.
fn message(visit: &mut Visit<TcpStream>) -> String {
    loop {
        match visit.socket.read().expect("a message comes") {
            Message::Text(text) => {
                assert!(text.len() <= STOMP_MESSAGE_MAX, "{} bytes", text.len());
                return text.as_str().to_owned();
            }
            Message::Ping(_) | Message::Pong(_) => {}
            other @ (Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => {
                panic!("a text was expected, not {other:?}")
            }
        }
    }
}

#[test]
fn a_broker_hears_connect_then_figures_in_short_messages_then_disconnect() {
    let (server, token) = (Server::new(), Temporary::new("s3cret"));
    let destination = format!("/topic/{}/{{id}}/{{metric}}", "x".repeat(1500));
    let more = format!("login = \"kinglet\"\ndestination = \"{destination}\"");
    let mut agent = start(&server, &token, &more);
    let mut visit = server.visit();
    assert_eq!(visit.door.path_and_query, "/stomp");
    assert_eq!(visit.door.header("authorization"), None, "the token is a passcode");
    let offered = visit.door.header("sec-websocket-protocol");
    assert_eq!(offered, Some("v12.stomp, v11.stomp, v10.stomp"));
    let connect = message(&mut visit);
    assert!(connect.starts_with("CONNECT\naccept-version:1.2,1.1,1.0\nhost:/\n"), "{connect}");
    assert!(connect.ends_with("\nlogin:kinglet\npasscode:s3cret\n\n\0"), "{connect}");
    visit.send(CONNECTED);

    let mut reader = Reader::new(STOMP_FRAME_MAX);
    reader.set_version(Version::V12);
    let mut names = Vec::new();
    while !names.iter().any(|name| name == "uptime[VALUE]") {
        reader.push(message(&mut visit).as_bytes());
        while let Some(frame) = reader.next_frame().expect("frames, however they are cut") {
            assert_eq!(frame.command, Command::Send);
            let to = frame.header("destination").unwrap().into_owned();
            let body: serde_json::Value = serde_json::from_slice(frame.body).unwrap();
            let name = body["name"].as_str().unwrap().to_owned();
            assert!(to.ends_with(&format!("x/barn/{}", name.trim_end_matches("[VALUE]"))), "{to}");
            names.push(name);
        }
    }
    assert!(names.len() > 10, "{names:?}");

    let began = now();
    let stopping = std::thread::spawn(move || agent.stop());
    while message(&mut visit) != "DISCONNECT\nreceipt:bye\n\n\0" {}
    visit.send("RECEIPT\nreceipt-id:bye\n\n\0");
    assert_eq!(visit.close_frame().map(|frame| u16::from(frame.code)), Some(1000));
    stopping.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn a_broker_that_gives_no_receipt_is_waited_for_a_second() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let mut agent = start(&server, &token, "");
    let mut visit = server.visit();
    assert_eq!(visit.door.header("authorization"), Some("Bearer t"), "without a login");
    message(&mut visit);
    visit.send(CONNECTED);
    message(&mut visit);
    let began = now();
    let stopping = std::thread::spawn(move || agent.stop());
    assert_eq!(visit.close_frame().map(|frame| u16::from(frame.code)), Some(1000));
    stopping.join().unwrap();
    let took = began.elapsed();
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(2), "{took:?}");
}
