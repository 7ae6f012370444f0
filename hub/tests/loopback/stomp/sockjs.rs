//! SockJS, for pages that can say nothing else.

use std::time::Duration;

use serde_json::Value;

use super::client::{Frame, Stomp};
use crate::support::Hub;

/// The frames in what a SockJS server says.
fn frames(text: &str) -> Vec<Frame> {
    let list: Vec<String> = serde_json::from_str(text.strip_prefix('a').unwrap()).unwrap();
    list.iter().map(|text| Frame::parse(text)).collect()
}

#[test]
fn info_is_what_its_clients_ask_first() {
    let hub = Hub::start("[viewers]\npublic = true\norigins = [\"http://page.example\"]\n");
    let (status, _) = hub.http("/stomp/info", "Origin: http://other.example\r\n");
    assert_eq!(status, 403);
    let (status, text) = hub.http("/stomp/info", "Origin: http://page.example\r\n");
    assert_eq!(status, 200);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("access-control-allow-origin: http://page.example"), "{head}");
    assert!(head.contains("access-control-allow-credentials: true"), "{head}");
    let info: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&info["websocket"], &info["cookie_needed"]), (&true.into(), &false.into()));
    assert!(info["entropy"].is_u64());
}

#[test]
fn frames_travel_in_arrays_and_the_end_is_told() {
    let hub = Hub::public();
    let mut client = Stomp::open(&hub, "/stomp/123/abcd/websocket");
    let second = Duration::from_secs(5);
    assert_eq!(client.text(second).as_deref(), Some("o"));
    client.say(r#"["CONNECT\naccept-version:1.1,1.0\n\n\u0000"]"#);
    let connected = frames(&client.text(second).unwrap());
    assert_eq!((&*connected[0].command, connected[0].header("version")), ("CONNECTED", "1.1"));
    client.say(r#"["SUBSCRIBE\nid:1\ndestin","ation:/topic/x\nreceipt:r\n\n\u0000"]"#);
    assert_eq!(frames(&client.text(second).unwrap())[0].header("receipt-id"), "r");
    client.say(r#""DISCONNECT\nreceipt:q\n\n\u0000""#);
    assert_eq!(frames(&client.text(second).unwrap())[0].header("receipt-id"), "q");
    assert_eq!(client.text(second).as_deref(), Some(r#"c[3000,"Go away!"]"#));
    assert_eq!(client.0.closed().map(|frame| u16::from(frame.code)), Some(1000));
}

#[test]
fn what_is_no_frame_of_it_is_an_error() {
    let hub = Hub::public();
    let mut client = Stomp::open(&hub, "/stomp/123/abcd/websocket");
    assert_eq!(client.text(Duration::from_secs(5)).as_deref(), Some("o"));
    client.say("CONNECT\n\n\0");
    let error = frames(&client.text(Duration::from_secs(5)).unwrap());
    assert_eq!(error[0].command, "ERROR");
}

#[test]
fn it_says_that_it_is_there_every_25_s() {
    let hub = Hub::public();
    let mut client = Stomp::open(&hub, "/stomp/123/abcd/websocket");
    assert_eq!(client.text(Duration::from_secs(5)).as_deref(), Some("o"));
    client.say(r#"["CONNECT\naccept-version:1.2\n\n\u0000"]"#);
    drop(client.text(Duration::from_secs(5)).unwrap());
    assert_eq!(client.text(Duration::from_secs(27)).as_deref(), Some("h"));
}
