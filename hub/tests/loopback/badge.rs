//! Badges: what they say of a host, to whom, and for how long.

use kinglet_hub::auth::TokenHash;
use serde_json::json;

use super::rest::{ask, get, reporting};
use super::support::{Deadline, Hub, VIEWER};

fn says(hub: &Hub, path: &str) -> String {
    let reply = get(hub, path);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("image/svg+xml")));
    assert_eq!(
        reply.header("content-security-policy").map(|it| &it[..18]),
        Some("default-src 'none'")
    );
    let text = String::from_utf8(reply.body).unwrap();
    let (_, rest) = text.split_once("<title>").unwrap();
    rest.split_once("</title>").unwrap().0.to_owned()
}

#[test]
fn a_badge_says_how_a_host_is() {
    let (hub, mut agent) = reporting();
    let name = hub.host("web-1")["name"].as_str().unwrap().to_owned();
    assert_eq!(says(&hub, "/badge/web-1.svg"), format!("{name}: up"));
    assert_eq!(says(&hub, "/badge/web-1"), format!("{name}: up"));
    assert!(says(&hub, "/badge/db-1.svg").ends_with(": never seen"));
    assert_eq!(says(&hub, "/badge/web-1.svg?label=%3Cb%3E&metric=cpu.usage"), "&lt;b&gt;: 12.5%");
    assert_eq!(says(&hub, "/badge/web-1.svg?label=x&metric=battery.percent"), "x: –");
    let long = says(&hub, &format!("/badge/web-1.svg?label={}", "x".repeat(4000)));
    assert!(long.len() < 80, "{long}");
    get(&hub, "/badge/web-1.svg?metric=none").assert_refused(400, "metric \"none\" is none");
    let none = get(&hub, "/badge/none.svg");
    assert_eq!((none.status, none.header("content-type")), (404, Some("image/svg+xml")));

    let alert = json!({"type":"alert","data":{"alert_id":"cpu-00000000000000ff","type":"cpu",
        "level":"warning","title":"Busy","message":"m","value":97.5,"threshold":95,
        "status":"active"},"meta":{"boot_id":"b","number":10,"after":0,"age_ms":0}});
    agent.send(&alert.to_string());
    let deadline = Deadline::in_seconds(5);
    while says(&hub, "/badge/web-1.svg?label=x") != "x: 1 alert" {
        deadline.check("the alert is not told");
    }
    drop(agent);
}

#[test]
fn a_badge_may_be_kept_for_half_a_minute_by_who_may_see_it() {
    let (hub, _agent) = reporting();
    let reply = get(&hub, "/badge/web-1.svg");
    assert_eq!(reply.header("cache-control"), Some("public, max-age=30"));
    let tag = reply.header("etag").unwrap();
    assert_eq!(ask(&hub, "GET", "/badge/web-1.svg", &[("If-None-Match", tag)]).status, 304);

    let hub = Hub::start(&format!("[viewers]\ntoken_hash = \"{}\"", TokenHash::of(VIEWER)));
    get(&hub, "/badge/web-1.svg").assert_refused(401, "a valid token is needed");
    get(&hub, "/badge/none.svg").assert_refused(401, "a valid token is needed");
    let reply = get(&hub, &format!("/badge/web-1.svg?token={VIEWER}"));
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("private, max-age=30")));
}
