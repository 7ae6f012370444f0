//! `/api/history/{id}`: what metrics of a host were over time, to whom may look.

mod answer;
mod question;

use std::sync::Arc;

use answer::{Refusal, answer};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use kinglet_proto::host::HostId;
use question::Question;
use tokio::sync::Semaphore;
use tracing::warn;

use super::Routes;
use crate::clock;
use crate::hub::Hub;
use crate::limits::{HISTORY_QUESTIONS_MAX, HISTORY_SETTLED_AFTER};
use crate::server::deny::{bad_parameter, deny, stranger, unknown_host, wrong_method};
use crate::server::kept::{Keep, Tag, kept};
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;

/// The hub, and the turns that questions take.
#[derive(Clone)]
struct Door {
    hub: Arc<Hub>,
    turns: Arc<Semaphore>,
}

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let turns = Arc::new(Semaphore::new(HISTORY_QUESTIONS_MAX));
    let door = Door { hub: hub.clone(), turns };
    vec![("/api/history/{id}", get(history).fallback(wrong_method).with_state(door))]
}

async fn history(
    State(Door { hub, turns }): State<Door>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    let Some(id) = id.ok().and_then(|Path(id)| HostId::try_from(id).ok()) else {
        return unknown_host();
    };
    let sight = sight::of(&hub.auth, &headers, &uri);
    if hub.is_hidden(&id, sight) {
        return unknown_host();
    }
    let now = clock::now().wall;
    let question = match Question::read(id, &uri, now, hub.auth.public()) {
        Ok(question) => question,
        Err(fault) => return bad_parameter(&fault),
    };
    let settled = now.unix_millis().saturating_sub(question.to.unix_millis());
    let is_settled = u128::from(settled) >= HISTORY_SETTLED_AFTER.as_millis();
    let keep = if is_settled { Keep::Hour } else { Keep::Asking };
    // The semaphore is never closed.
    let Ok(turn) = turns.acquire_owned().await else { return failed() };
    let asked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let in_fleet = hub.with_fleet(|fleet, _| fleet.snapshot(&question.id).is_some());
        answer(&question, &*hub.history, in_fleet)
    });
    match asked.await {
        Ok(Ok(json)) => kept(&headers, keep, &Tag::of(json.as_bytes()), json),
        Ok(Err(Refusal::UnknownHost)) => unknown_host(),
        Ok(Err(Refusal::TooManyPoints(text))) => bad_parameter(&text),
        Ok(Err(Refusal::Failed(text))) => {
            warn!("{text}");
            failed()
        }
        Err(_) => failed(),
    }
}

/// The store's own words are for its owner's log.
fn failed() -> Response {
    let text = "the history cannot be read now; the hub's log says why";
    deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
}
