//! `/api/hosts`: every host with its last reading, to whom may look.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kinglet_proto::time::WallTime;
use kinglet_proto::viewer;
use serde::Serialize;

use super::Routes;
use crate::fleet::Snapshot;
use crate::hub::Hub;
use crate::server::json::json;
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/api/hosts", get(hosts).with_state(hub.clone()))]
}

#[derive(Serialize)]
struct Hosts<'a> {
    time: WallTime,
    hosts: Vec<Entry<'a>>,
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
        let body = r#"{"error":"unauthorized","message":"a valid token is needed"}"#;
        let headers = [("content-type", "application/json"), ("www-authenticate", "Bearer")];
        return (StatusCode::UNAUTHORIZED, headers, body).into_response();
    }
    // Only the snapshots are taken while the fleet is locked.
    let (time, snapshots) =
        hub.with_fleet(|fleet, now| (now.wall, Vec::from_iter(fleet.snapshots())));
    let public = hub.auth.public();
    let hosts = snapshots.iter().map(|snapshot| Entry::new(snapshot, public)).collect();
    json(&Hosts { time, hosts })
}
