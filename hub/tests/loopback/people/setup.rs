//! The first user of a fresh hub is made by the link that its start prints.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::super::support::{Hub, scratch};
use super::{PASSWORD, add, ask, origin, signed_in, status};

/// A hub's program that is killed with this.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The configuration of a hub where people sign in, and where it will be.
fn fresh(viewers: &str) -> (PathBuf, Hub) {
    let config = scratch("hub.toml");
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let state = config.with_file_name("state");
    std::fs::create_dir_all(&state).unwrap();
    let text = format!("listen = \"{address}\"\nstate_dir = {state:?}\n[viewers]\n{viewers}\n");
    std::fs::write(&config, text).unwrap();
    (config, Hub::elsewhere(address))
}

/// Starts it: the code of its link, where it prints one before it listens.
fn start(config: &Path, hub: &Hub) -> (Program, Option<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
    command.arg("run").arg("--config").arg(config).env("KINGLET_LOG", "info");
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut log = Vec::new();
    while !log.last().is_some_and(|line: &String| line.contains("listening on")) {
        log.push(lines.next().unwrap_or_else(|| panic!("{:?}", child.wait())));
    }
    let running = Program(child);
    assert_eq!(status(hub, "GET /healthz", ""), 200);
    std::thread::spawn(move || lines.for_each(drop));
    let page = format!("http://{}/setup#", hub.address);
    let code = log.iter().find_map(|line| line.split_once(&page));
    let code = code.map(|(_, code)| code.trim().to_owned());
    (running, code)
}

fn set_up(hub: &Hub, code: &str, password: &str, more: &str) -> (u16, String, Value) {
    let body = json!({ "code": code, "name": "Ada", "password": password }).to_string();
    ask(hub, "POST /api/setup", &format!("{more}Content-Type: application/json\r\n"), &body)
}

#[test]
fn who_holds_the_link_of_a_fresh_hub_owns_it_and_nobody_after_him() {
    let (config, hub) = fresh("users = true");
    let (running, first) = start(&config, &hub);
    drop(running);
    let (running, code) = start(&config, &hub);
    let (first, code) = (first.unwrap(), code.unwrap());
    assert_ne!(first, code);
    assert_eq!(status(&hub, "GET /setup", ""), 200);
    let own = origin(&hub);
    assert_eq!(set_up(&hub, &first, PASSWORD, &own).0, 403, "a restart prints another");
    let foreign = "Origin: http://evil.example\r\n";
    assert_eq!(set_up(&hub, &code, PASSWORD, foreign).0, 403, "another site's page");
    let body = json!({ "code": code, "name": "ada", "password": PASSWORD }).to_string();
    for kind in ["", "Content-Type: text/plain\r\n"] {
        assert_eq!(ask(&hub, "POST /api/setup", kind, &body).0, 415, "a form can say that");
    }
    let (short, _, said) = set_up(&hub, &code, "short", &own);
    assert!(short == 400 && said.to_string().contains("8 characters"), "{said}");
    let (status_now, head, told) = set_up(&hub, &code, PASSWORD, &own);
    assert_eq!((status_now, told), (200, json!({ "user": "ada", "role": "owner" })), "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(status(&hub, "GET /api/audit", &cookie), 200, "an owner");
    assert_eq!(set_up(&hub, &code, PASSWORD, &own).0, 409, "once");
    signed_in(&hub, "ada");
    drop(running);
    assert_eq!(start(&config, &hub).1, None, "there is somebody");
}

#[test]
fn a_link_dies_with_the_first_user_of_a_command_and_is_not_guessed() {
    let (config, hub) = fresh("users = true");
    let (_running, code) = start(&config, &hub);
    add(&config, "bob", "owner");
    assert_eq!(set_up(&hub, &code.unwrap(), PASSWORD, "").0, 409);
    let many: Vec<_> = (0..12).map(|_| set_up(&hub, "guess", PASSWORD, "").0).collect();
    assert_eq!(many.last(), Some(&429), "{many:?}");
}

#[test]
fn where_nobody_signs_in_to_look_there_is_no_link() {
    let (config, hub) = fresh("public = true");
    let (_running, code) = start(&config, &hub);
    assert_eq!(code, None);
    assert_eq!(set_up(&hub, "x", PASSWORD, "").0, 404);
}

#[test]
fn where_people_come_from_a_provider_there_is_no_link() {
    let (config, hub) = fresh("users = true");
    let secret = config.with_file_name("secret");
    std::fs::write(&secret, "provider-secret\n").unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let oidc = format!(
        "[oidc]\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"hub\"\n\
         client_secret_file = {secret:?}\nurl = \"http://{}\"\nowners = [\"ada\"]\n",
        hub.address
    );
    std::fs::write(&config, text + &oidc).unwrap();
    assert_eq!(start(&config, &hub).1, None);
}
