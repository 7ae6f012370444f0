//! What an update says to viewers of each path, written once for all of them.

use std::sync::Arc;

use kinglet_proto::ingest::Scalar;
use kinglet_proto::sample::Sample;
use kinglet_proto::viewer::{
    Metrics, Performance, Topic, added, added_as, metrics, performance, public_part, removed,
    status, told,
};
use serde_json::{Map, Value};

use crate::fleet::{Reading, Snapshot, Told, Update};
use crate::server::viewer::{Audience, Notice};
use crate::sink::broadcast::Broadcast;

/// `/ws`: all that is told of.
pub(super) fn everything(update: &Update, broadcast: &Broadcast) -> Vec<Notice> {
    match update {
        Update::Reading(Reading { newest: true, host, sample, .. }) => {
            vec![metrics_of(host, sample, broadcast), performance_of(host, sample, broadcast)]
        }
        Update::Status(host) => vec![status_of(host, broadcast)],
        Update::Added(host) => vec![added_of(host, broadcast)],
        Update::Removed(id) => {
            let topic = Topic::new("server_removed", vec![("id".into(), text_of(id))]);
            vec![chosen(removed(broadcast.head(), id), topic)]
        }
        Update::Told(event) => event_of(event, broadcast).into_iter().collect(),
        Update::Reading(_) | Update::Aggregates(_) => Vec::new(),
    }
}

/// `/ws/performance`.
pub(super) fn performances(update: &Update, broadcast: &Broadcast) -> Vec<Notice> {
    if let Update::Reading(Reading { newest: true, host, sample, .. }) = update {
        return vec![performance_of(host, sample, broadcast)];
    }
    events(update, "performance", broadcast)
}

/// `/ws/alerts`.
pub(super) fn alerts(update: &Update, broadcast: &Broadcast) -> Vec<Notice> {
    events(update, "alert", broadcast)
}

/// `/ws/status`.
pub(super) fn statuses(update: &Update, broadcast: &Broadcast) -> Vec<Notice> {
    if let Update::Status(host) = update {
        return vec![status_of(host, broadcast)];
    }
    events(update, "status", broadcast)
}

/// `/ws` in rows: what happens, and whole readings of the hosts of which somebody looks at all.
/// The rows come by themselves.
pub(super) fn beside_rows(update: &Update, broadcast: &Broadcast) -> Vec<Notice> {
    match update {
        Update::Reading(Reading { newest: true, host, sample, .. }) => {
            let is_watched = broadcast.is_watched_whole(&host.id);
            is_watched.then(|| whole_of(host, sample, broadcast)).into_iter().collect()
        }
        Update::Added(host) => vec![added_with(host, broadcast.number(&host.id), broadcast)],
        Update::Told(event) if event.kind != "alert" => Vec::new(),
        Update::Told(_) | Update::Status(_) | Update::Removed(_) => everything(update, broadcast),
        Update::Reading(_) | Update::Aggregates(_) => Vec::new(),
    }
}

/// A reading for who looks at all fields of its host.
pub(super) fn whole_of(host: &Snapshot, sample: &Arc<Sample>, broadcast: &Broadcast) -> Notice {
    let audience = Audience::Whole(host.id.clone());
    Notice { audience, ..metrics_of(host, sample, broadcast) }
}

/// A host with the number that stands for it in rows.
pub(super) fn added_with(host: &Snapshot, number: u64, broadcast: &Broadcast) -> Notice {
    let topic = Topic::new("server_added", vec![("id".into(), text_of(&host.id))]);
    chosen(added_as(broadcast.head(), &host.host(), number), topic)
}

/// What a viewer hears of a host that was there before it.
pub(super) fn introduction(host: &Snapshot, broadcast: &Broadcast) -> Vec<Notice> {
    let mut notices = vec![added_of(host, broadcast), status_of(host, broadcast)];
    notices.extend(host.sample.as_ref().map(|sample| metrics_of(host, sample, broadcast)));
    notices
}

/// What an agent told, if it is of this type.
fn events(update: &Update, kind: &str, broadcast: &Broadcast) -> Vec<Notice> {
    let Update::Told(event) = update else { return Vec::new() };
    if event.kind != kind {
        return Vec::new();
    }
    event_of(event, broadcast).into_iter().collect()
}

fn metrics_of(host: &Snapshot, sample: &Arc<Sample>, broadcast: &Broadcast) -> Notice {
    let figures = Metrics { sample, public: broadcast.public() };
    let topic = Topic::new("metrics", vec![("server_id".into(), text_of(&host.id))]);
    chosen(metrics(broadcast.head(), &host.id, figures), topic)
}

fn performance_of(host: &Snapshot, sample: &Sample, broadcast: &Broadcast) -> Notice {
    let figures = Performance::of(sample);
    chosen(performance(broadcast.head(), &host.id, &figures), figures.topic(&host.id))
}

fn added_of(host: &Snapshot, broadcast: &Broadcast) -> Notice {
    let topic = Topic::new("server_added", vec![("id".into(), text_of(&host.id))]);
    chosen(added(broadcast.head(), &host.host()), topic)
}

fn status_of(host: &Snapshot, broadcast: &Broadcast) -> Notice {
    let state = if host.online { "online" } else { "offline" };
    let fields = vec![
        ("server_id".into(), text_of(&host.id)),
        ("component".into(), text_of(&host.id)),
        ("status".into(), text_of(state)),
        ("online".into(), Scalar::Switch(host.online)),
    ];
    chosen(status(broadcast.head(), &host.host()), Topic::new("status", fields))
}

/// What an agent told, of which anyone who may look sees a part; `None` when that is nothing.
fn event_of(event: &Told, broadcast: &Broadcast) -> Option<Notice> {
    let Told { host, kind, data, .. } = event;
    let mut data: Map<String, Value> = serde_json::from_str(data).ok()?;
    if broadcast.public() {
        data = public_part(kind, data);
    }
    let id = data.get("alert_id").and_then(Value::as_str).filter(|_| kind == "alert");
    let silenced = id.and_then(|id| broadcast.alerts().silenced(host, id));
    let text = told(broadcast.head(), kind, &host.id, &data, silenced);
    let topic = Topic::of(kind, &host.id, &data)?;
    (!data.is_empty()).then(|| chosen(text, topic))
}

fn chosen(text: String, topic: Topic) -> Notice {
    Notice { text: text.into(), topic, audience: Audience::Chosen }
}

fn text_of(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}
