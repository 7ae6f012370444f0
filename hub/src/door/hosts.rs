//! `/api/hosts` and `/api/hosts/{id}`: every host, or one, with its last reading, to whom may look;
//! and to whom may, how to change one.

mod change;
mod parts;

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::StreamExt;
use futures_util::stream::{iter, unfold};
use kinglet_proto::host::HostId;
use kinglet_proto::viewer;
use parts::{Parts, Reader};
use serde::Serialize;

use super::Routes;
use crate::clock;
use crate::fleet::{Sight, Snapshot};
use crate::hub::Hub;
use crate::server::deny::{stranger, unknown_host, wrong_method};
use crate::server::kept::{Keep, Tag, kept};
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;

/// What the list needs.
#[derive(Clone)]
struct Door {
    hub: Arc<Hub>,
    /// What tells the tags of this start from those of others.
    started: u64,
    /// By what readers see: all, and what strangers do.
    parts: [Arc<Parts>; 2],
}

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let door = Door {
        hub: hub.clone(),
        started: clock::now().wall.unix_millis(),
        parts: Default::default(),
    };
    vec![
        ("/api/hosts", get(hosts).fallback(wrong_method).with_state(door)),
        (
            "/api/hosts/{id}",
            get(host)
                .patch(change::set)
                .delete(change::delete)
                .fallback(change::other_method)
                .with_state(hub.clone()),
        ),
        ("/api/hosts/{id}/revoke", post(change::revoke).with_state(hub.clone())),
    ]
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    host: viewer::Host<'a>,
    /// Those alone see that it is hidden who see it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<viewer::Metrics<'a>>,
}

impl<'a> Entry<'a> {
    fn new(snapshot: &'a Snapshot, public: bool) -> Self {
        let sample = snapshot.sample.as_deref();
        let metrics = sample.map(|sample| viewer::Metrics { sample, public });
        Self { host: snapshot.host(), hidden: snapshot.label.hidden, metrics }
    }
}

/// A long list is written as it is read, some hosts at a time: an answer that nobody reads costs
/// what some hosts do, not what the fleet does. Each host is as it is when its turn comes, and is
/// written once for all who read at the same time.
async fn hosts(State(door): State<Door>, headers: HeaderMap, uri: Uri) -> Response {
    let Door { hub, started, parts } = door;
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    let sight = sight::of(&hub.auth, &headers, &uri);
    let [all, public] = parts;
    let parts = if sight == Sight::All { all } else { public };
    // What comes after this is another state, and has another tag.
    let (time, changes) = hub.with_fleet(|fleet, now| (now.wall, fleet.changes()));
    let tag = Tag::of(format!("{started} {changes} {sight:?}").as_bytes());
    let reader = Reader::new(hub, parts, sight);
    let first = reader.read(None);
    let begin = format!(r#"{{"time":"{time}","hosts":["#);
    if first.is_short() {
        let whole = [begin.as_bytes(), &first.text, b"]}"].concat();
        return kept(&headers, Keep::Asking, &tag, whole);
    }
    let after = first.last();
    let begun = [Ok(begin.into()), Ok(first.text)];
    let rest = unfold(after, move |after| ready(after.map(|after| next(&reader, &after))));
    let parts = iter(begun).chain(rest);
    // The layer that packs it asks once more after its end.
    kept(&headers, Keep::Asking, &tag, Body::from_stream(parts.fuse()))
}

/// The part behind a host, and the last one in it; the end, and `None`, where there is none.
fn next(reader: &Reader, after: &HostId) -> (Result<Bytes, Infallible>, Option<HostId>) {
    let part = reader.read(Some(after));
    match part.last() {
        Some(last) => (Ok(part.text), Some(last)),
        None => (Ok("]}".into()), None),
    }
}

/// Hosts with commas between.
fn entries(hosts: &[Snapshot], public: bool) -> String {
    let one = |host| serde_json::to_string(&Entry::new(host, public)).unwrap_or_default();
    hosts.iter().map(one).collect::<Vec<_>>().join(",")
}

async fn host(
    State(hub): State<Arc<Hub>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    let snapshot = id.ok().and_then(|Path(id)| hub.with_fleet(|fleet, _| fleet.snapshot(&id)));
    let sight = sight::of(&hub.auth, &headers, &uri);
    let Some(snapshot) = snapshot.filter(|host| sight.sees(host)) else { return unknown_host() };
    let entry = serde_json::to_string(&Entry::new(&snapshot, hub.auth.public()));
    let entry = entry.unwrap_or_default();
    kept(&headers, Keep::Asking, &Tag::of(entry.as_bytes()), entry)
}
