//! What the owner decides of hosts, on the command line beside a hub that runs.
#![expect(clippy::disallowed_methods, reason = "the program under test")]

mod history;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use kinglet_hub::auth::TokenHash;
use serde_json::Value;

use super::command::hub as program;
use super::killed::Program;
use super::support::{Client, Deadline, FLEET, Hub, WEB, report, scratch};
use super::watch::list::{List, PROTOCOL};

/// Who sees what is hidden on a public hub, and changes hosts.
const OWNER: &str = "owner-token-31a7";

/// The configuration of a public hub in a program of its own, and where it will be: `web-1` has a
/// token in a file of its own, `db-1` stands in the configuration, others come with the fleet's.
fn configured() -> (PathBuf, Hub) {
    let config = scratch("hub.toml");
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let state = config.with_file_name("state");
    let hash = |token: &str| TokenHash::of(token).to_string();
    let text = format!(
        "listen = \"{address}\"\nstate_dir = {state:?}\n[viewers]\npublic = true\n[alerts]\n\
         token_hash = \"{}\"\n[fleet]\ntoken_hash = \"{}\"\n[[host]]\nid = \"db-1\"\n\
         name = \"Database\"\n",
        hash(OWNER),
        hash(FLEET)
    );
    fs::write(&config, text).unwrap();
    fs::create_dir_all(state.join("hosts.d")).unwrap();
    let own = format!("id = \"web-1\"\ntoken_hash = \"{}\"\n", hash(WEB));
    fs::write(state.join("hosts.d/web-1.toml"), own).unwrap();
    (config, Hub::elsewhere(address))
}

/// `kinglet-hub host ...`: its exit code, and what it said.
fn host(config: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = program(&["host"]);
    let Output { status, stdout, stderr } =
        command.args(arguments).arg("--config").arg(config).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

fn done(config: &Path, arguments: &[&str]) -> String {
    let (code, said) = host(config, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    said
}

/// Waits for a message of this type about a host.
fn heard(viewer: &mut Client, kind: &str, id: &str) -> Value {
    let deadline = Deadline::in_seconds(10);
    loop {
        let message = viewer.json();
        let data = &message["data"];
        if message["type"] == kind && (data["id"] == id || data["host"]["id"] == id) {
            return message;
        }
        deadline.check(&format!("{kind} of {id}: {message}"));
    }
}

#[test]
fn a_new_name_reaches_who_looks_and_stays_over_a_restart() {
    let (config, hub) = configured();
    let running = Program::start(&config);
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 10.0));
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 10.0);
    let mut viewer = hub.panel();
    let set = ["set", "web-1", "--name", "Wohnzimmer", "--group", "Home", "--country", "de"];
    assert_eq!(done(&config, &set), "web-1: Wohnzimmer\n");
    let told = heard(&mut viewer, "server_added", "web-1").to_string();
    assert!(told.contains("Wohnzimmer") && told.contains("Home"), "{told}");
    let host_now = hub.host("web-1");
    assert_eq!((&host_now["country_code"], &host_now["online"]), (&"DE".into(), &true.into()));
    agent.send(&report(2, 11.0));
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 11.0);
    // One of the fleet's token is named before it comes, too.
    done(&config, &["set", "attic", "--location", "Berlin"]);
    hub.wait_for("attic", |host| host["location"] == "Berlin" && host["online"] == false);
    drop(hub.agent("attic", FLEET));
    drop(running);
    let _running = Program::start(&config);
    hub.wait_for("web-1", |host| host["name"] == "Wohnzimmer");
    assert!(done(&config, &["list"]).contains("web-1\tWohnzimmer\town token"));
    let shown = done(&config, &["show", "web-1"]);
    assert!(shown.contains("group = \"Home\"") && !shown.contains("sha256"), "{shown}");
}

#[test]
fn what_stands_in_the_configuration_is_changed_there() {
    let (config, _) = configured();
    let (code, said) = host(&config, &["set", "db-1", "--name", "Other"]);
    assert_eq!(code, Some(2), "{said}");
    let line = fs::read_to_string(&config).unwrap();
    let line = line.lines().position(|line| line.starts_with("name")).unwrap() + 1;
    assert!(said.contains(&format!("hub.toml:{line} says `name`: change it there")), "{said}");
    let (code, said) = host(&config, &["delete", "db-1"]);
    assert!(code == Some(2) && said.contains("names this host: take it out there"), "{said}");
    // What it leaves open is free.
    done(&config, &["set", "db-1", "--group", "Home", "--hidden", "true"]);
    assert!(done(&config, &["list"]).contains("db-1\tDatabase\thidden"));
    for (arguments, word) in [
        (&["set", "db-1"][..], "say what to change"),
        (&["set", "a b"], "ID: "),
        (&["set", "db-1", "--country", "DEU"], "two letters"),
        (&["show", "nobody"], "nothing was decided of nobody"),
    ] {
        let (code, said) = host(&config, arguments);
        assert!(code == Some(2) && said.contains(word), "{arguments:?}: {code:?} {said}");
    }
}

#[test]
fn who_is_revoked_is_out_at_once_and_who_is_deleted_is_forgotten() {
    let (config, hub) = configured();
    let running = Program::start(&config);
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 10.0));
    hub.wait_for("web-1", |host| host["online"] == true);
    done(&config, &["revoke", "web-1"]);
    assert!(agent.closed().is_some(), "closed with a word");
    let bearer = [WEB, FLEET].map(|token| format!("Bearer {token}"));
    for bearer in &bearer {
        let headers = [("authorization", &**bearer), ("x-client-id", "web-1")];
        assert_eq!(hub.open("/ws/agent", &headers).err(), Some(401), "{bearer}");
    }
    hub.wait_for("web-1", |host| host["online"] == false);
    let mut viewer = hub.panel();
    done(&config, &["delete", "web-1"]);
    heard(&mut viewer, "server_removed", "web-1");
    assert_eq!(hub.host("web-1"), Value::Null);
    let left = |state: &Path| fs::read_dir(state.join("hosts.d")).unwrap().count();
    let deadline = Deadline::in_seconds(5);
    while left(&config.with_file_name("state")) > 0 {
        deadline.check("no file is left");
    }
    // One of the fleet's token that is deleted while nothing runs is not remembered either.
    drop(hub.agent("attic", FLEET));
    drop(running);
    done(&config, &["delete", "attic"]);
    let _running = Program::start(&config);
    let deadline = Deadline::in_seconds(5);
    while left(&config.with_file_name("state")) > 0 {
        deadline.check("no file is left");
    }
    assert_eq!((hub.host("attic"), hub.host("web-1")), (Value::Null, Value::Null));
}

#[test]
fn who_is_killed_in_between_leaves_the_old_or_the_new() {
    let (config, _) = configured();
    let file = config.with_file_name("state").join("hosts.d/web-1.toml");
    let before = fs::read_to_string(&file).unwrap();
    let mut killed = program(&["host", "set", "web-1", "--name", "New", "--config"]);
    let killed = killed.arg(&config).env("KINGLET_HUB_KILLED_AT", "written").output().unwrap();
    assert_eq!(killed.status.code(), None, "killed");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    done(&config, &["set", "web-1", "--name", "New"]);
    assert!(fs::read_to_string(&file).unwrap().contains("name = \"New\""));
    let mut killed = program(&["host", "delete", "web-1", "--config"]);
    let killed = killed.arg(&config).env("KINGLET_HUB_KILLED_AT", "asked to delete");
    assert_eq!(killed.output().unwrap().status.code(), None, "killed");
    let (_, listed) = host(&config, &["list"]);
    assert!(!listed.contains("web-1"), "{listed}");
}

/// All that a visitor can get over HTTP about the fleet.
const PATHS: [&str; 18] = [
    "/badge/attic.svg",
    "/badge/attic.svg?metric=cpu.usage",
    "/api/hosts",
    "/api/hosts/attic",
    "/api/events",
    "/api/events?host=attic",
    "/api/history/attic?metric=cpu.usage",
    "/api/alerts",
    "/api/alerts?host=attic",
    "/api/alerts?state=past",
    "/api/silences",
    "/api/v1/instances",
    "/api/v1/proxy/attic",
    "/api/v1/proxy/attic/health",
    "/api/v1/proxy/attic/metrics",
    "/api/v1/proxy/attic/env",
    "/metrics",
    "/healthz",
];

/// What a viewer of rows looks at: the whole list, and all of the host that is hidden.
const WATCH: &str = r#"{"type":"watch","data":{"hosts":{"*":"list","attic":"all"}}}"#;

/// Everything one who shows this hears on a path for a while, after it sent this.
fn overheard(hub: &Hub, path: &str, token: Option<&str>, first: &[&str]) -> String {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let bearer = bearer.iter().map(|bearer| ("authorization", &**bearer));
    let rows = first.contains(&WATCH).then_some(PROTOCOL);
    let headers: Vec<_> = bearer.chain(rows).collect();
    let mut viewer = hub.open(path, &headers).unwrap();
    for frame in first {
        viewer.send(frame);
    }
    let mut heard = String::new();
    let socket = &mut viewer.socket;
    socket.get_ref().set_read_timeout(Some(std::time::Duration::from_millis(2_500))).unwrap();
    while let Ok(message) = socket.read() {
        heard += message.to_text().unwrap_or_default();
    }
    heard
}

#[test]
fn a_hidden_host_is_nowhere_for_strangers() {
    let (config, hub) = configured();
    let _running = Program::start(&config);
    let mut agent = hub.agent("attic", FLEET);
    agent.send(&report(1, 10.0));
    hub.wait_for("attic", |host| host["online"] == true);
    let mut stranger = hub.panel();
    done(&config, &["set", "attic", "--hidden", "true"]);
    heard(&mut stranger, "server_removed", "attic");
    let owner = format!("Authorization: Bearer {OWNER}\r\n");
    for path in PATHS {
        let (_, body) = hub.http(path, "");
        assert!(!body.contains("attic"), "{path}: {body}");
    }
    for path in ["/api/hosts", "/api/v1/instances", "/metrics", "/api/hosts/attic"] {
        assert!(hub.http(path, &owner).1.contains("attic"), "{path}");
    }
    assert!(hub.http("/badge/attic.svg", "").1.contains("kinglet: unknown"));
    assert!(!hub.http("/badge/attic.svg", &owner).1.contains("unknown"));
    assert!(!hub.http("/healthz", "").1.contains("\"hosts\":3"));
    let subscribe = "SUBSCRIBE\nid:1\ndestination:/topic/**\n\n\0";
    let connect = "CONNECT\naccept-version:1.2\nhost:hub\n\n\0";
    let ask = r#"{"type":"request_data","data":{"metrics":["cpu.usage"],"time_range":1}}"#;
    let subscribed = [connect, subscribe];
    let doors: [(&str, &[&str]); 7] = [
        ("/ws", &[ask]),
        ("/ws", &[WATCH]),
        ("/ws/performance", &[]),
        ("/ws/status", &[]),
        ("/ws/alerts", &[]),
        ("/ws-frontend", &[]),
        ("/stomp", &subscribed),
    ];
    for (at, (path, first)) in doors.into_iter().enumerate() {
        let [own, strangers] = std::thread::scope(|scope| {
            let hub = &hub;
            let hears = |token| scope.spawn(move || overheard(hub, path, token, first));
            let (own, strangers) = (hears(Some(OWNER)), hears(None));
            for more in 0..3 {
                std::thread::sleep(std::time::Duration::from_millis(400));
                let number = u64::try_from(2 + at * 3 + more).unwrap();
                agent.send(&report(number, 20.0));
                agent.send(r#"{"type":"alert","data":{"alert_id":"x","type":"cpu"}}"#);
            }
            [own, strangers].map(|one| one.join().unwrap())
        });
        assert!(!strangers.contains("attic"), "{path}: {strangers}");
        // Status is told when it changes.
        assert!(own.contains("attic") || path == "/ws/status", "{path}: {own}");
    }
    stranger.settle();
    done(&config, &["set", "attic", "--hidden", "false"]);
    heard(&mut stranger, "server_added", "attic");
}

#[test]
fn rows_of_a_hidden_host_reach_owners_alone() {
    let (config, hub) = configured();
    let _running = Program::start(&config);
    let [mut attic, mut other] = ["attic", "other"].map(|id| hub.agent(id, FLEET));
    let mut tell = |number: u32, usage: f64| {
        for agent in [&mut attic, &mut other] {
            agent.send(&report(number.into(), usage));
            agent.settle();
        }
    };
    let watched: Value = serde_json::from_str(WATCH).unwrap();
    let watched = &watched["data"]["hosts"];
    tell(1, 10.0);
    let mut stranger = List::open(&hub, watched);
    let usage = |list: &List, id: &str| list.row_of(id)["cpu.usage"].clone();
    assert_eq!(usage(&stranger, "attic"), 10.0);
    done(&config, &["set", "attic", "--hidden", "true"]);
    stranger.hear_until("server_removed");
    stranger.hear();
    let bearer = format!("Bearer {OWNER}");
    let mut owner = List::open_as(&hub, watched, &[("authorization", &bearer)]);
    let mut late = List::open(&hub, watched);
    // Who names it later asks for what is on the board.
    late.watch(&serde_json::json!({"*":"list"}));
    late.watch(watched);
    tell(2, 20.0);
    late.hear();
    stranger.hear();
    owner.hear();
    assert!(late.hosts.values().all(|(host, _)| host["id"] != "attic"), "{:?}", late.hosts);
    let told = serde_json::json!(late.told).to_string();
    assert!(!told.contains("attic"), "{told}");
    assert_eq!([usage(&stranger, "attic"), usage(&stranger, "other")], [10.0, 20.0]);
    assert_eq!([usage(&owner, "attic"), usage(&owner, "other")], [20.0, 20.0]);
    // Who sees it again is told all of it, and not what changed since it was hidden.
    stranger.hosts.retain(|_, (host, _)| host["id"] != "attic");
    done(&config, &["set", "attic", "--hidden", "false"]);
    heard_of(&mut stranger, "attic");
    owner.hear();
    assert_eq!([usage(&stranger, "attic"), usage(&owner, "attic")], [20.0, 20.0]);
}

/// Waits until a viewer of rows has a row of a host.
fn heard_of(list: &mut List, id: &str) {
    let deadline = Deadline::in_seconds(10);
    while !list.hosts.values().any(|(host, row)| host["id"] == id && !row.is_empty()) {
        list.hear();
        deadline.check(&format!("rows of {id}"));
    }
}

/// A request with a body and the owner's token, or without: status and answer.
fn asked(hub: &Hub, line: &str, body: &str, token: Option<&str>) -> (u16, String) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(hub.address).unwrap();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let (token, length) = (token.unwrap_or_default(), body.len());
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {token}\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn owners_change_hosts_over_http_and_nobody_else_does() {
    let (config, hub) = configured();
    let _running = Program::start(&config);
    let owner = |line: &str, body: &str| asked(&hub, line, body, Some(OWNER));
    for line in [
        "PATCH /api/hosts/web-1",
        "DELETE /api/hosts/web-1",
        "POST /api/hosts/web-1/revoke",
        "POST /api/invitations",
        "GET /api/invitations/x",
    ] {
        assert_eq!(asked(&hub, line, "{}", None).0, 401, "{line}");
    }
    let name = r#"{"name":"Attic","hidden":false}"#;
    assert_eq!(owner("PATCH /api/hosts/web-1", name).0, 204);
    assert_eq!(hub.host("web-1")["name"], "Attic");
    let (status, said) = owner("PATCH /api/hosts/web-1", r#"{"nam":"x"}"#);
    assert!(status == 400 && said.contains("`country_code`"), "{said}");
    let (status, said) = owner("PATCH /api/hosts/db-1", r#"{"name":"x"}"#);
    assert!(status == 409 && said.contains("change it there"), "{said}");
    assert_eq!(owner("PATCH /api/hosts/nobody", name).0, 404);

    let (status, said) = owner("POST /api/invitations", "{}");
    assert!(status == 400 && said.contains("this machine alone"), "{said}");
    let wanted = r#"{"name":"New","url":"wss://hub.example.org"}"#;
    let (status, said) = owner("POST /api/invitations", wanted);
    let made: Value = serde_json::from_str(&said).unwrap();
    let line = made["line"].as_str().unwrap();
    assert!(status == 201 && line.contains("--url wss://hub.example.org --code "), "{said}");
    let state = format!("GET /api/invitations/{}", made["id"].as_str().unwrap());
    assert_eq!(owner(&state, "").1, r#"{"state":"waiting"}"#);
    let code = line.split("--code ").nth(1).unwrap();
    let bearer = format!("Bearer {code}");
    let headers = [("authorization", &*bearer), ("x-client-id", "new-1")];
    drop(hub.open("/ws/enroll", &headers).unwrap().json());
    assert_eq!(owner(&state, "").1, r#"{"host":"new-1","state":"arrived"}"#);
    assert_eq!(hub.host("new-1")["name"], "New");

    let mut agent = hub.agent("web-1", WEB);
    assert_eq!(owner("POST /api/hosts/web-1/revoke", "").0, 204);
    assert!(agent.closed().is_some());
    assert_eq!(owner("DELETE /api/hosts/web-1", "").0, 204);
    assert_eq!(hub.host("web-1"), Value::Null);
}
