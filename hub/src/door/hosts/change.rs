//! What an owner decides of a host: what it is called, who sees it, and whether it may report.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kinglet_proto::host::HostId;
use tokio::task::spawn_blocking;

use crate::hub::Hub;
use crate::registry::{Past, Patch, Refused, Registry};
use crate::server::decision;
use crate::server::deny::{bad_parameter, deny, unknown_host};
use crate::server::operator::{note, refuse_owner};
use crate::server::parameters::{Fault, Parameters, quoted};

/// Where a host is named.
type OfHost = Result<Path<String>, PathRejection>;

/// `PATCH /api/hosts/{id}`.
pub(super) async fn set(
    State(hub): State<Arc<Hub>>,
    of: OfHost,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let patch: Patch = match decision::read(body).await {
        Ok(patch) => patch,
        Err(refusal) => return refusal,
    };
    let set = move |registry: &Registry, id: &HostId| registry.set(id, &patch).map(drop);
    decide(&hub, of, (&headers, &uri), "changed host", set).await
}

/// `POST /api/hosts/{id}/revoke`.
pub(super) async fn revoke(
    State(hub): State<Arc<Hub>>,
    of: OfHost,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let revoke = |registry: &Registry, id: &HostId| registry.revoke(id).map(drop);
    decide(&hub, of, (&headers, &uri), "revoked host", revoke).await
}

/// `DELETE /api/hosts/{id}`, with `?history=true` all that is remembered of it.
pub(super) async fn delete(
    State(hub): State<Arc<Hub>>,
    of: OfHost,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let past = match past(&uri) {
        Ok(Past::Goes) if !hub.history.forgets() => {
            let text = "the history is in another database: its own tools forget a host";
            return deny(StatusCode::CONFLICT, "elsewhere", text);
        }
        Ok(past) => past,
        Err(fault) => return bad_parameter(&fault),
    };
    let what = match past {
        Past::Stays => "deleted host",
        Past::Goes => "deleted the history and host",
    };
    let delete = move |registry: &Registry, id: &HostId| registry.delete(id, past);
    decide(&hub, of, (&headers, &uri), what, delete).await
}

/// What becomes of its history: it stays, unless `history` says otherwise.
fn past(uri: &Uri) -> Result<Past, Fault> {
    match Parameters::read(uri).one("history")? {
        None | Some("false") => Ok(Past::Stays),
        Some("true") => Ok(Past::Goes),
        Some(other) => Err(format!("history {} is neither true nor false", quoted(other))),
    }
}

/// Decides something of a known host, and has it take effect.
async fn decide(
    hub: &Arc<Hub>,
    of: OfHost,
    (headers, uri): (&HeaderMap, &Uri),
    what: &str,
    change: impl FnOnce(&Registry, &HostId) -> Result<(), Refused> + Send + 'static,
) -> Response {
    let id = of.ok().and_then(|Path(id)| HostId::parse(&id).ok());
    let known = id.filter(|id| hub.with_fleet(|fleet, _| fleet.knows(id)));
    let Some(id) = known else { return unknown_host() };
    let (deciding, of) = (hub.clone(), id.clone());
    let decided = spawn_blocking(move || {
        let registry = deciding.registry.as_ref()?;
        let done = change(registry, &of);
        deciding.take_decisions(done.is_ok());
        Some(done)
    });
    match decided.await {
        Ok(Some(Ok(()))) => {
            note(&hub.auth, headers, uri, what, &id);
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(Some(Err(refused))) => decision::refused(&id, &refused),
        Ok(None) | Err(_) => {
            let text = "this hub keeps no state: nothing can be changed here";
            deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
        }
    }
}

pub(super) async fn other_method() -> Response {
    let text = "a host is read by GET, changed by PATCH and deleted by DELETE";
    deny(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
}
