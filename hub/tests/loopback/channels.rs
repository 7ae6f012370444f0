//! Agents of every protocol in, viewers out, over real sockets.

use std::time::{Duration, Instant};

use super::support::{DB, Deadline, FLEET, Hub, VIEWER, WEB, report};
use serde_json::{Value, json};
use tungstenite::Message;

const DOCUMENTED: &str = r#"{"serverId":"web-1","serverName":"Web","group":"production",
    "countryCode":"DE","location":"Berlin","ip":"192.0.2.45","cpu":{"percent":45.2,"cores":8,
    "modelName":"Xeon"},"memory":{"total":1000,"used":500,"available":500,"usedPercent":50.0},
    "disk":[{"path":"/","total":100,"used":50,"free":50,"usedPercent":50.0,"readSpeed":10,
    "writeSpeed":5}],"network":{"interfaceName":"eth0","bytesSent":1,"bytesRecv":2,"inSpeed":3,
    "outSpeed":4},"system":{"hostname":"web-server-1","os":"linux","platform":"ubuntu",
    "arch":"amd64","kernel":"5.15","uptime":864000},"timestamp":1699123456}"#;

#[test]
#[expect(clippy::disallowed_methods, reason = "measures real latency")]
fn a_native_report_reaches_every_viewer_within_100_ms_and_is_acknowledged() {
    let hub = Hub::public();
    let mut viewers: Vec<_> = (0..5).map(|_| hub.frontend()).collect();
    let mut panel = hub.panel();
    let mut agent = hub.agent("web-1", WEB);
    assert_eq!(panel.json_of("status")["data"]["online"], true);
    let mut took = Vec::new();
    for seq in 1..=20_u64 {
        let usage = f64::from(u32::try_from(seq).unwrap());
        let sent = Instant::now();
        agent.send(&report(seq, usage));
        for viewer in &mut viewers {
            let info = viewer.json();
            assert_eq!(
                (&info["serverId"], &info["cpu"]["percent"]),
                (&json!("web-1"), &json!(usage))
            );
        }
        took.push(sent.elapsed());
        assert_eq!(agent.json()["data"]["seq"], seq);
        let metrics = panel.json_of("metrics");
        assert_eq!(metrics["data"]["server_id"], "web-1");
        assert_eq!(metrics["data"]["metrics"]["cpu"]["usage"], usage);
    }
    // Most of them: a machine that is busy with something else may hold up one.
    took.sort();
    assert!(took[took.len() / 2] < Duration::from_millis(100), "{took:?}");
}

#[test]
fn the_documented_simple_server_status_object_is_passed_on_as_it_came() {
    let hub = Hub::public();
    let mut viewer = hub.frontend();
    let headers = [("x-auth-secret", WEB), ("x-server-id", "web-1")];
    let mut agent = hub.open("/ws-report", &headers).unwrap();
    agent.send(DOCUMENTED);
    assert_eq!(viewer.json(), serde_json::from_str::<Value>(DOCUMENTED).unwrap());
    agent.send(&DOCUMENTED.replace("web-1", "db-1"));
    assert_eq!(viewer.json()["serverId"], "web-1", "a host writes its own id only");
}

#[test]
fn the_shipped_simple_server_status_object() {
    let hub = Hub::public();
    let mut viewer = hub.frontend();
    let headers = [("X-AUTH-SECRET", FLEET), ("X-SERVER-ID", "new-host")];
    let mut agent = hub.open("/ws-report", &headers).unwrap();
    agent.send(
        r#"{"loc":"FI","hostInfo":{"platform":"debian","platformVersion":"12","uptime":7,
            "avgStat":{"load1":1.5}},"cpuInfo":{"percent":3.5,"info":["N100 x 4"]},
            "virtualMemoryInfo":{"total":10,"used":5,"usedPercent":50},"swapMemoryInfo":{},
            "diskInfo":{"partitions":[]},"networkInfo":{"netInSpeed":9}}"#,
    );
    let info = viewer.json();
    assert_eq!((&info["serverId"], &info["countryCode"]), (&json!("new-host"), &json!("FI")));
    assert_eq!(info["network"]["inSpeed"], 9);
    assert_eq!(hub.host("new-host")["metrics"]["load_average"]["one"], 1.5);
}

#[test]
fn vstats_as_documented() {
    let hub = Hub::public();
    let mut panel = hub.panel();
    let mut agent = hub.open(&format!("/ws/agent?token={WEB}"), &[]).unwrap();
    agent.send(r#"{"type":"metrics","data":{"hostname":"w","cpu":{"usage":45.2,"cores":4}}}"#);
    agent.send(r#"{"type":"heartbeat","timestamp":"2024-01-01T12:00:00Z"}"#);
    let metrics = panel.json_of("metrics");
    assert_eq!(metrics["data"]["server_id"], "web-1");
    assert_eq!(metrics["data"]["metrics"]["cpu"], json!({"usage":45.2,"cores":4,"per_core":[]}));
    assert!(metrics["timestamp"].as_str().unwrap().ends_with('Z'));
    agent.settle();
    assert_eq!(agent.try_json(Duration::from_millis(100)), None, "it expects no answers");
}

#[test]
fn vstats_as_shipped_logs_in_by_message_and_sends_batches() {
    let hub = Hub::public();
    let mut panel = hub.panel();
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    let login = format!(r#"{{"type":"auth","server_id":"db-1","token":"{DB}","version":"3.2.0"}}"#);
    agent.send(&login);
    assert_eq!(agent.json(), json!({"type":"auth","status":"ok"}));
    agent.send(r#"{"type":"metrics","metrics":{"hostname":"db","cpu":{"usage":5.5}}}"#);
    assert_eq!(panel.json_of("metrics")["data"]["metrics"]["cpu"]["usage"], 5.5);
    for key in ["metrics_batch", "metrics"] {
        let item = r#"{"timestamp":"2026-01-01T00:00:00Z","metrics":{"cpu":{"usage":1}}}"#;
        agent
            .send(&format!(r#"{{"type":"batch_metrics","batch_id":"b","{key}":[{item},{item}]}}"#));
        let ack = json!({"type":"batch_ack","batch_id":"b","accepted":2,"rejected":0});
        assert_eq!(agent.json(), ack);
    }
    agent.send(r#"{"type":"aggregated_metrics","granularities":[],"last_metrics":{}}"#);
    agent.send(&login);
    assert_eq!(agent.json()["status"], "ok", "a login repeated refreshes");
    assert_eq!(hub.host("db-1")["metrics"]["cpu"]["usage"], 5.5, "kept readings are old ones");
}

#[test]
fn wrong_credentials_are_refused_before_the_upgrade() {
    let hub = Hub::public();
    for (path, headers) in [
        ("/ws/agent", vec![("authorization", "Bearer wrong"), ("x-client-id", "web-1")]),
        ("/ws/agent", vec![("authorization", "Bearer wrong"), ("x-client-id", "nobody")]),
        ("/ws/agent?token=wrong&client_id=web-1", vec![]),
        ("/ws/agent?token=wrong", vec![]),
        ("/ws-report", vec![]),
        ("/ws-report", vec![("x-auth-secret", "wrong"), ("x-server-id", "web-1")]),
        ("/ws-report", vec![("x-auth-secret", WEB)]),
    ] {
        let opened = hub.open(path, &headers);
        let good = path == "/ws-report" && headers == [("x-auth-secret", WEB)];
        assert_eq!(opened.err(), if good { None } else { Some(401) }, "{path} {headers:?}");
    }
    let refused = hub.open(&format!("/ws/agent?token={WEB}&client_id=db-1"), &[]).err();
    assert_eq!(refused, Some(401), "a host's token is for that host");
    let refused = hub.open(&format!("/ws/agent?token={FLEET}&client_id=db-1"), &[]).err();
    assert_eq!(refused, Some(401), "and the fleet's is not for a host with its own");
    assert!(hub.open(&format!("/ws/agent?token={WEB}&client_id=web-1"), &[]).is_ok());
    assert!(hub.open(&format!("/ws/agent?token={FLEET}&client_id=other"), &[]).is_ok());
    assert_eq!(hub.http("/ws/agent", "").0, 426, "no upgrade asked for");
}

#[test]
fn a_wrong_login_and_a_report_before_a_login_are_closed_1008() {
    let hub = Hub::public();
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    agent.send(r#"{"type":"auth","server_id":"web-1","token":"wrong"}"#);
    assert_eq!(agent.json()["status"], "error");
    assert_eq!(u16::from(agent.closed().unwrap().code), 1008);
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    agent.send(&report(1, 1.0));
    assert_eq!(u16::from(agent.closed().unwrap().code), 1008);
    assert_eq!(hub.host("web-1")["online"], false);
}

#[test]
fn who_says_nothing_has_ten_seconds() {
    let hub = Hub::public();
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    let close = agent.closed().unwrap();
    assert_eq!(u16::from(close.code), 1008);
    assert_eq!(close.reason.as_str(), "no credentials were shown in time");
}

#[test]
fn the_newer_of_two_connections_wins() {
    let hub = Hub::public();
    let mut older = hub.agent("web-1", WEB);
    older.send(&report(1, 1.0));
    let mut newer = hub.agent("web-1", WEB);
    let close = older.closed().unwrap();
    assert_eq!(u16::from(close.code), 1008);
    assert_eq!(close.reason.as_str(), "a newer connection reports as this host");
    newer.send(&report(2, 2.0));
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 2.0);
}

#[test]
fn a_viewer_of_ws_is_told_of_everything_when_it_comes() {
    let hub = Hub::public();
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 1.0));
    hub.wait_for("web-1", |host| host["metrics"].is_object());
    let headers = [("x-client-id", "my-panel"), ("sec-websocket-protocol", "kinglet.v1")];
    let (mut viewer, response) = hub.open_with_response("/ws", &headers).unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "kinglet.v1");
    let hello = viewer.json();
    assert_eq!(
        (&hello["data"]["client_id"], &hello["data"]["servers"]),
        (&json!("my-panel"), &json!(2))
    );
    let kinds: Vec<(Value, Value)> = (0..5)
        .map(|_| viewer.json())
        .map(|message| {
            let data = &message["data"];
            let id = if data["id"].is_null() { &data["server_id"] } else { &data["id"] };
            (message["type"].clone(), id.clone())
        })
        .collect();
    let due = [
        ("server_added", "db-1"),
        ("status", "db-1"),
        ("server_added", "web-1"),
        ("status", "web-1"),
        ("metrics", "web-1"),
    ];
    assert_eq!(kinds, due.map(|(kind, id)| (json!(kind), json!(id))));
    viewer.send(r#"{"type":"ping"}"#);
    assert_eq!(viewer.json()["type"], "pong");
    for text in ["{", "", "7", r#"{"type":"what"}"#, r#"{"type":5}"#] {
        viewer.send(text);
        assert_eq!(viewer.json()["data"]["code"], "INVALID_MESSAGE", "{text}");
    }
    viewer.socket.send(Message::binary(vec![0; 100])).unwrap();
    assert_eq!(viewer.json()["data"]["code"], "INVALID_MESSAGE");
    viewer.send(&"x".repeat(1_000_000));
    assert_eq!(viewer.json()["data"]["code"], "INVALID_MESSAGE", "a megabyte");
    viewer.send(r#"{"type":"ping"}"#);
    assert_eq!(viewer.json()["type"], "pong", "it stays open");
}

#[test]
fn a_hub_that_is_not_public_asks_viewers_for_a_token() {
    let hash = kinglet_hub::auth::TokenHash::of(VIEWER);
    let hub = Hub::start(&format!("[viewers]\ntoken_hash = \"{hash}\""));
    let bearer = format!("Bearer {VIEWER}");
    let protocols = format!("kinglet.v1, bearer.{VIEWER}");
    let query = format!("/ws?token={VIEWER}");
    for (path, headers) in [
        ("/ws", vec![("authorization", &*bearer)]),
        ("/ws", vec![("sec-websocket-protocol", &*protocols)]),
        (&query, vec![]),
    ] {
        let (mut viewer, response) = hub.open_with_response(path, &headers).unwrap();
        assert_eq!(viewer.json()["data"]["status"], "connected");
        let agreed = response.headers().get("sec-websocket-protocol");
        assert!(agreed.is_none_or(|protocol| protocol == "kinglet.v1"), "the token is not echoed");
    }
    for headers in [vec![], vec![("authorization", "Bearer wrong")]] {
        let mut viewer = hub.open("/ws", &headers).unwrap();
        let failed = viewer.json();
        assert_eq!(
            (&failed["type"], &failed["data"]["error_code"]),
            (&json!("connection"), &json!("AUTH_FAILED"))
        );
        let error = viewer.json();
        assert_eq!(
            (&error["type"], &error["data"]["code"]),
            (&json!("error"), &json!("AUTHENTICATION_FAILED"))
        );
        assert_eq!(u16::from(viewer.closed().unwrap().code), 1008);
        let mut viewer = hub.open("/ws-frontend", &headers).unwrap();
        assert_eq!(u16::from(viewer.closed().unwrap().code), 1008);
    }
    assert_eq!(hub.http("/api/hosts", "").0, 401);
    assert_eq!(hub.http("/api/hosts", &format!("Authorization: {bearer}\r\n")).0, 200);
    assert_eq!(hub.http("/healthz", "").0, 200);
}

#[test]
fn what_is_public_holds_no_secret() {
    let hub = Hub::public();
    let mut panel = hub.panel();
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 1.0));
    let told = panel.json_of("metrics").to_string();
    let (status, hosts) = hub.http("/api/hosts", "");
    let (_, page) = hub.http("/", "");
    let (_, health) = hub.http("/healthz", "");
    assert_eq!(status, 200);
    for text in [&told, &hosts, &page, &health] {
        for secret in [WEB, DB, FLEET, "sha256", "SERIAL-1", "02:00:00:00:00:01", "198.51.100.7"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(page.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    for (path, kind) in [
        ("/app.js", "text/javascript"),
        ("/units.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let (status, answer) = hub.http(path, "");
        assert_eq!(status, 200, "{path}");
        assert!(answer.contains(&format!("content-type: {kind}")), "{path}: {answer}");
        assert!(answer.contains("content-security-policy: default-src 'none'"), "{path}");
    }
    for path in ["/nothing", "/nothing.js", "/index.html", "/../Cargo.toml", "/page/app.js"] {
        assert_eq!(hub.http(path, "").0, 404, "{path}");
    }
}

#[test]
fn a_hub_that_stops_says_so_within_three_seconds() {
    let mut hub = Hub::public();
    let (mut agent, mut viewer) = (hub.agent("web-1", WEB), hub.frontend());
    let deadline = Deadline::in_seconds(3);
    let closes = std::thread::spawn(move || [agent.closed(), viewer.closed()]);
    hub.stop();
    deadline.check("stop");
    for close in closes.join().unwrap() {
        assert_eq!(u16::from(close.unwrap().code), 1001);
    }
}
