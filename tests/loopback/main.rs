//! The agent against real sockets on loopback: good servers, bad ones and dead ones.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]
#![allow(clippy::disallowed_methods, reason = "some tests run the program itself")]
#![allow(unreachable_pub, reason = "the parts of a test are public to each other only")]

mod agent;
mod bare;
#[cfg(feature = "budget")]
mod budget;
mod certificates;
mod http;
mod komari;
#[cfg(feature = "client-cert")]
mod mutual_tls;
mod pin;
#[cfg(feature = "probe")]
mod probes;
mod program;
#[cfg(feature = "proxy")]
mod proxies;
#[cfg(feature = "reload")]
mod reload;
mod server;
mod stomp;
mod ways;

use std::io::{Read, Write};
use std::time::Duration;

use agent::{Agent, Temporary, load};
use certificates::{Authority, Kind};
use server::{Server, now, pause};

/// A `[[server]]` block; `more` adds lines to it.
fn block(scheme: &str, port: u16, token: &Temporary, more: &str) -> String {
    format!(
        "[[server]]\nurl = \"{scheme}://localhost:{port}\"\ntoken_file = \"{}\"\n{more}\n",
        token.path()
    )
}

fn every_second(block: &str) -> String {
    format!("interval = \"1s\"\n[host]\nid = \"barn\"\n{block}")
}

#[test]
fn a_native_server_gets_numbered_reports_every_second() {
    let (server, token) = (Server::new(), Temporary::new("t0ken\n"));
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, "")));
    let mut visit = server.visit();
    assert_eq!(visit.door.path_and_query, "/ws/agent");
    assert_eq!(visit.door.header("authorization"), Some("Bearer t0ken"));
    assert_eq!(visit.door.header("x-client-id"), Some("barn"));
    let first = visit.frame_of("metrics");
    let came = now();
    let second = visit.frame_of("metrics");
    let third = visit.frame_of("metrics");
    let gap = came.elapsed();
    assert!(gap > Duration::from_millis(1500) && gap < Duration::from_millis(3500), "{gap:?}");
    let seq = |frame: &serde_json::Value| frame["meta"]["seq"].as_u64().unwrap();
    assert_eq!((seq(&second), seq(&third)), (seq(&first) + 1, seq(&first) + 2));
    assert!(first["data"]["memory"]["total"].as_u64().unwrap() > 1_000_000);
    assert!(first["data"]["os"]["kernel"].is_string(), "the first report has the inventory");
    assert!(second["data"]["os"].is_null(), "the second does not repeat it");
}

#[test]
fn tls_reports_through_our_own_authority() {
    let (server, token, authority) = (Server::new(), Temporary::new("t"), Authority::new("ours"));
    let ca_file = Temporary::new(&authority.pem());
    let more = format!("ca_file = \"{}\"\nprotocol = \"simple-server-status\"", ca_file.path());
    let _agent = Agent::start(&every_second(&block("wss", server.port(), &token, &more)));
    let mut visit = server.visit_tls(authority.server(Kind::Good));
    assert_eq!(visit.socket.get_ref().conn.alpn_protocol(), Some(&b"http/1.1"[..]), "never h2");
    assert_eq!(visit.door.path_and_query, "/ws-report");
    assert_eq!(visit.door.header("x-auth-secret"), Some("t"));
    assert_eq!(visit.door.header("x-server-id"), Some("barn"));
    let report = visit.frame();
    assert_eq!(report["serverId"], "barn");
    for shipped in
        ["hostInfo", "cpuInfo", "virtualMemoryInfo", "swapMemoryInfo", "diskInfo", "networkInfo"]
    {
        assert!(report[shipped].is_object(), "{shipped} is missing: {report}");
    }
}

#[test]
fn a_report_over_tls_says_how_long_the_servers_certificate_lasts() {
    let (server, token, authority) = (Server::new(), Temporary::new("t"), Authority::new("ours"));
    let ca_file = Temporary::new(&authority.pem());
    let more = format!("ca_file = \"{}\"", ca_file.path());
    let _agent = Agent::start(&every_second(&block("wss", server.port(), &token, &more)));
    let mut visit = server.visit_tls(authority.server(Kind::EndsSoon));
    let report = visit.frame_of("metrics");
    assert_eq!(report["data"]["agent"]["certificate_days"], 5, "{report}");
}

#[test]
fn a_token_in_the_query_is_percent_encoded() {
    let (server, token) = (Server::new(), Temporary::new("a+b/c=&d"));
    let more = "auth = \"query\"";
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, more)));
    let visit = server.visit();
    let expected = "/ws/agent?token=a%2Bb%2Fc%3D%26d&client_id=barn";
    assert_eq!(visit.door.path_and_query, expected);
    assert_eq!(visit.door.header("authorization"), None);
}

#[test]
fn the_shipped_vstats_logs_in_before_it_reports() {
    let (server, token) = (Server::new(), Temporary::new("s3cret"));
    let more = "protocol = \"vstats\"\nserver_id = \"abc123\"";
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, more)));
    let mut visit = server.visit();
    let login = visit.frame();
    assert_eq!(login["type"], "auth");
    assert_eq!((&login["server_id"], &login["token"]), (&"abc123".into(), &"s3cret".into()));
    visit.send(r#"{"type":"auth","status":"ok"}"#);
    let report = visit.frame();
    assert_eq!(report["type"], "metrics");
    assert!(report["metrics"]["uptime"].is_u64(), "{report}");
    assert!(report["metrics"]["timestamp"].is_string(), "{report}");
}

#[test]
fn the_documented_vstats_gets_data() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let more = "protocol = \"vstats\"";
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, more)));
    let mut visit = server.visit();
    assert_eq!(visit.door.path_and_query, "/ws/agent?token=t");
    let report = visit.frame();
    assert_eq!(report["type"], "metrics");
    assert!(report["data"]["os"]["name"].is_string(), "{report}");
}

#[test]
fn a_redirect_is_not_followed() {
    let (server, elsewhere) = (Server::new(), Server::new());
    let token = Temporary::new("t");
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, "")));
    let mut stream = server.accept();
    let _ = stream.read(&mut [0; 2048]).unwrap();
    let location = format!("http://{}/ws/agent?token=t", elsewhere.address());
    write!(stream, "HTTP/1.1 307 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    assert!(elsewhere.accept_within(Duration::from_secs(4)).is_none(), "the token followed");
}

/// The server has no time for two seconds more than our own first wait.
#[test]
fn a_busy_server_is_asked_again_when_it_said() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, "")));
    let mut stream = server.accept();
    let _ = stream.read(&mut [0; 2048]).unwrap();
    stream.write_all(b"HTTP/1.1 503 Busy\r\nRetry-After: 5\r\n\r\n").unwrap();
    let told = now();
    drop(stream);
    server.visit().frame();
    let away = told.elapsed();
    assert!(away > Duration::from_millis(4900) && away < Duration::from_secs(7), "{away:?}");
}

#[test]
fn a_lost_connection_is_dialled_again_after_three_seconds() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, "")));
    let mut visit = server.visit();
    let before = visit.frame_of("metrics");
    visit.send(&format!(r#"{{"type":"ack","data":{{"seq":{}}}}}"#, before["meta"]["seq"]));
    visit.socket.close(None).unwrap();
    drop(visit);
    let lost = now();
    let mut visit = server.visit();
    let away = lost.elapsed();
    assert!(away > Duration::from_millis(2600) && away < Duration::from_millis(4200), "{away:?}");
    let after = visit.frame_of("metrics");
    assert_eq!(after["meta"]["boot_id"], before["meta"]["boot_id"]);
    assert!(after["meta"]["seq"].as_u64() > before["meta"]["seq"].as_u64());
}

#[test]
fn a_frame_over_the_cap_ends_the_connection_and_not_the_agent() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let _agent = Agent::start(&every_second(&block("ws", server.port(), &token, "")));
    let mut visit = server.visit();
    visit.frame();
    visit.send(&"x".repeat(kinglet_proto::limits::FRAME_IN_MAX + 1));
    drop(visit);
    server.visit().frame();
}

#[test]
fn a_black_hole_does_not_delay_the_other_server() {
    let (hole, server, token) = (Server::new(), Server::new(), Temporary::new("t"));
    let blocks = block("ws", hole.port(), &token, "") + &block("ws", server.port(), &token, "");
    let _agent = Agent::start(&every_second(&blocks));
    // Connected by the kernel, and then nothing, for good.
    let _silent = hole.accept();
    let mut visit = server.visit();
    visit.frame_of("metrics");
    let began = now();
    for _ in 0..5 {
        visit.frame_of("metrics");
    }
    let took = began.elapsed();
    assert!(took > Duration::from_secs(4) && took < Duration::from_millis(5900), "{took:?}");
}

#[test]
fn a_goodbye_is_said_within_three_seconds() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let mut agent = Agent::start(&every_second(&block("ws", server.port(), &token, "")));
    let mut visit = server.visit();
    visit.frame();
    let began = now();
    let stopping = std::thread::spawn(move || agent.stop());
    let frame = visit.close_frame().expect("a close frame has a code");
    assert_eq!(u16::from(frame.code), 1001);
    stopping.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

/// Two servers that never answer a Ping: one is silent, the other talks all the time. Both are
/// given up on 45 s after the upgrade; the Ping they owe comes right behind the first report.
#[test]
fn the_deaf_are_hung_up_on_after_45_seconds_even_if_they_talk() {
    let (silent, chatty) = (Server::new(), Server::new());
    let token = Temporary::new("t");
    let blocks = block("ws", silent.port(), &token, "") + &block("ws", chatty.port(), &token, "");
    let _agent = Agent::start(&every_second(&blocks));
    let silent = std::thread::spawn(move || deaf(&silent, false));
    let (ping_at, gone_at) = deaf(&chatty, true);
    for (ping_at, gone_at) in [(ping_at, gone_at), silent.join().unwrap()] {
        assert!(ping_at < Duration::from_secs(2), "{ping_at:?}");
        assert!(gone_at.abs_diff(Duration::from_secs(45)) < Duration::from_secs(2), "{gone_at:?}");
    }
}

/// Accepts one agent and answers no Ping; when the first Ping came, and when the agent left.
///
/// Works below the library, which would answer Pings by itself.
fn deaf(server: &Server, talks: bool) -> (Duration, Duration) {
    let mut visit = server.visit();
    let began = now();
    let stream = visit.socket.get_mut();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let (mut ping_at, mut heard, mut piece) = (None, Vec::new(), [0; 65536]);
    while began.elapsed() < Duration::from_secs(60) {
        let chat: &[u8] = b"\x81\x1f{\"type\":\"ack\",\"data\":{\"seq\":0}}";
        if talks && stream.write_all(chat).is_err() {
            break;
        }
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => heard.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        match opcodes(&mut heard) {
            (_, true) => break,
            (true, false) => ping_at = ping_at.or(Some(began.elapsed())),
            (false, false) => {}
        }
    }
    (ping_at.unwrap_or_default(), began.elapsed())
}

/// Takes the whole frames off the front; whether a Ping and whether a close frame was among them.
fn opcodes(heard: &mut Vec<u8>) -> (bool, bool) {
    let (mut ping, mut close) = (false, false);
    while heard.len() >= 4 {
        let (header, payload) = match heard[1] & 0x7f {
            126 => (4, usize::from(u16::from_be_bytes([heard[2], heard[3]]))),
            127 => panic!("no report has 64 KiB"),
            short => (2, usize::from(short)),
        };
        let whole = header + 4 + payload;
        if heard.len() < whole {
            break;
        }
        ping |= heard[0] == 0x89;
        close |= heard[0] == 0x88;
        heard.drain(..whole);
    }
    (ping, close)
}
