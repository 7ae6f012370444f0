//! Alerts of agents and of the hub's own: one stream, one list, over restarts; who may silence.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use serde_json::{Value, json};

use super::support::{Client, Deadline, Hub, VIEWER, WEB, report, scratch};

const OPERATOR: &str = "operator-token-31c7";

/// A hub on this state, where anyone may look and the operator may silence.
fn hub(state: &PathBuf, more: &str) -> Hub {
    let hash = |token: &str| TokenHash::of(token).to_string();
    let (web, operator) = (hash(WEB), hash(OPERATOR));
    Hub::configured(&format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = {state:?}\n[store]\ncommit_interval = \"1s\"\n\
         [viewers]\npublic = true\n[fleet]\noffline_after = \"1s\"\n\
         [[host]]\nid = \"web-1\"\ngroup = \"Attic\"\ntoken_hash = \"{web}\"\n\
         [alerts]\noffline_for = \"0s\"\ntoken_hash = \"{operator}\"\n{more}"
    ))
}

pub(crate) fn ask(hub: &Hub, method: &str, path: &str, token: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(hub.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let bearer =
        if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: hub\r\n{bearer}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn alerts(hub: &Hub, query: &str, token: &str) -> Vec<Value> {
    let (status, body) = ask(hub, "GET", &format!("/api/alerts{query}"), token, "");
    assert_eq!(status, 200, "{body}");
    body["alerts"].as_array().unwrap().clone()
}

pub(crate) fn wait_for(hub: &Hub, query: &str, what: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Deadline::in_seconds(10);
    loop {
        let list = alerts(hub, query, OPERATOR);
        if what(&list) {
            return list;
        }
        deadline.check(&format!("{list:?}"));
    }
}

fn no_alert(viewer: &mut Client, within: Duration) {
    while let Some(message) = viewer.try_json(within) {
        assert_ne!(message["type"], "alert", "{message}");
    }
}

#[test]
fn a_host_that_is_away_is_told_once_over_restarts_and_listed_with_who_knows() {
    let state = scratch("state");
    let mut first = hub(&state, "");
    let mut viewer = first.panel();
    let mut agent = first.agent("web-1", WEB);
    agent.send(&report(1, 12.5));
    drop(agent);
    let told = viewer.json_of("alert");
    assert_eq!(
        (&told["meta"]["server_id"], &told["data"]["status"]),
        (&json!("web-1"), &json!("active"))
    );
    assert_eq!(told["data"]["alert_id"], "hub-offline");
    let open = alerts(&first, "", "");
    assert_eq!((open.len(), &open[0]["level"]), (1, &json!("critical")));
    assert!(open[0].get("suggestion").is_none(), "{open:?}");
    let path = "/api/alerts/web-1/hub-offline/acknowledge";
    assert_eq!(ask(&first, "POST", path, "", "").0, 401);
    assert_eq!(ask(&first, "POST", path, WEB, "").0, 403);
    assert_eq!(ask(&first, "POST", path, OPERATOR, "[]").0, 400);
    let (status, known) = ask(&first, "POST", path, OPERATOR, r#"{"by":"ann"}"#);
    assert_eq!((status, &known["acknowledged"]["by"]), (200, &json!("ann")));
    assert!(alerts(&first, "", "")[0]["acknowledged"].get("by").is_none());
    let metrics = first.http("/metrics", "").1;
    assert!(metrics.contains("kinglet_hub_alerts_open{level=\"critical\"} 1\n"));
    first.stop();

    let second = hub(&state, "");
    let mut viewer = second.panel();
    no_alert(&mut viewer, Duration::from_millis(2500));
    let again = alerts(&second, "?host=web-1", OPERATOR);
    assert_eq!(again[0]["since"], open[0]["since"]);
    assert_eq!(again[0]["acknowledged"]["by"], "ann");
    assert_eq!(ask(&second, "DELETE", path, OPERATOR, "").0, 200);
    let mut agent = second.agent("web-1", WEB);
    agent.send(&report(2, 12.5));
    assert_eq!(viewer.json_of("alert")["data"]["status"], "resolved");
    assert!(alerts(&second, "", "").is_empty());
    let past = wait_for(&second, "?state=past", |list| list.len() == 1);
    assert_eq!((&past[0]["status"], &past[0]["since"]), (&json!("resolved"), &open[0]["since"]));
    let events = second.http("/api/events?type=alert", "").1;
    assert!(events.matches("hub-offline").count() == 0, "public: {events}");
    assert_eq!(ask(&second, "POST", path, OPERATOR, "").0, 404, "it is over");
}

fn news(number: u64, after: u64, status: &str) -> String {
    json!({"type":"alert","data":{"alert_id":"cpu-00000000000000ff","type":"cpu","level":"warning",
        "title":"Busy","message":"m","value":97.5,"threshold":95,"status":status},
        "meta":{"boot_id":"b","number":number,"after":after,"age_ms":0}})
    .to_string()
}

#[test]
fn an_agents_alert_is_no_news_to_a_hub_that_was_restarted() {
    let state = scratch("state");
    let mut first = hub(&state, "offline = false\n");
    let mut agent = first.agent("web-1", WEB);
    agent.send(&news(10, 0, "active"));
    wait_for(&first, "", |list| list.len() == 1);
    first.stop();
    let second = hub(&state, "offline = false\n");
    let mut viewer = second.panel();
    let bearer = format!("Bearer {WEB}");
    let headers = [("authorization", &*bearer), ("x-client-id", "web-1")];
    let mut agent = second.open("/ws/agent", &headers).unwrap();
    let greeting = agent.json();
    assert_eq!(greeting["data"]["alerts"]["open"][0]["alert_id"], "cpu-00000000000000ff");
    agent.send(&news(10, 0, "active"));
    agent.send(&report(1, 12.5));
    no_alert(&mut viewer, Duration::from_millis(400));
    agent.send(&news(20, 10, "resolved"));
    assert_eq!(viewer.json_of("alert")["data"]["status"], "resolved");
    wait_for(&second, "", |list| list.is_empty());
}

#[test]
fn what_is_silent_is_shown_as_silent() {
    let weekly: String = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .map(|day| {
            format!("[[maintenance]]\nrules = [\"disk\"]\nevery = \"{day} 00:00\"\nfor = \"24h\"\n")
        })
        .concat();
    let hub = hub(&scratch("state"), &weekly);
    let mut viewer = hub.panel();
    let mut agent = hub.agent("web-1", WEB);
    let scope = r#"{"groups":["Att*"],"rules":["cpu"],"seconds":600,"by":"ann","comment":"c"}"#;
    assert_eq!(ask(&hub, "POST", "/api/silences", "", scope).0, 401);
    assert_eq!(ask(&hub, "POST", "/api/silences", OPERATOR, "{}").0, 400);
    let (status, made) = ask(&hub, "POST", "/api/silences", OPERATOR, scope);
    assert_eq!((status, &made["by"]), (201, &json!("ann")));
    let listed = ask(&hub, "GET", "/api/silences", "", "").1;
    assert_eq!(listed["silences"][0]["groups"], json!(["Att*"]));
    assert!(listed["silences"][0].get("comment").is_none(), "{listed}");
    assert_eq!(listed["maintenance"][0]["rules"], json!(["disk"]));
    agent.send(&news(10, 0, "active"));
    let told = viewer.json_of("alert");
    assert_eq!(
        (&told["meta"]["silenced"], &told["meta"]["silenced_until"]),
        (&json!(true), &made["until"])
    );
    let open = wait_for(&hub, "", |list| list.len() == 1);
    assert_eq!(open[0]["silenced_until"], made["until"]);
    let path = format!("/api/silences/{}", made["id"]);
    assert_eq!(ask(&hub, "DELETE", &path, "", "").0, 401);
    assert_eq!(ask(&hub, "DELETE", &path, OPERATOR, "").0, 204);
    assert_eq!(ask(&hub, "DELETE", &path, OPERATOR, "").0, 404);
    assert_eq!(ask(&hub, "DELETE", "/api/silences/x", OPERATOR, "").0, 404);
    agent.send(&news(20, 10, "resolved"));
    assert!(viewer.json_of("alert")["meta"].get("silenced").is_none());
}

#[test]
fn who_reports_without_rules_is_judged_by_the_hubs() {
    let hub = hub(&scratch("state"), "memory = false\n");
    let mut viewer = hub.panel();
    let mut agent = hub.agent("web-1", WEB);
    let full = |percent: u32| {
        json!({"type":"metrics","data":{"memory":{"usage_percent":percent},"filesystems":[
            {"mount_point":"/srv","fstype":"ext4","usage_percent":percent}]}})
        .to_string()
    };
    agent.send(&full(96));
    let told = viewer.json_of("alert");
    assert_eq!(told["data"]["message"], "/srv is 96.0% full");
    agent.send(&full(50));
    assert_eq!(viewer.json_of("alert")["data"]["status"], "resolved");
}

#[test]
fn kinglets_agents_are_judged_where_they_have_no_rules_and_not_where_they_have() {
    let hub = hub(&scratch("state"), "memory = false\n");
    let mut viewer = hub.panel();
    let full = |seq: u32, meta: Value| {
        let mut meta = meta.as_object().unwrap().clone();
        meta.extend([("boot_id".to_owned(), json!("b")), ("seq".to_owned(), json!(seq))]);
        json!({"type":"metrics","data":{"filesystems":[
            {"mount_point":"/srv","fstype":"ext4","usage_percent":96}]},"meta":meta})
        .to_string()
    };
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&full(1, json!({"age_ms":0,"host":{"name":"Web"},"alerts":true})));
    agent.send(&full(2, json!({"age_ms":0})));
    no_alert(&mut viewer, Duration::from_millis(400));
    drop(agent);
    let mut older = hub.agent("web-1", WEB);
    older.send(&full(3, json!({"age_ms":0,"host":{"name":"Web"}})));
    let told = std::iter::repeat_with(|| viewer.json_of("alert"))
        .find(|told| told["data"]["alert_id"] != "hub-offline")
        .unwrap();
    assert_eq!(told["data"]["message"], "/srv is 96.0% full");
}

#[test]
fn who_may_look_may_silence_where_nothing_else_is_said_and_a_token_is_asked() {
    let viewers = format!("[viewers]\ntoken_hash = \"{}\"", TokenHash::of(VIEWER));
    let hub = Hub::start(&viewers);
    for path in ["/api/alerts", "/api/silences"] {
        assert_eq!(ask(&hub, "GET", path, "", "").0, 401);
        assert_eq!(ask(&hub, "GET", path, VIEWER, "").0, 200);
        assert_eq!(ask(&hub, "PUT", path, VIEWER, "").0, 405);
    }
    assert_eq!(ask(&hub, "POST", "/api/silences", VIEWER, r#"{"seconds":60}"#).0, 201);
    assert_eq!(ask(&hub, "GET", "/api/alerts?state=all", VIEWER, "").0, 400);
    assert_eq!(ask(&hub, "GET", "/api/alerts?host=none", VIEWER, "").0, 404);
}
