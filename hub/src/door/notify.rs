//! `/api/notify`: whom the hub tells of alerts and how that goes, and
//! `/api/notify/{name}/test`: that somebody is told something now.
//!
//! The list is for whom may look with a token, a test for whom may silence: where anyone may look,
//! anyone could fill the owner's phone.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use kinglet_proto::time::WallTime;
use serde::Serialize;

use super::Routes;
use crate::auth::Auth;
use crate::hub::Hub;
use crate::notify::Report;
use crate::server::deny::{deny, stranger, wrong_method};
use crate::server::json::json;
use crate::server::operator::refuse;
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![
        ("/api/notify", get(channels).fallback(wrong_method).with_state(hub.clone())),
        ("/api/notify/{name}/test", post(test).fallback(only_post).with_state(hub.clone())),
    ]
}

#[derive(Serialize)]
struct Listed {
    channels: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    kind: &'static str,
    /// `ok`, or why the last notice is not there.
    state: String,
    /// When the last notice was taken, since the hub's start.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<WallTime>,
    waiting: usize,
    sent: u64,
    failed: u64,
    held_back: u64,
}

#[derive(Serialize)]
struct Sent {
    sent: bool,
}

async fn channels(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refused) = refuse_look(&hub.auth, &headers, &uri) {
        return refused;
    }
    json(&Listed { channels: hub.notifier.reports().into_iter().map(row).collect() })
}

fn row(report: Report) -> Row {
    let Report { name, kind, counts, waiting, taken, failing } = report;
    let state = failing.unwrap_or_else(|| "ok".to_owned());
    Row {
        name,
        kind,
        state,
        taken,
        waiting,
        sent: counts.sent,
        failed: counts.failed,
        held_back: counts.held,
    }
}

async fn test(
    State(hub): State<Arc<Hub>>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refused) = refuse_test(&hub.auth, &headers, &uri) {
        return refused;
    }
    let tested = match &name {
        Ok(Path(name)) => hub.notifier.test(name).await,
        Err(_) => None,
    };
    match tested {
        Some(Ok(())) => json(&Sent { sent: true }),
        Some(Err(words)) => deny(StatusCode::BAD_GATEWAY, "not_sent", &words),
        None => {
            let text = "no [[notify]] has this name: /api/notify lists them";
            deny(StatusCode::NOT_FOUND, "unknown_channel", text)
        }
    }
}

/// What whoever may not know who is told is answered: who may look, unless anyone may.
fn refuse_look(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let token = Credentials::read(headers, uri).token;
    let may = if auth.public() { Auth::operator } else { Auth::viewer };
    let refusal = || if auth.has_operators() { stranger() } else { nobody() };
    (!may(auth, token.as_deref())).then(refusal)
}

/// What whoever may not send a test is answered.
fn refuse_test(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    if auth.has_operators() { refuse(auth, headers, uri) } else { Some(nobody()) }
}

fn nobody() -> Response {
    let text = "anyone may look at this hub, and [alerts] has no token_hash of who may more: \
                `kinglet-hub notify --test` sends a test";
    deny(StatusCode::FORBIDDEN, "public_hub", text)
}

async fn only_post() -> Response {
    let text = "a test is sent by POST";
    deny(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
}
