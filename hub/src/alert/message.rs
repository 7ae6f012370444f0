//! The hub's own alerts as they are told: in the form of an agent's, and with `source` beside the
//! rule.

use kinglet_proto::time::WallTime;
use serde_json::json;

use super::Entry;

impl Entry {
    /// `data` of its message, for whoever is told of it later.
    pub fn message(&self) -> String {
        fired(self)
    }
}

/// `data` of one that fires.
pub(super) fn fired(entry: &Entry) -> String {
    let said = &entry.said;
    json!({
        "alert_id": entry.id,
        "type": said.kind,
        "level": said.level,
        "title": said.title,
        "message": said.message,
        "value": said.value,
        "threshold": said.threshold,
        "status": "active",
        "metadata": {
            "rule": said.rule,
            "series": said.series,
            "suggestion": said.suggestion,
            "source": "hub",
        },
    })
    .to_string()
}

/// `data` of one that is over.
pub(super) fn resolved(entry: &Entry, at: WallTime) -> String {
    let said = &entry.said;
    json!({
        "alert_id": entry.id,
        "type": said.kind,
        "level": said.level,
        "status": "resolved",
        "resolved_at": at,
        "resolution": said.resolution,
        "resolved_by": "kinglet-hub",
        "metadata": { "rule": said.rule, "source": "hub" },
    })
    .to_string()
}
