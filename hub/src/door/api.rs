//! `/api/hosts` and `/healthz`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kinglet_proto::time::WallTime;
use kinglet_proto::viewer;
use serde::Serialize;

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

/// `GET /api/hosts`: every host with its last reading, to whom may look.
pub(crate) async fn hosts(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
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
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        let body = r#"{"error":"unauthorized","message":"a valid token is needed"}"#;
        let headers = [("content-type", "application/json"), ("www-authenticate", "Bearer")];
        return (StatusCode::UNAUTHORIZED, headers, body).into_response();
    }
    hub.with_fleet(|fleet, now| {
        let views = fleet.ids().filter_map(|id| fleet.view(id));
        let hosts = views.map(|(host, metrics)| Entry { host, metrics }).collect();
        json(&Hosts { time: now.wall, hosts })
    })
}

fn json<T: Serialize>(value: &T) -> Response {
    let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
    (headers, serde_json::to_string(value).unwrap_or_default()).into_response()
}
