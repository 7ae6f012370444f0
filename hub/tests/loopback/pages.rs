//! Pages of others, and names that lead here by a trick.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kinglet_hub::auth::TokenHash;

use super::support::{FLEET, Hub, VIEWER, WEB};

/// Every path on which viewers hear.
const DOORS: [&str; 8] = [
    "/ws",
    "/ws/performance",
    "/ws/alerts",
    "/ws/status",
    "/ws-frontend",
    "/stomp",
    "/ws/stomp",
    "/stomp/websocket",
];
const SOCKJS: &str = "/stomp/000/abc/websocket";

fn private() -> Hub {
    let hash = TokenHash::of(VIEWER);
    Hub::start(&format!(
        "[viewers]\ntoken_hash = \"{hash}\"\norigins = [\"https://wall.example.org\"]\n"
    ))
}

/// The status of an upgrade, 101 for one that was made.
fn open(hub: &Hub, path: &str, headers: &[(&str, &str)]) -> u16 {
    hub.open(path, headers).map_or_else(|status| status, |_| 101)
}

#[test]
fn a_foreign_page_hears_nothing_on_any_path_with_the_right_token_too() {
    let (public, private) = (Hub::public(), private());
    let doors = DOORS.iter().chain([&SOCKJS]);
    for (path, hub) in doors.flat_map(|path| [(path, &public), (path, &private)]) {
        let path = format!("{path}?token={VIEWER}");
        let own = format!("http://{}", hub.address);
        let other_port = format!("http://{}:1", hub.address.ip());
        assert_eq!(open(hub, &path, &[("origin", &own)]), 101, "{path} to its own page");
        assert_eq!(open(hub, &path, &[]), 101, "{path} to what is no page");
        for foreign in ["https://evil.example", "null", "", &other_port] {
            assert_eq!(open(hub, &path, &[("origin", foreign)]), 403, "{path} to {foreign:?}");
        }
    }
    let wall = [("origin", "https://wall.example.org")];
    let path = format!("/ws?token={VIEWER}");
    assert_eq!((open(&private, &path, &wall), open(&public, &path, &wall)), (101, 403));
}

#[test]
fn every_answer_is_what_it_says_and_none_in_clear_asks_for_tls() {
    let hub = private();
    for (path, status) in [
        ("/", 200),
        ("/icon.svg", 200),
        ("/healthz", 200),
        ("/api/hosts", 401),
        ("/api/silences", 401),
        ("/nothing", 404),
        ("/ws/agent", 426),
    ] {
        let mut stream = TcpStream::connect(hub.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text);
        let head = text.split("\r\n\r\n").next().unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {head}");
        assert_eq!(head.matches("x-content-type-options: nosniff").count(), 1, "{path}: {head}");
        assert!(!head.contains("strict-transport-security"), "{path}: {head}");
    }
    let bearer = format!("Bearer {WEB}");
    let headers = [("authorization", &*bearer), ("x-client-id", "web-1")];
    let (_, answer) = hub.open_with_response("/ws/agent", &headers).unwrap();
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}

#[test]
fn agents_with_a_token_come_from_any_page() {
    let hub = Hub::public();
    let evil = ("origin", "https://elsewhere.example");
    for (path, token) in [
        ("/ws/agent?client_id=web-1", WEB),
        ("/ws-report?server_id=web-1", WEB),
        ("/ws/telegraf?client_id=t-1", FLEET),
    ] {
        let bearer = format!("Bearer {token}");
        assert_eq!(open(&hub, path, &[evil, ("authorization", &bearer)]), 101, "{path}");
    }
}

#[test]
fn by_a_foreign_name_the_hub_is_not_there_for_viewers() {
    let hub = Hub::start("[viewers]\npublic = true\n[server]\nnames = [\"hub.example.org\"]\n");
    let status = |path: &str, host: &str| {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(hub.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    for path in ["/", "/api/hosts", "/metrics", "/api/metrics"] {
        for (host, due) in [
            ("hub.example.org", 200),
            ("HUB.example.org:8900", 200),
            ("127.0.0.1:8900", 200),
            ("evil.example", 403),
            ("evil.example:8900", 403),
        ] {
            assert_eq!(status(path, host), due, "{path} of {host}");
        }
    }
    // With the name the origin goes along: a page at it would be the hub's own.
    let evil = [("host", "evil.example"), ("origin", "http://evil.example")];
    for path in DOORS {
        assert_eq!(open(&hub, path, &evil), 403, "{path}");
    }
    let bearer = format!("Bearer {WEB}");
    let agent = [("host", "evil.example"), ("authorization", &*bearer), ("x-client-id", "web-1")];
    assert_eq!(open(&hub, "/ws/agent", &agent), 101, "agents come by any name");
    assert_eq!(status("/healthz", "evil.example"), 200);
}
