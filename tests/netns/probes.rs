//! Latency probes over a real line: pings, connections, and addresses where nobody answers.

use std::time::Duration;

use serde_json::Value;
use tungstenite::{Message, WebSocket};

use crate::lab::Lab;

const PATIENCE: Duration = Duration::from_secs(20);

/// The probe of this name in the first report in which it says so.
fn probe<S: std::io::Read + std::io::Write>(
    visit: &mut WebSocket<S>,
    name: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    for _ in 0..40 {
        let Message::Text(text) = visit.read().expect("reports come") else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let probes = frame["data"]["probes"].as_array().cloned().unwrap_or_default();
        let found = probes.into_iter().find(|probe| probe["name"] == name && is_so(probe));
        if let Some(found) = found {
            return found;
        }
    }
    panic!("{name} is in no report, or never says so");
}

fn is_answered(probe: &Value) -> bool {
    let of = |figure: &str| probe[figure].as_f64();
    of("sent").is_some_and(|sent| sent >= 2.0) && of("jitter").is_some()
}

#[test]
fn pings_and_connections_are_timed_and_silence_is_loss() {
    let Some(lab) = Lab::new("probes") else { return };
    lab.allow_pings("0 2147483647");
    // Behind the server is a network whose hosts never answer.
    lab.inside_agent(&["route", "add", "10.78.0.0/24", "via", "10.77.0.2"]);
    lab.inside_server(&["route", "add", "blackhole", "10.78.0.0/24"]);
    // Of `next` the first address is silent.
    lab.hosts("10.77.0.2 far.example\n10.77.0.3 next.example\n10.77.0.2 next.example\n");
    let server = lab.listen("0.0.0.0:7031");
    let _agent = lab.agent_told(
        "ws://10.77.0.2:7031",
        "[probe]\ninterval = \"1s\"\n[probe.targets]\nself = \"icmp://127.0.0.1\"\n\
         v4 = \"icmp://far.example\"\nnext = \"icmp://next.example\"\n\
         v6 = \"icmp://[fd77::2]\"\n\
         open = \"tcp://10.77.0.2:7031\"\n\
         shut = \"tcp://10.77.0.2:7032\"\nlost = \"icmp://10.78.0.1\"\n\
         silent = \"tcp://10.78.0.1:80\"\n",
    );
    let mut visit = lab.visit(&server, PATIENCE).expect("the agent comes");
    for name in ["self", "v4", "v6", "open"] {
        let probe = probe(&mut visit, name, is_answered);
        let latency = probe["latency"].as_f64().unwrap();
        assert!(latency > 0.0 && latency < 1000.0, "{probe}");
        assert!(probe["latency_min"].as_f64() <= probe["latency_mean"].as_f64(), "{probe}");
        assert_eq!((&probe["lost"], &probe["loss_percent"]), (&0.into(), &0.0.into()), "{probe}");
        assert!(probe["fault"].is_null(), "{probe}");
    }
    let next = probe(&mut visit, "next", |probe| !probe["latency"].is_null());
    assert_eq!((&next["lost"], &next["fault"]), (&1.into(), &Value::Null), "{next}");
    for name in ["lost", "silent"] {
        let probe = probe(&mut visit, name, |probe| probe["sent"].as_u64() >= Some(2));
        assert_eq!((&probe["lost"], &probe["latency"]), (&probe["sent"], &Value::Null), "{probe}");
        assert_eq!(probe["loss_percent"], 100.0, "{probe}");
    }
    let shut = probe(&mut visit, "shut", |_| true);
    assert!(shut["fault"].as_str().unwrap().contains("refused"), "{shut}");
    assert_eq!(shut["port"], 7032);
}

#[test]
fn a_kernel_that_forbids_pings_is_told_of_in_words() {
    let Some(lab) = Lab::new("forbid") else { return };
    lab.allow_pings("1 0");
    let server = lab.listen("0.0.0.0:7041");
    let probes = "[probe]\ninterval = \"1s\"\ntargets = { a = \"icmp://127.0.0.1\" }\n";
    let _agent = lab.agent_told("ws://10.77.0.2:7041", probes);
    let mut visit = lab.visit(&server, PATIENCE).expect("the agent comes");
    let probe = probe(&mut visit, "a", |_| true);
    assert!(probe["fault"].as_str().unwrap().contains("net.ipv4.ping_group_range"), "{probe}");
}

/// The name server takes the questions and says nothing: reports come all the same.
#[test]
fn a_silent_name_server_delays_no_report() {
    let Some(lab) = Lab::new("mute") else { return };
    lab.allow_pings("0 2147483647");
    lab.name_server("10.77.0.2");
    let _silent = lab.datagrams("0.0.0.0:53");
    let server = lab.listen("0.0.0.0:7051");
    let probes = "[probe]\ninterval = \"1s\"\ntargets = { a = \"icmp://a.example\", \
                  b = \"tcp://b.example:1\", c = \"icmp://127.0.0.1\" }\n";
    let _agent = lab.agent_told("ws://10.77.0.2:7051", probes);
    let mut visit = lab.visit(&server, PATIENCE).expect("the agent comes");
    let mut gaps = Vec::new();
    let mut last = None;
    while gaps.len() < 12 {
        let Message::Text(text) = visit.read().expect("reports come") else { continue };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] == "metrics" {
            let now = std::time::Instant::now();
            gaps.extend(last.replace(now).map(|last| now - last));
        }
    }
    let worst = gaps.iter().skip(1).max().copied().unwrap();
    assert!(worst < Duration::from_millis(1500), "{gaps:?}");
    let probe = probe(&mut visit, "a", |_| true);
    assert!(probe["fault"].as_str().unwrap().contains("no answer"), "{probe}");
}
