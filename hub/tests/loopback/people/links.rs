//! Links by which a screen may look, until they expire or are removed.

use serde_json::{Value, json};
use tungstenite::Message;

use super::super::support::{Deadline, Hub};
use super::{add, ask, command, hub, origin, signed_in, state, status};

/// The secret of a new link, by the door.
fn made(hub: &Hub, owner: &str, name: &str, seconds: i64) -> String {
    let body = json!({ "name": name, "seconds": seconds }).to_string();
    let (status, _, told) = ask(hub, "POST /api/links", owner, &body);
    assert_eq!(status, 201, "{told}");
    told["secret"].as_str().unwrap().to_owned()
}

/// The answer to who comes by a link: status, head, body.
fn come(hub: &Hub, secret: &str, headers: &str) -> (u16, String, Value) {
    let headers = format!("Content-Type: application/json\r\n{headers}");
    ask(hub, "POST /api/session", &headers, &json!({ "link": secret }).to_string())
}

fn cookie(head: &str) -> String {
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
}

#[test]
fn who_comes_by_a_link_looks_and_does_nothing_else() {
    let (folder, config) = state("links-look");
    let hub = hub(&folder, "");
    add(&config, "ada", "owner");
    let own = origin(&hub);
    let ada = signed_in(&hub, "ada") + &own;
    let secret = made(&hub, &ada, "lobby", 3600);
    let (status_of, head, told) = come(&hub, &secret, "");
    assert_eq!((status_of, &told["link"]), (200, &json!("lobby")));
    let attributes = head.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
    let (_, lasts) = attributes.split_once("; path=/; httponly; samesite=lax; max-age=").unwrap();
    let lasts: i64 = lasts.parse().unwrap();
    assert!((3500..=3600).contains(&lasts), "{attributes}");
    let screen = cookie(&head);
    assert_eq!(status(&hub, "GET /api/hosts", &screen), 200);
    let (_, _, who) = ask(&hub, "GET /api/session", &screen, "");
    assert_eq!(
        (&who["link"], &who["may_look"], &who["user"]),
        (&json!("lobby"), &json!(true), &Value::Null)
    );
    let silence = json!({ "hosts": ["web-1"], "seconds": 60 }).to_string();
    assert_eq!(ask(&hub, "POST /api/silences", &(screen.clone() + &own), &silence).0, 403);
    for path in ["GET /api/links", "GET /api/users", "GET /api/audit"] {
        assert_eq!((status(&hub, path, &screen), status(&hub, path, "")), (403, 401), "{path}");
    }
    assert_eq!(status(&hub, "GET /api/sessions", &screen), 401, "it is nobody's session");
    assert_eq!(ask(&hub, "POST /api/links", &(screen + &own), r#"{"name":"more"}"#).0, 403);
    assert_eq!(come(&hub, &format!("{secret}0"), "").0, 401);
    assert_eq!(come(&hub, &secret, "Origin: http://evil.example\r\n").0, 403);
}

#[test]
fn a_link_that_is_removed_or_expires_closes_what_is_open() {
    let (folder, config) = state("links-end");
    let hub = hub(&folder, "");
    add(&config, "ada", "owner");
    let ada = signed_in(&hub, "ada") + &origin(&hub);
    for (name, seconds) in [("lobby", 3600), ("short", 3)] {
        let secret = made(&hub, &ada, name, seconds);
        let (_, head, _) = come(&hub, &secret, "");
        let screen = cookie(&head);
        let value = screen.trim_start_matches("Cookie: ").trim().to_owned();
        let mut pages: Vec<_> = ["/ws", "/ws-frontend", "/stomp"]
            .map(|path| hub.open(path, &[("cookie", &value)]).unwrap())
            .into();
        pages[0].settle();
        if name == "lobby" {
            assert_eq!(status(&hub, "DELETE /api/links/lobby", &ada), 204);
            assert_eq!(status(&hub, "DELETE /api/links/lobby", &ada), 404);
        }
        for page in &mut pages {
            let deadline = Deadline::in_seconds(15);
            while !matches!(page.socket.read(), Ok(Message::Close(_)) | Err(_)) {
                deadline.check("it is open still");
            }
        }
        assert_eq!(status(&hub, "GET /api/hosts", &screen), 401, "{name}");
        assert_eq!(come(&hub, &secret, "").0, 401, "{name}");
    }
}

#[test]
fn a_link_is_shown_once_kept_as_a_hash_and_written_down() {
    let (folder, config) = state("links-audit");
    let hub = hub(&folder, "[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n");
    add(&config, "ada", "owner");
    let from = "X-Forwarded-For: 192.0.2.7\r\n";
    let ada = signed_in(&hub, "ada") + &origin(&hub) + from;
    let secret = made(&hub, &ada, "Lobby", 3600);
    for _ in 0..3 {
        assert_eq!(come(&hub, &secret, "X-Forwarded-For: 192.0.2.8\r\n").0, 200);
    }
    let (_, _, links) = ask(&hub, "GET /api/links", &ada, "");
    let link = &links["links"][0];
    assert_eq!(link["name"], "lobby");
    assert!(link["seen"].is_string() && link["expires"].is_string(), "{links}");
    let (_, _, audit) = ask(&hub, "GET /api/audit", &ada, "");
    let part = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows: Vec<_> = audit["changes"].as_array().unwrap().iter().collect();
    let told: Vec<_> = rows[..2].iter().map(|row| (part(row, "what"), part(row, "from"))).collect();
    let due = [("came by link", "192.0.2.8"), ("added link", "192.0.2.7")];
    assert_eq!(told, due.map(|(what, from)| (what.to_owned(), from.to_owned())), "{audit}");
    let bytes = std::fs::read(folder.join("people.db")).unwrap();
    let told = format!("{links}{audit}{}", String::from_utf8_lossy(&bytes));
    assert!(!told.contains(&secret[3..]));
    for bad in [r#"{"name":"a b"}"#, r#"{"name":"x","seconds":0}"#, r#"{"name":"lobby"}"#] {
        assert_eq!(ask(&hub, "POST /api/links", &ada, bad).0, 400, "{bad}");
    }
    let stranger = ada.replace("127.0.0.1", "evil.example");
    assert_eq!(ask(&hub, "POST /api/links", &stranger, r#"{"name":"x"}"#).0, 403);
}

#[test]
fn the_command_makes_lists_and_removes_links() {
    let (folder, config) = state("links-command");
    let hub = hub(&folder, "");
    let run = |arguments: &[&str]| {
        let output = command(&config, arguments, "");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    assert!(run(&["link", "list"]).1.contains("kinglet-hub link add"));
    let url = ["--url", "https://hub.example.org/"];
    let (code, out, err) = run(&[&["link", "add", "lobby", "--for", "12h"], &url[..]].concat());
    let secret = out.trim().strip_prefix("https://hub.example.org/?view=wall#link=").unwrap();
    assert!(code == 0 && err.contains("it is shown this once"), "{err}");
    assert_eq!(come(&hub, secret, "").0, 200, "a hub that runs knows of it");
    assert_eq!(run(&["link", "add", "lobby", "--url", "https://hub"]).0, 2, "there is one");
    for wrong in ["0s", "367d", "x", "1y"] {
        assert_eq!(run(&["link", "add", "hall", "--for", wrong]).0, 2, "{wrong}");
    }
    assert_eq!(run(&["link", "add", "hall", "--url", "hub.example.org"]).0, 2);
    let (_, list, _) = run(&["link", "list"]);
    assert!(list.starts_with("lobby ") && list.contains("good until"), "{list}");
    assert_eq!(run(&["link", "remove", "lobby"]).0, 0);
    assert_eq!(run(&["link", "remove", "lobby"]).0, 2);
    assert_eq!(come(&hub, secret, "").0, 401);
    assert!(run(&["audit"]).1.lines().any(|line| line.ends_with("removed link lobby")));
}
