//! The sockets: thin shells around [`crate::fleet`].

mod agents;
mod api;
mod capped;
mod enroll;
mod hub;
mod listen;
mod page;
mod tls;
mod token;
mod viewers;
mod ws;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use self::hub::Hub;
pub use listen::{ServeError, Server};
pub use tls::check as check_tls;
pub use tls::pin;

/// Every path of the hub.
fn router(hub: Arc<Hub>) -> Router {
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
