//! Several addresses of one server: which of them hears what.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::program::Program;
use super::server::Visit;
use super::*;

/// An agent with these addresses, in this order, that tries the first again each second.
fn agent(servers: &[&Server], protocol: &str) -> (Agent, Temporary) {
    let token = Temporary::new("t");
    let scheme = if protocol == "influxdb" { "http" } else { "ws" };
    let urls = servers.iter().map(|server| format!("\"{scheme}://127.0.0.1:{}\"", server.port()));
    let more = if protocol == "influxdb" { "database = \"x\"\n" } else { "" };
    let text = format!(
        "interval = \"1s\"\n[[server]]\nprotocol = \"{protocol}\"\nurl = [{}]\n\
         token_file = \"{}\"\n{more}",
        urls.collect::<Vec<_>>().join(", "),
        token.path()
    );
    let mut config = load(&text).unwrap();
    config.servers[0].return_after = Duration::from_secs(1);
    (Agent::run(config), token)
}

/// Takes reports until there are those of these numbers, in any order, and says so of each.
fn take(visit: &mut Visit<TcpStream>, numbers: RangeInclusive<u64>) {
    let mut due: Vec<_> = numbers.collect();
    while !due.is_empty() {
        let seq = visit.frame_of("metrics")["meta"]["seq"].as_u64().unwrap();
        due.retain(|number| *number != seq);
        visit.send(&format!("{{\"type\":\"ack\",\"data\":{{\"seq\":{seq}}}}}"));
    }
}

#[test]
fn the_next_address_takes_over_and_the_first_gets_it_back() {
    let (first, second) = (Server::new(), Server::new());
    let (_agent, _token) = agent(&[&first, &second], "kinglet");
    let mut visit = first.visit();
    take(&mut visit, 1..=2);
    let port = first.port();
    drop((visit, first));
    // What was sampled in between comes too.
    let mut visit = second.visit();
    take(&mut visit, 3..=7);
    // It is tried and is not there: the second hears on, from the same connection.
    take(&mut visit, 8..=9);
    let first = Server::at(port);
    // While the first has not granted the upgrade, the second is not let go.
    let stream = first.accept();
    take(&mut visit, 10..=12);
    let mut back = server::upgrade(stream);
    let told = visit.close_frame().expect("a close frame has a code");
    assert_eq!(u16::from(told.code), 1001);
    take(&mut back, 13..=15);
    assert!(second.accept_within(Duration::from_millis(1500)).is_none());
}

#[test]
fn an_address_that_is_busy_holds_up_no_other() {
    let servers = [Server::new(), Server::new(), Server::new()];
    let (_agent, _token) = agent(&servers.each_ref(), "kinglet");
    for (server, answer) in servers.iter().zip(["503 Busy\r\nRetry-After: 600", "502 Bad"]) {
        let mut stream = server.accept();
        let _ = stream.read(&mut [0; 2048]).unwrap();
        stream.write_all(format!("HTTP/1.1 {answer}\r\n\r\n").as_bytes()).unwrap();
    }
    let mut visit = servers[2].visit();
    take(&mut visit, 1..=3);
}

#[test]
fn requests_go_to_the_next_address_and_to_the_first_again() {
    let (first, second) = (Server::new(), Server::new());
    let (_agent, _token) = agent(&[&first, &second], "influxdb");
    let answer = |server: &Server, status: &str| {
        let Some(mut stream) = server.accept_within(Duration::from_millis(50)) else {
            return false;
        };
        let mut heard = vec![0; 65536];
        let length = stream.read(&mut heard).unwrap();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
        assert!(heard[..length].starts_with(b"POST /write?"), "{heard:?}");
        true
    };
    let mut left = 400;
    let mut until = |server: &Server, status: &str, meanwhile: &Server| {
        while !answer(server, status) {
            answer(meanwhile, "204 No Content");
            left -= 1;
            assert!(left > 0, "no request comes");
        }
    };
    let nobody = Server::new();
    until(&first, "503 Busy", &nobody);
    until(&second, "204 No Content", &nobody);
    until(&first, "204 No Content", &second);
    until(&first, "503 Busy", &nobody);
    until(&second, "204 No Content", &nobody);
}

#[test]
fn each_address_is_checked_and_its_first_failure_is_in_the_log() {
    let (token, ports) = (Temporary::new("t"), [Server::new().port(), Server::new().port()]);
    let [first, second] = ports.map(|port| format!("ws://127.0.0.1:{port}"));
    let servers = format!("url = [\"{first}\", \"{second}\"]\ntoken_file = \"{}\"", token.path());
    let file = Temporary::new(&format!("[[server]]\n{servers}\n"));
    let mut check = Program::start(&["check", "--config", file.path()], None);
    let mut told = String::new();
    check.child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    for (at, url) in [(1, &first), (2, &second)] {
        let (_, visit) =
            told.split_once(&format!("\n{url} (kinglet), address {at} of 2\n")).unwrap();
        let visit = visit.split("\n\n").next().unwrap();
        assert!(visit.contains("connect       FAILED  tcp connect to 127.0.0.1"), "{told}");
    }
    assert_eq!(check.child.wait().unwrap().code(), Some(1));
    let mut agent = Program::start(&["run", "--config", file.path()], None);
    agent.says("reports as ");
    assert!(agent.told[0].ends_with(&format!(" to {first} or {second}")), "{:?}", agent.told);
    agent.says(&format!("WARN  {first}: could not connect; next attempt in"));
    agent.says(&format!("WARN  {second}: could not connect; next attempt in"));
}

#[test]
fn a_bad_address_is_told_by_its_place_in_the_list() {
    let token = Temporary::new("t");
    let told = |urls: &str| {
        let text = format!("[[server]]\nurl = [{urls}]\ntoken_file = \"{}\"\n", token.path());
        load(&text).map(|config| config.to_string()).unwrap_err()
    };
    for (urls, due) in [
        ("", "server.url: the url of the server is missing"),
        ("\"wss://a\", \"ftp://b\"", ":2: server.url: 2: ftp:// is not spoken here, only"),
        ("\"wss://a\", \"https://b\"", "server.url: 2: https:// is not spoken here, only wss://"),
        ("\"wss://me:hunter2@a\", \"wss://b\"", "server.url: 1: a url holds no name"),
        ("\"wss://a\", \"wss://a:443\"", "server.url: 2: this address stands before it already"),
        ("\"wss://a/x\", \"wss://b\"", "server.url: 2: all addresses of a server have the same"),
        ("\"wss://a\", 7", "server.url: expected a text in quotes, or a list of them"),
        (&["\"wss://a\""; 5].join(","), "server.url: at most 4 addresses of one server"),
    ] {
        let told = told(urls);
        assert!(told.contains(due), "{urls}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
