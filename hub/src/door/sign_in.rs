//! `/api/session`: who somebody is here, to sign in and to sign out, and another password for
//! oneself; `/api/sessions`: where else he is signed in, and to end that.
//!
//! A session is a cookie that no script can read and no other site's form sends along. What it
//! changes only the hub's own page may ask for: `server::gate` sees to it for every door.

mod setup;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use kinglet_proto::time::WallTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Routes;
use crate::clock;
use crate::guard::{Foreign, Gate};
use crate::hub::Hub;
use crate::limits::people::SIGN_IN_BYTES_MAX;
use crate::people::{NotChanged, People, Refusal, Session, SignIn, User};
use crate::server::caller::Caller;
use crate::server::cookie::{cookie, is_secure, with_cookie};
use crate::server::decision;
use crate::server::deny::{deny, foreign, refused, stranger, unchanged, wrong_method};
use crate::server::gate::{is_json, is_own_page};
use crate::server::json::json;
use crate::server::operator::{may_change, may_own, note_by};
use crate::server::token::{Credentials, session};
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let one = get(who).post(sign_in).delete(sign_out);
    vec![
        ("/api/session", one.with_state(hub.clone())),
        ("/api/session/password", post(change_password).with_state(hub.clone())),
        ("/api/setup", post(setup::begin).fallback(wrong_method).with_state(hub.clone())),
        ("/api/sessions", get(sessions).fallback(wrong_method).with_state(hub.clone())),
        ("/api/sessions/{session}", delete(end).with_state(hub.clone())),
    ]
}

/// What a page needs to know of who looks at it.
#[derive(Serialize)]
struct Who {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// The link that he came by, and until when it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<WallTime>,
    may_look: bool,
    may_change: &'static str,
    /// Whether he may change the hub itself: the same words.
    may_own: &'static str,
    /// What can be shown here: a name with its password, a token.
    by_name: bool,
    by_token: bool,
    /// What the provider is called that he may sign in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_oidc: Option<String>,
}

/// The two ways in.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wanted {
    Name(ByName),
    Link(ByLink),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByLink {
    link: String,
}

/// Another password for oneself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Another {
    old: String,
    new: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByName {
    name: String,
    password: String,
    #[serde(default)]
    remember: bool,
}

#[derive(Serialize)]
struct Listed {
    sessions: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    session: Session,
    /// It is that of who asks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    current: bool,
}

async fn who(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    let token = Credentials::read(&headers, &uri).token;
    let (user, link) = (hub.auth.user(token.as_deref()), hub.auth.link(token.as_deref()));
    json(&Who {
        expires: link.as_ref().map(|link| link.expires),
        link: link.map(|link| link.name.to_string()),
        role: user.as_ref().map(|user| user.role.name()),
        user: user.map(|user| user.name.to_string()),
        may_look: hub.auth.viewer(token.as_deref()),
        may_change: may_change(&hub.auth, &headers, &uri),
        may_own: may_own(&hub.auth, &headers, &uri),
        by_name: hub.auth.has_people(),
        by_token: hub.auth.has_viewers(),
        by_oidc: hub.oidc.as_ref().map(|oidc| oidc.title().to_owned()),
    })
}

async fn sign_in(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    let form = "{\"name\": ..., \"password\": ..., \"remember\": true|false} or {\"link\": ...}";
    match read(&headers, &uri, body, form).await {
        Ok(Wanted::Name(wanted)) => by_name(&hub, &caller, &headers, wanted).await,
        Ok(Wanted::Link(ByLink { link })) => by_link(&hub, &caller, &link),
        Err(refusal) => refusal,
    }
}

async fn by_name(hub: &Hub, caller: &Caller, headers: &HeaderMap, wanted: ByName) -> Response {
    let ByName { name, password, remember } = wanted;
    let Some(people) = hub.auth.people() else { return refused(Refusal::Wrong) };
    let mut wanted = shown(caller, headers, &name, &password);
    wanted.browser.remember = remember;
    match people.sign_in(wanted).await {
        Ok((user, started)) => {
            let lasts = remember.then_some(started.idle);
            let cookie = cookie(is_secure(hub.way, caller), &started.secret, lasts);
            welcome(&user, &cookie)
        }
        Err(refusal) => {
            complain(hub, caller, refusal);
            refused(refusal)
        }
    }
}

fn welcome(User { name, role }: &User, cookie: &str) -> Response {
    with_cookie(json(&serde_json::json!({ "user": **name, "role": role.name() })), cookie)
}

/// Reads what the hub's own page sends to let somebody in, which has this form; what a page of
/// another site sent, or may have, is refused.
async fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    uri: &Uri,
    body: Body,
    form: &str,
) -> Result<T, Response> {
    if !headers.get(CONTENT_TYPE).is_some_and(is_json) {
        // A form of another site cannot say so.
        let text = "the body must be application/json";
        return Err(deny(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", text));
    }
    // No other page signs somebody in as somebody else.
    if !is_own_page(&Gate::default(), headers, uri) {
        return Err(foreign(Foreign::Change));
    }
    let bytes = to_bytes(body, SIGN_IN_BYTES_MAX).await.unwrap_or_default();
    let bad = |_| deny(StatusCode::BAD_REQUEST, "bad_body", &format!("the body must be {form}"));
    serde_json::from_slice(&bytes).map_err(bad)
}

/// A wrong one costs one look into a table, and none can be guessed: nothing is counted.
fn by_link(hub: &Hub, caller: &Caller, secret: &str) -> Response {
    let (now, from) = (clock::now().wall, caller.address().to_string());
    let Some(link) = hub.auth.people().and_then(|people| people.enter(secret, &from, now)) else {
        hub.complain(format_args!("{caller}: came by a link that is not good"));
        let text = "this link has expired, was removed, or never was one";
        return deny(StatusCode::UNAUTHORIZED, "wrong_link", text);
    };
    let left = link.expires.unix_seconds().saturating_sub(now.unix_seconds());
    let lasts = i64::try_from(left).unwrap_or(i64::MAX);
    let cookie = cookie(is_secure(hub.way, caller), secret, Some(lasts));
    let told = serde_json::json!({ "link": *link.name, "expires": link.expires });
    with_cookie(json(&told), &cookie)
}

/// What somebody shows that says who he is.
fn shown<'a>(
    caller: &Caller,
    headers: &'a HeaderMap,
    name: &'a str,
    password: &'a str,
) -> SignIn<'a> {
    SignIn { name, password, browser: caller.browser(headers) }
}

async fn change_password(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some((people, user)) = signed_in(&hub, &headers) else { return stranger() };
    let Another { old, new } = match decision::read(body).await {
        Ok(another) => another,
        Err(refusal) => return refusal,
    };
    let shown = shown(&caller, &headers, &user.name, &old);
    let secret = session(&headers).unwrap_or_default();
    match people.change_password(shown, &new, secret).await {
        Ok(()) => {
            note_by(&hub.auth, &user.name, "changed the own password", "");
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => {
            if let NotChanged::Refused(refusal) = why {
                complain(&hub, &caller, refusal);
            }
            unchanged(why)
        }
    }
}

async fn sign_out(State(hub): State<Arc<Hub>>, caller: Caller, headers: HeaderMap) -> Response {
    if let (Some(people), Some(secret)) = (hub.auth.people(), session(&headers)) {
        people.sign_out(secret, caller.address(), clock::now().wall);
    }
    let cookie = cookie(is_secure(hub.way, &caller), "", Some(0));
    with_cookie(StatusCode::NO_CONTENT.into_response(), &cookie)
}

async fn sessions(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    let Some((people, user)) = signed_in(&hub, &headers) else { return stranger() };
    let sessions = people.sessions(&user.name, clock::now().wall).into_iter();
    let own = session(&headers).unwrap_or_default();
    let rows =
        sessions.map(|session| Row { current: People::is_session(&session.id, own), session });
    json(&Listed { sessions: rows.collect() })
}

async fn end(
    State(hub): State<Arc<Hub>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Some((people, user)) = signed_in(&hub, &headers) else { return stranger() };
    let Some(Path(id)) = id.ok().filter(|Path(id)| people.end_session(&user.name, id)) else {
        let text = "there is no such session of yours: /api/sessions lists them";
        return deny(StatusCode::NOT_FOUND, "unknown_session", text);
    };
    note_by(&hub.auth, &user.name, "ended a session", &id);
    StatusCode::NO_CONTENT.into_response()
}

fn signed_in<'a>(hub: &'a Hub, headers: &HeaderMap) -> Option<(&'a Arc<People>, User)> {
    Some((hub.auth.people()?, hub.auth.user(session(headers))?))
}

/// Says in the log who shows what is not good.
fn complain(hub: &Hub, caller: &Caller, refusal: Refusal) {
    match refusal {
        Refusal::Wrong => hub.complain(format_args!("{caller}: a wrong name or password")),
        Refusal::TooMany => hub.complain(format_args!("{caller}: tried too many passwords")),
        Refusal::Unavailable => {}
    }
}
