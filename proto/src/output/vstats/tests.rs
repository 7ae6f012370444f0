use serde_json::Value;

use super::*;
use crate::limits::RING_BYTES_MAX;
use crate::output::fixture::{account, now, output, pi};
use crate::time::{Instant, WallTime};

fn encode(server_id: Option<&str>, sample: &Sample) -> String {
    let mut out = String::new();
    output("vstats", server_id).encode_report(sample, Stamp { now: now(), seq: 1 }, &mut out);
    out
}

fn shipped() -> Shipped {
    Shipped::new(account(Some("s1"), "t\"k"), "s1".into())
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_documented_report_has_data_and_the_shipped_one_metrics() {
    let documented = parse(&encode(None, &pi()));
    assert_eq!(documented["type"], "metrics");
    assert_eq!(documented["timestamp"], "2026-11-20T08:00:00.000Z");
    assert_eq!(documented["data"]["hostname"], "kitchen");
    let shipped = parse(&encode(Some("s1"), &pi()));
    assert_eq!(shipped["type"], "metrics");
    assert_eq!(shipped["metrics"], documented["data"]);
    assert!(shipped.get("data").is_none());
}

#[test]
fn what_silently_discards_a_shipped_report_is_not_there() {
    for sample in [pi(), Sample::default()] {
        let metrics = parse(&encode(Some("s1"), &sample))["metrics"].take();
        assert!(metrics["timestamp"].is_string());
        for array in ["/disks", "/cpu/per_core", "/network/interfaces"] {
            assert!(metrics.pointer(array).is_some_and(Value::is_array), "{array}");
        }
        for integer in [
            "/uptime",
            "/memory/total",
            "/memory/used",
            "/memory/available",
            "/memory/swap_total",
            "/memory/swap_used",
            "/disks/0/total",
            "/disks/0/used",
            "/disks/0/read_speed",
            "/network/rx_speed",
            "/network/tx_speed",
            "/network/total_rx",
            "/network/total_tx",
            "/network/interfaces/0/rx_bytes",
            "/network/interfaces/0/rx_packets",
            "/cpu/cores",
            "/cpu/frequency",
            "/network/interfaces/0/speed",
        ] {
            let value = metrics.pointer(integer);
            assert!(value.is_none_or(Value::is_u64), "{integer} is {value:?}");
        }
        assert!(metrics.get("gpu").is_none());
        assert!(!metrics.to_string().contains("null"));
    }
    let metrics = parse(&encode(Some("s1"), &pi()))["metrics"].take();
    assert_eq!(metrics["os"]["name"], "raspbian", "inventory in every report");
    assert_eq!(metrics["disks"][0]["mount_points"][0], "/");
}

#[test]
fn an_os_without_a_name_is_linux_because_the_page_needs_one() {
    for server_id in [None, Some("s1")] {
        let text = encode(server_id, &Sample::default());
        assert!(text.contains(r#""os":{"name":"linux""#), "{text}");
    }
}

#[test]
fn the_login_carries_id_token_and_version() {
    let mut out = String::new();
    shipped().encode_login(&mut out);
    let login = parse(&out);
    assert_eq!(login["type"], "auth");
    assert_eq!((login["server_id"].as_str(), login["token"].as_str()), (Some("s1"), Some("t\"k")));
    assert_eq!(login["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_documented_heartbeat_is_the_documented_one() {
    let mut out = String::new();
    output("vstats", None).encode_heartbeat(now(), &mut out);
    assert_eq!(out, r#"{"type":"heartbeat","timestamp":"2026-11-20T08:00:00.000Z"}"#);
}

#[test]
fn a_batch_holds_the_oldest_samples_and_at_least_one() {
    let mut ring = Ring::new(RING_BYTES_MAX);
    let push = |ring: &mut Ring, seq, bytes: usize| {
        let payload = format!("{{\"hostname\":\"{}\"}}", "x".repeat(bytes));
        ring.push(seq, Instant::default(), now().wall, &payload);
    };
    push(&mut ring, 1, 40_000);
    for seq in 2..=10 {
        push(&mut ring, seq, 5_000);
    }
    let mut out = String::new();
    for (batch, expected) in [(1, 1), (2, 3), (3, 3), (4, 3), (5, 0)] {
        let count = shipped().encode_oldest(&ring, batch, now(), &mut out);
        assert_eq!(count, expected, "batch {batch}");
        if count == 0 {
            break;
        }
        let message = parse(&out);
        assert_eq!(message["batch_id"], batch.to_string());
        let list = message["metrics_batch"].as_array().unwrap();
        assert_eq!(list.len(), expected);
        for item in list {
            assert_eq!(item["timestamp"], "2026-11-20T08:00:00.000Z");
            assert!(item["metrics"]["hostname"].is_string());
        }
        ring.handle_oldest_sent(count, batch);
    }
}

#[test]
fn the_long_charts_come_with_the_newest_report_under_both_readings() {
    let mut shipped = shipped();
    let mut out = String::new();
    for quarter in 0..2 {
        let mut stamp = Stamp { now: now(), seq: quarter };
        stamp.now.wall = WallTime::from_unix_millis(quarter * 900_000);
        shipped.handle_sample(&pi(), stamp);
    }
    assert!(!shipped.has_message(), "bucket 0 is not newer than nothing");
    let mut stamp = Stamp { now: now(), seq: 3 };
    stamp.now.wall = WallTime::from_unix_millis(2 * 900_000);
    shipped.handle_sample(&pi(), stamp);
    assert!(shipped.has_message());
    shipped.encode_message(r#"{"hostname":"kitchen"}"#, &mut out);
    let message = parse(&out);
    assert_eq!(message["type"], "aggregated_metrics");
    for part in [&message, &message["aggregated_metrics"]] {
        assert_eq!(part["granularities"][0]["granularity"], "15min");
        assert_eq!(part["granularities"][0]["metrics"][0]["bucket"], 1);
        assert_eq!(part["last_metrics"]["hostname"], "kitchen");
    }
    assert!(!shipped.has_message());
    shipped.encode_message(&format!("\"{}\"", "x".repeat(100_000)), &mut out);
    assert!(out.len() < 1_000 && parse(&out).get("last_metrics").is_none(), "too large to repeat");
}

#[test]
fn every_message_of_the_shipped_server_is_understood_or_ignored() {
    let refused = |words: &str| Heard::Refused(words.to_owned());
    let command = |words: &str| Heard::Command(words.to_owned());
    let ack = |frame, rejected| Heard::BatchAck { frame, rejected };
    for (text, heard) in [
        (r#"{"type":"auth","status":"ok"}"#, Heard::LoggedIn),
        (r#"{"type":"auth","status":"ok","ping_targets":[],"traffic_config":{}}"#, Heard::LoggedIn),
        (r#"{"type":"auth","status":"ok","last_buckets":"odd"}"#, Heard::LoggedIn),
        (r#"{"type":"auth","status":"ok","last_buckets":{"15min":"odd"}}"#, Heard::LoggedIn),
        (r#"{"type":"auth","status":"error","message":"Invalid token"}"#, refused("Invalid token")),
        (r#"{"type":"auth","status":"error"}"#, refused("error")),
        (r#"{"type":"auth"}"#, refused("")),
        (r#"{"type":"batch_ack","batch_id":"3","accepted":12,"rejected":0}"#, ack(3, 0)),
        (r#"{"type":"batch_ack","batch_id":"3","accepted":1,"rejected":2}"#, ack(3, 2)),
        (r#"{"type":"batch_ack","batch_id":"3"}"#, ack(3, 0)),
        (r#"{"type":"batch_ack","batch_id":"abc"}"#, Heard::Nothing),
        (r#"{"type":"config","ping_targets":[]}"#, Heard::Nothing),
        (r#"{"type":"config","traffic_config":{"reset":1}}"#, Heard::Nothing),
        (r#"{"type":"command","command":"update"}"#, command("update")),
        (r#"{"type":"command"}"#, command("command")),
        (r#"{"type":"update","download_url":"http://x"}"#, command("update")),
        (r#"{"type":"error","message":"no"}"#, Heard::Fault("no".into())),
        (
            r#"{"type":"error","message":"Not authenticated"}"#,
            refused("Not authenticated; vStats 3 wants a server_id"),
        ),
        (r#"{"type":"metrics"}"#, Heard::Nothing),
    ] {
        assert_eq!(shipped().hear(text), heard, "{text}");
    }
}

#[test]
fn the_documented_server_logs_nobody_in() {
    for (text, heard) in [
        (r#"{"type":"auth","status":"ok"}"#, Heard::Nothing),
        (r#"{"type":"command","command":"reboot"}"#, Heard::Command("reboot".into())),
        ("x", Heard::Nothing),
    ] {
        assert_eq!(output("vstats", None).hear(text), heard, "{text}");
    }
}

#[test]
fn what_the_server_has_is_not_sent_again() {
    let mut shipped = shipped();
    for quarter in 1..4 {
        let mut stamp = Stamp { now: now(), seq: quarter };
        stamp.now.wall = WallTime::from_unix_millis(quarter * 900_000);
        shipped.handle_sample(&pi(), stamp);
    }
    let login = r#"{"type":"auth","status":"ok","last_buckets":{"15min":1,"hourly":null}}"#;
    assert_eq!(shipped.hear(login), Heard::LoggedIn);
    let mut out = String::new();
    shipped.encode_message("{}", &mut out);
    assert!(out.contains(r#""bucket":2"#) && !out.contains(r#""bucket":1"#), "{out}");
}
