//! `/healthz`: the hub runs. Nothing in it a stranger may not know.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use super::Routes;
use crate::hub::Hub;
use crate::hub::sessions::Counted;
use crate::server::json::json;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/healthz", get(health).with_state(hub.clone()))]
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    hosts: usize,
    online: usize,
    viewers: usize,
    /// `ok`, or why nothing is remembered at the moment.
    store: String,
    /// The sessions of the STOMP endpoint since the hub's start.
    stomp: Counted,
}

async fn health(State(hub): State<Arc<Hub>>) -> Response {
    let (hosts, online) = hub.with_fleet(|fleet, _| fleet.counts());
    let (version, viewers) = (env!("CARGO_PKG_VERSION"), hub.viewers());
    let store = hub.history.state().failing.unwrap_or_else(|| "ok".to_owned());
    let stomp = hub.stomp_sessions.counted();
    json(&Health { status: "ok", version, hosts, online, viewers, store, stomp })
}
