//! What is asked over HTTP: hosts, history, events, metrics, with and without a token.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use serde_json::{Value, json};

use super::support::{Hub, VIEWER, WEB, report};

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.head))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// That it is refused with this status in JSON with these words in it.
    pub(super) fn assert_refused(&self, status: u16, words: &str) {
        let body = self.json();
        assert_eq!((self.status, self.header("content-type")), (status, Some("application/json")));
        assert!(body["error"].is_string(), "{body}");
        assert!(body["message"].as_str().unwrap().contains(words), "{words}: {body}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
    }
}

/// Asks in HTTP/1.0, so that the end of the connection is the body's.
pub(super) fn ask(hub: &Hub, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    ask_in(hub, "1.0", method, path, headers)
}

/// The same in another version of HTTP; the body is as it came.
fn ask_in(hub: &Hub, version: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut stream = TcpStream::connect(hub.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/{version}\r\nHost: hub\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head, body: bytes[end + 4..].to_vec() }
}

pub(super) fn get(hub: &Hub, path: &str) -> Reply {
    ask(hub, "GET", path, &[])
}

/// A public hub with one host that has reported.
pub(super) fn reporting() -> (Hub, super::support::Client) {
    let hub = Hub::public();
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 12.5));
    hub.wait_for("web-1", |host| host["metrics"].is_object());
    (hub, agent)
}

const PATHS: [&str; 6] = [
    "/api/hosts",
    "/api/hosts/web-1",
    "/api/history/web-1?metric=cpu.usage",
    "/api/events",
    "/api/metrics",
    "/metrics",
];

#[test]
fn one_host_is_told_as_among_all() {
    let (hub, _agent) = reporting();
    let one = get(&hub, "/api/hosts/web-1");
    assert_eq!((one.status, one.json()), (200, hub.host("web-1")));
    assert_eq!(get(&hub, "/api/hosts/db-1").json()["online"], false);
    for path in ["/api/hosts/none", "/api/hosts/a%2Fb", "/api/hosts/%ff"] {
        get(&hub, path).assert_refused(404, "no host has this id");
    }
}

#[test]
fn a_known_host_without_a_past_has_empty_lines() {
    let (hub, _agent) = reporting();
    let past = "from=1000&to=61000";
    let line = |metric: &str, labels: Value, step: u32| -> Value {
        json!({"id":"db-1","metric":metric,"labels":labels,"step":step,"points":[]})
    };
    for (query, due) in [
        ("metric=cpu.usage&step=60", line("cpu.usage", json!({}), 60)),
        ("metric=cpu_percent&step=5", line("cpu_percent", json!({}), 5)),
        ("metric=disks.sda.used&step=60", line("disks.sda.used", json!({"disk":"sda"}), 60)),
        ("metric=disks.%7Bdisk%7D.used", json!([])),
        (
            "metric=uptime,users&step=9",
            json!([line("uptime", json!({}), 9), line("users", json!({}), 9)]),
        ),
        (
            "metric=uptime&metric=users&step=9",
            json!([line("uptime", json!({}), 9), line("users", json!({}), 9)]),
        ),
    ] {
        let reply = get(&hub, &format!("/api/history/db-1?{query}&{past}"));
        assert_eq!((reply.status, reply.json()), (200, due), "{query}");
        assert_eq!(reply.header("cache-control"), Some("private, max-age=3600"), "{query}");
    }
    let recent = get(&hub, "/api/history/db-1?metric=cpu.usage");
    assert_eq!((recent.status, recent.header("cache-control")), (200, Some("private, no-cache")));
}

#[test]
fn a_question_that_makes_no_sense_is_told_what_is_allowed() {
    let hub = Hub::public();
    for (path, status, words) in [
        ("/api/history/none?metric=cpu.usage", 404, "no host has this id"),
        ("/api/history/web-1", 400, "metric is missing"),
        ("/api/history/web-1?metric=cpu.usge", 400, "metric \"cpu.usge\" is none: /api/metrics"),
        ("/api/history/web-1?metric=uptime&step=0", 400, "step is whole seconds, 1 to "),
        ("/api/history/web-1?metric=uptime&from=x", 400, "from is milliseconds since 1970"),
        ("/api/history/web-1?metric=uptime&from=9&to=8", 400, "from must lie before to"),
        ("/api/events?type=x", 400, "type is one of alert, config, "),
        ("/api/events?limit=0", 400, "limit is a number of events, 1 to 1000"),
        ("/api/events?host=none", 404, "no host has this id"),
    ] {
        get(&hub, path).assert_refused(status, words);
    }
}

#[test]
fn events_and_metrics_are_listed() {
    let hub = Hub::public();
    assert!(get(&hub, "/api/events?host=web-1").json()["events"].is_array());
    let metrics = get(&hub, "/api/metrics").json();
    let usage = metrics["metrics"].as_array().unwrap().iter().find(|m| m["name"] == "cpu.usage");
    let help = "Share of time not idle, of all cores together; waiting for I/O counts as idle.";
    let due = json!({"name":"cpu.usage","unit":"percent","kind":"gauge","labels":[],"help":help});
    assert_eq!(usage, Some(&due));
}

#[test]
fn who_has_it_already_is_told_so() {
    let (hub, mut agent) = reporting();
    for path in PATHS.into_iter().filter(|path| *path != "/metrics") {
        let first = get(&hub, path);
        let tag = first.header("etag").unwrap();
        assert_eq!(first.header("cache-control"), Some("private, no-cache"), "{path}");
        let again = ask(&hub, "GET", path, &[("If-None-Match", tag)]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        assert_eq!(again.header("etag"), Some(tag), "{path}");
    }
    let tag = get(&hub, "/api/hosts").header("etag").unwrap().to_owned();
    agent.send(&report(2, 99.0));
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 99.0);
    assert_eq!(ask(&hub, "GET", "/api/hosts", &[("If-None-Match", &tag)]).status, 200);
}

#[test]
fn who_takes_gzip_gets_it() {
    let (hub, _agent) = reporting();
    for path in ["/api/metrics", "/metrics", "/api/openapi.json", "/app.js"] {
        let plain = get(&hub, path);
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        let packed = ask(&hub, "GET", path, &[("Accept-Encoding", "gzip")]);
        assert_eq!((packed.status, packed.header("content-encoding")), (200, Some("gzip")));
        assert_eq!(packed.body[..2], [0x1f, 0x8b], "{path}");
        assert!(packed.body.len() < plain.body.len(), "{path}");
        assert!(packed.head.contains("vary: accept-encoding"), "{}", packed.head);
        let headers = [("Accept-Encoding", "gzip"), ("Connection", "close")];
        let answer = ask_in(&hub, "1.1", "GET", path, &headers);
        // A file of the page was packed before, so its length is known.
        let length = answer.header("content-length").map(|length| length.parse().unwrap());
        let is_chunked = length.is_none() && answer.body.ends_with(b"\r\n0\r\n\r\n");
        assert!(is_chunked || length == Some(answer.body.len()), "{path} has an end");
    }
}

#[test]
fn head_has_no_body_and_other_methods_are_refused() {
    let (hub, _agent) = reporting();
    for path in PATHS.into_iter().chain(["/api/openapi.json"]) {
        let (head, whole) = (ask(&hub, "HEAD", path, &[]), get(&hub, path));
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), whole.header("content-type"), "{path}");
        if path == "/api/hosts/web-1" {
            let refused = ask(&hub, "POST", path, &[]);
            refused.assert_refused(405, "changed by PATCH");
            assert_eq!(refused.header("allow"), Some("GET,HEAD,PATCH,DELETE"));
            continue;
        }
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let refused = ask(&hub, method, path, &[]);
            refused.assert_refused(405, "GET or HEAD");
            assert_eq!(refused.header("allow"), Some("GET,HEAD"), "{method} {path}");
        }
    }
}

#[test]
fn a_hub_that_is_not_public_asks_for_a_token_everywhere() {
    let hub = Hub::start(&format!("[viewers]\ntoken_hash = \"{}\"", TokenHash::of(VIEWER)));
    let bearer = format!("Bearer {VIEWER}");
    for path in PATHS.into_iter().chain(["/api/history/none", "/api/hosts/none"]) {
        for headers in [&[][..], &[("Authorization", "Bearer wrong")]] {
            let refused = ask(&hub, "GET", path, headers);
            refused.assert_refused(401, "a valid token is needed");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
        }
    }
    for path in PATHS {
        assert_eq!(ask(&hub, "GET", path, &[("Authorization", &bearer)]).status, 200, "{path}");
        let mark = if path.contains('?') { '&' } else { '?' };
        assert_eq!(get(&hub, &format!("{path}{mark}token={VIEWER}")).status, 200, "{path}");
    }
    assert_eq!(get(&hub, "/api/openapi.json").status, 200);
}

#[test]
fn a_scrape_has_every_host_and_of_those_that_are_offline_no_figures() {
    let (hub, _agent) = reporting();
    let scrape = get(&hub, "/metrics");
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(scrape.header("content-type"), Some(kind));
    assert_eq!(scrape.header("cache-control"), Some("no-store"));
    let text = String::from_utf8(scrape.body).unwrap();
    let web = r#"{host="web-1",name="Web",group="production"}"#;
    for line in [
        format!("kinglet_up{web} 1"),
        r#"kinglet_up{host="db-1",name="db-1",group=""} 0"#.to_owned(),
        format!("kinglet_cpu_usage_ratio{web} 0.125"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert_eq!(text.matches("host=\"db-1\"").count(), 1, "{text}");
}

#[test]
fn who_has_shown_no_token_sees_no_serial_and_no_address() {
    let (hub, _agent) = reporting();
    for path in PATHS {
        let text = String::from_utf8(get(&hub, path).body).unwrap();
        for secret in ["SERIAL-1", "02:00:00:00:00:01", "198.51.100.7"] {
            assert!(!text.contains(secret), "{secret} in {path}: {text}");
        }
    }
}
