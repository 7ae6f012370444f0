//! Alert rules and receivers that are set while a hub runs: by commands, over HTTP, as files.

mod receivers;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::JoinHandle;

use kinglet_hub::auth::TokenHash;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::alerts::{ask, wait_for};
use super::command::{Running, hub, started};
use super::support::{Client, Deadline, Hub, VIEWER, WEB, report, scratch};

const OPERATOR: &str = "operator-token-31c7";

/// A hub in a process of its own, with its configuration and its log.
struct Live {
    config: PathBuf,
    state: PathBuf,
    running: Running,
    hub: Hub,
    log: JoinHandle<String>,
}

impl Live {
    fn start(more: &str) -> Self {
        let (config, state) = (scratch("hub.toml"), scratch("state"));
        let hash = |token: &str| TokenHash::of(token).to_string();
        let text = format!(
            "listen = \"127.0.0.1:0\"\nstate_dir = {state:?}\n[store]\ncommit_interval = \"1s\"\n\
             [viewers]\ntoken_hash = \"{}\"\n[alerts]\noffline = false\ntoken_hash = \"{}\"\n\
             [[host]]\nid = \"web-1\"\ngroup = \"Attic\"\ntoken_hash = \"{}\"\n{more}",
            hash(VIEWER),
            hash(OPERATOR),
            hash(WEB)
        );
        fs::write(&config, text).unwrap();
        Self::on(config, state)
    }

    fn on(config: PathBuf, state: PathBuf) -> Self {
        let (running, address, log): (Running, SocketAddr, _) = started(&config, "info");
        Self { config, state, running, hub: Hub::elsewhere(address), log }
    }

    /// The same hub after a restart, and the log of the one before.
    fn again(self) -> (Self, String) {
        let Self { config, state, running, log, .. } = self;
        running.end_of(Signal::SIGTERM);
        let log = log.join().unwrap();
        (Self::on(config, state), log)
    }

    /// Runs a command with this on its standard input; its exit code and what it said.
    fn command(&self, words: &[&str], input: &str) -> (Option<i32>, String) {
        let mut command = hub(words);
        command.arg("--config").arg(&self.config).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Who reads nothing has hung up.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        ask(&self.hub, method, path, OPERATOR, &body.to_string())
    }

    fn rules(&self) -> Vec<Value> {
        let (status, body) = ask(&self.hub, "GET", "/api/rules", OPERATOR, "");
        assert_eq!(status, 200, "{body}");
        body["rules"].as_array().unwrap().clone()
    }

    fn wait_for_rule(&self, what: impl Fn(&[Value]) -> bool) {
        let deadline = Deadline::in_seconds(10);
        loop {
            let rules = self.rules();
            if what(&rules) {
                return;
            }
            deadline.check(&format!("{rules:?}"));
        }
    }

    /// Waits until a rule of this name is there, reports and waits for its alert.
    fn fires(&self, agent: &mut Client, seq: u64, rule: &str) -> Value {
        self.wait_for_rule(|rules| rules.iter().any(|one| one["name"] == rule));
        agent.send(&report(seq, 95.0));
        let id = format!("hub-{rule}-");
        let is_it = |one: &Value| one["alert_id"].as_str().unwrap().starts_with(&id);
        wait_for(&self.hub, "", |open| open.iter().any(is_it)).into_iter().find(is_it).unwrap()
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_rule_that_is_set_by_command_fires_and_is_over_when_it_is_removed() {
    let live = Live::start("");
    let mut agent = live.hub.agent("web-1", WEB);
    agent.send(&report(1, 95.0));
    let set = ["alert", "set", "busy", "metric=cpu.usage", "above=90", "level=critical"];
    assert_eq!(live.command(&set, ""), (Some(0), "busy: added\n".to_owned()));
    let fired = live.fires(&mut agent, 2, "busy");
    assert_eq!((&fired["level"], &fired["type"]), (&json!("critical"), &json!("cpu")));
    // Its line is moved, and it is open still; the title is one of later alerts.
    let moved = live.command(&["alert", "set", "busy", "above=80", "title=Busy"], "");
    assert_eq!(moved, (Some(0), "busy: changed\n".to_owned()));
    live.wait_for_rule(|rules| rules[0]["keys"]["above"] == 80);
    agent.send(&report(3, 85.0));
    agent.settle();
    let still = wait_for(&live.hub, "", |open| !open.is_empty());
    assert_eq!(still[0]["since"], fired["since"]);

    let (code, said) = live.command(&["alert", "list"], "");
    assert!(code == Some(0) && said.contains("busy: cpu.usage above 80, critical"), "{said}");
    let (code, said) = live.command(&["alert", "show", "busy"], "");
    assert!(code == Some(0) && said.contains("metric = \"cpu.usage\"\n"), "{said}");
    // Written within a second or two, and seen by who looks into the history.
    let deadline = Deadline::in_seconds(15);
    loop {
        let (_, said) = live.command(&["alert", "test", "busy", "--host", "web-1"], "");
        if said.contains("web-1: cpu.usage is 85: it would fire\n1 series") {
            break;
        }
        deadline.check(&said);
    }
    assert!(live.command(&["alert", "test", "busy", "--host", "x"], "").1.starts_with("0 series"));

    let removed = live.command(&["alert", "remove", "busy"], "");
    assert_eq!(removed, (Some(0), "busy: removed\n".to_owned()));
    wait_for(&live.hub, "", <[Value]>::is_empty);
    let past = wait_for(&live.hub, "?state=past", |past| past.len() == 1);
    assert_eq!(past[0]["resolution"], "its rule was removed");
}

#[test]
fn what_makes_no_sense_is_refused_with_its_key_and_what_is_allowed() {
    let more = "[[alert]]\nname = \"hot\"\nmetric = \"cpu.usage\"\nabove = 99\n";
    let live = Live::start(more);
    for (words, says) in [
        (&["busy", "metric=cpu.usge", "above=1"][..], "did you mean `cpu.usage`?"),
        (&["busy", "metric=cpu.usage"], "one of `above`, `below` and `equals`"),
        (&["busy", "metric=cpu.usage", "above=1", "levl=x"], "did you mean `level`?"),
        (&["busy", "metric=cpu.usage", "above=1", "for=2y"], "`for` must be \"0s\" to \"24h\""),
        (&["../busy", "metric=cpu.usage", "above=1"], "`name` must be 1 to 64 letters"),
        (&["disk", "metric=cpu.usage", "above=1"], "the rule `disk` is built in"),
        (&["hot", "above=1"], "hub.toml:14 has the [[alert]] called \"hot\""),
    ] {
        let (code, said) = live.command(&[&["alert", "set"], words].concat(), "");
        assert!(code == Some(2) && said.contains(says), "{words:?}: {said}");
    }
    let rule = json!({"metric": "cpu.usage", "above": 1});
    for (path, body, status, says) in [
        ("busy", json!({"metric": "cpu.usage", "above": "1"}), 400, "`above`: invalid type"),
        ("busy", json!({"metric": "cpu.usage", "above": 1, "x": 1}), 400, "unknown key `x`"),
        ("busy", json!([]), 400, "no JSON object"),
        ("a.b", rule.clone(), 400, "`name` must be"),
        ("hot", rule.clone(), 409, "hub.toml:14 has the"),
        ("cpu", rule.clone(), 409, "is built in"),
    ] {
        let (found, answer) = live.ask("PUT", &format!("/api/rules/{path}"), &body);
        let message = answer["message"].as_str().unwrap();
        assert!(found == status && message.contains(says), "{path}: {found} {answer}");
    }
    assert_eq!(live.ask("DELETE", "/api/rules/hot", &json!(null)).0, 409);
    assert_eq!(live.ask("DELETE", "/api/rules/busy", &json!(null)).0, 404);
    for (method, path) in [("GET", ""), ("PUT", "/busy"), ("DELETE", "/busy")] {
        let path = format!("/api/rules{path}");
        assert_eq!(ask(&live.hub, method, &path, "", &rule.to_string()).0, 401, "{method}");
        assert_eq!(ask(&live.hub, method, &path, VIEWER, &rule.to_string()).0, 403, "{method}");
    }
    assert!(!live.state.join("alerts.d/busy.toml").exists());
    let origins: Vec<_> = live.rules().iter().map(|rule| rule["origin"].clone()).collect();
    assert_eq!(origins[0], "config");
    assert!(origins[1..].iter().all(|origin| origin == "built_in"), "{origins:?}");
}

#[test]
fn where_people_sign_in_it_is_written_down_who_changed_a_rule() {
    let live = Live::start("");
    let words = ["user", "add", "ann", "--role", "owner"];
    let (code, said) = live.command(&words, "a long enough passphrase\n");
    assert_eq!(code, Some(0), "{said}");
    let rule = json!({"metric": "cpu.usage", "above": 90});
    assert_eq!(live.ask("PUT", "/api/rules/busy", &rule).0, 201);
    assert_eq!(live.ask("PUT", "/api/rules/busy", &json!({"metric": "x"})).0, 400);
    assert_eq!(live.ask("DELETE", "/api/rules/busy", &json!(null)).0, 204);
    let (_, changes) = live.ask("GET", "/api/audit", &json!(null));
    let what = |one: &Value| format!("{} {} {}", one["who"], one["what"], one["subject"]);
    let changes: Vec<_> = changes["changes"].as_array().unwrap().iter().map(what).collect();
    let due = [r#""a token" "removed rule" "busy""#, r#""a token" "set rule" "busy""#];
    assert_eq!(changes[..2], due, "{changes:?}");
}

#[test]
fn a_file_that_is_wrong_costs_only_itself_and_what_it_said_before_holds() {
    let live = Live::start("");
    let mut agent = live.hub.agent("web-1", WEB);
    let busy = live.state.join("alerts.d/busy.toml");
    write(&busy, "metric = \"cpu.usage\"\nabove = 90\n");
    let fired = live.fires(&mut agent, 1, "busy");
    write(&busy, "metric = \"cpu.usage\"\nabov = 90\n");
    write(&live.state.join("alerts.d/bad.toml"), "name = \"other\"\nmetric = \"x\"\nabove = 1\n");
    write(&live.state.join("alerts.d/warm.toml"), "metric = \"cpu.usage\"\nabove = 50\n");
    let pid = Pid::from_raw(i32::try_from(live.running.0.id()).unwrap());
    kill(pid, Signal::SIGHUP).unwrap();
    live.fires(&mut agent, 2, "warm");
    let open = wait_for(&live.hub, "", |open| open.len() == 2);
    assert!(open.iter().any(|one| one["since"] == fired["since"]), "{open:?}");
    let (code, said) = live.command(&["check"], "");
    assert_eq!(code, Some(2));
    assert!(said.contains("busy.toml:2: unknown key `abov`"), "{said}");
    assert!(said.contains("bad.toml:1: `name` is \"other\""), "{said}");
    // After a restart nothing is known of what it said before.
    let (live, log) = live.again();
    assert!(log.contains("busy.toml:2: unknown key `abov`"), "{log}");
    assert!(log.contains("what held before it holds still"), "{log}");
    let names: Vec<_> = live.rules().iter().map(|rule| rule["name"].clone()).collect();
    assert!(names.contains(&json!("warm")) && !names.contains(&json!("busy")), "{names:?}");
}
