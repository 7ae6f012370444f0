//! Messages in fragments and over the limit, as the released vStats agent sends them: every client
//! made with gorilla's library cuts what is longer than its buffer into fragments of 4,096 bytes.

use std::fmt::Write as _;
use std::io::Write as _;

use super::support::{Client, DB, Hub, WEB, report, resident_kb};

/// A client's frame with a mask of zeros, so that the payload stands in clear.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match u16::try_from(payload.len()) {
        Ok(len @ 0..126) => bytes.push(0x80 | u8::try_from(len).unwrap()),
        Ok(len) => {
            bytes.push(0x80 | 126);
            bytes.extend(len.to_be_bytes());
        }
        Err(_) => {
            bytes.push(0x80 | 127);
            bytes.extend(u64::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Sends a text as gorilla's clients do.
fn send_in_fragments(client: &mut Client, text: &str) {
    let parts: Vec<&[u8]> = text.as_bytes().chunks(4096).collect();
    for (at, part) in parts.iter().enumerate() {
        let kind = if at == 0 { 1 } else { 0 };
        let fin = if at + 1 == parts.len() { 0x80 } else { 0 };
        client.socket.get_mut().write_all(&frame(fin | kind, part)).unwrap();
    }
}

fn aggregates(buckets: u64) -> String {
    let mut list = String::new();
    for bucket in 0..buckets {
        let separator = if bucket == 0 { "" } else { "," };
        write!(
            list,
            r#"{separator}{{"bucket":{},"cpu_sum":300.5,"cpu_max":95.5,"memory_sum":100.25,
            "memory_max":60.125,"disk_sum":40.5,"net_rx":123456789,"net_tx":456789123,
            "ping_sum":0,"ping_count":0,"sample_count":4}}"#,
            2_000_000 + bucket
        )
        .unwrap();
    }
    format!(
        r#"{{"type":"aggregated_metrics","granularities":[{{"granularity":"5sec","interval":5,
        "metrics":[{list}],"ping":[]}}],"last_metrics":{{}}}}"#
    )
}

fn vstats_agent(hub: &Hub) -> Client {
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    agent.send(&format!(r#"{{"type":"auth","server_id":"db-1","token":"{DB}","version":"3.2"}}"#));
    assert_eq!(agent.json()["status"], "ok");
    agent
}

#[test]
fn the_released_vstats_agent_is_not_locked_out_by_what_it_has_summed_up() {
    let hub = Hub::public();
    let mut agent = vstats_agent(&hub);
    let mut panel = hub.panel();
    let sums = aggregates(4200);
    assert!((900_000..1_000_000).contains(&sums.len()), "{}", sums.len());
    let mut before = 0;
    for minute in (1..=60).map(f64::from) {
        send_in_fragments(&mut agent, &sums);
        let metrics = format!(r#"{{"type":"metrics","metrics":{{"cpu":{{"usage":{minute}}}}}}}"#);
        agent.send(&metrics);
        assert_eq!(panel.json_of("metrics")["data"]["metrics"]["cpu"]["usage"], minute);
        if minute == 10.0 {
            before = resident_kb();
        }
    }
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 20_000, "grew by {grown} kB");
    agent.settle();
}

#[test]
fn what_is_too_large_is_skipped_in_fragments_and_whole_and_what_fits_is_read() {
    let hub = Hub::public();
    let mut agent = hub.agent("web-1", WEB);
    let long =
        |seq, letters| report(seq, 1.0).replace("\"h\"", &format!("\"{}\"", "ä".repeat(letters)));
    for (seq, letters) in [(1, 200_000), (2, 2_500_000)] {
        let text = long(seq, letters);
        send_in_fragments(&mut agent, &text);
        agent.socket.get_mut().write_all(&frame(0x81, text.as_bytes())).unwrap();
        agent.send(&report(seq, 1.0));
        assert_eq!(agent.json()["data"]["seq"], seq, "after {} bytes", text.len());
    }
    let text = long(3, 10_000);
    send_in_fragments(&mut agent, &text);
    assert_eq!(agent.json()["data"]["seq"], 3, "in fragments");
    agent.send(&text);
    assert_eq!(agent.json()["data"]["seq"], 3, "in one frame");
    assert_eq!(hub.host("web-1")["metrics"]["hostname"], "ä".repeat(128), "whole, and cut there");
    let mut viewer = hub.panel();
    send_in_fragments(&mut viewer, &"x".repeat(1_000_000));
    assert_eq!(viewer.json()["data"]["code"], "INVALID_MESSAGE");
    send_in_fragments(&mut viewer, &format!(r#"{{"type":"ping"{}}}"#, " ".repeat(9000)));
    assert_eq!(viewer.json()["type"], "pong");
}
