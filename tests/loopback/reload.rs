//! The configuration, read anew at SIGHUP while the program runs.

use std::net::TcpStream;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::agent::Temporary;
use super::program::Program;
use super::server::{Server, Visit};
use super::{block, every_second};

const GREETING: &str =
    r#"{"type":"connection","data":{"status":"connected","alerts":{"open":[]}}}"#;

/// Has the program read this.
fn reload(program: &Program, file: &Temporary, text: &str) {
    std::fs::write(file, text).unwrap();
    signal(program, Signal::SIGHUP);
}

fn signal(program: &Program, signal: Signal) {
    kill(Pid::from_raw(program.child.id().try_into().unwrap()), signal).unwrap();
}

/// The next report in which memory is told, or is not.
fn report(visit: &mut Visit<TcpStream>, has_memory: bool) -> Value {
    loop {
        let report = visit.frame_of("metrics");
        if report["data"]["memory"]["total"].is_u64() == has_memory {
            return report;
        }
    }
}

#[test]
fn what_is_another_is_begun_anew_and_all_else_goes_on() {
    let (one, other, token) = (Server::new(), Server::new(), Temporary::new("t"));
    let [first, second] = [&one, &other].map(|server| block("ws", server.port(), &token, ""));
    let file = Temporary::new(&every_second(&first));
    let mut program = Program::start(&["run", "--config", file.path()], None);
    let mut visit = one.visit();
    visit.send(GREETING);
    assert_eq!(visit.frame_of("system")["data"]["event"], "start");
    report(&mut visit, true);

    // Another server, and less to collect: the first is spoken to on the same connection.
    let text = every_second(&format!("{first}{second}[collect]\nmemory = false\n"));
    reload(&program, &file, &text);
    let told = visit.frame_of("config");
    assert_eq!(told["data"]["action"], "updated");
    assert_eq!(told["data"]["old_values"], json!({"collect.memory": "true"}));
    assert_eq!(told["data"]["new_values"]["collect.memory"], "false");
    let url = format!("ws://localhost:{}", other.port());
    assert_eq!(told["data"]["new_values"]["server.2.url"], url.as_str());
    program.says("the configuration was read again: server.2.protocol, server.2.url, ");
    let seq = report(&mut visit, false)["meta"]["seq"].as_u64().unwrap();
    let mut visit_of_other = other.visit();
    report(&mut visit_of_other, false);

    // Nothing comes of what cannot be used.
    reload(&program, &file, &text.replace("memory = false", "memroy = false"));
    program.says(":13: collect.memroy: unknown key");
    program.says("what was before stays in force");
    reload(&program, &file, "interval = \"1s\"\n");
    program.says("names no server: what was before stays in force");
    assert!(report(&mut visit, false)["meta"]["seq"].as_u64().unwrap() > seq);
    reload(&program, &file, &text);
    program.says("nothing in it is another");

    // A server that is no longer named hears goodbye; the other does not notice.
    reload(&program, &file, &every_second(&second));
    assert_eq!(u16::from(visit.close_frame().unwrap().code), 1001);
    report(&mut visit_of_other, true);
    // Nor does it when it is asked for once more, and then it is stopped as ever.
    reload(&program, &file, &every_second(&format!("{second}{first}")));
    let mut visit = one.visit();
    report(&mut visit, true);
    report(&mut visit_of_other, true);
    signal(&program, Signal::SIGTERM);
    for visit in [&mut visit, &mut visit_of_other] {
        assert_eq!(u16::from(visit.close_frame().unwrap().code), 1001);
    }
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn another_token_is_another_conversation() {
    let (server, token) = (Server::new(), Temporary::new("one"));
    let text = every_second(&block("ws", server.port(), &token, ""));
    let file = Temporary::new(&text);
    let mut program = Program::start(&["run", "--config", file.path()], None);
    let mut visit = server.visit();
    assert_eq!(visit.door.header("authorization"), Some("Bearer one"));
    visit.send(GREETING);
    assert_eq!(visit.frame_of("system")["data"]["event"], "start");
    std::fs::write(&token, "two").unwrap();
    reload(&program, &file, &text);
    program.says("server.1.token changed");
    assert_eq!(u16::from(visit.close_frame().unwrap().code), 1001);
    let mut visit = server.visit();
    assert_eq!(visit.door.header("authorization"), Some("Bearer two"));
    visit.send(GREETING);
    assert_eq!(visit.frame_of("config")["data"]["fields"], json!(["server.1.token"]));
    let mut frames = (0..3).map(|_| visit.frame());
    assert!(frames.all(|frame| frame["type"] == "metrics"), "the agent was not started again");
    let told = program.told.join("\n");
    assert!(!told.contains("two") && !told.contains("one"), "{told}");
}

#[test]
fn who_asks_how_it_is_reads_it_of_every_server() {
    let (server, token) = (Server::new(), Temporary::new("secret-7"));
    let [there, away] = [server.port(), 1].map(|port| block("ws", port, &token, ""));
    let file = Temporary::new(&every_second(&format!("{there}{away}")));
    let mut program = Program::start(&["run", "--config", file.path()], None);
    let mut visit = server.visit();
    visit.send(GREETING);
    report(&mut visit, true);
    program.says("refused");
    signal(&program, Signal::SIGUSR1);
    program.says("state: running for ");
    program.says(&format!("state: ws://localhost:{}: connected (", server.port()));
    program.says("state: ws://localhost:1: could not connect; next attempt in ");
    // It goes on, and neither reads its configuration nor tells who must not know.
    report(&mut visit, true);
    signal(&program, Signal::SIGTERM);
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
    let told = program.told.join("\n");
    assert!(!told.contains("secret-7") && !told.contains("read again"), "{told}");
    assert!(told.contains(" kB resident") && told.contains(" 0 samples dropped"), "{told}");
}
