//! What the hub itself says of its hosts and of itself, in words.

use std::time::Duration;

use kinglet_proto::alert::Alert;
use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;

use super::entry::{Entry, OWN, Said};

/// The id of the alert about a host that is away.
pub(super) const OFFLINE: &str = "hub-offline";
/// The id of the alert about the hub's certificate.
pub(super) const CERTIFICATE: &str = "hub-certificate";
/// What the ids of those about disks that will be full begin with.
pub(super) const TREND: &str = "hub-disk_trend-";
/// What the hub is called where an alert is about itself and about no host.
pub(super) const SELF: &str = "kinglet-hub";

/// A host is away.
pub(super) fn offline(host: &HostId, held: Duration, since: WallTime, now: WallTime) -> Entry {
    let seconds = held.as_secs_f64();
    let said = Said {
        kind: "status".into(),
        level: "critical".into(),
        rule: "offline".into(),
        title: "Host offline".into(),
        message: format!("nothing is heard of it since {}", words(since)),
        value: seconds,
        threshold: seconds,
        suggestion: "look whether it has power and network, and whether the agent runs".into(),
        ..Said::default()
    };
    Entry { host: host.clone(), id: OFFLINE.into(), since: now, until: None, said }
}

/// A disk will be full.
pub(super) fn trend(
    host: &HostId,
    id: String,
    mount: &str,
    days: f64,
    within: f64,
    now: WallTime,
) -> Entry {
    let said = Said {
        kind: "filesystems".into(),
        level: "warning".into(),
        rule: "disk_trend".into(),
        series: format!("filesystems.{mount}.usage_percent"),
        title: "Disk will be full".into(),
        message: format!("{mount} will be full in {days:.0} days if it goes on like this"),
        value: (days * 10.0).round() / 10.0,
        threshold: within,
        suggestion: "see what grows: logs, caches, backups, images".into(),
        ..Said::default()
    };
    Entry { host: host.clone(), id, since: now, until: None, said }
}

/// The hub's certificate ends.
pub(super) fn certificate(host: HostId, ends: WallTime, days: f64, now: WallTime) -> Entry {
    let said = Said {
        kind: "certificate".into(),
        level: "warning".into(),
        rule: "certificate".into(),
        title: "The hub's certificate ends".into(),
        message: format!("the hub's certificate is good until {}", words(ends)),
        value: days.floor(),
        threshold: 14.0,
        suggestion: "renew it: the hub reads the file again within a minute".into(),
        ..Said::default()
    };
    Entry { host, id: CERTIFICATE.into(), since: now, until: None, said }
}

/// A time as people read it.
fn words(time: WallTime) -> String {
    let text = time.to_string();
    let (day, rest) = text.split_once('T').unwrap_or_default();
    format!("{day} {} UTC", rest.get(..5).unwrap_or_default())
}

/// A rule was met.
pub(super) fn figure(host: &HostId, alert: &Alert, now: WallTime) -> Entry {
    let said = Said {
        kind: alert.rule.kind().to_owned(),
        level: alert.rule.level.name().into(),
        rule: alert.rule.name.clone().into_owned(),
        series: alert.series.clone(),
        title: alert.title.clone(),
        message: alert.message.clone(),
        value: (alert.value * 10.0).round() / 10.0,
        threshold: alert.threshold,
        suggestion: alert.rule.suggestion.clone().into_owned(),
        ..Said::default()
    };
    let id = format!("{OWN}{}", alert.id);
    Entry { host: host.clone(), id, since: now, until: None, said }
}
