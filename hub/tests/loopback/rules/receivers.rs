//! Receivers, and the secrets that they are given.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;

const SECRET: &str = "tk-never-shown-81f3";
const OTHER: &str = "tk-another-29ab";

/// A server that takes every notice; what it heard, heads too.
fn sink() -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mut input, mut text, mut size) = (BufReader::new(&stream), String::new(), 0);
            while input.read_line(&mut text).unwrap() > 2 {
                let line = text.lines().last().unwrap();
                size = line.strip_prefix("content-length: ").map_or(size, |n| n.parse().unwrap());
            }
            let mut body = vec![0; size];
            input.read_exact(&mut body).unwrap();
            let _ = write!(&stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            let _ = tell.send(text + &String::from_utf8(body).unwrap());
        }
    });
    (address, heard)
}

fn ntfy(address: SocketAddr) -> Value {
    json!({"kind": "ntfy", "url": format!("http://{address}"), "topic": "attic"})
}

fn with(mut keys: Value, key: &str, value: &str) -> Value {
    keys[key] = value.into();
    keys
}

/// Every file below the state that has this text in it.
fn holding(state: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(state).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_receiver_is_told_with_its_secret_which_nobody_else_sees() {
    let live = Live::start("[[alert]]\nname = \"busy\"\nmetric = \"cpu.usage\"\nabove = 90\n");
    let (address, heard) = sink();
    let secret = with(ntfy(address), "token", SECRET);
    let (status, answer) = live.ask("PUT", "/api/notify/phone", &secret);
    assert_eq!(status, 201, "{answer}");
    let mut agent = live.hub.agent("web-1", WEB);
    live.fires(&mut agent, 1, "busy");
    let told = heard.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(told.contains(&format!("authorization: Bearer {SECRET}\r\n")), "{told}");

    let deadline = Deadline::in_seconds(10);
    let listed = loop {
        let (_, listed) = ask(&live.hub, "GET", "/api/notify", OPERATOR, "");
        if listed["channels"][0]["sent"] == 1 {
            break listed;
        }
        deadline.check(&format!("it is not counted: {listed}"));
    };
    let one = &listed["channels"][0];
    assert_eq!((&one["origin"], &one["secrets"]), (&json!("drop_in"), &json!(["token"])));
    assert_eq!((&one["keys"]["topic"], &one["sent"]), (&json!("attic"), &json!(1)));
    let (_, said) = live.command(&["receiver", "show", "phone"], "");
    assert!(said.contains("# token is set"), "{said}");
    for text in [listed.to_string(), said, live.command(&["notify"], "").1] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let files = holding(&live.state, SECRET);
    assert!(files.len() == 1 && files[0].extension().unwrap() == "secret", "{files:?}");
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);

    // Without a word of it the secret stays, but not for another address.
    let level = with(ntfy(address), "level", "critical");
    assert_eq!(live.ask("PUT", "/api/notify/phone", &level).0, 204);
    assert_eq!(holding(&live.state, SECRET), files);
    let (elsewhere, heard_elsewhere) = sink();
    let (status, answer) = live.ask("PUT", "/api/notify/phone", &ntfy(elsewhere));
    let message = answer["message"].as_str().unwrap();
    assert!(status == 400 && message.contains("`token` must be given anew"), "{answer}");
    let moved = with(ntfy(elsewhere), "token", OTHER);
    assert_eq!(live.ask("PUT", "/api/notify/phone", &moved).0, 204);
    assert!(holding(&live.state, SECRET).is_empty() && holding(&live.state, OTHER).len() == 1);
    assert_eq!(live.ask("POST", "/api/notify/phone/test", &json!(null)).0, 200);
    let told = heard_elsewhere.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(told.contains(OTHER) && !told.contains(SECRET), "{told}");

    let (live, log) = live.again();
    assert!(log.contains("receiver \"phone\" was added"), "{log}");
    assert!(!log.contains(SECRET) && !log.contains(OTHER), "{log}");
    let (_, listed) = ask(&live.hub, "GET", "/api/notify", OPERATOR, "");
    assert_eq!(listed["channels"][0]["name"], "phone");
    assert_eq!(live.ask("DELETE", "/api/notify/phone", &json!(null)).0, 204);
    assert!(holding(&live.state, OTHER).is_empty());
    let (_, listed) = ask(&live.hub, "GET", "/api/notify", OPERATOR, "");
    assert_eq!(listed["channels"], json!([]));
}

#[test]
fn a_receiver_is_set_by_command_and_its_secret_from_standard_input() {
    let live = Live::start("");
    let (address, heard) = sink();
    let url = format!("url=http://{address}");
    let set = ["receiver", "set", "phone", "kind=ntfy", &url, "topic=t", "token=-"];
    assert_eq!(live.command(&set, "tk-typed\n"), (Some(0), "phone: added\n".to_owned()));
    let deadline = Deadline::in_seconds(10);
    while live.ask("POST", "/api/notify/phone/test", &json!(null)).0 != 200 {
        deadline.check("the test");
    }
    let told = heard.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(told.contains("authorization: Bearer tk-typed\r\n"), "{told}");
    let (_, said) = live.command(&["receiver", "list"], "");
    assert!(said.starts_with("phone: ntfy, ") && said.contains("notify.d/phone.toml"), "{said}");
    let (code, said) = live.command(&["receiver", "set", "phone", "topic="], "");
    assert!(code == Some(2) && said.contains("kind \"ntfy\" needs a `topic`"), "{said}");
    assert_eq!(live.command(&["receiver", "remove", "phone"], "").0, Some(0));
    assert_eq!(live.command(&["receiver", "show", "phone"], "").0, Some(2));
}

#[test]
fn what_is_asked_from_afar_names_no_file_of_the_hub() {
    let live = Live::start("[[notify]]\nname = \"mine\"\nkind = \"ntfy\"\ntopic = \"t\"\n");
    let (address, _heard) = sink();
    for (key, says) in [
        ("token_file", "`token_file` is a path on the hub's machine: say `token` here"),
        ("url_file", "say `secret_url` here"),
        ("ca_file", "`kinglet-hub receiver set` sets it"),
    ] {
        let body = with(ntfy(address), key, "/etc/hostname");
        let (status, answer) = live.ask("PUT", "/api/notify/phone", &body);
        assert!(status == 400 && answer["message"].as_str().unwrap().contains(says), "{answer}");
    }
    let (status, answer) = live.ask("PUT", "/api/notify/mine", &ntfy(address));
    assert!(status == 409 && answer["message"].as_str().unwrap().contains("hub.toml:14"));
    assert_eq!(live.ask("DELETE", "/api/notify/mine", &json!(null)).0, 409);
    let (status, _) =
        ask(&live.hub, "PUT", "/api/notify/phone", VIEWER, &ntfy(address).to_string());
    assert_eq!(status, 403);
    assert!(!live.state.join("notify.d/phone.toml").exists());
    let looked = ask(&live.hub, "GET", "/api/notify", VIEWER, "").1;
    assert!(looked["channels"][0].get("keys").is_none(), "{looked}");
}
