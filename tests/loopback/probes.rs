//! What servers have probed: a vStats panel and a Komari server, as strict as the real ones, and
//! places of our own. Pings are in `tests/netns`, where the kernel can be told to allow them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use super::agent::{Agent, Temporary};
use super::block;
use super::certificates::{Authority, Kind};
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

fn login<S: Read + Write>(visit: &mut Visit<S>, open: u16, shut: u16) {
    assert_eq!(visit.frame()["type"], "auth");
    visit.send(&format!(
        r#"{{"type":"auth","status":"ok","ping_targets":[
            {{"name":"Open","host":"127.0.0.1","type":"tcp","port":{open}}},
            {{"name":"Shut","host":"127.0.0.1","type":"tcp","port":{shut}}}]}}"#
    ));
}

/// The targets of the first report in which there are so many.
fn targets<S: Read + Write>(visit: &mut Visit<S>, count: usize) -> Vec<Value> {
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
fn result<S: Read + Write>(visit: &mut Visit<S>, task: u64) -> (i64, Duration) {
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

/// Answers each request for a head like this, and leaves the connection open: that no body follows
/// a head is the asker's to know.
fn answer_heads<S: Read + Write>(mut stream: S, answer: &str) -> Option<String> {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        asked.push(byte[0]);
    }
    stream.write_all(answer.as_bytes()).ok()?;
    stream.flush().ok()?;
    let _ = stream.read(&mut [0]); // until the asker hangs up
    String::from_utf8(asked).ok()
}

/// A page over TLS, and what is asked of it.
fn page(tls: Arc<ServerConfig>, answer: &'static str) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (to, asked) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
            if let Some(text) = answer_heads(StreamOwned::new(connection, stream), answer)
                && to.send(text).is_err()
            {
                return;
            }
        }
    });
    (port, asked)
}

/// The probe of this name, once it was made twice.
fn probe<S: Read + Write>(visit: &mut Visit<S>, name: &str) -> Value {
    for _ in 0..REPORTS {
        let report = visit.frame_of("metrics");
        let probes = report["data"]["probes"].as_array().cloned().unwrap_or_default();
        let found = probes.into_iter().find(|probe| probe["name"] == name);
        if let Some(probe) = found.filter(|probe| probe["sent"].as_u64() >= Some(2)) {
            return probe;
        }
    }
    panic!("{name} is never probed");
}

#[test]
fn a_page_is_asked_for_its_head_and_the_days_of_its_certificate() {
    const FOUND: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n";
    let (server, token, authority) = (Server::new(), Temporary::new("t"), Authority::new("ours"));
    let ca_file = Temporary::new(&authority.pem());
    let (good, asked) = page(authority.server(Kind::Good), FOUND);
    let (gone, _gone) = page(authority.server(Kind::Good), "HTTP/1.1 410 Gone\r\n\r\n");
    let (expired, _expired) = page(authority.server(Kind::Expired), FOUND);
    let probes = format!(
        "interval = \"1s\"\nca_file = \"{}\"\n[probe.targets]\n\
         good = \"https://localhost:{good}/health?deep=1\"\n\
         gone = \"https://localhost:{gone}\"\nexpired = \"https://localhost:{expired}\"\n",
        ca_file.path()
    );
    let _agent = start(&server, &token, "", &probes);
    let mut visit = server.visit();
    let told = probe(&mut visit, "good");
    assert!(told["latency"].as_f64().unwrap() > 0.0 && told["fault"].is_null(), "{told}");
    // rcgen's own end of a certificate: the year 4096.
    assert!(told["certificate_days"].as_i64().unwrap() > 700_000, "{told}");
    assert_eq!((&told["kind"], &told["lost"]), (&"https".into(), &0.into()), "{told}");
    let head = asked.recv_timeout(Duration::from_secs(5)).unwrap();
    let lines: Vec<_> = head.lines().collect();
    assert_eq!(lines[0], "HEAD /health?deep=1 HTTP/1.1");
    assert_eq!(lines[1], format!("Host: localhost:{good}"));
    for (name, words) in [("gone", "HTTP 410"), ("expired", "has expired")] {
        let told = probe(&mut visit, name);
        assert!(told["fault"].as_str().unwrap().contains(words), "{told}");
        assert_eq!((&told["lost"], &told["latency"]), (&told["sent"], &Value::Null), "{told}");
    }
}
