//! Agents that send: our own figure by figure, and those that somebody else wrote.

use kinglet_hub::auth::TokenHash;
use serde_json::json;

use super::client::Stomp;
use crate::support::{FLEET, Hub, VIEWER, WEB};

fn passcode(token: &str) -> String {
    format!("login:x\npasscode:{token}\n")
}

fn private_hub() -> Hub {
    Hub::start(&format!("[viewers]\ntoken_hash = \"{}\"", TokenHash::of(VIEWER)))
}

#[test]
fn a_publisher_of_figures_becomes_a_host() {
    let hub = Hub::public();
    let mut agent = Stomp::connect(&hub, &passcode(FLEET));
    let figure = |value: f64| json!({"name":"x","value":{"value":value,"timestamp":1}}).to_string();
    for (metric, value) in [
        ("cpu.usage", 45.5),
        ("memory.total", 1024.0),
        ("disks.sda.used", 7.0),
        ("system.load.average.1m", 0.5),
        ("process.cpu.usage", 0.25),
    ] {
        agent.publish(&format!("/topic/metric/java-1/{metric}[VALUE]"), &figure(value));
    }
    let host = hub.wait_for("java-1", |host| host["metrics"]["cpu"]["usage"] == 45.5);
    let metrics = &host["metrics"];
    assert_eq!(metrics["memory"]["total"], 1024);
    assert_eq!(
        (&metrics["disks"][0]["name"], &metrics["disks"][0]["used"]),
        (&json!("sda"), &json!(7))
    );
    assert_eq!(metrics["load_average"]["one"], 0.5);
    assert_eq!(metrics["agent"]["cpu_percent"], 25.0);
    // What comes more rarely stands beside what comes later.
    agent.publish("/topic/metric/java-1/cpu.usage[VALUE]", "50");
    let host = hub.wait_for("java-1", |host| host["metrics"]["cpu"]["usage"] == 50.0);
    assert_eq!(host["metrics"]["memory"]["total"], 1024);
    // A figure of no sample is told as a custom one.
    let mut viewer = hub.panel();
    agent.publish("/topic/metric/java-1/jvm.memory.used[VALUE]", "12");
    let told = viewer.json_of("performance");
    assert_eq!(told["data"]["metric_name"], "jvm.memory.used");
    assert_eq!(told["meta"]["server_id"], "java-1");
}

#[test]
fn a_whole_sample_is_taken_as_it_is() {
    let hub = Hub::public();
    let mut agent = Stomp::connect(&hub, &passcode(WEB));
    let sample = json!({"hostname":"h","cpu":{"usage":12.5},"uptime":60}).to_string();
    agent.publish("/topic/sample/web-1", &sample);
    let host = hub.wait_for("web-1", |host| host["metrics"]["uptime"] == 60);
    assert_eq!(host["metrics"]["cpu"]["usage"], 12.5);
}

#[test]
fn an_agent_sends_as_its_own_host_alone_and_does_not_look() {
    let hub = private_hub();
    let mut agent = Stomp::connect(&hub, &passcode(WEB));
    for foreign in
        ["/topic/metric/db-1/cpu.usage[VALUE]", "/topic/metric/new/cpu.usage[VALUE]", "/topic/x"]
    {
        agent.publish(foreign, "1");
        assert_eq!(agent.frame().command, "ERROR", "{foreign}");
    }
    agent.publish("/topic/metric/web-1/cpu.usage[VALUE]", "1");
    agent.say("SUBSCRIBE\nid:1\ndestination:/topic/metric/**\n\n\0");
    assert!(agent.frame().header("message").contains("only viewers"));
    let mut fleet = Stomp::connect(&hub, &passcode(FLEET));
    fleet.publish("/topic/metric/web-1/cpu.usage[VALUE]", "1");
    assert_eq!(fleet.frame().command, "ERROR", "this host has a token of its own");
    fleet.publish("/topic/metric/one/cpu.usage[VALUE]", "1");
    fleet.publish("/topic/metric/two/cpu.usage[VALUE]", "1");
    assert_eq!(fleet.frame().command, "ERROR", "one session is one host");
    let mut viewer = Stomp::connect(&hub, &passcode(VIEWER));
    viewer.publish("/topic/metric/web-1/cpu.usage[VALUE]", "1");
    assert_eq!(viewer.frame().command, "ERROR");
    viewer.subscribe("1", "/topic/metric/web-1/cpu.usage[VALUE]");
}

#[test]
fn a_body_that_is_no_figure_is_refused_and_a_newer_session_takes_the_place() {
    let hub = Hub::public();
    let mut first = Stomp::connect(&hub, &passcode(WEB));
    first.publish("/topic/metric/web-1/cpu.usage[VALUE]", "many");
    assert!(first.frame().header("message").contains("value"));
    first.publish("/topic/metric/web-1/cpu.usage[VALUE]", "1");
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 1.0);
    let mut second = Stomp::connect(&hub, &passcode(WEB));
    second.publish("/topic/metric/web-1/cpu.usage[VALUE]", "2");
    let (error, code) = first.refused();
    assert_eq!((error.header("message"), code), ("a newer connection reports as this host", 1008));
}
