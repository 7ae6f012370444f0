//! What nobody reads in the hub's log, at its most verbose: tokens, codes and their hashes.
#![expect(clippy::disallowed_methods, reason = "the program under test")]

use std::io::{Read, Write};
use std::net::TcpStream;

use data_encoding::BASE64;
use kinglet_hub::auth::TokenHash;
use kinglet_hub::clock;
use kinglet_hub::enroll::invitation::invite;
use nix::sys::signal::Signal;

use super::command::{hub, started};
use super::support::{Deadline, FLEET, Hub, VIEWER, WEB, report, scratch};

const WRONG: &str = "wrong-token-8d3f00";
const OPERATOR: &str = "operator-token-77e1";

/// Asks for a WebSocket, and goes when there is an answer.
fn upgrade(hub: &Hub, path: &str, headers: &str) {
    let mut stream = TcpStream::connect(hub.address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"
    )
    .unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
}

/// Every way in which a token comes, right or wrong.
fn show(hub: &Hub, token: &str) {
    let bearer = format!("Bearer {token}");
    let basic = format!("Basic {}", BASE64.encode(format!("any:{token}").as_bytes()));
    let subprotocol = format!("kinglet.v1, bearer.{token}");
    for path in ["/ws/agent", "/ws-report", "/ws", "/ws-frontend", "/ws/telegraf", "/ws/enroll"] {
        for header in [
            ("authorization", &*bearer),
            ("x-auth-secret", token),
            ("authorization", &basic),
            ("sec-websocket-protocol", &subprotocol),
        ] {
            upgrade(hub, path, &format!("{}: {}\r\nx-client-id: web-1\r\n", header.0, header.1));
        }
        upgrade(hub, &format!("{path}?token={token}&client_id=web-1"), "");
    }
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    agent.send(&format!(r#"{{"type":"auth","server_id":"web-1","token":"{token}"}}"#));
    drop(agent.json());
    let mut client = hub.open("/stomp", &[]).unwrap();
    client.send(&format!("CONNECT\naccept-version:1.2\nlogin:any\npasscode:{token}\n\n\0"));
    drop(client.socket.read());
    for path in ["/api/hosts", "/api/alerts", "/metrics", "/healthz", "/api/v1", "/nothing"] {
        hub.http(&format!("{path}?token={token}"), "");
        hub.http(path, &format!("Authorization: {bearer}\r\n"));
    }
    for path in ["/write?u=any&p=", "/query?q=x&p=", "/api/silences?token="] {
        let mut stream = TcpStream::connect(hub.address).unwrap();
        let head = "HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
        write!(stream, "POST {path}{token} {head}").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
    }
}

#[test]
fn no_token_no_code_and_no_hash_is_in_the_log() {
    let (state, path) = (scratch("state"), scratch("secrets.toml"));
    let hash = |token: &str| TokenHash::of(token).to_string();
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = {state:?}\n[viewers]\ntoken_hash = \"{}\"\n\
         [alerts]\ntoken_hash = \"{}\"\n[fleet]\ntoken_hash = \"{}\"\n[[host]]\nid = \"web-1\"\n\
         token_hash = \"{}\"\n",
        hash(VIEWER),
        hash(OPERATOR),
        hash(FLEET),
        hash(WEB)
    );
    std::fs::write(&path, text).unwrap();
    let (running, address, log) = started(&path, "trace");
    let hub = Hub::elsewhere(address);
    let mut secrets: Vec<_> = [WEB, FLEET, VIEWER, OPERATOR, WRONG].map(str::to_owned).into();
    secrets.iter().for_each(|token| show(&hub, token));
    hub.agent("other", FLEET).send(&report(1, 7.0));
    let used = invite(&state, None, None, clock::now().wall).unwrap().to_string();
    let bearer = format!("Bearer {used}");
    let enrol = [("authorization", &*bearer), ("x-client-id", "pi")];
    let enrolled = || {
        let deadline = Deadline::in_seconds(15);
        loop {
            match hub.open("/ws/enroll", &enrol) {
                // So many wrong codes were shown before.
                Err(429) => deadline.check("codes are taken again"),
                other => return other,
            }
        }
    };
    let mut guest = enrolled().unwrap();
    secrets.push(guest.json()["data"]["token"].as_str().unwrap().to_owned());
    assert_eq!(enrolled().err(), Some(410));
    show(&hub, secrets.last().unwrap());
    let _late = invite(&state, None, None, clock::now().wall).unwrap();
    running.end_of(Signal::SIGTERM);
    let log = log.join().unwrap();
    let said = ["was refused", "host pi was enrolled", "host other reports", "DEBUG"];
    assert!(said.iter().all(|words| log.contains(words)), "{log}");
    let bare = used.replace('-', "");
    let hashes: Vec<_> = secrets.iter().chain([&bare]).map(|s| hash(s)[7..].to_owned()).collect();
    for secret in secrets.iter().chain(&hashes).chain([&used, &bare]) {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "a secret in the log");
    }
}

#[test]
fn a_token_in_place_of_its_hash_is_refused_with_the_way_out_and_not_repeated() {
    let path = scratch("pasted.toml");
    let token = kinglet_hub::auth::new_token().unwrap();
    for (table, line) in [("[viewers]", 2), ("[viewers]\npublic = true\n[fleet]", 4)] {
        std::fs::write(&path, format!("{table}\ntoken_hash = \"{token}\"\n")).unwrap();
        for command in ["check", "run"] {
            let output = hub(&[command, "--config", path.to_str().unwrap()]).output().unwrap();
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains(&format!("pasted.toml:{line}: ")), "{told}");
            assert!(told.contains("`printf %s TOKEN | sha256sum`"), "{told}");
            assert!(!told.contains(&token), "{told}");
        }
    }
    // And what it says gives the hash.
    let summed = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$0\" | sha256sum", &token])
        .output()
        .unwrap();
    let digits = String::from_utf8(summed.stdout).unwrap();
    let digits = digits.split_whitespace().next().unwrap();
    assert_eq!(TokenHash::parse(&format!("sha256:{digits}")), Some(TokenHash::of(&token)));
}
