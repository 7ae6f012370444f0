//! Who can sign in, and where each is: listed, and changed by owners.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::hub::Hub;
use crate::people::{NotChanged, People, Role, Session, UserName};
use crate::server::caller::Caller;
use crate::server::decision;
use crate::server::deny::{deny, no_people, unchanged};
use crate::server::json::json;
use crate::server::operator::{note, note_by, refuse_owner, who};

/// Where a user is named.
type OfUser = Result<Path<String>, PathRejection>;

#[derive(Serialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Serialize)]
struct User {
    name: String,
    role: &'static str,
    sessions: u32,
}

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    name: String,
    password: String,
    role: Option<String>,
}

/// One of both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    role: Option<String>,
    password: Option<String>,
}

/// `GET /api/users`.
pub(super) async fn list(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let users = hub.auth.people().map(|people| people.users()).unwrap_or_default().into_iter();
    let rows = users.map(|(user, sessions)| User {
        name: user.name.to_string(),
        role: user.role.name(),
        sessions,
    });
    json(&Users { users: rows.collect() })
}

/// `POST /api/users`.
pub(super) async fn add(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let Added { name, password, role } = match decision::read(body).await {
        Ok(added) => added,
        Err(refusal) => return refusal,
    };
    let name = match UserName::parse(&name) {
        Ok(name) => name,
        Err(words) => return bad(&words),
    };
    let Some(role) = role.as_deref().map_or(Some(Role::Viewer), Role::parse) else {
        return bad(ROLES);
    };
    let Some(people) = hub.auth.people() else { return no_people() };
    let now = clock::now();
    let asked = (caller.address(), now.instant, now.wall);
    match people.add(&name, role, &password, asked).await {
        Ok(()) => {
            note(&hub.auth, &headers, &uri, &format!("added as {}", role.name()), &name);
            StatusCode::CREATED.into_response()
        }
        Err(why) => unchanged(why),
    }
}

/// `PATCH /api/users/{name}`.
pub(super) async fn change(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    name: OfUser,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    let Named { people, name, who } = match named(&hub, name, &headers, &uri) {
        Ok(named) => named,
        Err(refusal) => return *refusal,
    };
    let (what, done) = match decision::read(body).await {
        Ok(Changed { role: Some(role), password: None }) => {
            let Some(role) = Role::parse(&role) else { return bad(ROLES) };
            (format!("made {}", role.name()), people.set_role(&name, role))
        }
        Ok(Changed { role: None, password: Some(password) }) => {
            let asked = (caller.address(), clock::now().instant);
            let done = people.set_password(&name, &password, asked).await;
            ("gave another password to".to_owned(), done)
        }
        Ok(Changed { role: Some(_), password: Some(_) } | Changed { role: None, .. }) => {
            return bad("the body must have one of `role` and `password`");
        }
        Err(refusal) => return refusal,
    };
    answered(&hub, done, (&who, &what, &name))
}

/// `DELETE /api/users/{name}`.
pub(super) async fn remove(
    State(hub): State<Arc<Hub>>,
    name: OfUser,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let Named { people, name, who } = match named(&hub, name, &headers, &uri) {
        Ok(named) => named,
        Err(refusal) => return *refusal,
    };
    let done = people.remove(&name);
    answered(&hub, done, (&who, "removed", &name))
}

/// `GET /api/users/{name}/sessions`.
pub(super) async fn sessions(
    State(hub): State<Arc<Hub>>,
    name: OfUser,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let Named { people, name, .. } = match named(&hub, name, &headers, &uri) {
        Ok(named) => named,
        Err(refusal) => return *refusal,
    };
    json(&Sessions { sessions: people.sessions(&name, clock::now().wall) })
}

/// `DELETE /api/users/{name}/sessions`.
pub(super) async fn end_all(
    State(hub): State<Arc<Hub>>,
    name: OfUser,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let Named { people, name, who } = match named(&hub, name, &headers, &uri) {
        Ok(named) => named,
        Err(refusal) => return *refusal,
    };
    let done = people.end_sessions(&name);
    answered(&hub, done, (&who, "signed out", &name))
}

/// `DELETE /api/users/{name}/sessions/{session}`.
pub(super) async fn end(
    State(hub): State<Arc<Hub>>,
    of: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let (name, id) = of.map(|Path((name, id))| (name, id)).unwrap_or_default();
    let Named { people, name, who } = match named(&hub, Ok(Path(name)), &headers, &uri) {
        Ok(named) => named,
        Err(refusal) => return *refusal,
    };
    if !people.end_session(&name, &id) {
        let text = "he has no such session: /api/users/{name}/sessions lists them";
        return deny(StatusCode::NOT_FOUND, "unknown_session", text);
    }
    note_by(&hub.auth, &who, "ended a session of", &name);
    StatusCode::NO_CONTENT.into_response()
}

const ROLES: &str = "`role` must be \"viewer\" or \"owner\"";

fn bad(words: &str) -> Response {
    deny(StatusCode::BAD_REQUEST, "bad_body", words)
}

/// The user whom an owner names.
struct Named<'a> {
    people: &'a Arc<People>,
    name: UserName,
    /// The owner, who may be known no more after what he does.
    who: String,
}

fn named<'a>(
    hub: &'a Hub,
    name: OfUser,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Named<'a>, Box<Response>> {
    if let Some(refusal) = refuse_owner(&hub.auth, headers, uri) {
        return Err(refusal.into());
    }
    let people = hub.auth.people().ok_or_else(|| Box::new(no_people()))?;
    let name = name.ok().and_then(|Path(name)| UserName::parse(&name).ok());
    let unknown = || Box::new(deny(StatusCode::NOT_FOUND, "unknown", "there is no such user"));
    Ok(Named { people, name: name.ok_or_else(unknown)?, who: who(&hub.auth, headers, uri) })
}

/// The answer to a change, which is written down where it was made.
fn answered(
    hub: &Hub,
    done: Result<(), NotChanged>,
    (who, what, name): (&str, &str, &UserName),
) -> Response {
    match done {
        Ok(()) => {
            note_by(&hub.auth, who, what, name);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => unchanged(why),
    }
}
