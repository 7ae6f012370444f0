//! What servers have probed: a vStats panel and a Komari server, as strict as the real ones, and
//! places of our own. Pings are in `tests/netns`, where the kernel can be told to allow them.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;

use super::agent::{Agent, Temporary};
use super::block;
use super::server::{Server, Visit, now};

/// Reports in which what is expected happens; each comes a second after the one before.
const REPORTS: usize = 15;

fn start(server: &Server, token: &Temporary, more: &str, probe: &str) -> Agent {
    let block = block("ws", server.port(), token, more);
    Agent::start(&format!("interval = \"1s\"\n[host]\nid = \"barn\"\n{block}[probe]\n{probe}\n"))
}

/// A place that answers, and one where nobody listens.
fn places() -> (TcpListener, u16, u16) {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let shut = port(&TcpListener::bind("127.0.0.1:0").unwrap());
    let at = port(&open);
    (open, at, shut)
}

/// A panel that reads into fixed types, and drops the whole report when one does not fit.
fn read_ping(metrics: &Value) -> Option<&Vec<Value>> {
    let ping = metrics.get("ping")?;
    assert!(ping["timestamp"].is_u64(), "{ping}");
    for target in ping["targets"].as_array().expect("never null") {
        assert!(target["name"].is_string() && target["host"].is_string(), "{target}");
        assert!(["icmp", "tcp"].contains(&target["type"].as_str().unwrap()), "{target}");
        assert!(target.get("port").is_none_or(Value::is_u64), "{target}");
        assert!(target["latency_ms"].is_null() || target["latency_ms"].is_f64(), "{target}");
        assert!((0.0..=100.0).contains(&target["packet_loss"].as_f64().unwrap()), "{target}");
        assert!(["ok", "timeout", "error"].contains(&target["status"].as_str().unwrap()));
    }
    for (list, length) in
        [("agg_2min", 120), ("agg_15min", 900), ("agg_hourly", 3600), ("agg_daily", 86_400)]
    {
        for sum in ping[list].as_array().into_iter().flatten() {
            for whole in ["bucket", "latency_count", "ok_count", "fail_count"] {
                assert!(sum[whole].is_u64(), "{sum}");
            }
            assert!(sum["latency_sum"].is_f64() && sum["latency_max"].is_f64(), "{sum}");
            let now = metrics["ping"]["timestamp"].as_u64().unwrap() / length;
            assert!(sum["bucket"].as_u64().unwrap().abs_diff(now) <= 1, "{sum}");
        }
    }
    ping["targets"].as_array()
}

fn login<S: std::io::Read + std::io::Write>(visit: &mut Visit<S>, open: u16, shut: u16) {
    assert_eq!(visit.frame()["type"], "auth");
    visit.send(&format!(
        r#"{{"type":"auth","status":"ok","ping_targets":[
            {{"name":"Open","host":"127.0.0.1","type":"tcp","port":{open}}},
            {{"name":"Shut","host":"127.0.0.1","type":"tcp","port":{shut}}}]}}"#
    ));
}

/// The targets of the first report in which there are so many.
fn targets<S: std::io::Read + std::io::Write>(visit: &mut Visit<S>, count: usize) -> Vec<Value> {
    for _ in 0..REPORTS {
        let report = visit.frame_of("metrics");
        let targets = read_ping(&report["metrics"]).cloned().unwrap_or_default();
        if targets.len() == count {
            return targets;
        }
    }
    panic!("there are never {count} targets");
}

const VSTATS: &str = "protocol = \"vstats\"\nserver_id = \"abc123\"";

#[test]
fn a_panel_has_its_targets_probed_and_replaces_them() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let (_listens, open, shut) = places();
    let probe = "interval = \"1s\"\nfrom_server = true\nprivate = true";
    let _agent = start(&server, &token, VSTATS, probe);
    let mut visit = server.visit();
    login(&mut visit, open, shut);
    let told = targets(&mut visit, 2);
    let of = |name: &str| told.iter().find(|target| target["name"] == name).unwrap();
    assert_eq!((&of("Open")["status"], &of("Open")["port"]), (&"ok".into(), &open.into()));
    assert!(of("Open")["latency_ms"].as_f64().unwrap() < 1000.0);
    assert_eq!(
        (&of("Shut")["status"], &of("Shut")["packet_loss"]),
        (&"error".into(), &100.0.into())
    );
    visit.send(r#"{"type":"config","traffic_config":{"monthly_limit_gb":5}}"#);
    targets(&mut visit, 2);
    visit.send(r#"{"type":"config","ping_targets":[]}"#);
    targets(&mut visit, 0);
}

#[test]
fn a_panel_gets_no_private_address_probed_unless_the_owner_says_so() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let (listens, open, shut) = places();
    listens.set_nonblocking(true).unwrap();
    let _agent = start(&server, &token, VSTATS, "interval = \"1s\"\nfrom_server = true");
    let mut visit = server.visit();
    login(&mut visit, open, shut);
    for target in targets(&mut visit, 2) {
        assert_eq!((&target["status"], &target["latency_ms"]), (&"error".into(), &Value::Null));
    }
    assert!(listens.accept().is_err(), "nobody came");
}

#[test]
fn a_panel_gets_nothing_probed_where_the_owner_said_nothing() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let (listens, open, shut) = places();
    listens.set_nonblocking(true).unwrap();
    // What the owner probes himself is shown there all the same.
    let own = format!("interval = \"1s\"\ntargets = {{ Own = \"tcp://127.0.0.1:{shut}\" }}");
    let _agent = start(&server, &token, VSTATS, &own);
    let mut visit = server.visit();
    login(&mut visit, open, shut);
    assert_eq!(targets(&mut visit, 1)[0]["name"], "Own");
    for _ in 0..3 {
        assert!(read_ping(&visit.frame_of("metrics")["metrics"]).is_none_or(|all| all.len() < 2));
    }
    assert!(listens.accept().is_err(), "nobody came");
}

/// The result of a task, which is read into whole numbers, and the time it took to come.
fn result<S: std::io::Read + std::io::Write>(visit: &mut Visit<S>, task: u64) -> (i64, Duration) {
    let began = now();
    for _ in 0..REPORTS {
        let frame = visit.frame();
        if frame["method"] == "agent.pingResult" {
            let result = &frame["params"];
            assert_eq!(result["task_id"], task, "{result}");
            assert_eq!(result["ping_type"], "tcp", "{result}");
            return (result["value"].as_i64().expect("a whole number"), began.elapsed());
        }
    }
    panic!("there is no result of {task}");
}

#[test]
fn a_komari_server_has_its_tasks_done_one_by_one() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let (_listens, open, shut) = places();
    let komari = "protocol = \"komari\"\ninterval = \"8s\"";
    let _agent = start(&server, &token, komari, "from_server = true\nprivate = true");
    let mut visit = server.visit();
    assert_eq!(visit.frame()["method"], "agent.report");
    for (task, port, answered) in [(1, open, true), (2, shut, false), (3, open, true)] {
        let target = format!("127.0.0.1:{port}");
        visit.send(&format!(
            r#"{{"jsonrpc":"2.0","method":"agent.ping","params":{{"ping_task_id":{task},"ping_type":"tcp",
                "ping_target":"{target}"}}}}"#
        ));
        let (value, after) = result(&mut visit, task);
        assert!(if answered { (0..1000).contains(&value) } else { value == -1 }, "{value}");
        assert!(after < Duration::from_secs(4), "it does not wait for a report: {after:?}");
    }
}
