//! Events as they travel, and what of them anyone may see.
//!
//! An event's data is its agent's own text: old and new settings, messages, names of files and of
//! other hosts. Who has shown no token sees of it only fields that are listed here, and in those
//! only numbers, times and single words, in which no address and no sentence finds room.

use kinglet_proto::time::WallTime;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::history::Event;

/// What anyone may see: kinds of events, and fields of their data.
pub(super) const PUBLIC: &[(&str, &[&str])] = &[
    ("alert", &["type", "level", "status", "value", "threshold", "resolved_at"]),
    ("status", &["component", "status", "last_check"]),
    ("system", &["event", "down_ms", "attempts", "cause", "uptime", "killed"]),
];

#[derive(Serialize)]
struct Told {
    host: String,
    timestamp: WallTime,
    #[serde(rename = "type")]
    kind: String,
    data: Value,
}

/// The list, as JSON.
pub(super) fn listed(events: Vec<Event>, public: bool) -> String {
    #[derive(Serialize)]
    struct Listed {
        events: Vec<Told>,
    }
    let events = events.into_iter().map(|event| tell(event, public)).collect();
    serde_json::to_string(&Listed { events }).unwrap_or_default()
}

fn tell(event: Event, public: bool) -> Told {
    let Event { host, at, kind, data } = event;
    let mut data = match serde_json::from_str(&data) {
        Ok(Value::Object(data)) => data,
        Ok(_) | Err(_) => Map::new(),
    };
    if public {
        let shown = PUBLIC.iter().find(|(shown, _)| *shown == kind);
        let fields = shown.map_or(&[][..], |(_, fields)| fields);
        data.retain(|field, value| fields.contains(&field.as_str()) && is_plain(value));
    }
    Told { host: host.to_string(), timestamp: at, kind, data: Value::Object(data) }
}

/// A number, a time or a single word.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Number(_) | Value::Bool(_) => true,
        Value::String(text) => {
            let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            WallTime::parse(text).is_some() || text.chars().all(in_word)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::host::HostId;

    use super::*;

    fn event(kind: &str, data: &str) -> Event {
        let host = HostId::parse("pi").unwrap();
        let at = WallTime::from_unix_millis(1_800_000_000_000);
        Event { host, at, kind: kind.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn who_has_a_token_sees_all_of_it() {
        let event = event("config", r#"{"action":"updated","new_values":{"a":[1,null]}}"#);
        assert_eq!(
            listed(vec![event], false),
            r#"{"events":[{"host":"pi","timestamp":"2027-01-15T08:00:00.000Z","type":"config","data":{"action":"updated","new_values":{"a":[1,null]}}}]}"#
        );
        assert_eq!(listed(Vec::new(), true), r#"{"events":[]}"#);
    }

    #[test]
    fn who_has_none_sees_words_numbers_and_times() {
        for (kind, data, shown) in [
            (
                "alert",
                r#"{"type":"cpu","level":"warning","message":"busy","value":85.2,"threshold":80,
                    "status":"resolved","resolved_at":"2026-11-20T08:21:07Z","alert_id":"x"}"#,
                r#"{"type":"cpu","level":"warning","value":85.2,"threshold":80,
                    "status":"resolved","resolved_at":"2026-11-20T08:21:07Z"}"#,
            ),
            ("alert", r#"{"type":"198.51.100.7","level":"2001:db8::1","status":["a"]}"#, "{}"),
            ("status", r#"{"component":"02-00-00-00-00-01","status":"up"}"#, r#"{"status":"up"}"#),
            ("system", r#"{"event":"reboot","reason":"by bob"}"#, r#"{"event":"reboot"}"#),
            (
                "system",
                r#"{"event":"filesystem_read_only","mount_point":"/home/bob"}"#,
                r#"{"event":"filesystem_read_only"}"#,
            ),
            ("system", r#"{"event":"oom_kill","killed":2}"#, r#"{"event":"oom_kill","killed":2}"#),
            ("config", r#"{"event":"x","type":"x"}"#, "{}"),
        ] {
            let told = tell(event(kind, data), true);
            assert_eq!(told.data, serde_json::from_str::<Value>(shown).unwrap(), "{kind} {data}");
        }
    }
}
