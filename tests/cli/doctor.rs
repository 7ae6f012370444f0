//! What a check finds out, in words and as a document.

use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kinglet_proto::time::WallTime;
use serde_json::Value;
use tungstenite::Message;
use tungstenite::handshake::server::{Request, Response};

use super::program::kinglet;

/// A server whose clock is so many seconds ahead, for one visit; its port.
fn server(ahead: i64) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let date = http_date(now.checked_add_signed(ahead).unwrap());
        #[expect(clippy::result_large_err, reason = "tungstenite says what it is")]
        let dated = |_: &Request, mut response: Response| {
            response.headers_mut().insert("Date", date.parse().unwrap());
            Ok(response)
        };
        let mut socket = tungstenite::accept_hdr(stream, dated).unwrap();
        let hello = r#"{"type":"connection","data":{"status":"connected","alerts":{"open":[]}}}"#;
        socket.send(Message::text(hello)).unwrap();
        while socket.read().is_ok() {}
    });
    (port, serving)
}

/// RFC 9110 section 5.6.7, by the time of RFC 3339.
fn http_date(unix: u64) -> String {
    let time = WallTime::from_unix_millis(unix * 1000).to_string();
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (day, month) = (&time[8..10], months[time[5..7].parse::<usize>().unwrap() - 1]);
    let weekday = days[usize::try_from(unix / 86_400 % 7).unwrap()];
    format!("{weekday}, {day} {month} {} {} GMT", &time[..4], &time[11..19])
}

fn document(arguments: &[&str], code: i32) -> Value {
    let told = kinglet(arguments).env("KINGLET_TOKEN", "hunter2").run();
    assert_eq!(told.code, code, "{}{}", told.stdout, told.stderr);
    assert!(!told.stdout.contains("hunter2"));
    serde_json::from_str(&told.stdout).unwrap()
}

fn step<'a>(found: &'a Value, name: &str) -> &'a Value {
    let steps = found["servers"][0]["steps"].as_array().unwrap();
    steps.iter().find(|step| step["step"] == name).unwrap_or(&Value::Null)
}

#[test]
fn a_document_has_every_step() {
    let (port, serving) = server(0);
    let url = format!("ws://127.0.0.1:{port}");
    let found = document(&["check", "--json", "--url", &url], 0);
    assert_eq!((&found["good"], &found["servers"][0]["good"]), (&true.into(), &true.into()));
    assert!(found["host"]["id"].is_string() && found["servers"][0]["url"] == url.as_str());
    for name in ["resolve", "connect", "upgrade", "authenticate", "first report"] {
        let step = step(&found, name);
        assert!(step["outcome"] == "ok" && step["ms"].is_u64(), "{name}: {found}");
    }
    let connect = &step(&found, "connect")["detail"];
    assert_eq!(connect, &format!("127.0.0.1:{port} from 127.0.0.1"));
    assert_eq!(step(&found, "clock")["detail"], "as the server's, within a second or two");
    assert_eq!(step(&found, "an outage")["outcome"], "note");
    serving.join().unwrap();
}

#[test]
fn a_clock_that_is_wrong_is_held_against_the_servers() {
    for (ahead, way) in [(3600, "behind"), (-7200, "ahead")] {
        let (port, serving) = server(ahead);
        let url = format!("ws://127.0.0.1:{port}");
        let told = kinglet(&["check", "--url", &url]).env("KINGLET_TOKEN", "t").run();
        assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
        let line = told.stdout.lines().find(|line| line.starts_with("  clock ")).unwrap();
        let seconds: i64 = line.split_whitespace().nth(4).unwrap().parse().unwrap();
        assert!((seconds - ahead.abs()).abs() <= 30, "{line}");
        assert!(line.ends_with(&format!(" s {way} of the server's")), "{line}");
        assert!(told.stdout.contains("  what to do    set one of them right (NTP)"));
        assert!(told.stdout.ends_with("\n1 of 1 good\n"), "{}", told.stdout);
        serving.join().unwrap();
    }
}

#[test]
fn what_failed_comes_with_what_to_do() {
    let found = document(&["check", "--json", "--url", "ws://127.0.0.1:1"], 1);
    let connect = step(&found, "connect");
    assert!(found["good"] == false && connect["outcome"] == "failed", "{found}");
    let advice = connect["advice"].as_str().unwrap();
    assert!(advice.starts_with("nothing listens there"), "{advice}");

    let found = document(&["check", "--json", "--url", "ws://nowhere.invalid"], 1);
    assert_eq!(step(&found, "resolve")["outcome"], "failed");
    assert!(step(&found, "name servers")["detail"].as_str().is_some_and(|at| !at.is_empty()));

    // One that accepts and hangs up.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        drop(listener.accept().unwrap());
        std::thread::sleep(Duration::from_millis(100));
    });
    let told = kinglet(&["check", "--url", &url]).env("KINGLET_TOKEN", "t").run();
    let words = "  what to do    look into the server's log of this minute";
    assert!(told.code == 1 && told.stdout.contains(words), "{}", told.stdout);
    serving.join().unwrap();
}

#[test]
fn a_configuration_that_cannot_be_used_is_a_document_too() {
    let found = document(&["check", "--json", "--url", "gopher://x"], 2);
    assert!(found["good"] == false && found["errors"][0].as_str().unwrap().contains("gopher"));
    assert_eq!((&found["host"], &found["servers"]), (&Value::Null, &serde_json::json!([])));
    let found = document(&["check", "--json", "--config-only", "--url", "wss://hub.test"], 0);
    assert!(found["good"] == true && found["host"]["name"].is_string(), "{found}");
    let told = kinglet(&["check", "--alerts", "--json"]).run();
    assert!(told.code == 2 && told.stderr.contains("--json does not go with"), "{}", told.stderr);
}
