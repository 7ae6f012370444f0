//! Alerts and silences as they travel, and what of them anyone may see: of an alert what the live
//! viewers are told, of both not who wrote what.

use std::collections::BTreeSet;

use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
use serde::Serialize;

use crate::alert::{Acknowledged, Desk, Entry, Said, Scope, Silence, is_own};
use crate::hub::Hub;

/// An alert.
#[derive(Serialize)]
pub(super) struct Alert<'a> {
    host: &'a str,
    alert_id: &'a str,
    source: &'static str,
    status: &'static str,
    since: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<WallTime>,
    r#type: &'a str,
    level: &'a str,
    rule: &'a str,
    title: &'a str,
    message: &'a str,
    value: f64,
    threshold: f64,
    #[serde(skip_serializing_if = "str::is_empty")]
    series: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    suggestion: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    resolution: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<Known<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silenced_until: Option<WallTime>,
}

/// That somebody knows of it.
#[derive(Serialize)]
struct Known<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    by: &'a str,
    at: WallTime,
}

/// A silence.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    id: u64,
    #[serde(flatten)]
    scope: &'a Scope,
    from: WallTime,
    until: WallTime,
    #[serde(skip_serializing_if = "str::is_empty")]
    by: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    comment: &'a str,
}

/// The list of alerts, as JSON.
pub(super) fn alerts(hub: &Hub, entries: &[Entry], sees_all: bool, change: &'static str) -> String {
    #[derive(Serialize)]
    struct Listed<'a> {
        alerts: Vec<Alert<'a>>,
        change: &'static str,
    }
    let alerts = entries.iter().map(|entry| alert(hub, entry, sees_all)).collect();
    serde_json::to_string(&Listed { alerts, change }).unwrap_or_default()
}

/// One alert.
pub(super) fn alert<'a>(hub: &Hub, entry: &'a Entry, sees_all: bool) -> Alert<'a> {
    let Entry { host, id, since, until, said } = entry;
    let Said { kind, level, rule, title, message, value, threshold, .. } = said;
    let known = |Acknowledged { by, at }: &'a Acknowledged| Known {
        by: if sees_all { by } else { "" },
        at: *at,
    };
    let all = |text: &'a String| if sees_all { text.as_str() } else { "" };
    Alert {
        host,
        alert_id: id,
        source: if is_own(id) { "hub" } else { "agent" },
        status: if until.is_some() { "resolved" } else { "active" },
        since: *since,
        until: *until,
        r#type: kind,
        level,
        rule,
        title,
        message,
        value: *value,
        threshold: *threshold,
        series: all(&said.series),
        suggestion: all(&said.suggestion),
        resolution: all(&said.resolution),
        acknowledged: said.acknowledged.as_ref().map(known),
        silenced_until: silenced(hub, host, id).filter(|_| until.is_none()),
    }
}

fn silenced(hub: &Hub, host: &HostId, id: &str) -> Option<WallTime> {
    let snapshot = hub.with_fleet(|fleet, _| fleet.snapshot(host));
    let group = snapshot.and_then(|host| host.label.group.clone()).unwrap_or_default();
    hub.alerts.with(|desk, now| desk.silenced(host, &group, id, now.wall))
}

/// One silence.
pub(super) fn silence(silence: &Silence, sees_all: bool) -> Shown<'_> {
    let Silence { id, scope, from, until, by, comment } = silence;
    let all = |text: &'static str, own| if sees_all { own } else { text };
    Shown { id: *id, scope, from: *from, until: *until, by: all("", by), comment: all("", comment) }
}

/// All of them and the hours of maintenance, as JSON.
/// Those that name a hidden host are left out.
pub(super) fn silences(
    desk: &Desk,
    now: WallTime,
    sees_all: bool,
    hidden: &BTreeSet<String>,
) -> String {
    #[derive(Serialize)]
    struct Open<'a> {
        #[serde(flatten)]
        scope: &'a Scope,
        until: WallTime,
    }
    #[derive(Serialize)]
    struct Listed<'a> {
        silences: Vec<Shown<'a>>,
        maintenance: Vec<Open<'a>>,
    }
    let is_seen = |scope: &Scope| !scope.hosts.iter().any(|host| hidden.contains(host));
    let silences = desk.silences().iter().filter(|each| is_seen(&each.scope));
    let silences = silences.map(|each| silence(each, sees_all)).collect();
    let windows = desk.windows_open(now).into_iter().filter(|(scope, _)| is_seen(scope));
    let maintenance = windows.map(|(scope, until)| Open { scope, until }).collect();
    serde_json::to_string(&Listed { silences, maintenance }).unwrap_or_default()
}
