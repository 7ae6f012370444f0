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
    assert!(shipped.get("data").is_none());
    // What ships knows machines by Go's names.
    assert_eq!(documented["data"]["os"]["arch"], "aarch64");
    let mut metrics = shipped["metrics"].clone();
    assert_eq!(metrics["os"]["arch"].take(), "arm64");
    metrics["os"]["arch"] = "aarch64".into();
    metrics["disks"][0]["disk_type"] = documented["data"]["disks"][0]["disk_type"].clone();
    assert_eq!(metrics, documented["data"]);
}

#[test]
fn disks_are_of_the_kinds_the_page_draws() {
    for (kind, shown) in [
        (DiskType::Hdd, "HDD"),
        (DiskType::Ssd, "SSD"),
        (DiskType::Nvme, "NVMe"),
        (DiskType::Mmc, "SSD"),
        (DiskType::Virtual, "SSD"),
    ] {
        let mut sample = pi();
        sample.disks[0].disk_type = kind;
        let report = parse(&encode(Some("s1"), &sample));
        assert_eq!(report["metrics"]["disks"][0]["disk_type"], shown);
        let mut kept = String::new();
        shipped().encode_kept(&sample, &mut kept);
        assert_eq!(parse(&kept), report["metrics"], "an outage changes no word");
    }
}

#[test]
fn the_agents_version_is_in_every_report() {
    let sample = Sample { version: "1.2.3".into(), ..pi() };
    assert_eq!(parse(&encode(Some("s1"), &sample))["metrics"]["version"], "1.2.3");
    let mut kept = String::new();
    shipped().encode_kept(&sample, &mut kept);
    assert_eq!(parse(&kept)["version"], "1.2.3", "a flapping one rewrites the server's file");
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
        let backlog = Backlog { ring: &ring, frame: batch, now: now(), last: "" };
        let count = shipped().encode_oldest(&backlog, &mut out);
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

/// A panel shows what comes last in a batch as the host is now.
#[test]
fn a_batch_ends_with_the_newest_sample_there_is() {
    let mut ring = Ring::new(RING_BYTES_MAX);
    for seq in 1..=5 {
        let wall = WallTime::from_unix_millis(seq * 5000);
        let payload = format!("{{\"seq\":{seq},\"fill\":\"{}\"}}", "x".repeat(7000));
        ring.push(seq, Instant::default(), wall, &payload);
    }
    let mut batch = |number, last: &str| {
        let mut out = String::new();
        let backlog = Backlog { ring: &ring, frame: number, now: now(), last };
        let count = shipped().encode_oldest(&backlog, &mut out);
        ring.handle_oldest_sent(count, number);
        let message = parse(&out);
        let items = message["metrics_batch"].as_array().unwrap();
        let seqs: Vec<_> =
            items.iter().map(|item| item["metrics"]["seq"].as_u64().unwrap()).collect();
        (count, seqs, items.last().unwrap()["timestamp"].as_str().unwrap().to_owned())
    };
    let live = |seconds: u64, seq: u64| {
        let at = WallTime::from_unix_millis(seconds * 1000);
        format!("{{\"timestamp\":{},\"seq\":{seq}}}", serde_json::to_string(&at).unwrap())
    };
    let before_the_outage = live(0, 0);
    let (count, seqs, at) = batch(1, &before_the_outage);
    assert_eq!((count, seqs, at.as_str()), (2, vec![1, 2, 5], "1970-01-01T00:00:25.000Z"));
    let (count, seqs, at) = batch(2, &live(30, 6));
    assert_eq!((count, seqs, at.as_str()), (2, vec![3, 4, 6], "1970-01-01T00:00:30.000Z"));
    let (count, seqs, _) = batch(3, &before_the_outage);
    assert_eq!((count, seqs), (1, vec![5]), "it is the newest itself");
}

/// A quarter of an hour at a time, by both clocks.
fn at_quarter(quarter: u64) -> Stamp {
    let ms = quarter * 900_000;
    let (instant, wall) = (Instant::from_millis(ms), WallTime::from_unix_millis(ms));
    Stamp { now: Now { instant, wall }, seq: quarter }
}

#[test]
fn the_long_charts_come_with_the_newest_report() {
    let mut shipped = shipped();
    let mut out = String::new();
    shipped.handle_sample(&pi(), at_quarter(1));
    assert!(shipped.has_message());
    shipped.encode_message(r#"{"hostname":"kitchen"}"#, &mut out);
    let message = parse(&out);
    assert_eq!(message["type"], "aggregated_metrics");
    assert_eq!(message["granularities"][0]["granularity"], "15min");
    assert_eq!(message["granularities"][0]["metrics"][0]["bucket"], 1);
    assert_eq!(message["last_metrics"]["hostname"], "kitchen");
    assert!(message.get("aggregated_metrics").is_none(), "one form is enough");
    assert!(!shipped.has_message());
    shipped.encode_message(&format!("\"{}\"", "x".repeat(100_000)), &mut out);
    assert!(out.len() < 1_000 && parse(&out).get("last_metrics").is_none(), "too large to repeat");
}

#[test]
fn every_message_of_the_shipped_server_is_understood_or_ignored() {
    let pings = "pings, which only [probe] from_server allows it";
    let logged_in =
        |unserved: Option<&str>| Heard::LoggedIn { unserved: unserved.map(str::to_owned) };
    let refused = |words: &str| Heard::Refused(words.to_owned());
    let command = |words: &str| Heard::Command(words.to_owned());
    let ack = |frame, rejected| Heard::BatchAck { frame, rejected };
    for (text, heard) in [
        (r#"{"type":"auth","status":"ok"}"#, logged_in(None)),
        (r#"{"type":"auth","status":"ok","ping_targets":[],"traffic_config":{}}"#, logged_in(None)),
        (r#"{"type":"auth","status":"ok","ping_targets":[{"name":"a"}]}"#, logged_in(Some(pings))),
        (r#"{"type":"auth","status":"ok","last_buckets":"odd"}"#, logged_in(None)),
        (r#"{"type":"auth","status":"ok","last_buckets":{"15min":"odd"}}"#, logged_in(None)),
        (r#"{"type":"auth","status":"error","message":"Invalid token"}"#, refused("Invalid token")),
        (r#"{"type":"auth","status":"error"}"#, refused("error")),
        (r#"{"type":"auth"}"#, refused("")),
        (r#"{"type":"batch_ack","batch_id":"3","accepted":12,"rejected":0}"#, ack(3, 0)),
        (r#"{"type":"batch_ack","batch_id":"3","accepted":1,"rejected":2}"#, ack(3, 2)),
        (r#"{"type":"batch_ack","batch_id":"3"}"#, ack(3, 0)),
        (r#"{"type":"batch_ack","batch_id":"abc"}"#, Heard::Nothing),
        (r#"{"type":"config","ping_targets":[]}"#, Heard::Nothing),
        (r#"{"type":"config","ping_targets":[{"name":"a"}]}"#, Heard::Unserved(pings.into())),
        (r#"{"type":"config","traffic_config":{"reset_day":1}}"#, Heard::Nothing),
        (
            r#"{"type":"config","traffic_config":{"monthly_limit_gb":100}}"#,
            Heard::Unserved("a traffic limit, which this agent does not watch".into()),
        ),
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
    (1..5).for_each(|quarter| shipped.handle_sample(&pi(), at_quarter(quarter)));
    let login = r#"{"type":"auth","status":"ok","last_buckets":{"15min":2,"hourly":null}}"#;
    assert_eq!(shipped.hear(login), Heard::LoggedIn { unserved: None });
    let mut out = String::new();
    shipped.encode_message("{}", &mut out);
    let message = parse(&out);
    let quarters = message["granularities"][0]["metrics"].as_array().unwrap();
    let quarters: Vec<_> =
        quarters.iter().map(|bucket| bucket["bucket"].as_u64().unwrap()).collect();
    assert_eq!(quarters, [2, 3, 4], "the newest it has may have been under way");
}
