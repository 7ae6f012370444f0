//! `/api/events`: what agents told beside their figures, newest first, to whom may look.

mod question;
mod told;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use kinglet_proto::host::HostId;
use question::Question;
use tracing::warn;

use super::Routes;
use crate::clock;
use crate::history::{Event, EventQuery, History, QueryError};
use crate::hub::Hub;
use crate::server::deny::{bad_parameter, deny, stranger, unknown_host, wrong_method};
use crate::server::kept::{Keep, Tag, kept};
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/api/events", get(events).fallback(wrong_method).with_state(hub.clone()))]
}

async fn events(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    let public = hub.auth.public();
    let question = match Question::read(&uri, clock::now().wall, public) {
        Ok(question) => question,
        Err(fault) => return bad_parameter(&fault),
    };
    let host = question.host.clone();
    let sight = sight::of(&hub.auth, &headers, &uri);
    if host.as_ref().is_some_and(|id| hub.is_hidden(id, sight)) {
        return unknown_host();
    }
    let (store, asking) = (hub.history.clone(), hub.clone());
    let asked = tokio::task::spawn_blocking(move || {
        let mut events = ask(&question, &*store)?;
        events.retain(|event| !asking.is_hidden(&event.host, sight));
        Ok::<_, QueryError>((events.is_empty(), told::listed(events, public)))
    });
    match asked.await {
        Ok(Ok((is_empty, json))) => {
            let is_unknown = |id: &HostId| hub.with_fleet(|fleet, _| fleet.snapshot(id).is_none());
            if is_empty && host.as_ref().is_some_and(is_unknown) {
                return unknown_host();
            }
            kept(&headers, Keep::Asking, &Tag::of(json.as_bytes()), json)
        }
        Ok(Err(error)) => {
            warn!("{error}");
            failed()
        }
        Err(_) => failed(),
    }
}

/// The newest of all the kinds that are asked for. May wait for a disk.
fn ask(question: &Question, history: &dyn History) -> Result<Vec<Event>, QueryError> {
    let Question { host, kinds, from, to, limit } = question;
    let (host, from, to, limit) = (host.as_ref(), *from, *to, *limit);
    let mut events = Vec::new();
    for &kind in kinds {
        events.extend(history.events(&EventQuery { host, kind, from, to, limit })?);
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.truncate(limit);
    Ok(events)
}

/// The store's own words are for its owner's log.
fn failed() -> Response {
    let text = "the events cannot be read now; the hub's log says why";
    deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
}
