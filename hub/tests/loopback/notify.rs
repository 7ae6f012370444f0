//! A hub that tells of alerts, and servers that answer as each test wants.

mod mail;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use kinglet_hub::config;
use kinglet_hub::notify::{self, Settings};
use kinglet_proto::time::WallTime;
use serde_json::{Value, json};

use super::support::{Deadline, Hub, VIEWER, WEB, scratch};

/// A server that says these to the first, second ... request, and the last to all that follow.
struct Web {
    address: SocketAddr,
    heard: Receiver<Value>,
}

impl Web {
    fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = channel();
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().flatten().enumerate() {
                let body = read(&stream);
                let answer = answers[count.min(answers.len() - 1)];
                // Who hung up or listens no more is no fault of this server's.
                let _ = write!(&stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
                let _ = tell.send(body);
            }
        });
        Self { address, heard }
    }

    fn next(&self) -> Value {
        self.heard.recv_timeout(Duration::from_secs(10)).expect("a notice")
    }

    fn is_left_alone(&self) -> bool {
        self.heard.recv_timeout(Duration::from_millis(300)).is_err()
    }
}

fn read(stream: &TcpStream) -> Value {
    let mut input = BufReader::new(stream);
    let mut size = 0;
    loop {
        let mut line = String::new();
        input.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some(("content-length", length)) => size = length.parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            Some(_) | None => {}
        }
    }
    let mut body = vec![0; size];
    input.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// A hub that tells there; `state` is where its state is.
fn hub(web: &Web, state: &std::path::Path, viewers: &str) -> Hub {
    Hub::start(&format!(
        "state_dir = \"{}\"\n[viewers]\n{viewers}\n[[notify]]\nname = \"phone\"\n\
         kind = \"webhook\"\nurl = \"http://{}/hook\"\n[store]\ncommit_interval = \"1s\"\n",
        state.display(),
        web.address
    ))
}

fn private() -> String {
    format!("token_hash = \"{}\"", TokenHash::of(VIEWER))
}

fn alert(id: &str, status: &str) -> String {
    let data = json!({ "alert_id": id, "type": "cpu", "level": "warning", "title": "CPU",
        "message": "CPU is at 85 %", "value": 85.2, "threshold": 80.0, "status": status });
    json!({ "type": "alert", "data": data }).to_string()
}

/// What was told: the alert and its state.
fn told(notice: &Value) -> (&str, &str) {
    (notice["id"].as_str().unwrap(), notice["state"].as_str().unwrap())
}

fn post(hub: &Hub, path: &str, token: &str) -> String {
    ask(hub, "POST", path, token, "")
}

fn ask(hub: &Hub, method: &str, path: &str, token: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(hub.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: {}\r\n\
         Authorization: Bearer {token}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn an_alert_is_told_once_and_its_end_once_over_a_restart_too() {
    let web = Web::start(&["200 OK"]);
    let state = scratch("state");
    let mut before = hub(&web, &state, "public = true");
    let mut agent = before.agent("web-1", WEB);
    for text in [alert("a", "active"), alert("a", "active"), alert("b", "active")] {
        agent.send(&text);
    }
    let first = web.next();
    assert_eq!((told(&first), &first["host"]), (("a", "fired"), &json!("web-1")));
    assert_eq!(first["subject"], "Web: CPU");
    assert_eq!(told(&web.next()), ("b", "fired"));
    agent.settle();
    before.stop();
    let after = hub(&web, &state, "public = true");
    let mut agent = after.agent("web-1", WEB);
    for text in [alert("a", "active"), alert("b", "resolved"), alert("b", "resolved")] {
        agent.send(&text);
    }
    let last = web.next();
    assert_eq!((told(&last), &last["title"]), (("b", "resolved"), &json!("CPU")));
    assert!(web.is_left_alone());
}

#[test]
fn what_fired_in_silence_is_told_when_the_silence_ends_and_it_is_open_still() {
    let web = Web::start(&["200 OK"]);
    let hub = hub(&web, &scratch("state"), &private());
    let mut agent = hub.agent("web-1", WEB);
    let made = ask(&hub, "POST", "/api/silences", VIEWER, r#"{"hosts":["web-*"],"seconds":600}"#);
    let (head, body) = made.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 201"), "{made}");
    for text in [alert("a", "active"), alert("b", "active"), alert("b", "resolved")] {
        agent.send(&text);
    }
    agent.settle();
    assert!(web.is_left_alone());
    let made: Value = serde_json::from_str(body).unwrap();
    let ended = ask(&hub, "DELETE", &format!("/api/silences/{}", made["id"]), VIEWER, "");
    assert!(ended.starts_with("HTTP/1.1 204"), "{ended}");
    assert_eq!(told(&web.next()), ("a", "fired"));
    assert!(web.is_left_alone());
}

#[test]
fn what_fired_in_silence_before_a_restart_is_told_when_the_silence_ends_after_it() {
    let web = Web::start(&["200 OK"]);
    let state = scratch("state");
    let mut before = hub(&web, &state, &private());
    let mut agent = before.agent("web-1", WEB);
    agent.send(&alert("told", "active"));
    assert_eq!(told(&web.next()), ("told", "fired"));
    let all = r#"{"hosts":["web-1"],"seconds":600}"#;
    let made = ask(&before, "POST", "/api/silences", VIEWER, all);
    let made: Value = serde_json::from_str(made.split_once("\r\n\r\n").unwrap().1).unwrap();
    for text in [alert("silent", "active"), alert("over", "active"), alert("over", "resolved")] {
        agent.send(&text);
    }
    agent.settle();
    before.stop();
    let after = hub(&web, &state, &private());
    assert!(web.is_left_alone());
    let ended = ask(&after, "DELETE", &format!("/api/silences/{}", made["id"]), VIEWER, "");
    assert!(ended.starts_with("HTTP/1.1 204"), "{ended}");
    let notice = web.next();
    assert_eq!(told(&notice), ("silent", "fired"));
    assert_eq!(notice["subject"], "Web: CPU");
    assert!(web.is_left_alone());
}

#[test]
fn what_is_refused_is_asked_once_and_what_is_busy_again() {
    let web = Web::start(&["404 Not Found", "429 Too Many\r\nRetry-After: 1", "200 OK"]);
    let hub = hub(&web, &scratch("state"), &private());
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&alert("a", "active"));
    agent.send(&alert("b", "active"));
    let heard: Vec<_> = (0..3).map(|_| web.next()["id"].clone()).collect();
    assert_eq!(heard, ["a", "b", "b"]);
    assert!(web.is_left_alone());
    let header = format!("Authorization: Bearer {VIEWER}\r\n");
    let mut listed: Value = serde_json::from_str(&hub.http("/api/notify", &header).1).unwrap();
    let taken = listed["channels"][0].as_object_mut().unwrap().remove("taken").unwrap();
    assert!(WallTime::parse(taken.as_str().unwrap()).is_some(), "{taken}");
    // Where it goes is for owners: whoever knows such an address may tell somebody something.
    let due = json!({ "name": "phone", "kind": "webhook", "state": "ok", "waiting": 0, "sent": 1,
        "failed": 1, "held_back": 0 });
    assert_eq!(listed["channels"], json!([due]));
    let (_, text) = hub.http("/metrics", &header);
    assert!(text.contains("kinglet_hub_notify_failed_total{name=\"phone\",kind=\"webhook\"} 1"));
}

#[test]
fn a_test_is_for_who_may_look_and_never_for_everybody() {
    let web = Web::start(&["500 Oh", "200 OK"]);
    let test = "/api/notify/phone/test";
    let public = hub(&web, &scratch("state"), "public = true");
    assert!(post(&public, test, VIEWER).starts_with("HTTP/1.1 403 "));
    assert_eq!(public.http("/api/notify", "").0, 403);
    let hub = hub(&web, &scratch("state"), &private());
    for token in ["", WEB] {
        assert!(post(&hub, test, token).starts_with("HTTP/1.1 401 "), "{token}");
    }
    assert!(post(&hub, "/api/notify/x/test", VIEWER).contains("unknown_channel"));
    let answer = post(&hub, test, VIEWER);
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("500 Internal"), "{answer}");
    assert_eq!(told(&web.next()), ("", "test"));
    let answer = post(&hub, test, VIEWER);
    assert!(answer.contains("a test was sent less than 10 s ago"), "{answer}");
    assert!(web.is_left_alone());
}

#[test]
fn a_test_is_for_who_may_silence_and_shows_that_all_is_well_again() {
    let web = Web::start(&["403 Forbidden", "200 OK"]);
    let test = "/api/notify/phone/test";
    let operators = format!("[alerts]\ntoken_hash = \"{}\"", TokenHash::of("operator"));
    let looking = hub(&web, &scratch("state"), &format!("{}\n{operators}", private()));
    assert!(post(&looking, test, VIEWER).starts_with("HTTP/1.1 403 "));
    assert!(ask(&looking, "GET", "/api/notify", VIEWER, "").starts_with("HTTP/1.1 200 "));
    let hub = hub(&web, &scratch("state"), &format!("public = true\n{operators}"));
    assert!(post(&hub, test, "").starts_with("HTTP/1.1 401 "));
    assert_eq!(hub.http("/api/notify", "").0, 401);
    let state = || {
        let listed = ask(&hub, "GET", "/api/notify", "operator", "");
        let body = listed.split_once("\r\n\r\n").unwrap().1;
        let listed: Value = serde_json::from_str(body).unwrap();
        listed["channels"][0]["state"].as_str().unwrap().to_owned()
    };
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&alert("a", "active"));
    assert_eq!(told(&web.next()), ("a", "fired"));
    let deadline = Deadline::in_seconds(10);
    while !state().starts_with("403") {
        deadline.check(&state());
    }
    assert!(post(&hub, test, "operator").starts_with("HTTP/1.1 200 "));
    assert_eq!((told(&web.next()), &*state()), (("", "test"), "ok"));
}

/// The first channel of a configuration with these lines.
fn settings(lines: &str) -> Settings {
    let path: PathBuf = scratch("notify.toml");
    std::fs::write(&path, format!("[viewers]\npublic = true\n[[notify]]\n{lines}")).unwrap();
    config::read(&path).unwrap().notify.remove(0)
}

/// Sends a test by a program of its own.
fn send(settings: &Settings) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(notify::test(settings))
}

#[test]
fn a_secret_that_a_server_repeats_is_not_repeated() {
    let web = Web::start(&["403 the-s3cret\r\nX: y"]);
    let token = scratch("token");
    std::fs::write(&token, "the-s3cret\n").unwrap();
    let url = scratch("url");
    std::fs::write(&url, format!("http://{}/hook/its-path\n", web.address)).unwrap();
    let (url, token) = (url.display(), token.display());
    let lines = format!("kind = \"webhook\"\nurl_file = \"{url}\"\ntoken_file = \"{token}\"\n");
    let settings = settings(&lines);
    let words = send(&settings).unwrap_err();
    assert!(words.starts_with("403 Forbidden") && !words.contains("s3cret"), "{words}");
    let shown = format!("{settings:?}");
    assert!(!shown.contains("its-path") && !shown.contains("s3cret"), "{shown}");
}
