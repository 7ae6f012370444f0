use serde_json::Value;

use super::super::Shipped;
use super::*;
use crate::output::fixture::{account, pi};
use crate::output::{Account, Heard, Output, Stamp};
use crate::percent::Percent;
use crate::probe::Wanted;
use crate::time::WallTime;

/// Unix seconds of an even day, for readable buckets.
const DAY: u64 = 20_000 * 86_400;

fn shipped(probes: bool) -> Shipped {
    let account = Account { probes, ..account(Some("s1"), "t") };
    Shipped::new(account, "s1".into())
}

fn probe(name: &str, latency: Option<f64>, sent: u64, lost: u64) -> Probe {
    Probe {
        name: name.into(),
        kind: "tcp".into(),
        target: "192.0.2.1".into(),
        port: Some(22),
        latency,
        latency_mean: Some(7.0),
        loss_percent: Some(Percent::of(lost, sent)),
        sent,
        lost,
        ..Probe::default()
    }
}

/// What the panel is told by a report of this second of the day.
fn report(vstats: &mut Shipped, second: u64, probes: Vec<Probe>) -> Value {
    let wall = WallTime::from_unix_millis((DAY + second) * 1000);
    let now = Now { instant: Instant::from_millis(second * 1000), wall };
    let sample = Sample { probes, timestamp: wall, ..pi() };
    let stamp = Stamp { now, seq: 1 };
    vstats.handle_sample(&sample, stamp);
    let mut out = String::new();
    let payload = vstats.encode_report(&sample, stamp, &mut out);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["metrics"], serde_json::from_str::<Value>(&out[payload]).unwrap());
    report["metrics"]["ping"].clone()
}

fn sums(ping: &Value, list: &str) -> Vec<(u64, f64, u64, u64)> {
    let sums = ping[list].as_array().cloned().unwrap_or_default();
    let sum = |sum: &Value| {
        let whole = |name: &str| sum[name].as_u64().unwrap();
        assert_eq!(sum["latency_count"], sum["ok_count"]);
        assert_eq!((&sum["name"], &sum["host"]), (&"a".into(), &"192.0.2.1".into()));
        let latency = sum["latency_sum"].as_f64().unwrap();
        (whole("bucket") - DAY / 120, latency, whole("ok_count"), whole("fail_count"))
    };
    sums.iter().map(sum).collect()
}

#[test]
fn sums_of_a_report_that_was_not_sent_go_with_the_next() {
    let mut vstats = shipped(false);
    let mut has_sums = |second, is_sent: bool| {
        let ping = report(&mut vstats, second, vec![probe("a", Some(1.0), second, 0)]);
        if !is_sent {
            vstats.handle_unsent();
        }
        ping["agg_2min"].is_array()
    };
    assert_eq!([has_sums(10, false), has_sums(15, true)], [true, true]);
    assert_eq!([has_sums(20, false), has_sums(25, true)], [false, false]);
}

#[test]
fn the_panel_is_told_of_each_target_as_it_reads_it() {
    let mut vstats = shipped(false);
    let mut icmp = probe("b", None, 4, 1);
    (icmp.kind, icmp.port) = ("icmp".into(), None);
    let failed = Probe { fault: "refused".into(), ..probe("c", None, 1, 1) };
    let ping = report(&mut vstats, 10, vec![probe("a", Some(12.34), 20, 1), icmp, failed]);
    let a = r#"{"host":"192.0.2.1","latency_ms":12.34,"name":"a","packet_loss":5.0,"port":22,"#;
    assert_eq!(ping["targets"][0].to_string(), format!(r#"{a}"status":"ok","type":"tcp"}}"#));
    let b = r#"{"host":"192.0.2.1","latency_ms":null,"name":"b","packet_loss":25.0,"#;
    assert_eq!(ping["targets"][1].to_string(), format!(r#"{b}"status":"timeout","type":"icmp"}}"#));
    assert_eq!(ping["targets"][2]["status"], "error");
    assert_eq!(ping["timestamp"], DAY + 10);
    assert_eq!(report(&mut vstats, 15, Vec::new()), Value::Null, "nothing is no member");
}

#[test]
fn sums_go_every_minute_of_buckets_seen_from_their_beginning() {
    let mut vstats = shipped(false);
    let mut told = Vec::new();
    // An attempt every 30 s; the process begins in the middle of a bucket.
    for second in (70..600).step_by(5) {
        let sent = (second - 70) / 30;
        let latency = f64::from(u32::try_from(sent).unwrap());
        let ping = report(&mut vstats, second, vec![probe("a", Some(latency), sent, 0)]);
        if ping["agg_2min"].is_array() {
            told.push((second, sums(&ping, "agg_2min")));
            assert!(sums(&ping, "agg_hourly").is_empty(), "the hour began without us");
        }
    }
    let seconds: Vec<_> = told.iter().map(|(second, _)| *second).collect();
    assert_eq!(seconds, [70, 130, 190, 250, 310, 370, 430, 490, 550]);
    assert_eq!(told[0].1, []);
    assert_eq!(told[1].1, [(1, 2.0, 1, 0)]);
    // Attempts 2 to 5 at 130, 160, 190 and 220; 6 at 250.
    assert_eq!(told[3].1, [(2, 6.0, 1, 0), (1, 14.0, 4, 0)], "the next, and the whole one again");
}

#[test]
fn losses_are_counted_and_a_target_that_begins_anew_does_not_go_back() {
    let mut vstats = shipped(false);
    report(&mut vstats, 0, vec![probe("a", Some(5.0), 2, 0)]);
    report(&mut vstats, 5, vec![probe("a", None, 5, 2)]);
    report(&mut vstats, 10, vec![probe("a", None, 1, 1)]);
    let ping = report(&mut vstats, 60, vec![probe("a", None, 1, 1)]);
    // One of three was answered, and the mean stands for it.
    assert_eq!(sums(&ping, "agg_2min"), [(0, 17.0, 3, 2)]);
    vstats.hear(r#"{"type":"auth","status":"ok"}"#);
    let ping = report(&mut vstats, 65, vec![probe("a", None, 1, 1)]);
    assert!(ping["agg_daily"].is_array(), "another connection may lack it");
}

#[test]
fn the_panels_targets_are_taken_only_where_the_owner_allows_it() {
    let config = r#"{"type":"config","ping_targets":[
        {"name":"Home","host":"192.0.2.1","type":"tcp","port":22},
        {"name":"DNS","host":"9.9.9.9","type":"icmp","port":80},
        {"name":"Odd","host":"a b","type":"icmp"},{"name":"New","host":"h","type":"quic"}]}"#;
    let mut refusing = shipped(false);
    let Heard::Unserved(words) = refusing.hear(config) else { panic!("it is told") };
    assert!(words.contains("from_server"), "{words}");
    assert_eq!(refusing.poll_wanted(), None);

    let mut taking = shipped(true);
    assert_eq!(taking.hear(config), Heard::Nothing);
    let Some(Wanted::Targets(targets)) = taking.poll_wanted() else { panic!("a list") };
    let told: Vec<_> = targets.iter().map(|target| (&*target.name, target.to_string())).collect();
    let dns = ("DNS", "icmp://9.9.9.9".to_owned());
    assert_eq!(told, [("Home", "tcp://192.0.2.1:22".to_owned()), dns]);
    assert_eq!(taking.poll_wanted(), None, "once");
    taking.hear(r#"{"type":"config","traffic_config":{"monthly_limit_gb":1}}"#);
    assert_eq!(taking.poll_wanted(), None, "it must not clear them");
    taking.hear(r#"{"type":"config","ping_targets":[]}"#);
    assert_eq!(taking.poll_wanted(), Some(Wanted::Targets(Vec::new())));
    taking.hear(&config.replace("\"config\"", "\"auth\",\"status\":\"ok\""));
    assert!(matches!(taking.poll_wanted(), Some(Wanted::Targets(all)) if all.len() == 2));
}

#[test]
fn a_sample_of_an_outage_has_its_pings_and_no_sums() {
    let mut kept = String::new();
    let sample = Sample { probes: vec![probe("a", Some(1.5), 1, 0)], ..pi() };
    shipped(false).encode_kept(&sample, &mut kept);
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["ping"]["targets"][0]["latency_ms"], 1.5);
    assert!(kept["ping"]["agg_2min"].is_null());
}
