//! What can be asked of the hub, by path.

mod agents;
mod api;
pub(crate) mod enroll;
mod page;
mod viewers;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::hub::Hub;

/// Every path of the hub.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    page::routes()
        .route("/healthz", get(api::health))
        .route("/api/hosts", get(api::hosts))
        .route("/ws/agent", get(agents::agent))
        .route(kinglet_proto::enroll::PATH, get(enroll::enroll))
        .route("/ws-report", get(agents::report))
        .route("/ws", get(viewers::panel))
        .route("/ws-frontend", get(viewers::frontend))
        .with_state(hub)
}
