//! A host's id on its way in: by every door, of any language, and what is no id.

use super::support::{FLEET, Hub, WEB, report};

const KITCHEN: &str = "küche-庫房";

#[test]
fn an_id_of_any_language_arrives_by_header_query_and_message() {
    let hub = Hub::public();
    let mut agent = hub.agent(KITCHEN, FLEET);
    agent.send(&report(1, 5.0));
    hub.wait_for(KITCHEN, |host| host["metrics"]["cpu"]["usage"] == 5.0);
    let headers = [("x-auth-secret", FLEET), ("x-server-id", KITCHEN)];
    let mut agent = hub.open("/ws-report", &headers).unwrap();
    agent.send(r#"{"cpu":{"percent":6}}"#);
    hub.wait_for(KITCHEN, |host| host["metrics"]["cpu"]["usage"] == 6.0);
    let path = format!("/ws/agent?token={FLEET}&client_id=k%C3%BCche-%E5%BA%AB%E6%88%BF");
    let mut agent = hub.open(&path, &[]).unwrap();
    assert_eq!(agent.json()["data"]["client_id"], KITCHEN);
    let mut agent = hub.open("/ws/agent", &[]).unwrap();
    agent.send(&format!(r#"{{"type":"auth","server_id":"{KITCHEN}","token":"{FLEET}"}}"#));
    assert_eq!(agent.json()["status"], "ok");
}

#[test]
fn who_shows_what_is_no_id_hears_that_and_nothing_of_a_token() {
    let hub = Hub::public();
    let long = "x".repeat(65);
    for (id, why) in [
        (&*long, "has 65 bytes"),
        ("a b", "has a blank in it"),
        ("../x", "begins with a dot"),
        ("web\u{200b}1", "has U+200B in it"),
        ("web\u{202e}1", "has U+202E in it"),
    ] {
        for (path, token, named) in [
            ("/ws/agent", format!("Authorization: Bearer {WEB}"), "X-Client-ID"),
            ("/ws-report", format!("X-Auth-Secret: {FLEET}"), "X-Server-ID"),
        ] {
            let (status, answer) = hub.http(path, &format!("{token}\r\n{named}: {id}\r\n"));
            assert_eq!(status, 400, "{answer}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let reason = head.lines().find_map(|line| line.strip_prefix("x-kinglet-reason: "));
            assert!(reason.unwrap().ends_with(why), "{head}");
            assert!(body.contains(r#""error":"bad_id""#) && body.contains(why), "{body}");
            assert!(!answer.contains("token"), "{answer}");
        }
        let mut agent = hub.open("/ws/agent", &[]).unwrap();
        agent.send(&format!(r#"{{"type":"auth","server_id":"{id}","token":"{FLEET}"}}"#));
        let answer = agent.json();
        assert_eq!((&answer["type"], &answer["status"]), (&"auth".into(), &"error".into()));
        let words = answer["message"].as_str().unwrap();
        assert!(words.ends_with(why) && !words.contains("token"), "{words}");
        let close = agent.closed().unwrap();
        assert_eq!(u16::from(close.code), 1008);
        assert!(!close.reason.contains("token"), "{close:?}");
    }
}

/// `kinglet check` runs beside the service: it must see that it is let in, and take nothing.
#[test]
fn who_only_asks_leaves_the_agent_in_its_place() {
    let hub = Hub::public();
    let by = |token: &str, more: &[(&'static str, &'static str)]| {
        hub.open(&format!("/ws/agent?token={token}&client_id=web-1"), more)
    };
    let report = |seq: u64, uptime: u64| {
        format!(
            r#"{{"type":"metrics","data":{{"uptime":{uptime}}},"meta":{{"boot_id":"b","seq":{seq}}}}}"#
        )
    };
    let mut agent = by(WEB, &[]).unwrap();
    assert_eq!(agent.json()["type"], "connection");
    agent.send(&report(1, 10));
    assert_eq!(agent.json()["data"]["seq"], 1);
    for _ in 0..3 {
        let mut probe = by(WEB, &[("x-kinglet-probe", "1")]).unwrap();
        assert_eq!(probe.json()["data"]["client_id"], "web-1");
        probe.send(&report(9, 99));
        probe.settle();
    }
    agent.send(&report(2, 11));
    assert_eq!(agent.json()["data"]["seq"], 2, "it has its place and what it sends is taken");
    assert_eq!(hub.host("web-1")["metrics"]["uptime"], 11, "what a probe says is forgotten");
    assert_eq!(by("wrong", &[("x-kinglet-probe", "1")]).err(), Some(401));
}
