//! Rows: the figures of a list, of the hosts that a viewer watches, and what they cost.

mod figures;
pub(crate) mod list;

use std::collections::BTreeMap;
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use nix::sys::socket::{setsockopt, sockopt};
use serde_json::{Map, Value, json};
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

use super::support::{Client, DB, Deadline, FLEET, Hub, WEB};
use figures::{due, figures, same};
use list::List;

fn report(agent: &mut Client, seq: u64, data: &Value) {
    let meta = json!({"seq":seq,"boot_id":"b","uptime_ms":seq,"age_ms":0});
    agent.send(&json!({"type":"metrics","data":data,"meta":meta}).to_string());
    agent.settle();
}

#[test]
fn rows_say_what_whole_objects_do_at_a_fifth_of_the_bytes() {
    let hub = Hub::public();
    let mut agents: Vec<_> = (0..4).map(|n| hub.agent(&format!("h{n}"), FLEET)).collect();
    let mut whole = hub.panel();
    let mut list = List::open(&hub, &json!({"*":"list"}));
    let mut newest = BTreeMap::new();
    let (mut whole_bytes, mut row_bytes) = (0, 0);
    for step in 1..=16 {
        if step == 9 {
            agents.push(hub.agent("h4", FLEET));
        }
        for (seed, agent) in (0..).zip(&mut agents) {
            report(agent, step, &figures(seed, step));
        }
        let (mut left, deadline) = (agents.len(), Deadline::in_seconds(10));
        while left > 0 {
            let message = whole.json();
            whole_bytes += message.to_string().len();
            if message["type"] == "performance" {
                left -= 1;
            } else if message["type"] == "metrics" {
                let data = &message["data"];
                newest.insert(
                    data["server_id"].as_str().unwrap().to_owned(),
                    data["metrics"].clone(),
                );
            }
            deadline.check("the whole objects");
        }
        while let Some(message) = list.client.try_json(Duration::from_millis(300)) {
            row_bytes += message.to_string().len();
            list.take(message);
        }
        for (id, metrics) in &newest {
            let (row, due) = (list.row_of(id), due(metrics));
            assert!(same(&row, &due), "{id} at {step}:\n{row:?}\n{due:?}");
        }
        // Who comes now knows the same.
        if step % 5 == 0 {
            let late = List::open(&hub, &json!({"*":"list"}));
            newest.keys().for_each(|id| assert_eq!(late.row_of(id), list.row_of(id)));
        }
    }
    println!("{whole_bytes} bytes whole, {row_bytes} in rows");
    assert!(row_bytes * 5 <= whole_bytes, "{row_bytes} of {whole_bytes}");
    assert!(!list.kinds().contains(&"performance") && !list.kinds().contains(&"metrics"));
    let mut last = agents.pop().unwrap();
    let code = CloseCode::Away;
    last.socket.close(Some(CloseFrame { code, reason: "".into() })).unwrap();
    let offline = list.client.json_of("status");
    assert_eq!(
        (&offline["data"]["server_id"], &offline["data"]["online"]),
        (&json!("h4"), &json!(false))
    );
}

#[test]
fn only_what_is_watched_is_told_and_of_one_host_everything() {
    let hub = Hub::public();
    let (mut web, mut db) = (hub.agent("web-1", WEB), hub.agent("db-1", DB));
    let mut list = List::open(&hub, &json!({"db-1":"list"}));
    report(&mut web, 1, &figures(1, 1));
    report(&mut db, 1, &figures(2, 1));
    list.hear();
    assert!(list.row_of("web-1").is_empty() && !list.row_of("db-1").is_empty());
    // All of a host: at once, and with each report; its row too.
    list.watch(&json!({"web-1":"all"}));
    list.hear();
    assert_eq!(list.told.pop().unwrap()["data"]["metrics"]["per_core"], Value::Null);
    list.told.clear();
    let before = list.row_of("db-1");
    report(&mut web, 2, &figures(1, 2));
    report(&mut db, 2, &figures(2, 2));
    list.hear();
    assert_eq!(list.kinds(), ["metrics"]);
    let metrics = &list.told[0]["data"]["metrics"];
    assert_eq!(list.told[0]["data"]["server_id"], "web-1");
    assert_eq!(metrics["cpu"]["per_core"].as_array().unwrap().len(), 4);
    assert!(same(&list.row_of("web-1"), &due(metrics)));
    assert_eq!(list.row_of("db-1"), before, "it is not watched any more");
    // In the background: what happens, and no figures.
    list.watch(&json!({}));
    list.told.clear();
    let row = list.row_of("web-1");
    report(&mut web, 3, &figures(1, 3));
    web.send(r#"{"type":"alert","data":{"alert_id":"a","type":"cpu","level":"warning"}}"#);
    list.hear();
    assert_eq!((list.kinds(), list.row_of("web-1")), (vec!["alert"], row));
    // Looked at again, it has caught up.
    list.watch(&json!({"*":"list"}));
    list.hear();
    assert!(same(&list.row_of("web-1"), &due(&hub.host("web-1")["metrics"])));
    assert!(same(&list.row_of("db-1"), &due(&hub.host("db-1")["metrics"])));
}

#[test]
fn what_cannot_be_watched_is_refused_with_a_reason_and_changes_nothing() {
    let hub = Hub::public();
    let mut web = hub.agent("web-1", WEB);
    let mut list = List::open(&hub, &json!({"*":"list"}));
    let many: Map<_, _> = (0..300).map(|n| (n.to_string(), json!("list"))).collect();
    for (data, reason) in [
        (json!({}), "`hosts`"),
        (json!({"hosts":["*"]}), "`hosts`"),
        (json!({"hosts":{"*":1}}), "`hosts`"),
        (json!({"hosts":{"*":"some"}}), "no such fields: some"),
        (json!({"hosts":{"*":"all"}}), "only list"),
        (json!({"hosts":{"a b":"list"}}), "no id of a host: a b"),
        (json!({"hosts":many}), "more than 256 hosts"),
    ] {
        list.client.send(&json!({"type":"watch","data":data}).to_string());
        let error = list.client.json_of("error");
        assert_eq!(error["data"]["code"], "INVALID_MESSAGE");
        let message = error["data"]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    report(&mut web, 1, &figures(1, 1));
    list.hear();
    assert!(!list.row_of("web-1").is_empty(), "it watches as before");
    let mut panel = hub.panel();
    panel.send(r#"{"type":"watch","data":{"hosts":{"*":"list"}}}"#);
    let error = panel.json_of("error");
    assert!(error["data"]["message"].as_str().unwrap().contains("kinglet.page.v1"), "{error}");
}

#[test]
fn where_anyone_may_look_rows_and_whole_hosts_keep_back_what_objects_do() {
    let marked = json!({"hostname":"h","ip_addresses":["MARK"],"cpu":{"usage":1.0},
        "disks":[{"name":"sda","serial":"MARK","health_failed":true}],
        "network":{"rx_speed":5,"interfaces":[{"name":"e","mac":"MARK","addresses":["MARK"]}]},
        "wireguard":[{"peer":"MARK","interface":"MARK"}],"containers":[{"name":"MARK"}],
        "top":[{"name":"MARK","command":"MARK"}],"units":{"failed":1,"failed_names":["MARK"]},
        "custom":[{"name":"MARK","value":1.0}],"leases":{"active":1}});
    let token = |public: bool| match public {
        true => "[viewers]\npublic = true\n".to_owned(),
        false => format!("[viewers]\ntoken_hash = \"{}\"\n", TokenHash::of(super::support::VIEWER)),
    };
    for public in [true, false] {
        let hub = Hub::start(&token(public));
        let mut web = hub.agent("web-1", WEB);
        report(&mut web, 1, &marked);
        let headers = [("sec-websocket-protocol", "kinglet.page.v1, bearer.viewer-token-90ab")];
        let mut viewer = hub.open("/ws", &headers).unwrap();
        viewer.send(r#"{"type":"watch","data":{"hosts":{"*":"list","web-1":"all"}}}"#);
        let mut told = String::new();
        while let Some(message) = viewer.try_json(Duration::from_millis(400)) {
            told += &message.to_string();
        }
        assert!(told.contains(r#""type":"rows""#) && told.contains(r#""type":"metrics""#));
        assert_eq!(told.contains("MARK"), !public, "{told}");
        let rows = told.split(r#""type":"metrics""#).next().unwrap();
        assert!(!rows.contains("MARK") || !public);
    }
}

#[test]
fn who_was_too_slow_is_told_all_hosts_anew() {
    const REPORTS: u64 = 100;
    let hub = Hub::public();
    let mut agents: Vec<_> = (0..8).map(|n| hub.agent(&format!("h{n}"), FLEET)).collect();
    let all: Map<_, _> = (0..8).map(|n| (format!("h{n}"), json!("all"))).collect();
    let mut list = List::open(&hub, &Value::Object(all));
    let mounts = vec![json!({"mount_point":"/a/rather/long/mount/point"}); 250];
    setsockopt(list.client.socket.get_ref(), sockopt::RcvBuf, &(128 * 1024)).unwrap();
    // More than the sockets and the queue of 512 messages hold together.
    for seq in 1..=REPORTS {
        let data = json!({"filesystems":mounts,"uptime":seq * 60});
        let meta = json!({"seq":seq,"boot_id":"b","uptime_ms":seq,"age_ms":0});
        let text = json!({"type":"metrics","data":data,"meta":meta}).to_string();
        agents.iter_mut().for_each(|agent| agent.send(&text));
    }
    agents.iter_mut().for_each(Client::settle);
    list.told.clear();
    list.hear_until("resync");
    list.hosts.clear();
    list.told.clear();
    list.hear_until("synced");
    list.hear();
    for n in 0..8 {
        assert_eq!(list.row_of(&format!("h{n}"))["uptime"], REPORTS * 60);
    }
}

#[test]
fn who_looks_where_no_host_is_hears_that_this_is_all() {
    let hub = Hub::configured("listen = \"127.0.0.1:0\"\nviewers.public = true\n");
    let list = List::open(&hub, &json!({"*":"list"}));
    assert_eq!(list.hosts.len(), 0);
}
