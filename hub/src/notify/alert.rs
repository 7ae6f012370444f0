//! An alert as it was told, by an agent or by the hub: what a notice needs of it. Pure.

use serde_json::Value;

use super::notice::{Level, Notice, State};
use crate::fleet::Told;

/// The type of a message that tells one.
const KIND: &str = "alert";

/// An alert that fired, or that is over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alert {
    /// What is said of it. The title of one that is over is often empty.
    pub(super) notice: Notice,
    /// Its owner silenced it, as the hub knows and its host does not: nobody is told.
    pub(super) is_silenced: bool,
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
        if id.is_empty() {
            return None;
        }
        let notice = Notice {
            state: if is_over { State::Resolved } else { State::Fired },
            level: Level::read(&text("/level")),
            host: host.id.to_string(),
            name: host.host().name.to_owned(),
            group: host.host().group.to_owned(),
            id,
            title: text("/title"),
            message: if is_over { first(["/resolution", "/message"]) } else { text("/message") },
            suggestion: text("/metadata/suggestion"),
            value: text("/value"),
            threshold: text("/threshold"),
            at: received.wall,
        };
        Some(Self { notice, is_silenced: false })
    }

    /// Whose, and which: the same from its beginning to its end. A host's id has no blank in it.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.notice.host, self.notice.id)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use kinglet_proto::host::HostId;
    use kinglet_proto::ingest::Label;
    use kinglet_proto::time::{Instant, Now, WallTime};

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
        let host = Snapshot {
            id,
            label: Arc::new(label),
            online: true,
            stopped: false,
            last_seen: None,
            sample: None,
        };
        let received = Now {
            instant: Instant::default(),
            wall: WallTime::from_unix_millis(1_795_000_000_000),
        };
        let (kind, data, place, again) = (kind.to_owned(), data.to_owned(), None, false);
        Told { host, kind, data, received, age: std::time::Duration::ZERO, place, again }
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
        let Alert { notice: fired, is_silenced } = alert("a", "critical", "active");
        assert_eq!((fired.level, fired.state, is_silenced), (Level::Critical, State::Fired, false));
        assert_eq!((&*fired.name, &*fired.group), ("Web", "production"));
        assert_eq!(
            (&*fired.value, &*fired.threshold, &*fired.suggestion),
            ("93.3", "90.0", "make room")
        );
        let over = r#"{"alert_id":"a","level":"warning","status":"resolved","resolution":"well"}"#;
        let over = Alert::read(&told("alert", over)).unwrap();
        assert_eq!((over.notice.state, &*over.notice.title), (State::Resolved, ""));
        assert_eq!((&*over.notice.message, &*over.key()), ("well", "web-1 a"));
    }

    #[test]
    fn no_host_silences_itself_and_what_is_no_alert_is_none() {
        let data = r#"{"alert_id":"a","level":"odd","metadata":{"silenced":true}}"#;
        let alert = Alert::read(&told("alert", data)).unwrap();
        assert!(!alert.is_silenced && alert.notice.level == Level::Warning);
        assert_eq!(Alert::read(&told("status", r#"{"alert_id":"a"}"#)), None);
        assert_eq!(Alert::read(&told("alert", "{}")), None);
        assert_eq!(Alert::read(&told("alert", "[]")), None);
    }
}
