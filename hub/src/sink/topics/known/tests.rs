use std::time::Duration;

use std::sync::Arc;

use kinglet_proto::ingest::Label;
use kinglet_proto::time::{Instant, WallTime};
use serde_json::json;

use super::*;

const NOW: Now = Now { instant: Instant::from_millis(0), wall: WallTime::from_unix_millis(1_000) };

fn host(id: &str, group: &str) -> Snapshot {
    let group = (!group.is_empty()).then(|| group.to_owned());
    Snapshot {
        id: HostId::parse(id).unwrap(),
        label: Arc::new(Label { group, ..Label::default() }),
        online: false,
        stopped: false,
        last_seen: None,
        sample: None,
    }
}

fn online(host: &Snapshot, online: bool) -> Update {
    let last_seen = Some(NOW.wall);
    Update::Status(Snapshot { online, last_seen, ..host.clone() })
}

fn reading(host: &Snapshot, sample: &Value) -> Update {
    let sample: Sample = serde_json::from_value(sample.clone()).unwrap();
    let (host, sample) = (host.clone(), Arc::new(sample));
    let (number, place, received, age, newest) = (0, None, NOW, None, true);
    Update::Reading(Reading { number, host, sample, place, received, age, newest })
}

/// What is told: the topics' names, and the bodies.
fn told(known: &mut Known, update: &Update) -> Vec<(String, Value)> {
    let told = known.apply(update, NOW, false);
    let told = told.into_iter().map(|told| {
        let topic = told.kind.topics()[0].trim_start_matches("/topic/");
        (topic.to_owned(), serde_json::from_str(&told.body).unwrap())
    });
    told.collect()
}

fn topics(known: &mut Known, update: &Update) -> Vec<String> {
    told(known, update).into_iter().map(|(topic, _)| topic).collect()
}

#[test]
fn a_host_comes_reports_goes_and_is_forgotten() {
    let mut known = Known::default();
    let pi = host("pi", "home");
    let came = topics(&mut known, &Update::Added(pi.clone()));
    let due =
        ["agentDiscoveryStart", "applicationCreation", "instanceCreation", "applicationHealth"];
    assert_eq!(came, due);
    let up = told(&mut known, &online(&pi, true));
    assert_eq!(up[0].0, "agentHealth");
    assert_eq!(up[0].1["newHealth"]["statusCode"], 200);
    assert_eq!((&*up[1].0, &up[1].1["newHealth"]["status"]), ("instanceHealth", &json!("UP")));
    assert_eq!(
        (&*up[2].0, &up[2].1["newHealth"]["status"]),
        ("applicationHealth", &json!("ALL_UP"))
    );
    let sample = json!({"hostname":"h","version":"1.0","cpu":{"usage":1.0}});
    let read = told(&mut known, &reading(&pi, &sample));
    let due = ["agentDiscoverySuccess", "instanceHostname", "instanceMetadata", "instanceAbility"];
    assert_eq!(Vec::from_iter(read.iter().map(|(topic, _)| &**topic)), due);
    assert_eq!(read[3].1["abilities"], json!(["cpu"]));
    assert_eq!(told(&mut known, &reading(&pi, &sample)), [], "the same is no event");
    assert_eq!(told(&mut known, &online(&pi, true)), []);
    let down = topics(&mut known, &online(&pi, false));
    assert_eq!(down, ["agentHealth", "instanceHealth", "applicationHealth"]);
    let gone = topics(&mut known, &Update::Removed(pi.id.clone()));
    assert_eq!(gone, ["instanceDeletion", "applicationDeletion"]);
    assert!(known.hosts.is_empty() && known.groups.is_empty());
}

#[test]
fn a_group_is_told_when_its_hosts_are_another_way() {
    let mut known = Known::default();
    let [a, b] = ["a", "b"].map(|id| host(id, ""));
    topics(&mut known, &Update::Added(a.clone()));
    let second = topics(&mut known, &Update::Added(b.clone()));
    assert_eq!(second, ["agentDiscoveryStart", "applicationUpdate", "instanceCreation"]);
    topics(&mut known, &online(&a, true));
    topics(&mut known, &online(&b, true));
    let status = |told: Vec<(String, Value)>| {
        let of = told.into_iter().find(|(topic, _)| topic == "applicationHealth").unwrap();
        (of.1["applicationId"].clone(), of.1["newHealth"]["status"].clone())
    };
    let some = status(told(&mut known, &online(&a, false)));
    assert_eq!(some, (json!("Hosts"), json!("SOME_DOWN")));
    let moved = topics(&mut known, &Update::Added(host("a", "attic")));
    let due = [
        "applicationCreation",
        "instanceUpdate",
        "applicationUpdate",
        "applicationHealth",
        "applicationHealth",
    ];
    assert_eq!(moved, due);
    assert_eq!(topics(&mut known, &Update::Added(host("a", "attic"))), Vec::<String>::new());
}

#[test]
fn who_goes_before_its_first_reading_was_not_found() {
    let mut known = Known::default();
    let pi = host("pi", "");
    topics(&mut known, &Update::Added(pi.clone()));
    topics(&mut known, &online(&pi, true));
    let gone = told(&mut known, &online(&pi, false));
    let failed = gone.iter().find(|(topic, _)| topic == "agentDiscoveryFailure").unwrap();
    assert_eq!(failed.1["error"], "it went away before its first reading");
}

#[test]
fn an_alert_triggers_a_rule_and_everybody_may_know_a_part_of_it() {
    let mut known = Known::default();
    let pi = host("pi", "home");
    topics(&mut known, &Update::Added(pi.clone()));
    let alert = |data: &Value| {
        let (kind, data) = ("alert".to_owned(), data.to_string());
        Update::Told(Told {
            host: pi.clone(),
            kind,
            data,
            received: NOW,
            age: Duration::ZERO,
            place: None,
            again: false,
        })
    };
    let fired = alert(&json!({"alert_id":"a","type":"cpu","value":90.0,"threshold":80.0}));
    let fired = told(&mut known, &fired);
    assert_eq!(fired[0].0, "applicationMetricRuleTriggers");
    assert_eq!(fired[0].1["instanceIdsAndValues"], json!([{"instanceId":"pi","value":90.0}]));
    assert_eq!(told(&mut known, &alert(&json!({"type":"cpu","status":"resolved","value":1}))), []);
}

#[test]
fn what_was_lost_is_told_by_what_it_led_to() {
    let mut known = Known::new(vec![host("a", "x"), host("b", "x")], NOW);
    let b = Snapshot { online: true, ..host("b", "x") };
    let told = known.catch_up(&[b, host("c", "y")], NOW);
    let told: Vec<_> = told.iter().map(|told| told.kind).collect();
    let due = [
        Lifecycle::InstanceDeletion,
        Lifecycle::ApplicationUpdate,
        Lifecycle::AgentHealth,
        Lifecycle::InstanceHealth,
        Lifecycle::ApplicationHealth,
        Lifecycle::AgentDiscoveryStart,
        Lifecycle::ApplicationCreation,
        Lifecycle::InstanceCreation,
        Lifecycle::ApplicationHealth,
    ];
    assert_eq!(told, due);
}

#[test]
fn a_group_is_up_when_all_of_its_hosts_are_and_down_with_the_last() {
    let mut known = Known::default();
    let hosts: Vec<_> = (0..40).map(|number| host(&format!("h{number}"), "")).collect();
    let status = |known: &Known| known.groups[NO_GROUP].health.status;
    for host in &hosts {
        known.apply(&Update::Added(host.clone()), NOW, false);
        known.apply(&online(host, true), NOW, false);
    }
    assert_eq!(status(&known), ApplicationStatus::AllUp);
    let (last, others) = hosts.split_last().unwrap();
    others.iter().for_each(|host| drop(known.apply(&online(host, false), NOW, false)));
    assert_eq!(status(&known), ApplicationStatus::SomeDown, "one is there");
    known.apply(&online(last, false), NOW, false);
    assert_eq!(status(&known), ApplicationStatus::AllDown);
}
