//! What can be asked of the hub, by path.
//!
//! A door is a file with one set of paths and a row of [`DOORS`]. No door knows another: what they
//! share is the hub, its sinks, and what `server` has for them.

mod agents;
mod api;
pub(crate) mod enroll;
mod frontend;
mod page;
mod panel;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get};

use crate::hub::Hub;
use crate::sink::Sinks;

/// Paths, and what answers at each.
type Routes = Vec<(&'static str, MethodRouter)>;

/// Opens one door.
type Door = fn(&Arc<Hub>, &Sinks) -> Routes;

/// Every door.
const DOORS: &[Door] = &[panel::routes, frontend::routes];

/// Every path of the hub.
pub(crate) fn router(hub: &Arc<Hub>, sinks: &Sinks) -> Router {
    let rest = page::routes()
        .route("/healthz", get(api::health))
        .route("/api/hosts", get(api::hosts))
        .route("/ws/agent", get(agents::agent))
        .route(kinglet_proto::enroll::PATH, get(enroll::enroll))
        .route("/ws-report", get(agents::report))
        .with_state(hub.clone());
    let routes = DOORS.iter().flat_map(|door| door(hub, sinks));
    routes.fold(rest, |router, (path, answer)| router.route(path, answer))
}
