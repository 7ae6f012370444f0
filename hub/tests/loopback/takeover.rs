//! Who has a token of the fleet: which ids it can take, and how many new ones it can name.

use std::fs;
use std::path::PathBuf;

use kinglet_hub::auth::TokenHash;
use kinglet_hub::clock;
use kinglet_hub::enroll::invitation::invite;

use super::support::{Client, Deadline, FLEET, Hub, VIEWER, WEB, report, scratch};

const ATTIC: &str = "attic-token-6be2";
const BARN: &str = "barn-token-19c0";

/// A hub that remembers, with tokens of the fleet by their names, and this besides.
struct Site(PathBuf);

impl Site {
    fn new() -> Self {
        Self(scratch("state"))
    }

    fn start(&self, tokens: &[(&str, &str)], more: &str) -> Hub {
        let entry = |(name, token): &(&str, &str)| {
            format!(
                "[[fleet.token]]\nname = \"{name}\"\ntoken_hash = \"{}\"\n",
                TokenHash::of(token)
            )
        };
        let tokens: String = tokens.iter().map(entry).collect();
        Hub::configured(&format!(
            "listen = \"127.0.0.1:0\"\nstate_dir = {:?}\n[viewers]\npublic = true\n\
             [store]\ncommit_interval = \"1s\"\n{more}\n{tokens}",
            self.0
        ))
    }

    fn roster(&self) -> String {
        fs::read_to_string(self.0.join("roster.json")).unwrap_or_default()
    }

    fn wait_for_roster(&self, words: &str) {
        let deadline = Deadline::in_seconds(20);
        while !self.roster().contains(words) {
            deadline.check(words);
        }
    }
}

/// The status of an upgrade as this host, 101 for one that was made.
fn status(hub: &Hub, id: &str, token: &str) -> u16 {
    open(hub, id, token).map_or_else(|status| status, |_| 101)
}

fn open(hub: &Hub, id: &str, token: &str) -> Result<Client, u16> {
    let bearer = format!("Bearer {token}");
    hub.open("/ws/agent", &[("authorization", &bearer), ("x-client-id", id)])
}

fn log_in(hub: &Hub, id: &str, token: &str) -> (Client, serde_json::Value) {
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    agent.send(&format!(r#"{{"type":"auth","server_id":"{id}","token":"{token}"}}"#));
    let answer = agent.json();
    (agent, answer)
}

/// What `/write` answers to a point of a host.
fn write_point(hub: &Hub, id: &str, token: &str) -> (u16, String) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(hub.address).unwrap();
    let point = format!("mem,host={id} total=1i\n");
    let length = point.len();
    write!(
        stream,
        "POST /write HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nAuthorization: Token {token}\r\n\
         Content-Length: {length}\r\n\r\n{point}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
}

/// What a SEND as this host is answered.
fn publish(hub: &Hub, id: &str, token: &str) -> String {
    let mut client = hub.open("/stomp", &[]).unwrap();
    let connect = format!("CONNECT\naccept-version:1.2\npasscode:{token}\n\n\0");
    let send = format!("SEND\ndestination:/topic/metric/{id}/cpu.usage[VALUE]\nreceipt:r\n\n7\0");
    client.send(&(connect + &send));
    let mut heard = String::new();
    while !heard.contains("RECEIPT") && !heard.contains("ERROR") {
        heard += client.socket.read().unwrap().to_text().unwrap();
    }
    heard
}

#[test]
fn an_id_is_of_the_token_it_was_first_seen_with_and_a_restart_does_not_change_that() {
    let site = Site::new();
    let tokens = [("attic", ATTIC), ("barn", BARN)];
    let mut hub = site.start(&tokens, "");
    let mut agent = hub.agent("pi", ATTIC);
    agent.send(&report(1, 7.0));
    site.wait_for_roster(r#""token":"attic""#);
    for hash in [ATTIC, BARN].map(|token| TokenHash::of(token).to_string()) {
        assert!(!site.roster().contains(&hash[7..]), "a name, and nothing of a token");
    }
    assert!(!site.roster().contains(ATTIC));
    assert_not_barns(&hub);
    hub.stop();
    // pi has not come back yet, and is nobody's all the same: not by an invitation either.
    let mut hub = site.start(&tokens, "");
    assert_not_barns(&hub);
    let code = invite(&site.0, None, None, clock::now().wall).unwrap();
    let bearer = format!("Bearer {code}");
    let enrol = [("authorization", &*bearer), ("x-client-id", "pi")];
    assert_eq!(hub.open("/ws/enroll", &enrol).err(), Some(409));
    assert_eq!(status(&hub, "pi", ATTIC), 101);
    hub.stop();
    // The token is changed: under its name the new one is as good as the old, and both at once.
    let changed = [("attic", "new-attic"), ("attic", ATTIC), ("barn", BARN)];
    let mut hub = site.start(&changed, "");
    assert_not_barns(&hub);
    assert_eq!((status(&hub, "pi", "new-attic"), status(&hub, "pi", ATTIC)), (101, 101));
    hub.stop();
    // The ways out: its name is gone, or the host has a token of its own.
    let hub = site.start(&[("barn", BARN)], "");
    assert_eq!(status(&hub, "pi", BARN), 101);
}

/// By none of the ways in.
fn assert_not_barns(hub: &Hub) {
    assert_eq!(status(hub, "pi", BARN), 401);
    let bearer = format!("Bearer {BARN}");
    let asks = [("authorization", &*bearer), ("x-client-id", "pi"), ("x-kinglet-probe", "1")];
    assert_eq!(hub.open("/ws/agent", &asks).err(), Some(401), "who only asks hears the same");
    let report = [("x-auth-secret", BARN), ("x-server-id", "pi")];
    assert_eq!(hub.open("/ws-report", &report).err(), Some(401));
    assert_eq!(log_in(hub, "pi", BARN).1["status"], "error");
    assert_eq!(write_point(hub, "pi", BARN).0, 401);
    let answer = publish(hub, "pi", BARN);
    assert!(answer.contains("ERROR") && answer.contains("own host"), "{answer}");
    assert_eq!(hub.http("/metrics", "").0, 200);
}

#[test]
fn a_host_gets_out_with_a_token_of_its_own() {
    let site = Site::new();
    let hub = site.start(&[("attic", ATTIC), ("barn", BARN)], "");
    hub.agent("pi", ATTIC).send(&report(1, 7.0));
    let id = kinglet_proto::host::HostId::parse("pi").unwrap();
    let code = invite(&site.0, None, Some(id), clock::now().wall).unwrap();
    let bearer = format!("Bearer {code}");
    let enrol = [("authorization", &*bearer), ("x-client-id", "pi")];
    let mut guest = hub.open("/ws/enroll", &enrol).unwrap();
    let token = guest.json()["data"]["token"].as_str().unwrap().to_owned();
    assert_eq!((status(&hub, "pi", &token), status(&hub, "pi", ATTIC)), (101, 401));
}

#[test]
fn so_many_new_hosts_come_in_an_hour_and_those_that_were_there_always() {
    let site = Site::new();
    let proxy = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let few = format!("{proxy}[fleet]\nnew_hosts_per_hour = 3\n");
    let tokens = [("attic", ATTIC), ("barn", BARN)];
    let mut hub = site.start(&tokens, &few);
    let mut agents: Vec<_> = (0..3).map(|n| hub.agent(&format!("pi-{n}"), ATTIC)).collect();
    for agent in &mut agents {
        agent.send(&report(1, 7.0));
    }
    site.wait_for_roster("pi-2");
    assert!(!hub.http("/healthz", "").1.contains("newcomers"));
    let bearer = format!("Authorization: Bearer {ATTIC}\r\nX-Client-ID: pi-3\r\n");
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let (refused, answer) = hub.http("/ws/agent", &format!("{bearer}{upgrade}"));
    assert!(refused == 429 && answer.contains("retry-after: 300\r\n"), "{answer}");
    assert!(answer.contains(r#""error":"too_many_new_hosts""#), "{answer}");
    let (mut agent, answer) = log_in(&hub, "pi-3", ATTIC);
    assert_eq!(answer["data"]["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(answer["data"]["retry_after"], 300_000);
    assert_eq!(u16::from(agent.closed().unwrap().code), 1013);
    assert_eq!(write_point(&hub, "pi-3", ATTIC).0, 429);
    let answer = publish(&hub, "pi-3", ATTIC);
    assert!(answer.contains("more new hosts came than may in an hour"), "{answer}");
    let health = hub.http("/healthz", "").1;
    assert!(health.contains(r#""newcomers":"new hosts were refused 4 times lately"#), "{health}");
    // Those that are known, another token and another address do not feel it.
    assert_eq!((status(&hub, "pi-0", ATTIC), status(&hub, "pi-3", BARN)), (101, 101));
    let token = format!("Bearer {ATTIC}");
    let elsewhere = |from: &str, id: &str| {
        let headers = [("authorization", &*token), ("x-client-id", id), ("x-forwarded-for", from)];
        hub.open("/ws/agent", &headers).map_or_else(|status| status, |_| 101)
    };
    assert_eq!(elsewhere("203.0.113.9", "pi-4"), 101);
    // Of IPv6 a whole /64 is one address.
    let [mine, others] = ["2001:db8:1:2", "2001:db8:1:3"];
    for n in 0..3 {
        assert_eq!(elsewhere(&format!("{mine}::{n}"), &format!("six-{n}")), 101);
    }
    assert_eq!(elsewhere(&format!("{mine}:ffff::1"), "six-3"), 429);
    assert_eq!(elsewhere(&format!("{others}::1"), "six-3"), 101);
    drop(agents);
    hub.stop();
    let hub = site.start(&tokens, "[fleet]\nnew_hosts_per_hour = 0\n");
    for n in 0..3 {
        assert_eq!(status(&hub, &format!("pi-{n}"), ATTIC), 101, "it was there before");
    }
    assert_eq!(status(&hub, "pi-9", ATTIC), 429);
}

#[test]
fn no_token_is_good_for_a_host_whose_own_cannot_be_read() {
    let site = Site::new();
    fs::create_dir_all(site.0.join("hosts.d")).unwrap();
    fs::write(site.0.join("hosts.d/pi.toml"), "id = \"pi\"\ntoken_hush = \"x\"\n").unwrap();
    let hub = site.start(&[("attic", ATTIC)], "");
    assert_eq!((status(&hub, "pi", ATTIC), status(&hub, "other", ATTIC)), (401, 101));
}

#[test]
fn a_private_hub_tells_strangers_that_it_runs_and_nothing_else() {
    let hash = TokenHash::of(VIEWER);
    let hub = Hub::start(&format!("[viewers]\ntoken_hash = \"{hash}\"\n"));
    let header = |token: &str| format!("Authorization: Bearer {token}\r\n");
    for shown in [String::new(), header("wrong"), header(WEB), header(FLEET)] {
        let (status, answer) = hub.http("/healthz", &shown);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!((status, body), (200, ""), "{answer}");
        let version = env!("CARGO_PKG_VERSION");
        assert!(!head.contains("kinglet") && !head.contains(version), "{head}");
    }
    let (status, answer) = hub.http("/healthz", &header(VIEWER));
    assert!(status == 200 && answer.contains(r#""version":"#), "{answer}");
    assert!(Hub::public().http("/healthz", "").1.contains(r#""version":"#));
}
