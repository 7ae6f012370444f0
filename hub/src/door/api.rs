//! `/api/hosts` and `/healthz`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kinglet_proto::time::WallTime;
use kinglet_proto::viewer;
use serde::Serialize;

use crate::fleet::Snapshot;
use crate::hub::Hub;
use crate::server::token::Credentials;

/// `GET /healthz`: the hub runs. Nothing a stranger may not know.
pub(crate) async fn health(State(hub): State<Arc<Hub>>) -> Response {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
        version: &'static str,
        hosts: usize,
        online: usize,
        viewers: usize,
    }
    let (hosts, online) = hub.with_fleet(|fleet, _| fleet.counts());
    let (version, viewers) = (env!("CARGO_PKG_VERSION"), hub.viewers());
    json(&Health { status: "ok", version, hosts, online, viewers })
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

/// `GET /api/hosts`: every host with its last reading, to whom may look.
pub(crate) async fn hosts(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    #[derive(Serialize)]
    struct Hosts<'a> {
        time: WallTime,
        hosts: Vec<Entry<'a>>,
    }
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        let body = r#"{"error":"unauthorized","message":"a valid token is needed"}"#;
        let headers = [("content-type", "application/json"), ("www-authenticate", "Bearer")];
        return (StatusCode::UNAUTHORIZED, headers, body).into_response();
    }
    let (time, snapshots) =
        hub.with_fleet(|fleet, now| (now.wall, Vec::from_iter(fleet.snapshots())));
    let public = hub.auth.public();
    let entry = |snapshot| Entry::new(snapshot, public);
    json(&Hosts { time, hosts: snapshots.iter().map(entry).collect() })
}

fn json<T: Serialize>(value: &T) -> Response {
    let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
    (headers, serde_json::to_string(value).unwrap_or_default()).into_response()
}
