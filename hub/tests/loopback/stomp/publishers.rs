//! Agents that send: our own figure by figure, and those that somebody else wrote.

use kinglet_hub::auth::TokenHash;
use serde_json::json;

use super::client::Stomp;
use crate::support::{Deadline, FLEET, Hub, VIEWER, WEB};

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

#[test]
fn what_a_publisher_kept_while_it_was_away_lands_in_its_place_whatever_its_clock() {
    let hub = Hub::public();
    let mut agent = Stomp::connect(&hub, &passcode(WEB));
    // Its clock has just begun.
    let figure = |value: u32, at: u32| json!({"value":{"value":value,"timestamp":at}}).to_string();
    let usage = "/topic/metric/web-1/cpu.usage[VALUE]";
    agent.publish(usage, &figure(50, 100_000));
    agent.publish("/topic/metric/web-1/uptime[VALUE]", &figure(7, 40_000));
    for (value, at) in [(10, 40_000), (20, 50_000)] {
        agent.publish(usage, &figure(value, at));
    }
    let history = || {
        let path = "/api/history/web-1?metric=cpu.usage&step=1";
        let (_, body) = hub.http(path, "");
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        answer["points"].as_array().cloned().unwrap_or_default()
    };
    let deadline = Deadline::in_seconds(10);
    while history().len() < 3 {
        deadline.check("three points");
    }
    let points = history();
    let at = |point: usize| points[point][0].as_i64().unwrap();
    let values = [0, 1, 2].map(|point| points[point][1].as_f64().unwrap());
    assert_eq!(values, [10.0, 20.0, 50.0]);
    let near = |ms: i64, due: i64| (ms - due).abs() <= 2_000;
    assert!(near(at(1) - at(0), 10_000) && near(at(2) - at(0), 60_000), "{points:?}");
    let host = hub.host("web-1");
    assert_eq!(host["metrics"]["cpu"]["usage"], 50.0);
    assert!(host["metrics"]["uptime"].is_null(), "it was so a minute ago: {host}");
}
