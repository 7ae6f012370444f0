//! An alert as it was told, by an agent or by the hub: what a notice needs of it. Pure.

use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fleet::Told;

/// The type of a message that tells one.
const KIND: &str = "alert";

/// How bad it is; the worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nobody needs to be told.
    Info,
    /// To be looked at.
    Warning,
    /// To be looked at now.
    Critical,
}

impl Level {
    /// As it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// What agents of others call it is a warning where nothing better is known.
    fn read(text: &str) -> Self {
        match text {
            "info" => Self::Info,
            "critical" => Self::Critical,
            _ => Self::Warning,
        }
    }
}

/// An alert that fired, or that is over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alert {
    pub(super) host: HostId,
    /// What its host is called.
    pub(super) name: String,
    /// Its host's group; empty for none.
    pub(super) group: String,
    /// Its id, stable from fired to resolved.
    pub(super) id: String,
    pub(super) level: Level,
    /// It is over.
    pub(super) is_over: bool,
    /// Its owner silenced it, as the hub knows and its host does not: nobody is told.
    pub(super) is_silenced: bool,
    /// A few words; of one that is over often empty.
    pub(super) title: String,
    /// What was seen; of one that is over, how it ended.
    pub(super) message: String,
    /// What may help; empty for nothing.
    pub(super) suggestion: String,
    /// The figure and its line, as they were told; empty for none.
    pub(super) value: String,
    pub(super) threshold: String,
    /// When the hub heard of it.
    pub(super) at: WallTime,
}

impl Alert {
    /// Reads what was told; `None` for what is no alert.
    pub(super) fn read(told: &Told) -> Option<Self> {
        let Told { host, kind, data, received, .. } = told;
        if kind != KIND {
            return None;
        }
        let data: Value = serde_json::from_str(data).ok()?;
        let text = |path: &str| match data.pointer(path) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) | None => String::new(),
        };
        let first = |paths: [&str; 2]| {
            let found = paths.into_iter().map(text).find(|text| !text.is_empty());
            found.unwrap_or_default()
        };
        let id = first(["/alert_id", "/id"]);
        let is_over = first(["/status", "/state"]) == "resolved";
        (!id.is_empty()).then(|| Self {
            host: host.id.clone(),
            name: host.host().name.to_owned(),
            group: host.host().group.to_owned(),
            id,
            level: Level::read(&text("/level")),
            is_over,
            is_silenced: false,
            title: text("/title"),
            message: if is_over { first(["/resolution", "/message"]) } else { text("/message") },
            suggestion: text("/metadata/suggestion"),
            value: text("/value"),
            threshold: text("/threshold"),
            at: received.wall,
        })
    }

    /// Whose, and which: the same from its beginning to its end. A host's id has no blank in it.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.host, self.id)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use kinglet_proto::ingest::Label;
    use kinglet_proto::time::{Instant, Now};

    use super::*;
    use crate::fleet::Snapshot;

    /// What a host of a group told.
    pub(crate) fn told(kind: &str, data: &str) -> Told {
        let label = Label {
            name: Some("Web".to_owned()),
            group: Some("production".to_owned()),
            ..Label::default()
        };
        let id = HostId::parse("web-1").unwrap();
        let host =
            Snapshot { id, label: Arc::new(label), online: true, last_seen: None, sample: None };
        let received = Now {
            instant: Instant::default(),
            wall: WallTime::from_unix_millis(1_795_000_000_000),
        };
        let (kind, data, place, again) = (kind.to_owned(), data.to_owned(), None, false);
        Told { host, kind, data, received, place, again }
    }

    pub(crate) fn alert(id: &str, level: &str, status: &str) -> Alert {
        let data = format!(
            r#"{{"alert_id":"{id}","type":"filesystems","level":"{level}","status":"{status}",
            "title":"Disk almost full","message":"/srv is 93.3% full","value":93.3,
            "threshold":90.0,"metadata":{{"suggestion":"make room"}}}}"#
        );
        Alert::read(&told("alert", &data)).unwrap()
    }

    #[test]
    fn the_documented_forms_are_read() {
        let fired = alert("a", "critical", "active");
        assert_eq!(
            (fired.level, fired.is_over, fired.is_silenced),
            (Level::Critical, false, false)
        );
        assert_eq!((&*fired.name, &*fired.group), ("Web", "production"));
        assert_eq!(
            (&*fired.value, &*fired.threshold, &*fired.suggestion),
            ("93.3", "90.0", "make room")
        );
        let over = r#"{"alert_id":"a","level":"warning","status":"resolved","resolution":"well"}"#;
        let over = Alert::read(&told("alert", over)).unwrap();
        assert!(over.is_over && over.title.is_empty());
        assert_eq!((&*over.message, over.key()), ("well", fired.key()));
    }

    #[test]
    fn no_host_silences_itself_and_what_is_no_alert_is_none() {
        let data = r#"{"alert_id":"a","level":"odd","metadata":{"silenced":true}}"#;
        let alert = Alert::read(&told("alert", data)).unwrap();
        assert!(!alert.is_silenced && alert.level == Level::Warning);
        assert_eq!(Alert::read(&told("status", r#"{"alert_id":"a"}"#)), None);
        assert_eq!(Alert::read(&told("alert", "{}")), None);
        assert_eq!(Alert::read(&told("alert", "[]")), None);
    }
}
