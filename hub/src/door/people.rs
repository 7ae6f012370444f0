//! `/api/users`: who can sign in; `/api/audit`: who changed what. For those who may change
//! something; that users are changed is the command's.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use kinglet_proto::time::WallTime;
use serde::Serialize;

use super::Routes;
use crate::hub::Hub;
use crate::limits::people::TRACES_SHOWN;
use crate::server::deny::wrong_method;
use crate::server::json::json;
use crate::server::operator::refuse_owner;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![
        ("/api/audit", get(audit).fallback(wrong_method).with_state(hub.clone())),
        ("/api/users", get(users).fallback(wrong_method).with_state(hub.clone())),
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
}

#[derive(Serialize)]
struct Users {
    users: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    role: &'static str,
    sessions: u32,
}

async fn audit(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let traces = hub.auth.people().map(|people| people.traces(TRACES_SHOWN)).unwrap_or_default();
    let changes = traces.into_iter();
    let changes = changes.map(|(at, [who, what, subject])| Change { at, who, what, subject });
    json(&Audit { changes: changes.collect() })
}

async fn users(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let users = hub.auth.people().map(|people| people.users()).unwrap_or_default().into_iter();
    let rows = users.map(|(user, sessions)| Row {
        name: user.name.to_string(),
        role: user.role.name(),
        sessions,
    });
    json(&Users { users: rows.collect() })
}
