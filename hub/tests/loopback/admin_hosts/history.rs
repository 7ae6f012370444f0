//! A host is deleted with what is remembered of it, or without.

use super::super::alerts;
use super::*;

const ASKED: &str = "/api/history/web-1?metric=cpu.usage";

/// The state folder's own file of hosts that are to be forgotten.
fn asked_to_delete(config: &Path) -> PathBuf {
    config.with_file_name("state").join("hosts.d/web-1.deleted")
}

/// A hub whose `web-1` has reported once, and the answer to who asks for its past.
fn reported(config: &Path, hub: &Hub) -> Program {
    let running = Program::start(config);
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 10.0));
    let deadline = Deadline::in_seconds(10);
    while !hub.http(ASKED, "").1.contains("10") {
        deadline.check("its past");
    }
    running
}

fn wait_until_done(config: &Path) {
    // Two commits, and the look at the files.
    let deadline = Deadline::in_seconds(30);
    while asked_to_delete(config).exists() {
        deadline.check("it is deleted");
    }
}

#[test]
fn the_command_forgets_the_past_of_a_host_only_when_told_to() {
    let (config, hub) = configured();
    let running = reported(&config, &hub);
    assert!(done(&config, &["delete", "web-1"]).starts_with("web-1 is deleted; "));
    wait_until_done(&config);
    assert_eq!(hub.http(ASKED, "").0, 200, "it is remembered");
    // While the hub is away, and by the next one.
    drop(running);
    let said = done(&config, &["delete", "web-1", "--history"]);
    assert!(said.starts_with("web-1 is deleted with its history; "), "{said}");
    let _running = Program::start(&config);
    wait_until_done(&config);
    assert_eq!(hub.http(ASKED, "").0, 404);
}

#[test]
fn an_owner_forgets_the_past_of_a_host_over_http() {
    let (config, hub) = configured();
    let _running = reported(&config, &hub);
    let ask = |path: &str| alerts::ask(&hub, "DELETE", path, OWNER, "");
    let (status, body) = ask("/api/hosts/web-1?history=maybe");
    let said = body.to_string();
    assert!(status == 400 && said.contains("neither true nor false"), "{status} {said}");
    assert_eq!(hub.http(ASKED, "").0, 200);
    assert_eq!(ask("/api/hosts/web-1?history=true").0, 204);
    wait_until_done(&config);
    assert_eq!(hub.http(ASKED, "").0, 404);
}

#[test]
fn what_is_remembered_in_memory_alone_is_not_deleted_by_a_command() {
    let (config, _) = configured();
    let mut text = fs::read_to_string(&config).unwrap();
    text.push_str("[store]\npath = \"memory\"\n");
    fs::write(&config, text).unwrap();
    let (code, said) = host(&config, &["delete", "web-1", "--history"]);
    assert!(code == Some(2) && said.contains("no history on disk"), "{code:?} {said}");
    assert!(!asked_to_delete(&config).exists());
}
