//! Lines slower than what is to be said.

use std::time::{Duration, Instant, SystemTime};

use kinglet_proto::time::WallTime;
use tungstenite::Message;

use crate::lab::Lab;

/// Reports once a second of some two seconds each: for longer than a Pong may take, every value
/// that comes is new, and the connection is never cut.
#[test]
fn a_slow_line_brings_new_values_and_is_not_cut() {
    let Some(lab) = Lab::new("slow") else { return };
    let ages = ages(&lab, "1s", 1_000, Duration::from_secs(55));
    let worst = ages.iter().max().copied().unwrap();
    assert!(worst < Duration::from_secs(7), "{ages:?}");
    assert!(ages.len() >= 10, "{ages:?}");
}

/// The same for two minutes at 300 bytes a second, for who measures.
#[test]
#[ignore = "two minutes, which .ci/run takes"]
fn a_very_slow_line_brings_new_values_and_is_not_cut() {
    let Some(lab) = Lab::new("crawl") else { return };
    let ages = ages(&lab, "5s", 300, Duration::from_secs(120));
    let worst = ages.iter().max().copied().unwrap();
    assert!(worst < Duration::from_secs(20), "{ages:?}");
    assert!(ages.len() >= 8, "{ages:?}");
}

/// How old each value was that was newer than all before it, over one connection.
fn ages(lab: &Lab, interval: &str, bytes_per_s: u64, limit: Duration) -> Vec<Duration> {
    lab.slow(bytes_per_s);
    let server = lab.listen("0.0.0.0:7021");
    let _agent = lab.agent_at(interval, &["ws://10.77.0.2:7021"]);
    let mut visit = lab.visit(&server, Duration::from_secs(20)).expect("the agent comes");
    let (began, mut newest, mut ages) = (Instant::now(), 0, Vec::new());
    while began.elapsed() < limit {
        let Message::Text(text) = visit.read().expect("the line lives") else { continue };
        let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
        let seq = frame["meta"]["seq"].as_u64().unwrap_or_default();
        if seq > newest {
            newest = seq;
            let taken = WallTime::parse(frame["data"]["timestamp"].as_str().unwrap()).unwrap();
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            ages.push(now.saturating_sub(Duration::from_millis(taken.unix_millis())));
        }
    }
    ages
}
