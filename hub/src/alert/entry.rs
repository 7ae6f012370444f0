//! One alert, as it is listed and kept.

use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the ids of the hub's own begin with.
pub(super) const OWN: &str = "hub-";

/// An alert of one host, open or over.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Whose.
    pub host: HostId,
    /// Its id, the same each time it fires on this host.
    pub id: String,
    /// When it began, by the hub's clock.
    pub since: WallTime,
    /// When it ended; `None` while it is open.
    pub until: Option<WallTime>,
    /// What was said of it.
    pub said: Said,
}

/// What is said of an alert.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// What it is about, as `cpu`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `warning` or `critical`.
    pub level: String,
    /// The rule's name.
    pub rule: String,
    /// Which figure; empty for none.
    pub series: String,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub message: String,
    /// What was seen.
    pub value: f64,
    /// The line it crossed.
    pub threshold: f64,
    /// What to do about it; empty for nothing.
    pub suggestion: String,
    /// Why it ended; empty while it is open.
    pub resolution: String,
    /// The group of its host when it began, by which it is silent until that host is heard of
    /// again; empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Who knows of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledged>,
}

/// That somebody knows of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Who; what they call themselves.
    pub by: String,
    /// When.
    pub at: WallTime,
}

impl Said {
    /// What an agent's alert says.
    pub(super) fn read(id: &str, data: &Map<String, Value>) -> Self {
        let text = |from: &Map<String, Value>, key: &str| {
            from.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let number = |key: &str| data.get(key).and_then(Value::as_f64).unwrap_or_default();
        let none = Map::new();
        let more = data.get("metadata").and_then(Value::as_object).unwrap_or(&none);
        Self {
            kind: text(data, "type"),
            level: if text(data, "level") == "critical" { "critical" } else { "warning" }.into(),
            rule: rule_of(id).to_owned(),
            series: text(more, "series"),
            title: text(data, "title"),
            message: text(data, "message"),
            value: number("value"),
            threshold: number("threshold"),
            suggestion: text(more, "suggestion"),
            ..Self::default()
        }
    }
}

/// Whether it is the hub's own.
pub fn is_own(id: &str) -> bool {
    id.starts_with(OWN)
}

/// The rule that an alert's id names: `disk` of `disk-38bdc3b6d1ecd2a1`; the whole of an id that
/// has another form. Silences go by it, and an alert that is over says no other.
pub fn rule_of(id: &str) -> &str {
    let id = id.strip_prefix(OWN).unwrap_or(id);
    match id.rsplit_once('-') {
        Some((rule, key)) if key.len() == 16 && key.bytes().all(|c| c.is_ascii_hexdigit()) => rule,
        Some(_) | None => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_rule() {
        for (id, rule) in [
            ("disk-38bdc3b6d1ecd2a1", "disk"),
            ("hub-disk-38bdc3b6d1ecd2a1", "disk"),
            ("hub-offline", "offline"),
            ("cpu-high", "cpu-high"),
            ("", ""),
        ] {
            assert_eq!(rule_of(id), rule, "{id}");
        }
    }
}
