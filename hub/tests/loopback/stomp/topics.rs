//! What viewers are told, and when.

use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use serde_json::json;

use super::client::{Frame, Stomp};
use crate::support::{Client, Deadline, FLEET, Hub, WEB, report};

fn hub() -> Hub {
    Hub::start("[viewers]\npublic = true\n[stomp]\nevery = \"1s\"")
}

/// An agent that has reported once.
fn reporting(hub: &Hub) -> Client {
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 45.5));
    hub.wait_for("web-1", |host| host["online"] == true && host["metrics"].is_object());
    agent
}

fn value(told: &Frame) -> f64 {
    told.json()["value"]["value"].as_f64().unwrap()
}

#[test]
fn the_last_value_comes_at_once_and_then_round_by_round() {
    let hub = hub();
    let mut agent = reporting(&hub);
    let mut client = Stomp::connect(&hub, "");
    client.subscribe("sub-0", "/topic/metric/web-1/cpu.usage[VALUE]");
    let told = client.frame();
    assert_eq!(told.command, "MESSAGE");
    assert_eq!(told.header("subscription"), "sub-0");
    assert_eq!(told.header("destination"), "/topic/metric/web-1/cpu.usage[VALUE]");
    assert_eq!(told.header("content-type"), "application/json");
    assert_eq!(told.header("content-length"), told.body.len().to_string());
    let body = told.json();
    let timestamp = body["value"]["timestamp"].as_u64().unwrap();
    assert!(timestamp > 1_700_000_000_000);
    assert_eq!(
        body,
        json!({"name":"cpu.usage[VALUE]","description":null,"unit":null,
            "value":{"value":45.5,"timestamp":timestamp}})
    );
    agent.send(&report(2, 50.0));
    let mut ids = vec![told.header("message-id").to_owned()];
    loop {
        let told = client.frame();
        ids.push(told.header("message-id").to_owned());
        if (value(&told) - 50.0).abs() < 0.01 {
            break;
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "every message has an id of its own");
    client.say("UNSUBSCRIBE\nid:sub-0\nreceipt:u\n\n\0");
    while client.frame().command != "RECEIPT" {}
    assert!(client.text(Duration::from_millis(2_500)).is_none());
}

#[test]
fn names_of_others_and_patterns_are_known() {
    // Nothing but what is told at once.
    let hub = Hub::start("[viewers]\npublic = true\n[stomp]\nevery = \"1h\"");
    let _agent = reporting(&hub);
    let mut client = Stomp::connect(&hub, "");
    for (destination, name, due) in [
        ("/topic/metric/web-1/system.cpu.usage[VALUE]", "system.cpu.usage", 0.455),
        ("/topic/metric/web-1/cpu_percent[VALUE]", "cpu_percent", 45.5),
        ("/topic/metric/web-1/cpu.usage", "cpu.usage", 45.5),
        ("/topic/metric/*/cpu.usage[VALUE]", "cpu.usage", 45.5),
        ("/topic/metric/**", "cpu.usage", 45.5),
    ] {
        client.subscribe("a", destination);
        let told = client.frame();
        assert_eq!(told.header("destination"), format!("/topic/metric/web-1/{name}[VALUE]"));
        assert!((value(&told) - due).abs() < 1e-9, "{destination}: {told:?}");
        while !client.is_silent() {}
    }
    for nothing in [
        "/topic/metric/web-1/jvm.memory.used[VALUE]",
        "/topic/metric/nobody/cpu.usage[VALUE]",
        "/topic/instanceHeapdumpDownloadProgress",
        "/topic/instanceThreadProfiliingProgress",
        "/queue/x",
    ] {
        client.subscribe("b", nothing);
        assert!(client.is_silent(), "{nothing}");
    }
}

#[test]
fn what_happens_is_told_under_both_spellings() {
    let hub = hub();
    let mut client = Stomp::connect(&hub, "");
    client.subscribe("all", "/topic/*");
    let mut agent = hub.agent("new", FLEET);
    agent.send(&report(1, 1.0));
    let mut told: Vec<Frame> = Vec::new();
    while told.last().is_none_or(|told| !told.header("destination").ends_with("instanceAbility")) {
        told.push(client.frame());
    }
    let topics: Vec<_> = told.iter().map(|told| told.header("destination")).collect();
    for topic in [
        "agentDiscoveryStart",
        "agentDiscoverySuccess",
        "agentHealth",
        "applicationUpdate",
        "applicationHealth",
        "instanceCreation",
        "instanceHealth",
        "instanceHostname",
        "instanceAbility",
    ] {
        assert!(topics.contains(&&*format!("/topic/{topic}")), "{topic}: {topics:?}");
    }
    client.say("UNSUBSCRIBE\nid:all\n\n\0");
    client.subscribe("rules", "/topic/applicationMetricRuleTriggers");
    client.subscribe("misspelled", "/topic/agentDiscoveryFailre");
    agent.send(
        r#"{"type":"alert","data":{"alert_id":"a1","type":"cpu","value":90,"threshold":80}}"#,
    );
    let told = client.frame();
    assert_eq!(told.header("subscription"), "rules");
    assert_eq!(told.json()["applicationMetricRule"]["id"], "a1");
    assert_eq!(told.json()["instanceIdsAndValues"], json!([{"instanceId":"new","value":90.0}]));
}

#[test]
fn nothing_comes_behind_the_receipt_of_an_unsubscribe() {
    let hub = hub();
    let _agent = reporting(&hub);
    let mut client = Stomp::connect(&hub, "");
    client.say(
        "SUBSCRIBE\nid:1\ndestination:/topic/metric/**\n\n\0UNSUBSCRIBE\nid:1\nreceipt:u\n\n\0",
    );
    assert_eq!(client.frame().command, "RECEIPT");
    assert!(client.text(Duration::from_millis(1_500)).is_none());
}

#[test]
fn of_a_host_that_is_away_the_last_is_told_at_once_and_never_again() {
    let token = TokenHash::of(FLEET);
    let hub = Hub::configured(&format!(
        "listen = \"127.0.0.1:0\"\nviewers.public = true\nstomp.every = \"1s\"\n\
         fleet = {{ token_hash = \"{token}\", offline_after = \"1s\" }}\n"
    ));
    let mut agent = hub.agent("pi", FLEET);
    agent.send(&report(1, 45.5));
    hub.wait_for("pi", |host| host["online"] == true);
    drop(agent);
    hub.wait_for("pi", |host| host["online"] == false);
    let mut client = Stomp::connect(&hub, "");
    client.subscribe("1", "/topic/metric/pi/cpu.usage[VALUE]");
    assert!((value(&client.frame()) - 45.5).abs() < 1e-9);
    assert!(client.text(Duration::from_millis(2_500)).is_none());
}

#[test]
fn who_reads_nothing_is_closed_and_the_others_are_told() {
    let hub = hub();
    let mut agent = hub.agent("web-1", WEB);
    let disk = |number| json!({"name":format!("sd{number}"),"total":1,"used":1,"read_speed":1});
    let disks: Vec<_> = (0..200).map(disk).collect();
    let data = json!({"cpu":{"usage":1.0},"disks":disks});
    agent.send(&json!({"type":"metrics","data":data}).to_string());
    hub.wait_for("web-1", |host| host["online"] == true);
    let mut slow = Stomp::connect(&hub, "");
    // Everything, many a time, and never a read: 100 MB a round.
    for number in 0..250 {
        let id = format!("{number}-{}", "x".repeat(400));
        slow.say(&format!("SUBSCRIBE\nid:{id}\ndestination:/topic/metric/**\n\n\0"));
    }
    let mut quick = Stomp::connect(&hub, "");
    quick.subscribe("q", "/topic/metric/web-1/cpu.usage[VALUE]");
    let deadline = Deadline::in_seconds(30);
    while !hub.http("/healthz", "").1.contains(r#""lost":1"#) {
        assert_eq!(quick.frame().command, "MESSAGE");
        deadline.check("the slow one is lost");
    }
}
