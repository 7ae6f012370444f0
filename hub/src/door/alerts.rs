//! `/api/alerts` and `/api/silences`: which alerts are open and which were, who knows of them, and
//! what is silent, to whom may look; and to whom may, how to change that.

mod listed;
mod question;
mod remark;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kinglet_proto::host::HostId;
use question::{Question, Which};
use remark::{Acknowledgement, WantedSilence};
use tracing::{info, warn};

use super::Routes;
use crate::alert::{Entry, Silence};
use crate::clock;
use crate::fleet::Sight;
use crate::history::QueryError;
use crate::hub::Hub;
use crate::server::deny::{bad_parameter, deny, stranger, unknown_host, wrong_method};
use crate::server::json::json;
use crate::server::kept::{Keep, Tag, kept};
use crate::server::operator::{self, may_change, refuse};
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let one = post(acknowledge).delete(forget);
    let silences = get(silences).post(silence);
    vec![
        ("/api/alerts", get(alerts).fallback(wrong_method).with_state(hub.clone())),
        (
            "/api/alerts/{host}/{alert}/acknowledge",
            one.fallback(other_method).with_state(hub.clone()),
        ),
        ("/api/silences", silences.fallback(other_method).with_state(hub.clone())),
        (
            "/api/silences/{silence}",
            axum::routing::delete(end_silence).fallback(other_method).with_state(hub.clone()),
        ),
    ]
}

async fn other_method() -> Response {
    let text = "this path has no such method: Allow lists those it has";
    deny(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
}

/// Whether a request may look, and whether it sees all.
fn look(hub: &Hub, headers: &HeaderMap, uri: &Uri) -> Option<bool> {
    let token = Credentials::read(headers, uri).token;
    let (may, sees_all) = (hub.auth.viewer(token.as_deref()), hub.auth.operator(token.as_deref()));
    may.then_some(sees_all || !hub.auth.public())
}

async fn alerts(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    let Some(sees_all) = look(&hub, &headers, &uri) else { return stranger() };
    let question = match Question::read(&uri, clock::now().wall) {
        Ok(question) => question,
        Err(fault) => return bad_parameter(&fault),
    };
    let host = question.host.clone();
    let listed = match question.which {
        Which::Open => {
            let wanted = |entry: &&Entry| host.as_ref().is_none_or(|host| *host == entry.host);
            let open = |desk: &crate::alert::Desk| desk.open().filter(wanted).cloned().collect();
            Ok(hub.alerts.with(|desk, _| open(desk)))
        }
        Which::Past => past(&hub, question).await,
    };
    let mut listed: Vec<Entry> = match listed {
        Ok(listed) => listed,
        Err(error) => return failed(&error),
    };
    let sight = sight::of(&hub.auth, &headers, &uri);
    listed.retain(|entry| !hub.is_hidden(&entry.host, sight));
    let is_unknown = |id: &HostId| hub.with_fleet(|fleet, _| fleet.snapshot(id).is_none());
    let is_unseen = |id: &HostId| is_unknown(id) || hub.is_hidden(id, sight);
    if listed.is_empty() && host.as_ref().is_some_and(is_unseen) {
        return unknown_host();
    }
    let json = listed::alerts(&hub, &listed, sees_all, may_change(&hub.auth, &headers, &uri));
    kept(&headers, Keep::Asking, &Tag::of(json.as_bytes()), json)
}

async fn past(hub: &Arc<Hub>, question: Question) -> Result<Vec<Entry>, QueryError> {
    let history = hub.history.clone();
    let asked = tokio::task::spawn_blocking(move || history.past_alerts(&question.query()));
    asked.await.unwrap_or_else(|error| Err(QueryError::Failed(error.to_string())))
}

/// Where an alert is found.
type OfAlert = Result<Path<(String, String)>, PathRejection>;

async fn acknowledge(
    State(hub): State<Arc<Hub>>,
    of: OfAlert,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if let Some(refusal) = refuse(&hub.auth, &headers, &uri) {
        return refusal;
    }
    match Acknowledgement::read(body).await {
        Ok(Acknowledgement { by }) => {
            let answer = note(&hub, of, Some(&by)).await;
            noted(&hub, &headers, &uri, "acknowledged", answer)
        }
        Err(fault) => bad_body(&fault),
    }
}

async fn forget(
    State(hub): State<Arc<Hub>>,
    of: OfAlert,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    match refuse(&hub.auth, &headers, &uri) {
        Some(refusal) => refusal,
        None => noted(&hub, &headers, &uri, "took back", note(&hub, of, None).await),
    }
}

/// Writes down who did so at this path, where it was done.
fn noted(hub: &Hub, headers: &HeaderMap, uri: &Uri, what: &str, answer: Response) -> Response {
    if answer.status().is_success() {
        operator::note(&hub.auth, headers, uri, what, uri.path());
    }
    answer
}

/// Notes who knows of an alert, or that nobody does.
async fn note(hub: &Arc<Hub>, of: OfAlert, by: Option<&str>) -> Response {
    let found = of.ok().and_then(|Path((host, id))| Some((HostId::parse(&host).ok()?, id)));
    let noted = found
        .and_then(|(host, id)| hub.alerts.with(|desk, now| desk.acknowledge(&host, &id, by, now)));
    let Some(entry) = noted else {
        let text = "no such alert is open: /api/alerts lists them";
        return deny(StatusCode::NOT_FOUND, "unknown_alert", text);
    };
    settled(hub, json(&listed::alert(hub, &entry, true))).await
}

async fn silences(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    let Some(sees_all) = look(&hub, &headers, &uri) else { return stranger() };
    let hidden = match sight::of(&hub.auth, &headers, &uri) {
        Sight::All => BTreeSet::new(),
        Sight::Public => hub.hidden(),
    };
    let json = hub.alerts.with(|desk, now| listed::silences(desk, now.wall, sees_all, &hidden));
    kept(&headers, Keep::Asking, &Tag::of(json.as_bytes()), json)
}

async fn silence(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if let Some(refusal) = refuse(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let wanted = match WantedSilence::read(body).await {
        Ok(wanted) => wanted.silence(clock::now().wall),
        Err(fault) => return bad_body(&fault),
    };
    let made = match wanted {
        Ok(silence) => hub.alerts.with(|desk, _| desk.silence(silence)),
        Err(fault) => return bad_body(&fault),
    };
    let Some(Silence { id, until, ref by, .. }) = made else {
        let text = "there are too many silences: end one";
        return deny(StatusCode::CONFLICT, "too_many_silences", text);
    };
    info!("silence {id} until {until}, by {by}");
    operator::note(&hub.auth, &headers, &uri, "added silence", &id.to_string());
    let shown = made.iter().map(|silence| listed::silence(silence, true)).next();
    let mut response = json(&shown);
    *response.status_mut() = StatusCode::CREATED;
    settled(&hub, response).await
}

async fn end_silence(
    State(hub): State<Arc<Hub>>,
    id: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refusal) = refuse(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let ended = id.is_ok_and(|Path(id)| hub.alerts.with(|desk, _| desk.end_silence(id)));
    if !ended {
        let text = "there is no such silence: /api/silences lists them";
        return deny(StatusCode::NOT_FOUND, "unknown_silence", text);
    }
    let answer = settled(&hub, StatusCode::NO_CONTENT.into_response()).await;
    noted(&hub, &headers, &uri, "ended", answer)
}

/// The answer, once what it says is kept.
async fn settled(hub: &Arc<Hub>, answer: Response) -> Response {
    match hub.settle_alerts().await {
        Ok(()) => answer,
        Err(_) => {
            let text = "it holds until the hub is restarted: it cannot be kept now";
            deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
        }
    }
}

fn bad_body(fault: &str) -> Response {
    deny(StatusCode::BAD_REQUEST, "bad_body", fault)
}

/// The store's own words are for its owner's log.
fn failed(error: &QueryError) -> Response {
    warn!("{error}");
    let text = "the alerts cannot be read now; the hub's log says why";
    deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
}
