//! `/api/notify`: whom the hub tells of alerts and how that goes, `/api/notify/{name}`: how whoever
//! may sets and removes them, and `/api/notify/{name}/test`: that somebody is told something now.
//!
//! The list is for whom may look with a token, a test for whom may silence: where anyone may look,
//! anyone could fill the owner's phone.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post, put};
use kinglet_proto::time::WallTime;
use serde::Serialize;

use super::Routes;
use crate::auth::Auth;
use crate::config::drop_ins::Receiver;
use crate::drop_in::{Keys, Sort, remove, secrets_of, set_from_afar, without_secrets};
use crate::hub::Hub;
use crate::notify::Report;
use crate::server::deny::{deny, stranger, wrong_method};
use crate::server::json::json;
use crate::server::keys::{answer, origin, read_keys};
use crate::server::operator::{note, refuse, refuse_owner};
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let one = put(set_receiver).delete(remove_receiver).fallback(other_method);
    vec![
        ("/api/notify", get(channels).fallback(wrong_method).with_state(hub.clone())),
        ("/api/notify/{name}", one.with_state(hub.clone())),
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
    /// To whoever may change it.
    #[serde(flatten)]
    written: Option<Written>,
}

/// What stands in a file.
#[derive(Serialize)]
struct Written {
    /// `config` (kinglet-hub.toml) or `drop_in` (a file of its own, which can be set here).
    origin: &'static str,
    at: String,
    /// The keys without the secrets.
    keys: Keys,
    /// The names of those that are set.
    secrets: Vec<&'static str>,
}

#[derive(Serialize)]
struct Sent {
    sent: bool,
}

async fn channels(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refused) = refuse_look(&hub.auth, &headers, &uri) {
        return refused;
    }
    let may_change = refuse_owner(&hub.auth, &headers, &uri).is_none();
    let pieces = if may_change { hub.drop_ins.pieces().receivers } else { Vec::new() };
    let row = |report: Report| {
        let piece = pieces.iter().find(|piece| piece.name == report.name);
        row(report, piece.map(|piece| written(&hub, piece)))
    };
    json(&Listed { channels: hub.notifier.reports().into_iter().map(row).collect() })
}

fn written(hub: &Hub, piece: &Receiver) -> Written {
    let (origin, at) = origin(&hub.drop_ins.base, &piece.place);
    let (keys, secrets) = (without_secrets(&piece.keys), secrets_of(&piece.keys));
    Written { origin, at, keys, secrets }
}

fn row(report: Report, written: Option<Written>) -> Row {
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
        written,
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

async fn set_receiver(
    State(hub): State<Arc<Hub>>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if let Some(refused) = refuse_owner(&hub.auth, &headers, &uri) {
        return refused;
    }
    let keys = match read_keys(body).await {
        Ok(keys) => keys,
        Err(refused) => return refused,
    };
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let before = hub.drop_ins.pieces().receivers.into_iter().find(|piece| piece.name == name);
    let before = before.map(|piece| piece.keys).unwrap_or_default();
    let subject = name.clone();
    let what = format!("[[notify]] \"{name}\" was set over HTTP");
    let done = hub.change_drop_ins(what, move |base| {
        let is_new = set_from_afar(base, &name, keys, &before)?;
        Ok(if is_new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
    });
    let done = done.await;
    if done.is_ok() {
        note(&hub.auth, &headers, &uri, "set receiver", &subject);
    }
    answer(done)
}

async fn remove_receiver(
    State(hub): State<Arc<Hub>>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refused) = refuse_owner(&hub.auth, &headers, &uri) {
        return refused;
    }
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let subject = name.clone();
    let what = format!("[[notify]] \"{name}\" was removed over HTTP");
    let done = hub.change_drop_ins(what, move |base| remove(base, Sort::Receiver, &name));
    let done = done.await;
    if done.is_ok() {
        note(&hub.auth, &headers, &uri, "removed receiver", &subject);
    }
    answer(done.map(|()| StatusCode::NO_CONTENT))
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

async fn other_method() -> Response {
    let text = "a receiver is set by PUT and removed by DELETE";
    deny(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
}

async fn only_post() -> Response {
    let text = "a test is sent by POST";
    deny(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
}
