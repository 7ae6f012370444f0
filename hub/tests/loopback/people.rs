//! People sign in: to look, to change, for how long, and who may not. By the command and the door.
#![expect(clippy::disallowed_methods, reason = "the command under test")]

mod changes;
mod links;
mod setup;
mod users;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::Message;

use super::support::{Deadline, Hub, scratch};

const PASSWORD: &str = "correct horse";

/// A hub on this state that only those see who sign in.
fn hub(state: &Path, more: &str) -> Hub {
    Hub::start(&format!("state_dir = {state:?}\n[viewers]\nusers = true\n{more}"))
}

/// A state folder, and the configuration by which the command finds it.
fn state(name: &str) -> (PathBuf, PathBuf) {
    let folder = scratch(name);
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("hub.toml");
    std::fs::write(&config, format!("state_dir = {folder:?}\n[viewers]\nusers = true\n")).unwrap();
    (folder, config)
}

/// What the command says, with this on its standard input.
fn command(config: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
    command.args(arguments).arg("--config").arg(config);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn add(config: &Path, name: &str, role: &str) {
    let added = command(config, &["user", "add", name, "--role", role], "correct horse\n");
    assert!(added.status.success(), "{added:?}");
}

/// Status, headers, body.
fn ask(hub: &Hub, request: &str, headers: &str, body: &str) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(hub.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    let head = format!("Host: {}\r\nContent-Length: {length}\r\n{headers}\r\n", hub.address);
    write!(stream, "{request} HTTP/1.0\r\n{head}{body}").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

fn try_password(hub: &Hub, name: &str, password: &str, more: &str) -> (u16, String) {
    let body = json!({ "name": name, "password": password }).to_string();
    let headers = format!("Content-Type: application/json\r\n{more}");
    let (status, head, _) = ask(hub, "POST /api/session", &headers, &body);
    (status, head)
}

/// The header of a session that has begun.
fn signed_in(hub: &Hub, name: &str) -> String {
    let (status, head) = try_password(hub, name, PASSWORD, "");
    assert_eq!(status, 200, "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.ends_with("; path=/; httponly; samesite=lax"), "{cookie}");
    format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
}

fn origin(hub: &Hub) -> String {
    format!("Origin: http://{}\r\n", hub.address)
}

fn status(hub: &Hub, request: &str, headers: &str) -> u16 {
    ask(hub, request, headers, "").0
}

#[test]
fn who_signs_in_sees_the_hub_and_nobody_else_does() {
    let (folder, config) = state("people-in");
    let hub = hub(&folder, "");
    assert_eq!(status(&hub, "GET /api/hosts", ""), 401);
    assert_eq!(try_password(&hub, "ada", PASSWORD, "").0, 503, "there is nobody yet");
    add(&config, "ada", "viewer");
    for (name, password) in [("ada", "wrong horse"), ("eve", PASSWORD), ("a b", PASSWORD)] {
        assert_eq!(try_password(&hub, name, password, "").0, 401, "{name} {password}");
    }
    let cookie = signed_in(&hub, "Ada");
    assert_eq!(status(&hub, "GET /api/hosts", &cookie), 200);
    assert_eq!(status(&hub, "GET /api/hosts", "Cookie: kinglet=ks_0\r\n"), 401);
    let (_, _, who) = ask(&hub, "GET /api/session", &cookie, "");
    let told = json!({ "user": "ada", "role": "viewer", "may_look": true, "may_change": "token",
        "may_own": "token",
        "by_name": true, "by_token": false });
    assert_eq!(who, told);
    assert_eq!(status(&hub, "DELETE /api/session", &(cookie.clone() + &origin(&hub))), 204);
    assert_eq!(status(&hub, "GET /api/hosts", &cookie), 401);
}

#[test]
fn a_viewer_changes_nothing_and_an_owner_does_for_the_hubs_own_page_alone() {
    let (folder, config) = state("people-roles");
    let hub = hub(&folder, "");
    add(&config, "ada", "owner");
    add(&config, "bob", "viewer");
    let (ada, bob, own) = (signed_in(&hub, "ada"), signed_in(&hub, "bob"), origin(&hub));
    let silence = |headers: &str| {
        let body = json!({ "hosts": ["web-1"], "seconds": 60 }).to_string();
        ask(&hub, "POST /api/silences", headers, &body).0
    };
    assert_eq!(silence(&(bob + &own)), 403);
    assert_eq!(silence(&ada), 403, "nobody knows which page asks");
    assert_eq!(silence(&format!("{ada}Origin: http://evil.example\r\n")), 403);
    assert_eq!(silence(&format!("{ada}Origin: null\r\n")), 403);
    assert_eq!(silence(&(ada.clone() + &own)), 201);
    assert_eq!(status(&hub, "DELETE /api/session", &ada), 403, "nor here");
    let form = "name=ada&password=correct+horse";
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    assert_eq!(ask(&hub, "POST /api/session", kind, form).0, 415, "a form of another site");
    let made = command(&config, &["user", "role", "ada", "viewer"], "");
    assert!(made.status.success(), "{made:?}");
    assert_eq!(silence(&(ada + &own)), 403, "at once");
}

#[test]
fn a_session_outlives_the_hub_and_is_ended_from_another() {
    let (folder, config) = state("people-sessions");
    add(&config, "ada", "owner");
    let mut first = hub(&folder, "");
    let (one, other) = (signed_in(&first, "ada"), signed_in(&first, "ada"));
    first.stop();
    let hub = hub(&folder, "");
    let (_, _, listed) = ask(&hub, "GET /api/sessions", &one, "");
    let ids: Vec<_> = listed["sessions"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids.len(), 2);
    let current = listed["sessions"].as_array().unwrap().iter().filter(|it| it["current"] == true);
    assert_eq!(current.count(), 1);
    let own = origin(&hub);
    for id in ids {
        let path = format!("DELETE /api/sessions/{}", id.as_str().unwrap());
        if status(&hub, "GET /api/hosts", &other) == 200 {
            assert_eq!(status(&hub, &path, &(one.clone() + &own)), 204);
        }
    }
    assert_eq!(status(&hub, "GET /api/hosts", &other), 401);
}

#[test]
fn an_open_page_is_closed_when_its_session_ends() {
    let (folder, config) = state("people-open");
    let hub = hub(&folder, "");
    add(&config, "ada", "viewer");
    let cookie = signed_in(&hub, "ada");
    let value = cookie.trim_start_matches("Cookie: ").trim();
    let mut pages: Vec<_> = ["/ws", "/ws-frontend", "/stomp"]
        .map(|path| hub.open(path, &[("cookie", value)]).unwrap())
        .into();
    pages[0].settle();
    let removed = command(&config, &["user", "remove", "ada"], "");
    assert!(removed.status.success(), "{removed:?}");
    for page in &mut pages {
        let deadline = Deadline::in_seconds(15);
        while !matches!(page.socket.read(), Ok(Message::Close(_)) | Err(_)) {
            deadline.check("it is open still");
        }
    }
}

#[test]
fn who_tries_many_passwords_keeps_nobody_else_out() {
    let (folder, config) = state("people-flood");
    let hub = hub(&folder, "[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n");
    add(&config, "ada", "viewer");
    let from = |address: &str| format!("X-Forwarded-For: {address}\r\n");
    let tried: Vec<u16> =
        (0..14).map(|_| try_password(&hub, "ada", "wrong horse", &from("192.0.2.1")).0).collect();
    assert_eq!(tried.iter().filter(|status| **status == 401).count(), 10, "{tried:?}");
    assert_eq!(tried.iter().filter(|status| **status == 429).count(), 4, "{tried:?}");
    assert_eq!(try_password(&hub, "ada", PASSWORD, &from("192.0.2.1")).0, 429);
    assert_eq!(try_password(&hub, "ada", PASSWORD, &from("192.0.2.2")).0, 200);
}

#[test]
fn behind_tls_the_cookie_goes_by_tls_alone_and_that_a_trusted_proxy_says() {
    let (folder, config) = state("people-tls");
    add(&config, "ada", "viewer");
    for (trusted, is_secure) in [("127.0.0.1/32", true), ("192.0.2.1/32", false)] {
        let hub = hub(&folder, &format!("[server]\ntrusted_proxies = [{trusted:?}]\n"));
        let (_, head) = try_password(&hub, "ada", PASSWORD, "X-Forwarded-Proto: https\r\n");
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        let is = cookie.starts_with("__host-kinglet=ks_") && cookie.contains("; secure");
        assert_eq!(is, is_secure, "{trusted}: {cookie}");
    }
}

#[test]
fn the_command_says_what_it_did_and_what_is_wrong() {
    let (folder, config) = state("people-command");
    let said = |output: Output| {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let run = |arguments: &[&str], input: &str| said(command(&config, arguments, input));
    assert!(run(&["user", "list"], "").1.contains("kinglet-hub user add"));
    assert_eq!(run(&["user", "add", "ada"], "short\n").0, 2);
    let (code, out, _) = run(&["user", "add", "ada"], "correct horse\n");
    assert_eq!((code, &*out), (0, "ada can sign in now, as owner\n"), "the first is an owner");
    assert!(run(&["user", "add", "bob"], "correct horse\n").1.contains("as viewer"));
    let (code, _, err) = run(&["user", "add", "ada"], "correct horse\n");
    assert!(code == 2 && err.contains("a user ada already"), "{err}");
    assert_eq!(run(&["user", "role", "ada", "king"], "").0, 2);
    assert_eq!(run(&["user", "remove", "eve"], "").0, 2);
    assert_eq!(run(&["user", "sign-out", "bob"], "").0, 0);
    assert_eq!(run(&["user", "password", "bob"], "battery staple\n").0, 0);
    let (_, list, _) = run(&["user", "list"], "");
    assert_eq!(list.lines().count(), 2, "{list}");
    let (_, audit, _) = run(&["audit"], "");
    let lines: Vec<_> = audit.lines().collect();
    assert_eq!(lines.len(), 4, "{audit}");
    assert!(lines[0].ends_with("uid 0 added as owner ada") || !nix_is_root(), "{audit}");
    let bytes = std::fs::read(folder.join("people.db")).unwrap();
    for secret in ["correct horse", "battery staple"] {
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
}

fn nix_is_root() -> bool {
    nix::unistd::geteuid().is_root()
}
