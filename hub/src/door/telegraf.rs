//! `/ws/telegraf`, `/write`, `/api/v2/write` and what is asked beside them: telegraf reports here
//! as to a WebSocket, or as to an InfluxDB of either kind.

mod packed;
mod reporters;
mod socket;
mod speaker;
mod write;

use std::sync::Arc;

use axum::routing::{get, post};
use reporters::Reporters;
use tokio::sync::Semaphore;

use super::Routes;
use crate::hub::Hub;
use crate::limits::POINTS_REQUESTS_MAX;
use crate::sink::Sinks;

/// What both ways in share.
#[derive(Clone)]
struct Door {
    hub: Arc<Hub>,
    reporters: Arc<Reporters>,
    /// Places for bodies that are being read.
    bodies: Arc<Semaphore>,
}

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let reporters = Arc::new(Reporters::new(hub.clone()));
    let door =
        Door { hub: hub.clone(), reporters, bodies: Arc::new(Semaphore::new(POINTS_REQUESTS_MAX)) };
    vec![
        ("/ws/telegraf", get(socket::open).with_state(door.clone())),
        ("/write", post(write::points).with_state(door.clone())),
        ("/api/v2/write", post(write::points).with_state(door.clone())),
        ("/query", get(write::query).post(write::query).with_state(door)),
        ("/ping", get(write::ping)),
    ]
}
