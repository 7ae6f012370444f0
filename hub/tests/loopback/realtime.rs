//! The realtime API: what viewers of each path hear, what they choose, and what they ask for.

use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use serde_json::{Value, json};
use tungstenite::Message;

use super::support::{Client, Deadline, Hub, VIEWER, WEB, report};

const FIRED: &str = r#"{"type":"alert","id":"9","data":{"alert_id":"alert_1","type":"cpu",
    "level":"warning","title":"CPU","message":"CPU is at 85 %","value":85.2,"threshold":80.0,
    "status":"active","metadata":{"affected_processes":["secret"]}}}"#;
const RESOLVED: &str = r#"{"type":"alert","data":{"alert_id":"alert_1","type":"cpu",
    "level":"warning","status":"resolved","resolved_at":"2026-11-26T12:05:00Z",
    "resolution":"restarted","resolved_by":"admin"}}"#;
const COMPONENT: &str = r#"{"type":"status","data":{"component":"collector","status":"running",
    "last_check":"2026-11-26T11:59:00Z","details":{"processed":25}}}"#;
const CUSTOM: &str = r#"{"type":"performance","data":{"metric_name":"api_response_time",
    "value":150,"unit":"ms","category":"performance","tags":{"method":"GET"}}}"#;
const CONFIG: &str = r#"{"type":"config","data":{"action":"updated","fields":["interval"],
    "old_values":{"interval":1.0},"new_values":{"interval":5.0},"updated_by":"system"}}"#;
const SYSTEM: &str = r#"{"type":"system","data":{"event":"service_restart","service":"x"}}"#;

/// A hub whose viewers show a token, so that they see all of it.
fn private_hub() -> Hub {
    Hub::start(&format!("[viewers]\ntoken_hash = \"{}\"", TokenHash::of(VIEWER)))
}

/// A viewer of this path, greeted, that has heard of every host.
fn viewer(hub: &Hub, path: &str) -> Client {
    let mut viewer = hub.open(&format!("{path}?token={VIEWER}"), &[]).unwrap();
    assert_eq!(viewer.json()["data"]["status"], "connected", "{path}");
    drain(&mut viewer);
    viewer
}

/// What was told so far: the answer to a `ping` comes behind it.
fn drain(viewer: &mut Client) -> Vec<Value> {
    let mut told = Vec::new();
    while let Some(message) = viewer.try_json(Duration::from_millis(200)) {
        told.push(message);
    }
    told
}

fn kinds(told: &[Value]) -> Vec<&str> {
    told.iter().map(|message| message["type"].as_str().unwrap()).collect()
}

fn say(viewer: &mut Client, kind: &str, data: &Value) {
    viewer.send(&json!({"type":kind,"data":data}).to_string());
    viewer.settle();
}

#[test]
fn what_agents_tell_is_passed_on_as_it_came_and_each_path_has_its_own_type() {
    let hub = private_hub();
    let paths = ["/ws", "/ws/performance", "/ws/alerts", "/ws/status"];
    let mut agent = hub.agent("web-1", WEB);
    let [mut all, mut performance, mut alerts, mut status] = paths.map(|path| viewer(&hub, path));
    let events = [FIRED, RESOLVED, COMPONENT, CUSTOM, CONFIG, SYSTEM];
    events.iter().for_each(|event| agent.send(event));
    agent.send(&report(1, 45.5));
    for event in events {
        let event: Value = serde_json::from_str(event).unwrap();
        let told = all.json();
        assert_eq!((&told["type"], &told["data"]), (&event["type"], &event["data"]));
        assert_eq!(told["meta"], json!({"server_id":"web-1"}));
        let id = told["id"].as_str().unwrap();
        assert!(id.starts_with(event["type"].as_str().unwrap()), "{id}");
    }
    assert_eq!(kinds(&drain(&mut all)), ["metrics", "performance"]);
    let told = drain(&mut performance);
    assert_eq!(kinds(&told), ["performance", "performance"]);
    assert_eq!(told[0]["data"]["metric_name"], "api_response_time");
    assert_eq!((&told[1]["data"]), &json!({"cpu_percent":45.5}));
    assert_eq!(told[1]["meta"]["server_id"], "web-1");
    assert_eq!(kinds(&drain(&mut alerts)), ["alert", "alert"]);
    assert_eq!(kinds(&drain(&mut status)), ["status"]);
    let mut late = hub.open(&format!("/ws?token={VIEWER}"), &[]).unwrap();
    assert!(!kinds(&drain(&mut late)).contains(&"alert"), "it is told once");
    let mut late = hub.open(&format!("/ws/status?token={VIEWER}"), &[]).unwrap();
    assert_eq!(kinds(&drain(&mut late)), ["connection", "status", "status"]);
}

#[test]
fn what_is_chosen_comes_and_after_the_last_of_it_nothing() {
    let hub = private_hub();
    let mut agent = hub.agent("web-1", WEB);
    let mut viewer = viewer(&hub, "/ws");
    let mut seq = 0;
    let mut happen = || {
        seq += 1;
        [FIRED, RESOLVED, COMPONENT].iter().for_each(|event| agent.send(event));
        agent.send(&FIRED.replace("cpu", "memory"));
        agent.send(&FIRED.replace("warning", "info"));
        agent.send(&report(seq, 1.0));
        agent.settle();
    };
    let levels = json!({"level":["warning","critical"]});
    say(&mut viewer, "subscribe", &json!({"events":["alert.cpu"],"filters":levels}));
    happen();
    assert_eq!(kinds(&drain(&mut viewer)), ["alert", "alert"]);
    say(&mut viewer, "subscribe", &json!({"events":["performance"],"filters":{"server_id":"x"}}));
    happen();
    assert_eq!(kinds(&drain(&mut viewer)), ["alert", "alert"], "of another host");
    say(&mut viewer, "subscribe", &json!({"events":"metrics"}));
    say(&mut viewer, "unsubscribe", &json!({"events":["alert.cpu"]}));
    happen();
    assert_eq!(kinds(&drain(&mut viewer)), ["metrics"]);
    say(&mut viewer, "unsubscribe", &json!({"events":["metrics","performance"]}));
    happen();
    assert_eq!(drain(&mut viewer), [] as [Value; 0]);
    say(&mut viewer, "subscribe", &json!({"events":["alert"],"filters":{"threshold":80}}));
    happen();
    assert_eq!(kinds(&drain(&mut viewer)), ["alert"; 3], "a resolved one has none");
}

#[test]
fn what_makes_no_sense_is_said_and_changes_nothing() {
    let hub = private_hub();
    let mut agent = hub.agent("web-1", WEB);
    let mut viewer = viewer(&hub, "/ws/alerts");
    for text in [
        r#"{"type":"subscribe"}"#,
        r#"{"type":"subscribe","data":{"events":[]}}"#,
        r#"{"type":"subscribe","data":{"events":["nothing"]}}"#,
        r#"{"type":"subscribe","data":{"events":["alert"],"filters":7}}"#,
        r#"{"type":"unsubscribe","data":{}}"#,
        r#"{"type":"request_data","data":{"metrics":["nothing"]}}"#,
        r#"{"type":"request_data","data":{"metrics":["uptime"],"server_id":"nobody"}}"#,
        r#"{"type":"what"}"#,
    ] {
        viewer.send(text);
        assert_eq!(viewer.json()["data"]["code"], "INVALID_MESSAGE", "{text}");
    }
    viewer.socket.send(Message::binary(vec![0; 10])).unwrap();
    assert_eq!(viewer.json()["data"]["code"], "INVALID_MESSAGE");
    agent.send(FIRED);
    assert_eq!(viewer.json()["type"], "alert");
    for _ in 0..30 {
        viewer.send(r#"{"type":"ping"}"#);
    }
    let error = viewer.json_of("error");
    assert_eq!(error["data"]["code"], "RATE_LIMIT_EXCEEDED");
    assert_eq!(error["data"]["retry_after"], 1000);
}

#[test]
fn anyone_who_may_look_sees_what_is_on_the_list() {
    let hub = Hub::public();
    let mut viewer = hub.panel();
    let mut agent = hub.agent("web-1", WEB);
    assert_eq!(viewer.json_of("status")["data"]["online"], true);
    for event in [FIRED, RESOLVED, COMPONENT, CUSTOM, CONFIG, SYSTEM] {
        agent.send(event);
    }
    let told = drain(&mut viewer);
    let seen: Vec<_> = told.iter().map(|message| &message["data"]).collect();
    let alert = json!({"alert_id":"alert_1","type":"cpu","level":"warning","title":"CPU",
        "message":"CPU is at 85 %","value":85.2,"threshold":80.0,"status":"active"});
    let resolved = json!({"alert_id":"alert_1","type":"cpu","level":"warning",
        "status":"resolved","resolved_at":"2026-11-26T12:05:00Z"});
    let component = json!({"component":"collector","status":"running",
        "last_check":"2026-11-26T11:59:00Z"});
    let custom = json!({"metric_name":"api_response_time","value":150,"unit":"ms",
        "category":"performance"});
    let (config, system) = (json!({"action":"updated"}), json!({"event":"service_restart"}));
    assert_eq!(seen, [&alert, &resolved, &component, &custom, &config, &system]);
}

#[test]
fn who_asks_has_an_answer_by_metric_and_host() {
    let hub = private_hub();
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 45.5));
    assert_eq!(agent.json()["data"]["seq"], 1);
    let mut viewer = viewer(&hub, "/ws/alerts");
    let metrics = json!(["cpu_percent", "memory_percent"]);
    let question = json!({"type":"request_data","data":{"metrics":metrics,"history_minutes":10}});
    for _ in 0..5 {
        viewer.send(&question.to_string());
    }
    for _ in 0..5 {
        let answer = viewer.json();
        assert_eq!(answer["type"], "performance");
        let present = json!({"cpu_percent":{"web-1":45.5},"memory_percent":{}});
        assert_eq!(answer["data"]["metrics"], present);
        assert!(answer["data"]["history"]["memory_percent"].is_object());
    }
}

#[test]
fn what_was_reported_is_there_when_it_is_asked_for() {
    let hub = Hub::start(&format!(
        "[viewers]\ntoken_hash = \"{}\"\n[store]\npath = \"memory\"\ncommit_interval = \"1s\"",
        TokenHash::of(VIEWER)
    ));
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 45.5));
    assert_eq!(agent.json()["data"]["seq"], 1);
    let mut viewer = viewer(&hub, "/ws/alerts");
    let asked = json!({"metrics":["cpu_percent"],"server_id":"web-1","history_minutes":10});
    let deadline = Deadline::in_seconds(10);
    loop {
        viewer.send(&json!({"type":"request_data","data":asked}).to_string());
        // Who asks faster than the pace is not answered.
        let answer = viewer.try_json(Duration::from_millis(500)).unwrap_or_default();
        let past = &answer["data"]["history"]["cpu_percent"];
        if let Some(points) = past["web-1"].as_array() {
            assert!(points.len() == 1 && points[0][1] == 45.5, "{past}");
            return;
        }
        deadline.check(&answer.to_string());
        // It may ask 20 times a second.
        assert!(viewer.try_json(Duration::from_millis(80)).is_none());
    }
}
