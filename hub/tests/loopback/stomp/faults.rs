//! What makes no sense, what there is not, and what is too much.

use std::time::Duration;

use tungstenite::Message;

use super::client::{Frame, Stomp};
use crate::support::{Hub, resident_kb};

#[test]
fn what_is_against_the_protocol_is_answered_and_the_end() {
    let hub = Hub::public();
    let long = format!("SUBSCRIBE\nid:{}\ndestination:/topic/x\n\n\0", "x".repeat(600));
    for wrong in [
        "HELLO\n\n\0",
        "SEND\ndestination:/topic/\\x\n\n{}\0",
        "SEND\ndestination:/topic/x\ncontent-length:1\n\n{}\0",
        "SEND\ndestination:/topic/x\ncontent-length:x\n\n{}\0",
        "SEND\nno colon\n\n{}\0",
        "SUBSCRIBE\ndestination:/topic/x\n\n\0",
        "SUBSCRIBE\nid:1\n\n\0",
        "SEND\n\n{}\0",
        "CONNECT\n\n\0",
        "MESSAGE\n\n\0",
        &long,
    ] {
        let mut client = Stomp::connect(&hub, "");
        client.say(wrong);
        let (error, code) = client.refused();
        assert_eq!(code, 1002, "{wrong:?}: {error:?}");
    }
    for wrong in [
        "SUBSCRIBE\nid:1\ndestination:/topic/x\n\n\0",
        "HELLO\n\n\0",
        "CONNECT\nheart-beat:x\n\n\0",
    ] {
        let mut client = Stomp::open(&hub, "/stomp");
        client.say(wrong);
        assert_eq!(client.refused().1, 1002, "{wrong:?}");
    }
}

#[test]
fn what_there_is_not_is_answered_and_the_session_goes_on() {
    let hub = Hub::public();
    let mut client = Stomp::connect(&hub, "");
    for refused in [
        "BEGIN\ntransaction:t\nreceipt:r\n\n\0",
        "COMMIT\ntransaction:t\nreceipt:r\n\n\0",
        "ABORT\ntransaction:t\nreceipt:r\n\n\0",
        "SEND\ndestination:/topic/metric/web-1/cpu.usage[VALUE]\nreceipt:r\n\n1\0",
        "SEND\ndestination:/app/hello\nreceipt:r\n\n{}\0",
    ] {
        client.say(refused);
        let error = client.frame();
        assert_eq!((&*error.command, error.header("receipt-id")), ("ERROR", "r"), "{refused:?}");
        assert!(!error.header("message").is_empty());
    }
    client.subscribe("still", "/topic/agentHealth");
}

#[test]
fn frames_may_have_64_kib_in_all_and_no_more() {
    let hub = Hub::public();
    let frame = |bytes: usize| {
        let head = "SEND\ndestination:/topic/metric/a/b\nreceipt:r\n\n";
        format!("{head}{}\0", "x".repeat(bytes - head.len() - 1))
    };
    let mut client = Stomp::connect(&hub, "");
    client.say(&frame(64 * 1024));
    assert_eq!(client.frame().header("receipt-id"), "r", "a viewer may not send, but it was read");
    for part in frame(64 * 1024).as_bytes().chunks(5_000) {
        client.0.socket.send(Message::binary(part.to_vec())).unwrap();
    }
    assert_eq!(client.frame().header("receipt-id"), "r");
    for part in frame(64 * 1024 + 1).as_bytes().chunks(5_000) {
        client.0.socket.send(Message::binary(part.to_vec())).unwrap();
    }
    assert_eq!(client.refused().1, 1002);
    let mut client = Stomp::connect(&hub, "");
    client.say(&frame(200 * 1024));
    assert_eq!(client.refused().1, 1002);
}

#[test]
fn subscriptions_and_frames_have_a_bound() {
    let hub = Hub::public();
    let mut client = Stomp::connect(&hub, "");
    for number in 0..256 {
        client.say(&format!("SUBSCRIBE\nid:{number}\ndestination:/topic/x{number}\n\n\0"));
    }
    client.say("SUBSCRIBE\nid:7\ndestination:/topic/again\nreceipt:r\n\n\0");
    assert_eq!(client.frame().header("receipt-id"), "r", "the same id again is no more of them");
    client.say("SUBSCRIBE\nid:256\ndestination:/topic/x\n\n\0");
    assert_eq!(client.refused().0.header("message"), "too many subscriptions");
    for (frame, most) in [("ACK\nid:1\n\n\0", 600), ("\n", 1_200)] {
        let mut client = Stomp::connect(&hub, "");
        for _ in 0..most {
            client.say(frame);
        }
        assert_eq!(client.refused().0.header("message"), "too many messages");
    }
}

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(below).unwrap()).unwrap()
    }
}

#[test]
fn no_bytes_in_no_pieces_bring_it_down_or_fill_its_memory() {
    let hub = Hub::public();
    let good: &[&str] = &[
        "CONNECT\naccept-version:1.2\n\n\0",
        "SUBSCRIBE\nid:1\ndestination:/topic/metric/**\n\n\0",
        "SUBSCRIBE\nid:2\ndestination:/topic/**/*[VALUE]\n\n\0",
        "UNSUBSCRIBE\nid:1\n\n\0",
        "SEND\ndestination:/topic/metric/a/b\ncontent-length:2\n\n{}\0",
        "BEGIN\ntransaction:t\n\n\0",
        "\n",
    ];
    let mut dice = Dice(7);
    let before = resident_kb();
    for round in 0..150 {
        let path = ["/stomp", "/stomp/000/x/websocket"][round % 2];
        let mut client = Stomp::open(&hub, path);
        if dice.roll(4) > 0 {
            let hello = good[0];
            let hello = if round % 2 == 1 {
                serde_json::json!([hello]).to_string()
            } else {
                hello.to_owned()
            };
            client.say(&hello);
        }
        let mut bytes = Vec::new();
        for _ in 0..dice.roll(30) {
            bytes.extend_from_slice(good[dice.roll(good.len())].as_bytes());
            if dice.roll(3) == 0 {
                let at = dice.roll(bytes.len());
                bytes[at] = u8::try_from(dice.roll(256)).unwrap();
            }
            if dice.roll(9) == 0 {
                bytes.extend((0..dice.roll(3000)).map(|_| u8::try_from(dice.roll(256)).unwrap()));
            }
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (part, after) = rest.split_at(1 + dice.roll(rest.len()));
            let text = std::str::from_utf8(part).map(Message::text);
            let message = text.unwrap_or_else(|_| Message::binary(part.to_vec()));
            if client.0.socket.send(message).is_err() {
                break; // The hub has closed.
            }
            rest = after;
        }
    }
    let mut client = Stomp::connect(&hub, "");
    client.subscribe("still", "/topic/agentHealth");
    let grown = resident_kb().saturating_sub(before);
    // Other tests of this process have their hubs in it, too.
    assert!(grown < 64 * 1024, "{grown} kB");
}

#[test]
fn escapes_are_those_of_the_version() {
    let hub = Hub::public();
    for (version, id, told) in [("1.2", "a\\cb\\n", "a\\cb\\n"), ("1.0", "a:b\\n", "a:b\\n")] {
        let mut client = Stomp::open(&hub, "/stomp");
        client.say(&format!("CONNECT\naccept-version:{version}\n\n\0"));
        client.frame();
        client.say(&format!("SUBSCRIBE\nid:1\ndestination:/topic/x\nreceipt:{id}\n\n\0"));
        let receipt: Frame = client.frame();
        assert_eq!(receipt.header("receipt-id"), told, "{version}");
    }
    let mut client = Stomp::connect(&hub, "");
    assert!(client.text(Duration::from_millis(50)).is_none());
}
