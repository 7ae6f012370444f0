//! `/api/users`: who can sign in, and where each is; `/api/audit`: who changed what. For those who
//! may change the hub.

mod users;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{delete, get};
use kinglet_proto::time::WallTime;
use serde::Serialize;

use super::Routes;
use crate::hub::Hub;
use crate::limits::people::TRACES_SHOWN;
use crate::people::Traced;
use crate::server::deny::wrong_method;
use crate::server::json::json;
use crate::server::operator::refuse_owner;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![
        ("/api/audit", get(audit).fallback(wrong_method).with_state(hub.clone())),
        ("/api/users", get(users::list).post(users::add).with_state(hub.clone())),
        ("/api/users/{name}", delete(users::remove).patch(users::change).with_state(hub.clone())),
        (
            "/api/users/{name}/sessions",
            get(users::sessions).delete(users::end_all).with_state(hub.clone()),
        ),
        ("/api/users/{name}/sessions/{session}", delete(users::end).with_state(hub.clone())),
    ]
}

#[derive(Serialize)]
struct Audit {
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    at: WallTime,
    #[serde(skip_serializing_if = "String::is_empty")]
    who: String,
    what: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    /// From which address.
    #[serde(skip_serializing_if = "String::is_empty")]
    from: String,
}

async fn audit(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let traces = hub.auth.people().map(|people| people.traces(TRACES_SHOWN)).unwrap_or_default();
    let changes = traces.into_iter();
    let change =
        |Traced { at, who, what, subject, place: from }| Change { at, who, what, subject, from };
    let changes = changes.map(change);
    json(&Audit { changes: changes.collect() })
}
