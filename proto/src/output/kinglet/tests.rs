use serde_json::Value;

use super::*;
use crate::delivery::ring::Ring;
use crate::output::fixture::{account, now, pi};
use crate::sample::{Disk, DiskType};
use crate::time::Instant;

fn kinglet() -> Kinglet {
    Kinglet::new(account(None, "t"))
}

fn encode(kinglet: &mut Kinglet, sample: &Sample, seq: u64) -> String {
    let mut out = String::new();
    kinglet.encode_report(sample, Stamp { now: now(), seq }, &mut out);
    out
}

/// Whether a report of the sample carries its inventory.
fn tells(kinglet: &mut Kinglet, sample: &Sample) -> bool {
    encode(kinglet, sample, 1).contains("\"os\":")
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_report_is_the_sample_in_an_envelope_with_its_place_in_time() {
    let mut kinglet = kinglet();
    let text = encode(&mut kinglet, &pi(), 41);
    let start = r#"{"type":"metrics","id":"1","timestamp":"2026-11-20T08:00:00.000Z","data":{"#;
    let end = concat!(
        r#"},"meta":{"seq":41,"boot_id":"5a6b","uptime_ms":1000000000,"age_ms":0,"#,
        r#""host":{"name":"Kitchen \"Pi\"","group":"home","location":"Kitchen","#,
        r#""country_code":"DE"},"alerts":true}}"#
    );
    assert!(text.starts_with(start) && text.ends_with(end), "{text}");
    let report = parse(&text);
    let read: Sample = serde_json::from_value(report["data"].clone()).unwrap();
    assert_eq!(Sample { taken: pi().taken, ..read }, pi(), "the hub reads what the agent took");
}

#[test]
fn the_payload_that_is_kept_is_the_sample() {
    let mut out = String::new();
    let sample = pi();
    let stamp = Stamp { now: now(), seq: 1 };
    let at = kinglet().encode_report(&sample, stamp, &mut out);
    assert_eq!(out[at], serde_json::to_string(&sample).unwrap());
}

#[test]
fn ids_are_unique_on_a_connection_and_begin_again_on_the_next() {
    let mut kinglet = kinglet();
    let mut out = String::new();
    let mut id = |kinglet: &mut Kinglet| {
        kinglet.encode_heartbeat(now(), &mut out);
        parse(&out)["id"].as_str().unwrap().to_owned()
    };
    assert_eq!([id(&mut kinglet), id(&mut kinglet)], ["1", "2"]);
    kinglet.handle_opened();
    assert_eq!(id(&mut kinglet), "1");
    let beat = r#"{"type":"heartbeat","id":"1","timestamp":"2026-11-20T08:00:00.000Z"}"#;
    assert_eq!(out, beat);
}

#[test]
fn inventory_goes_once_and_again_when_any_part_of_it_changes() {
    let mut kinglet = kinglet();
    assert!(tells(&mut kinglet, &pi()));
    assert!(!tells(&mut kinglet, &pi()));
    let changes: [fn(&mut Sample); 9] = [
        |sample| sample.os.name.push('x'),
        |sample| sample.os.version.push('x'),
        |sample| sample.os.kernel.push('x'),
        |sample| sample.os.arch.0.push('x'),
        |sample| sample.cpu.brand.push('x'),
        |sample| sample.cpu.cores = Some(3),
        |sample| sample.disks[0].serial.push('x'),
        |sample| sample.disks[0].disk_type = DiskType::Ssd,
        |sample| sample.disks.push(Disk::default()),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut sample = pi();
        change(&mut sample);
        assert!(tells(&mut kinglet, &sample), "change {at}");
        assert!(!tells(&mut kinglet, &sample));
        tells(&mut kinglet, &pi());
    }
    let mut figures = pi();
    figures.uptime = Some(7);
    figures.disks[0].read_speed = None;
    assert!(!tells(&mut kinglet, &figures));
    kinglet.handle_opened();
    assert!(tells(&mut kinglet, &pi()), "a new connection knows nothing");
}

#[test]
fn inventory_of_a_report_that_was_not_sent_goes_with_the_next() {
    let mut kinglet = kinglet();
    tells(&mut kinglet, &pi());
    kinglet.handle_unsent();
    assert!(tells(&mut kinglet, &pi()));
    assert!(!tells(&mut kinglet, &pi()));
    kinglet.handle_unsent();
    assert!(!tells(&mut kinglet, &pi()), "what went before is known");
}

#[test]
fn a_sample_from_the_ring_says_when_it_was_taken_by_the_clock_that_does_not_jump() {
    let mut ring = Ring::new(10_000);
    let taken = Instant::from_millis(now().instant.as_millis() - 7_250);
    ring.push(5, taken, now().wall, r#"{"cpu":{}}"#);
    let mut out = String::new();
    let backlog = Backlog { ring: &ring, frame: 1, now: now(), last: "" };
    assert_eq!(kinglet().encode_oldest(&backlog, &mut out), 1);
    let report = parse(&out);
    assert_eq!(report["data"].to_string(), r#"{"cpu":{}}"#);
    assert_eq!(report["timestamp"], "2026-11-20T08:00:00.000Z", "of the frame");
    let meta = r#"{"age_ms":7250,"boot_id":"5a6b","seq":5,"uptime_ms":999992750}"#;
    assert_eq!(report["meta"].to_string(), meta);
}

#[test]
fn every_message_of_the_hub_is_understood_or_ignored() {
    let fault = |words: &str| Heard::Fault(words.to_owned());
    let limit = |ms| Heard::RateLimit(Duration::from_millis(ms));
    for (text, heard) in [
        (r#"{"type":"ack","id":"1","data":{"seq":41}}"#, Heard::Ack(41)),
        (r#"{"data":{"seq":41,"more":[1,{}]},"type":"ack"}"#, Heard::Ack(41)),
        (
            r#"{"type":"connection","data":{"status":"connected","client_id":"x"}}"#,
            Heard::Greeted(None),
        ),
        (r#"{"type":"pong","id":"1"}"#, Heard::Nothing),
        (
            r#"{"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED","retry_after":5000}}"#,
            limit(5000),
        ),
        (r#"{"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED"}}"#, limit(1000)),
        (r#"{"type":"error","data":{"code":"X","message":"a\u0007b"}}"#, fault("a\\u0007b")),
        (r#"{"type":"error","data":{"code":"X"}}"#, fault("X")),
        (r#"{"type":"error","data":{}}"#, fault("an error")),
        (r#"{"type":"error","data":null}"#, Heard::Nothing),
        (r#"{"type":"command","data":{"run":"rm"}}"#, Heard::Command("command".into())),
        (r#"{"type":"ack","data":{"seq":"41"}}"#, Heard::Nothing),
        (r#"{"type":"ack","data":{"seq":18446744073709551615}}"#, Heard::Ack(u64::MAX)),
        (r#"{"type":"ack","data":{"seq":18446744073709551616}}"#, Heard::Nothing),
        (r#"{"type":"metrics","data":{}}"#, Heard::Nothing),
    ] {
        assert_eq!(hear(text), heard, "{text}");
    }
}

/// What is said beside a report of these figures of the owner's own.
fn told(kinglet: &mut Kinglet, custom: &[(&str, f64)]) -> Vec<Value> {
    let custom =
        custom.iter().map(|(series, value)| Custom { series: (*series).to_owned(), value: *value });
    encode(kinglet, &Sample { custom: custom.collect(), ..pi() }, 1);
    let (mut found, mut out) = (Vec::new(), String::new());
    while kinglet.has_message() {
        kinglet.encode_message("{}", &mut out);
        found.push(parse(&out));
    }
    found
}

#[test]
fn a_figure_of_the_owners_own_is_told_when_it_is_another() {
    let (age, size) = (r#"age{job="a \"b\"",of="x"}"#, "size");
    let mut kinglet = kinglet();
    assert_eq!(told(&mut kinglet, &[]), Vec::<Value>::new());
    let all = told(&mut kinglet, &[(age, 1.5), (size, 2.0)]);
    assert_eq!(all[0]["type"], "performance");
    let due = serde_json::json!({"metric_name": "age", "value": 1.5, "unit": "",
        "category": "custom", "tags": {"job": "a \"b\"", "of": "x"}});
    assert_eq!(all[0]["data"], due);
    assert_eq!((all.len(), &all[1]["data"]["metric_name"]), (2, &"size".into()));
    assert_eq!(all[1]["data"]["tags"], serde_json::json!({}));
    assert!(all[0]["id"] != all[1]["id"], "{all:?}");
    assert!(told(&mut kinglet, &[(age, 1.5), (size, 2.0)]).is_empty(), "the same");
    let some = told(&mut kinglet, &[(age, 1.5), (size, 3.0)]);
    assert_eq!((some.len(), &some[0]["data"]["value"]), (1, &3.0.into()));
    let custom = vec![Custom { series: age.to_owned(), value: 9.0 }];
    encode(&mut kinglet, &Sample { custom, ..pi() }, 1); // and not sent
    assert_eq!(told(&mut kinglet, &[(age, 9.0), (size, 4.0)]).len(), 2, "what is still so");
    kinglet.handle_opened();
    assert_eq!(told(&mut kinglet, &[(age, 1.5)]).len(), 1, "anew on each connection");
}
