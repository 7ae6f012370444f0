//! What happens in the fleet in Ostara's words: a topic for each kind of event, and the body of
//! each.
//!
//! There an *instance* is what is watched: here a host. An *application* is made of instances: a
//! group of hosts. An *agent* finds them: the agent of a host, which has its id. An *ability* is
//! what can be asked of an instance: a part of its readings. A *metric rule* is an alert. Heap
//! dumps and profiles are of Java: nothing is ever told there.

mod tally;

use serde::Serialize;
use serde_json::{Map, Value, json};
pub use tally::Tally;

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lifecycle {
    /// The agent of a host that nobody knew has come.
    AgentDiscoveryStart,
    /// Its first reading has come.
    AgentDiscoverySuccess,
    /// It has gone before that.
    AgentDiscoveryFailure,
    /// An agent was heard of again, or no longer.
    AgentHealth,
    /// A group has its first host.
    ApplicationCreation,
    /// A host came into a group, or left it.
    ApplicationUpdate,
    /// A group has no host any more.
    ApplicationDeletion,
    /// The hosts of a group are another way up or down.
    ApplicationHealth,
    /// A host is known.
    InstanceCreation,
    /// It has another name, group or place.
    InstanceUpdate,
    /// It is not known any more.
    InstanceDeletion,
    /// It is up or down.
    InstanceHealth,
    /// It calls itself otherwise.
    InstanceHostname,
    /// Its agent is of another version.
    InstanceMetadata,
    /// Its readings have other parts.
    InstanceAbility,
    /// An alert fired.
    ApplicationMetricRuleTriggers,
}

/// The topics of each kind; a misspelled one stands in the document, and is as good.
const TOPICS: [(Lifecycle, &[&str]); 16] = [
    (Lifecycle::AgentDiscoveryStart, &["/topic/agentDiscoveryStart"]),
    (Lifecycle::AgentDiscoverySuccess, &["/topic/agentDiscoverySuccess"]),
    (
        Lifecycle::AgentDiscoveryFailure,
        &["/topic/agentDiscoveryFailure", "/topic/agentDiscoveryFailre"],
    ),
    (Lifecycle::AgentHealth, &["/topic/agentHealth"]),
    (Lifecycle::ApplicationCreation, &["/topic/applicationCreation"]),
    (Lifecycle::ApplicationUpdate, &["/topic/applicationUpdate"]),
    (Lifecycle::ApplicationDeletion, &["/topic/applicationDeletion"]),
    (Lifecycle::ApplicationHealth, &["/topic/applicationHealth"]),
    (Lifecycle::InstanceCreation, &["/topic/instanceCreation"]),
    (Lifecycle::InstanceUpdate, &["/topic/instanceUpdate"]),
    (Lifecycle::InstanceDeletion, &["/topic/instanceDeletion"]),
    (Lifecycle::InstanceHealth, &["/topic/instanceHealth"]),
    (Lifecycle::InstanceHostname, &["/topic/instanceHostname"]),
    (Lifecycle::InstanceMetadata, &["/topic/instanceMetadata"]),
    (Lifecycle::InstanceAbility, &["/topic/instanceAbility"]),
    (Lifecycle::ApplicationMetricRuleTriggers, &["/topic/applicationMetricRuleTriggers"]),
];

/// Topics on which nothing is ever told, in both spellings.
pub const SILENT_TOPICS: [&str; 3] = [
    "/topic/instanceHeapdumpDownloadProgress",
    "/topic/instanceThreadProfilingProgress",
    "/topic/instanceThreadProfiliingProgress",
];

impl Lifecycle {
    /// Where it is told, the right spelling first.
    pub fn topics(self) -> &'static [&'static str] {
        TOPICS.iter().find(|(kind, _)| *kind == self).map_or(&[], |(_, topics)| *topics)
    }
}

/// Every topic of an event, those on which nothing is told too.
pub fn lifecycle_topics() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().flat_map(|(_, topics)| *topics).chain(&SILENT_TOPICS).copied()
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its kind.
    pub kind: Lifecycle,
    /// What is told, JSON.
    pub body: String,
}

/// How a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum InstanceStatus {
    /// It was never heard of.
    Pending,
    /// It is online.
    Up,
    /// It is offline.
    Down,
}

/// How the hosts of a group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplicationStatus {
    /// It has none.
    Empty,
    /// None was ever heard of.
    Pending,
    /// All are online.
    AllUp,
    /// Some are online.
    SomeDown,
    /// None is online.
    AllDown,
}

/// The health of a host and since when, by the hub's clock in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health<S> {
    /// How it is.
    pub status: S,
    /// When that was seen.
    pub updated_ms: u64,
    /// Since when it is so.
    pub since_ms: u64,
}

fn told(kind: Lifecycle, body: &Value) -> Announcement {
    Announcement { kind, body: body.to_string() }
}

/// Something happened to the discovery of an agent; a failure has a reason.
pub fn discovery(kind: Lifecycle, agent_id: &str, error: Option<&str>) -> Announcement {
    let mut body = json!({"agentId":agent_id});
    if kind == Lifecycle::AgentDiscoveryFailure {
        body["error"] = error.into();
    }
    told(kind, &body)
}

/// An agent came or went.
pub fn agent_health(
    id: &str,
    version: &str,
    sources: &[&str],
    old: Health<InstanceStatus>,
    new: Health<InstanceStatus>,
) -> Announcement {
    let health = |of: Health<InstanceStatus>| {
        let (code, status, message) = match of.status {
            InstanceStatus::Pending => (-1, "PENDING", None),
            InstanceStatus::Up => (200, "HEALTHY", None),
            InstanceStatus::Down => (-2, "UNHEALTHY", Some("nothing is heard of it")),
        };
        let mut health = json!({"statusCode":code,"status":status,"time":of.updated_ms});
        if let Some(message) = message {
            health["message"] = message.into();
        }
        if of.status == InstanceStatus::Up {
            health["info"] = json!({"version":version,"sources":sources});
        }
        health
    };
    let body = json!({"agentId":id,"oldHealth":health(old),"newHealth":health(new)});
    told(Lifecycle::AgentHealth, &body)
}

/// A group came, changed or went.
pub fn application(kind: Lifecycle, id: &str) -> Announcement {
    told(kind, &json!({"applicationId":id,"discovered":true}))
}

/// The health of a group.
pub fn application_health(id: &str, new: Health<ApplicationStatus>) -> Announcement {
    let health = json!({"applicationId":id,"status":new.status,"lastUpdateTime":new.updated_ms,
        "lastStatusChangeTime":new.since_ms});
    let body = json!({"applicationId":id,"newHealth":health});
    told(Lifecycle::ApplicationHealth, &body)
}

/// A host came, changed or went.
pub fn instance(kind: Lifecycle, id: &str, application: &str) -> Announcement {
    told(kind, &json!({"instanceId":id,"parentApplicationId":application,"discovered":true}))
}

/// The health of a host.
pub fn instance_health(
    id: &str,
    application: &str,
    old: Health<InstanceStatus>,
    new: Health<InstanceStatus>,
) -> Announcement {
    let health = |of: Health<InstanceStatus>| {
        json!({"instanceId":id,"status":of.status,"lastUpdateTime":of.updated_ms,
            "lastStatusChangeTime":of.since_ms})
    };
    let body = json!({"parentApplicationId":application,"instanceId":id,
        "oldHealth":health(old),"newHealth":health(new)});
    told(Lifecycle::InstanceHealth, &body)
}

/// How a host calls itself; nothing where it does not say.
pub fn instance_hostname(id: &str, hostname: &str) -> Announcement {
    let hostname = (!hostname.is_empty()).then_some(hostname);
    told(Lifecycle::InstanceHostname, &json!({"instanceId":id,"hostname":hostname}))
}

/// The version of its agent.
pub fn instance_metadata(id: &str, version: &str) -> Announcement {
    let metadata = if version.is_empty() { json!({}) } else { json!({"version":version}) };
    told(Lifecycle::InstanceMetadata, &json!({"instanceId":id,"metadata":metadata}))
}

/// The parts of its readings.
pub fn instance_ability(id: &str, application: &str, abilities: &[&str]) -> Announcement {
    let body = json!({"parentApplicationId":application,"instanceId":id,"abilities":abilities});
    told(Lifecycle::InstanceAbility, &body)
}

/// An alert that fired, as an agent told it; `None` for one that is over, or that has no number.
pub fn rule_trigger(
    id: &str,
    application: &str,
    alert: &Map<String, Value>,
) -> Option<Announcement> {
    let text = |member: &str| alert.get(member).and_then(Value::as_str);
    let value = alert.get("value").and_then(Value::as_f64)?;
    if text("status") == Some("resolved") {
        return None;
    }
    let kind = text("type").unwrap_or("alert");
    let threshold = alert.get("threshold").and_then(Value::as_f64).unwrap_or(value);
    let operation = if value < threshold { "LOWER_THAN" } else { "GREATER_THAN" };
    let body = json!({
        "applicationMetricRule": {
            "id": text("alert_id").unwrap_or(kind),
            "applicationId": application,
            "name": text("title").or_else(|| text("message")).unwrap_or(kind),
            "metricName": {"name":kind,"statistic":"VALUE","tags":{}},
            "operation": operation,
            "value1": threshold,
            "enabled": true,
            "type": "SIMPLE",
        },
        "instanceIdsAndValues": [{"instanceId":id,"value":value}],
    });
    Some(told(Lifecycle::ApplicationMetricRuleTriggers, &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health<S>(status: S, ms: u64) -> Health<S> {
        Health { status, updated_ms: ms, since_ms: ms }
    }

    #[test]
    fn every_documented_topic_is_there_in_both_spellings() {
        let all: Vec<_> = lifecycle_topics().collect();
        for topic in [
            "agentDiscoveryStart",
            "agentDiscoverySuccess",
            "agentDiscoveryFailre",
            "agentHealth",
            "applicationCreation",
            "applicationDeletion",
            "applicationHealth",
            "instanceHeapdumpDownloadProgress",
            "instanceAbility",
            "instanceCreation",
            "instanceDeletion",
            "instanceHealth",
            "instanceHostname",
            "instanceUpdate",
            "instanceMetadata",
            "applicationMetricRuleTriggers",
            "instanceThreadProfiliingProgress",
            "instanceThreadProfilingProgress",
            "agentDiscoveryFailure",
            "applicationUpdate",
        ] {
            assert!(all.contains(&&*format!("/topic/{topic}")), "{topic}");
        }
        assert_eq!(all.len(), 20);
        for (kind, topics) in TOPICS {
            assert_eq!(kind.topics(), topics);
        }
    }

    #[test]
    fn bodies_have_the_members_that_its_clients_read() {
        let [up, down] = [InstanceStatus::Up, InstanceStatus::Down];
        let told = [
            discovery(Lifecycle::AgentDiscoveryStart, "pi", None),
            discovery(Lifecycle::AgentDiscoveryFailure, "pi", Some("gone")),
            agent_health("pi", "1.2", &["cpu"], health(down, 1), health(up, 2)),
            application(Lifecycle::ApplicationCreation, "home"),
            application_health("home", health(ApplicationStatus::SomeDown, 5)),
            instance(Lifecycle::InstanceUpdate, "pi", "home"),
            instance_health("pi", "home", health(up, 1), health(down, 2)),
            instance_hostname("pi", ""),
            instance_metadata("pi", "1.2"),
            instance_ability("pi", "home", &["cpu", "memory"]),
        ];
        let bodies: Vec<Value> =
            told.iter().map(|told| serde_json::from_str(&told.body).unwrap()).collect();
        let due = json!([
            {"agentId":"pi"},
            {"agentId":"pi","error":"gone"},
            {"agentId":"pi",
             "oldHealth":{"statusCode":-2,"status":"UNHEALTHY","time":1,
                "message":"nothing is heard of it"},
             "newHealth":{"statusCode":200,"status":"HEALTHY","time":2,
                "info":{"version":"1.2","sources":["cpu"]}}},
            {"applicationId":"home","discovered":true},
            {"applicationId":"home","newHealth":{"applicationId":"home","status":"SOME_DOWN",
                "lastUpdateTime":5,"lastStatusChangeTime":5}},
            {"instanceId":"pi","parentApplicationId":"home","discovered":true},
            {"parentApplicationId":"home","instanceId":"pi",
             "oldHealth":{"instanceId":"pi","status":"UP","lastUpdateTime":1,
                "lastStatusChangeTime":1},
             "newHealth":{"instanceId":"pi","status":"DOWN","lastUpdateTime":2,
                "lastStatusChangeTime":2}},
            {"instanceId":"pi","hostname":null},
            {"instanceId":"pi","metadata":{"version":"1.2"}},
            {"parentApplicationId":"home","instanceId":"pi","abilities":["cpu","memory"]},
        ]);
        assert_eq!(Value::Array(bodies), due);
    }

    #[test]
    fn an_alert_that_fires_is_a_rule_that_triggers() {
        let Value::Object(mut alert) = json!({"alert_id":"a1","type":"cpu","title":"CPU",
            "value":85.2,"threshold":80.0,"status":"active"})
        else {
            panic!()
        };
        let told = rule_trigger("pi", "home", &alert).unwrap();
        let due = json!({"applicationMetricRule":{"id":"a1","applicationId":"home","name":"CPU",
            "metricName":{"name":"cpu","statistic":"VALUE","tags":{}},"operation":"GREATER_THAN",
            "value1":80.0,"enabled":true,"type":"SIMPLE"},
            "instanceIdsAndValues":[{"instanceId":"pi","value":85.2}]});
        assert_eq!(serde_json::from_str::<Value>(&told.body).unwrap(), due);
        alert.insert("status".to_owned(), "resolved".into());
        assert_eq!(rule_trigger("pi", "home", &alert), None);
    }
}
