//! What the hub says of itself, beside its hosts: its STOMP sessions, how its readings get to their
//! database, how many alerts are open, and how notices get to whom they are for.

use std::fmt::Write as _;

use crate::alert::Counts;
use crate::hub::Hub;
use crate::hub::sessions::Counted;
use crate::notify::Report;

/// The families.
pub(super) fn families(hub: &Hub) -> String {
    let notices = notices(&hub.notifier.reports());
    sessions(hub.stomp_sessions.counted()) + &database(hub) + &alerts(hub) + &notices
}

/// Empty where there is none.
fn database(hub: &Hub) -> String {
    let Some(report) = hub.influx.as_ref().map(|influx| influx.report()) else {
        return String::new();
    };
    let up = report.failing.is_none() && report.disk.is_none();
    let mut text = String::new();
    for (name, kind, help, value) in [
        ("up", "gauge", "Whether the database takes readings.", u64::from(up)),
        ("queue_bytes", "gauge", "What waits for it on the disk, packed.", report.queue_bytes),
        ("batches_total", "counter", "Requests that it took.", report.sent),
        ("dropped_total", "counter", "Points for which the queue had no room.", report.dropped),
        (
            "refused_total",
            "counter",
            "Points of batches it refused, in part or whole.",
            report.refused,
        ),
    ] {
        let name = format!("kinglet_hub_influxdb_{name}");
        // Writing to a string does not fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    }
    text
}

/// A figure of a channel.
type Figure = fn(&Report) -> u64;

/// Empty where nobody is told of alerts.
fn notices(reports: &[Report]) -> String {
    const FAMILIES: [(&str, &str, &str, Figure); 5] = [
        ("up", "gauge", "Whether the last notice is there.", |report| {
            u64::from(report.failing.is_none())
        }),
        ("waiting", "gauge", "Notices that wait.", |report| report.waiting as u64),
        ("sent_total", "counter", "Notices that are there.", |report| report.counts.sent),
        (
            "failed_total",
            "counter",
            "Notices that were refused, or too old to be sent.",
            |report| report.counts.failed,
        ),
        ("held_back_total", "counter", "Notices that were held back for a digest.", |report| {
            report.counts.held
        }),
    ];
    let mut text = String::new();
    for (name, kind, help, figure) in FAMILIES.iter().filter(|_| !reports.is_empty()) {
        let name = format!("kinglet_hub_notify_{name}");
        // Writing to a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for report in reports {
            let channel = escaped(&report.name);
            let value = figure(report);
            let _ = writeln!(text, "{name}{{name=\"{channel}\",kind=\"{}\"}} {value}", report.kind);
        }
    }
    text
}

/// A label's value, by the text format's rules.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

/// Alerts of agents and of the hub's own.
fn alerts(hub: &Hub) -> String {
    let Counts { warning, critical } = hub.alerts.with(|desk, _| desk.counts());
    format!(
        "# HELP kinglet_hub_alerts_open Alerts that are open, by level.\n\
         # TYPE kinglet_hub_alerts_open gauge\n\
         kinglet_hub_alerts_open{{level=\"warning\"}} {warning}\n\
         kinglet_hub_alerts_open{{level=\"critical\"}} {critical}\n"
    )
}

/// The sessions of the STOMP endpoint.
fn sessions(counted: Counted) -> String {
    let Counted { connected, clean, closed, lost } = counted;
    let mut text = format!(
        "# HELP kinglet_hub_stomp_connected_total STOMP sessions that were let in.\n\
         # TYPE kinglet_hub_stomp_connected_total counter\n\
         kinglet_hub_stomp_connected_total {connected}\n\
         # HELP kinglet_hub_stomp_ended_total STOMP sessions that are over, by how they ended.\n\
         # TYPE kinglet_hub_stomp_ended_total counter\n"
    );
    for (how, count) in [("clean", clean), ("closed", closed), ("lost", lost)] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "kinglet_hub_stomp_ended_total{{how=\"{how}\"}} {count}");
    }
    text
}
