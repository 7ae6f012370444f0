//! `/api/invitations`: an owner invites a host, and waits until it is there.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use kinglet_proto::host::HostId;
use serde::Deserialize;
use serde_json::json;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::Routes;
use crate::clock;
use crate::enroll::host::is_kept;
use crate::enroll::invitation::{State as Is, state};
use crate::hub::Hub;
use crate::invite::{Invited, NotInvited, Wanted, make};
use crate::server::decision;
use crate::server::deny::deny;
use crate::server::json::json as answer;
use crate::server::operator::{note, refuse_owner};
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![
        ("/api/invitations", post(invite).with_state(hub.clone())),
        ("/api/invitations/{id}", get(look).with_state(hub.clone())),
    ]
}

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: Option<String>,
    replace: Option<HostId>,
    url: Option<String>,
}

async fn invite(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri, body: Body) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let Asked { name, replace, url } = match decision::read(body).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let subject = name.clone().or_else(|| replace.as_ref().map(ToString::to_string));
    let inviting = hub.clone();
    let made = spawn_blocking(move || {
        let registry = inviting.registry.as_ref()?;
        let id = replace.as_ref().filter(|id| inviting.auth.knows(id));
        if let Some(id) = id.filter(|id| !is_kept(registry.state_dir(), id)) {
            let words = format!("the configuration holds the token_hash of {id}");
            return Some(Err(NotInvited::Wrong(words)));
        }
        let wanted = Wanted { name, replace, url };
        Some(make(registry.reach()?, registry.state_dir(), wanted, clock::now().wall))
    });
    match made.await {
        Ok(Some(Ok(invited))) => {
            let subject = subject.unwrap_or_default();
            note(&hub.auth, &headers, &uri, "invited host", &subject);
            let Invited { id, line, command, warnings, expires } = invited;
            let mut response = answer(&json!({
                "id": id, "line": line, "command": command, "warnings": warnings,
                "expires": expires,
            }));
            *response.status_mut() = StatusCode::CREATED;
            response
        }
        Ok(Some(Err(NotInvited::Wrong(words)))) => {
            deny(StatusCode::BAD_REQUEST, "not_invited", &words)
        }
        Ok(Some(Err(NotInvited::Failed(error)))) => {
            warn!("nobody can be invited: {error}");
            unavailable()
        }
        Ok(None) | Err(_) => unavailable(),
    }
}

async fn look(
    State(hub): State<Arc<Hub>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let looking = spawn_blocking(move || {
        let Path(id) = id.ok()?;
        state(hub.state_dir.as_ref()?, &id, clock::now().wall)
    });
    match looking.await.ok().flatten() {
        Some(Is::Waiting) => answer(&json!({ "state": "waiting" })),
        Some(Is::Arrived(host)) => answer(&json!({ "state": "arrived", "host": host.as_deref() })),
        Some(Is::Expired) => answer(&json!({ "state": "expired" })),
        None => {
            let text = "there is no such invitation";
            deny(StatusCode::NOT_FOUND, "unknown_invitation", text)
        }
    }
}

fn unavailable() -> Response {
    let text = "the hub cannot use its state folder; its log says why";
    deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
}
