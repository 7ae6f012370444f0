//! What the hub says of itself, beside its hosts: its STOMP sessions, and how its readings get to
//! their database.

use std::fmt::Write as _;

use crate::hub::Hub;
use crate::hub::sessions::Counted;

/// The families.
pub(super) fn families(hub: &Hub) -> String {
    sessions(hub.stomp_sessions.counted()) + &database(hub)
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
