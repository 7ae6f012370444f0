//! `/api/hosts` and `/api/hosts/{id}`: every host, or one, with its last reading, to whom may look.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use kinglet_proto::time::WallTime;
use kinglet_proto::viewer;
use serde::Serialize;

use super::Routes;
use crate::fleet::Snapshot;
use crate::hub::Hub;
use crate::server::deny::{stranger, unknown_host, wrong_method};
use crate::server::kept::{Keep, Tag, kept};
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![
        ("/api/hosts", get(hosts).fallback(wrong_method).with_state(hub.clone())),
        ("/api/hosts/{id}", get(host).fallback(wrong_method).with_state(hub.clone())),
    ]
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    host: viewer::Host<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<viewer::Metrics<'a>>,
}

impl<'a> Entry<'a> {
    fn new(snapshot: &'a Snapshot, public: bool) -> Self {
        let sample = snapshot.sample.as_deref();
        let metrics = sample.map(|sample| viewer::Metrics { sample, public });
        Self { host: snapshot.host(), metrics }
    }
}

async fn hosts(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    // Only the snapshots are taken while the fleet is locked.
    let (time, snapshots) =
        hub.with_fleet(|fleet, now| (now.wall, Vec::from_iter(fleet.snapshots())));
    let public = hub.auth.public();
    let hosts = snapshots.iter().map(|snapshot| Entry::new(snapshot, public));
    let hosts = serde_json::to_string(&Vec::from_iter(hosts)).unwrap_or_default();
    kept(&headers, Keep::Asking, &Tag::of(hosts.as_bytes()), listed(time, &hosts))
}

/// The list and when it was made, which is no part of what a tag stands for.
fn listed(time: WallTime, hosts: &str) -> String {
    format!(r#"{{"time":"{time}","hosts":{hosts}}}"#)
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
    let Some(snapshot) = snapshot else { return unknown_host() };
    let entry = serde_json::to_string(&Entry::new(&snapshot, hub.auth.public()));
    let entry = entry.unwrap_or_default();
    kept(&headers, Keep::Asking, &Tag::of(entry.as_bytes()), entry)
}
