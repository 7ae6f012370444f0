//! A Komari server of today and one from before version 2, as far as an agent can tell.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::agent::{Agent, Temporary};
use super::block;
use super::server::{Server, Visit, upgrade};

/// A server hangs up on who says nothing for this long, whatever Pings came.
const SILENCE: Duration = Duration::from_secs(11);

fn start(server: &Server, token: &Temporary, interval: &str) -> Agent {
    let block = block("ws", server.port(), token, "protocol = \"komari\"");
    Agent::start(&format!("interval = \"{interval}\"\n[host]\nid = \"barn\"\n{block}"))
}

/// A plain HTTP request: its first line and its body.
fn request(stream: &mut TcpStream) -> (String, String) {
    let (mut text, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "cut short: {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&piece[..count]);
        let all = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = all.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return (head.lines().next().unwrap().to_owned(), body.to_owned());
        }
    }
}

fn answer(stream: &mut TcpStream, status: &str) {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: 2\r\n");
    stream.write_all(format!("{head}Connection: close\r\n\r\n<>").as_bytes()).unwrap();
}

fn posted(server: &Server, status: &str) -> (String, Value) {
    let mut stream = server.accept();
    let (line, body) = request(&mut stream);
    answer(&mut stream, status);
    (line, serde_json::from_str(&body).unwrap())
}

/// The connection of version 1: version 2's path has a page for everybody.
fn fall_back(server: &Server) -> Visit<TcpStream> {
    let mut stream = server.accept();
    let (line, _) = request(&mut stream);
    assert_eq!(line, "GET /api/clients/v2/rpc?token=t0ken HTTP/1.1");
    answer(&mut stream, "200 OK");
    let visit = server.visit();
    assert_eq!(visit.door.path_and_query, "/api/clients/report?token=t0ken");
    visit
}

#[test]
fn a_server_of_today_is_never_left_waiting_whatever_the_interval() {
    let (server, token) = (Server::new(), Temporary::new("t0ken"));
    let _agent = start(&server, &token, "1m");
    let stream = server.accept();
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut visit = upgrade(stream);
    assert_eq!(visit.door.path_and_query, "/api/clients/v2/rpc?token=t0ken");
    assert_eq!(visit.door.header("origin"), None, "a foreign origin is refused");
    let first = visit.frame();
    assert_eq!(first["method"], "agent.report");
    assert!(first["id"].is_u64(), "a refusal is wanted: {first}");
    let report = &first["params"]["report"];
    assert!(report["uptime"].as_u64().unwrap() > 0 && report["ram"]["total"].is_u64(), "{report}");
    let info = visit.frame();
    assert_eq!(info["method"], "agent.basicInfo");
    assert!(info["params"]["info"]["mem_total"].as_u64().unwrap() > 0, "{info}");
    for _ in 0..2 {
        assert_eq!(visit.frame()["method"], "agent.report");
    }
}

#[test]
fn an_older_server_is_spoken_to_in_its_way_and_every_wish_is_answered() {
    let (server, token) = (Server::new(), Temporary::new("t0ken"));
    let _agent = start(&server, &token, "1s");
    let mut visit = fall_back(&server);
    assert!(visit.frame()["cpu"]["usage"].is_number());
    let (line, info) = posted(&server, "500 Internal Server Error");
    assert_eq!(line, "POST /api/clients/uploadBasicInfo?token=t0ken HTTP/1.1");
    assert!(info["cpu_physical_cores"].is_u64() && info["kernel_version"].is_string(), "{info}");
    let (_, info) = posted(&server, "200 OK");
    assert!(info["cpu_physical_cores"].is_null() && info["cpu_cores"].is_u64(), "{info}");

    visit.send(r#"{"message":"exec","task_id":"t1","command":"reboot"}"#);
    let (line, result) = posted(&server, "200 OK");
    assert_eq!(line, "POST /api/clients/task/result?token=t0ken HTTP/1.1");
    assert_eq!((&result["task_id"], &result["exit_code"]), (&"t1".into(), &(-1).into()));

    visit.send(r#"{"message":"terminal","request_id":"r1"}"#);
    let mut terminal = server.visit();
    assert_eq!(terminal.door.path_and_query, "/api/clients/terminal?token=t0ken&id=r1");
    let line = terminal.socket.read().unwrap().into_text().unwrap();
    assert!(line.contains("executes nothing"), "{line}");
    assert_eq!(u16::from(terminal.close_frame().unwrap().code), 1000);

    visit.send(r#"{"message":"ping","ping_task_id":4,"ping_type":"tcp","ping_target":"x"}"#);
    let result = std::iter::repeat_with(|| visit.frame()).find(|frame| !frame["type"].is_null());
    assert_eq!(result.unwrap()["value"], -1);
}

#[test]
fn a_server_that_was_brought_up_to_date_is_spoken_to_in_the_new_way() {
    let (server, token) = (Server::new(), Temporary::new("t0ken"));
    let _agent = start(&server, &token, "1s");
    let mut visit = fall_back(&server);
    visit.frame();
    let _ = posted(&server, "200 OK");
    drop(visit);
    let visit = server.visit();
    assert_eq!(visit.door.path_and_query, "/api/clients/v2/rpc?token=t0ken");
}
