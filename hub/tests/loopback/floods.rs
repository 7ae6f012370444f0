//! Nothing an agent or a viewer sends may crash the hub or grow its memory.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use tungstenite::Message;

use super::command::started;
use super::support::{Deadline, FLEET, Hub, WEB, report, resident_kb, resident_kb_of, scratch};

/// A small generator (xorshift): the same garbage in every run.
struct Garbage(u64);

impl Garbage {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// The hub still hears a new agent and tells a new viewer.
fn assert_well(hub: &Hub) {
    let mut viewer = hub.frontend();
    let mut agent = hub.agent("well", FLEET);
    agent.send(&report(1, 7.0));
    assert_eq!(viewer.json()["cpu"]["percent"], 7.0);
}

#[test]
fn foreign_objects_nulls_binary_and_megabytes_cost_themselves_only() {
    let hub = Hub::public();
    let mut agent = hub.agent("web-1", WEB);
    let long = "9".repeat(60_000);
    let deep = "[".repeat(60_000);
    for text in
        ["", "null", "{}", "\u{0}", &long, &deep, r#"{"type":"metrics","data":{"cpu":null}}"#]
    {
        agent.send(text);
    }
    agent.send(r#"{"serverId":"x","cpu":{"percent":1}}"#);
    agent.send(r#"{"type":"metrics","data":{"cpu":{"usage":"high","cores":-1},"uptime":5}}"#);
    agent.socket.send(Message::binary(vec![0xff; 50_000])).unwrap();
    agent.socket.send(Message::binary(vec![0xff; 5_000_000])).unwrap();
    agent.send(&"x".repeat(5_000_000));
    agent.send(&report(9, 9.0));
    assert_eq!(agent.json()["type"], "ack", "the connection lived through all of it");
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 9.0);

    let headers = [("x-auth-secret", WEB), ("x-server-id", "web-1")];
    let mut agent = hub.open("/ws-report", &headers).unwrap();
    for text in ["", "{", &deep, r#"{"type":"metrics","data":{}}"#, r#"{"cpu":null,"memory":[]}"#] {
        agent.send(text);
    }
    agent.send(&"y".repeat(1_000_000));
    agent.send(r#"{"cpu":{"percent":8}}"#);
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 8.0);
    assert_well(&hub);
}

#[test]
fn raw_garbage_half_requests_and_torn_frames() {
    let hub = Hub::public();
    let mut garbage = Garbage(0x9e37_79b9_7f4a_7c15);
    for round in 0..200 {
        let mut stream = TcpStream::connect(hub.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let upgrade = format!(
            "GET /ws/agent?token={WEB}&client_id=web-1 HTTP/1.1\r\nHost: h\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        let cut = usize::try_from(garbage.next()).unwrap() % upgrade.len();
        let head = if round % 2 == 0 { upgrade.as_bytes() } else { &upgrade.as_bytes()[..cut] };
        stream.write_all(head).unwrap();
        if round % 2 == 0 {
            stream.read_exact(&mut [0; 12]).unwrap();
        }
        let len = usize::try_from(garbage.next() % 4000).unwrap();
        // The hub may hang up in the middle of it.
        drop(stream.write_all(&garbage.bytes(len)));
        drop(stream.shutdown(if round % 3 == 0 { Shutdown::Write } else { Shutdown::Both }));
    }
    assert_well(&hub);
}

#[test]
fn a_flood_is_told_to_slow_down_and_then_closed() {
    let hub = Hub::public();
    let mut agent = hub.agent("web-1", WEB);
    let mut writer = agent.socket.get_ref().try_clone().unwrap();
    // A masked text frame with `{}` in it, under a mask of zeros.
    let frame = [0x81, 0x82, 0, 0, 0, 0, b'{', b'}'];
    std::thread::spawn(move || while writer.write_all(&frame.repeat(100)).is_ok() {});
    let error = agent.json();
    assert_eq!(error["data"]["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(error["data"]["retry_after"], 1000);
    // The close frame itself may be lost to the flood that meets it.
    if let Some(close) = agent.closed() {
        assert_eq!(u16::from(close.code), 1008);
    }
    assert_well(&hub);
}

#[test]
fn memory_does_not_grow_under_large_reports_and_dead_viewers() {
    let hub = Hub::public();
    let sleepers: Vec<_> = (0..20).map(|_| hub.frontend()).collect();
    let mut agents: Vec<_> = (0..4).map(|n| hub.agent(&format!("h{n}"), FLEET)).collect();
    let disks = vec![r#"{"name":"disk-with-a-rather-long-name"}"#; 1400].join(",");
    let mounts = vec![r#"{"mount_point":"/m"}"#; 300].join(",");
    let large =
        format!(r#"{{"type":"metrics","data":{{"disks":[{disks}],"filesystems":[{mounts}]}}}}"#);
    assert!(large.len() > 55_000 && large.len() < 65_536);
    let mut send = |rounds: usize| {
        for _ in 0..rounds {
            for agent in &mut agents {
                agent.send(&large);
                agent.settle();
            }
        }
    };
    send(20);
    let before = resident_kb();
    send(20);
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 60_000, "grew by {grown} kB");
    drop(sleepers);
    assert_eq!(hub.host("h0")["metrics"]["disks"].as_array().unwrap().len(), 256);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "an agent that keeps to the pace")]
fn memory_of_a_host_does_not_grow_whatever_names_it_makes_up() {
    let (state, path) = (scratch("state"), scratch("made-up.toml"));
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = {state:?}\n[viewers]\npublic = true\n\
         [store]\ncommit_interval = \"1s\"\n[[host]]\nid = \"web-1\"\ntoken_hash = \"{}\"\n",
        TokenHash::of(WEB)
    );
    std::fs::write(&path, text).unwrap();
    let (running, address, _log) = started(&path, "info");
    let hub = Hub::elsewhere(address);
    let resident_kb = || resident_kb_of(&running.0.id().to_string());
    let mut agent = hub.agent("web-1", WEB);
    let mut number = 0_u64;
    let mut send = |reports: u64| {
        for _ in 0..reports {
            number += 1;
            let name = |n: u64| format!("{}-{number}-{n}", "x".repeat(200));
            let disks: Vec<_> =
                (0..200).map(|n| format!(r#"{{"name":"{}","used":1}}"#, name(n))).collect();
            // Every second number, of a boot of its own; alerts, too.
            agent.send(&format!(
                r#"{{"type":"metrics","data":{{"hostname":"{0}","disks":[{1}]}},
                    "meta":{{"boot_id":"{0}","seq":{2},"age_ms":0}}}}"#,
                name(0),
                disks.join(","),
                number * 2
            ));
            agent.send(&format!(
                r#"{{"type":"alert","data":{{"alert_id":"{0}","status":"active","level":"warning",
                    "type":"{0}","title":"{0}"}},"meta":{{"boot_id":"b","number":{number},"after":0}}}}"#,
                name(0)
            ));
            std::thread::sleep(Duration::from_millis(100));
        }
        agent.settle();
    };
    send(40);
    let before = resident_kb();
    send(100);
    let grown = resident_kb().saturating_sub(before);
    assert!(grown < 7_000, "grew by {grown} kB");
    hub.wait_for("web-1", |host| host["metrics"]["disks"].as_array().map(Vec::len) == Some(200));
}

#[test]
fn the_slowest_viewer_is_dropped_and_told_so_while_others_are_served() {
    let hub = Hub::public();
    let mut slow = hub.frontend();
    let mut quick = hub.frontend();
    let mounts = vec![r#"{"mount_point":"/a/rather/long/mount/point"}"#; 60].join(",");
    let large = format!(r#"{{"type":"metrics","data":{{"filesystems":[{mounts}]}}}}"#);
    let mut agents: Vec<_> = (0..36).map(|n| hub.agent(&format!("h{n}"), FLEET)).collect();
    // More than the socket buffers of loopback and the queue of 4,096 messages hold together.
    for _ in 0..190 {
        for agent in &mut agents {
            agent.send(&large);
            assert!(quick.json()["disk"].is_array(), "the quick one misses nothing");
        }
    }
    let deadline = Deadline::in_seconds(15);
    loop {
        let (_, health) = hub.http("/healthz", "");
        if health.contains(r#""viewers":1"#) {
            break;
        }
        deadline.check(&health);
    }
    // It reads on, and what comes is old news and the end.
    let close = slow.closed();
    assert!(close.is_none_or(|close| u16::from(close.code) == 1013));
    agents[0].send(&large);
    assert!(quick.json()["disk"].is_array());
}

#[test]
fn those_who_show_no_credentials_are_bounded_in_bytes() {
    let hub = Hub::public();
    let mut visitor = hub.open("/ws/agent", &[]).unwrap();
    let login = format!(
        r#"{{"type":"auth","server_id":"web-1","token":"{WEB}","padding":"{}"}}"#,
        "x".repeat(9000)
    );
    visitor.send(&login);
    visitor.send(&login.replace(&"x".repeat(9000), ""));
    assert_eq!(visitor.json()["status"], "ok", "the large one was never kept");
}

#[test]
fn who_connects_and_says_nothing_is_hung_up_on() {
    let hub = Hub::public();
    let healthz = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
    let requests = ["", "GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ", healthz];
    let streams = requests.map(|request| {
        let mut stream = TcpStream::connect(hub.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    });
    for (mut stream, request) in streams.into_iter().zip(requests) {
        assert!(stream.read_to_end(&mut Vec::new()).is_ok(), "still open: {request:?}");
    }
}
