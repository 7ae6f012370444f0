//! `/api/session`: who somebody is here, to sign in and to sign out; `/api/sessions`: where else he
//! is signed in, and to end that.
//!
//! A session is a cookie that no script can read and no other site's form sends along. What it
//! changes only the hub's own page may ask for: `server::gate` sees to it for every door.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};

use super::Routes;
use crate::clock;
use crate::guard::{Foreign, Gate, Way};
use crate::hub::Hub;
use crate::limits::people::{ATTEMPTS_SPAN, SIGN_IN_BYTES_MAX};
use crate::people::{People, Refusal, SignIn, Trace, User};
use crate::server::caller::Caller;
use crate::server::deny::{deny, foreign, stranger, wrong_method};
use crate::server::gate::{is_json, is_own_page};
use crate::server::json::json;
use crate::server::operator::{may_change, may_own};
use crate::server::token::{COOKIES, Credentials, session};
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let one = get(who).post(sign_in).delete(sign_out);
    vec![
        ("/api/session", one.with_state(hub.clone())),
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
    may_look: bool,
    may_change: &'static str,
    /// Whether he may change the hub itself: the same words.
    may_own: &'static str,
    /// What can be shown here: a name with its password, a token.
    by_name: bool,
    by_token: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
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
    id: String,
    created: WallTime,
    seen: WallTime,
    client: String,
}

async fn who(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    let token = Credentials::read(&headers, &uri).token;
    let user = hub.auth.user(token.as_deref());
    json(&Who {
        role: user.as_ref().map(|user| user.role.name()),
        user: user.map(|user| user.name.to_string()),
        may_look: hub.auth.viewer(token.as_deref()),
        may_change: may_change(&hub.auth, &headers, &uri),
        may_own: may_own(&hub.auth, &headers, &uri),
        by_name: hub.auth.has_people(),
        by_token: hub.auth.has_viewers(),
    })
}

async fn sign_in(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if !headers.get(CONTENT_TYPE).is_some_and(is_json) {
        // A form of another site cannot say so.
        let text = "the body must be application/json";
        return deny(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", text);
    }
    // No other page signs somebody in as somebody else.
    if !is_own_page(&Gate::default(), &headers, &uri) {
        return foreign(Foreign::Change);
    }
    let bytes = to_bytes(body, SIGN_IN_BYTES_MAX).await.unwrap_or_default();
    let Ok(Wanted { name, password, remember }) = serde_json::from_slice(&bytes) else {
        let text = "the body must be {\"name\": ..., \"password\": ..., \"remember\": true|false}";
        return deny(StatusCode::BAD_REQUEST, "bad_body", text);
    };
    let Some(people) = hub.auth.people() else { return refused(&hub, &caller, Refusal::Wrong) };
    let client = headers.get(USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let now = clock::now();
    let (name, password, from) = (&*name, &*password, caller.neighbour());
    let (now, at) = (now.instant, now.wall);
    let wanted = SignIn { name, password, remember, client, from, now, at };
    match people.sign_in(wanted).await {
        Ok((User { name, role }, started)) => {
            let lasts = remember.then_some(started.idle);
            let cookie = cookie(is_secure(&hub, &headers), &started.secret, lasts);
            let told = serde_json::json!({ "user": *name, "role": role.name() });
            with_cookie(json(&told), &cookie)
        }
        Err(refusal) => refused(&hub, &caller, refusal),
    }
}

async fn sign_out(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    if let (Some(people), Some(secret)) = (hub.auth.people(), session(&headers)) {
        people.sign_out(secret, clock::now().wall);
    }
    let cookie = cookie(is_secure(&hub, &headers), "", Some(0));
    with_cookie(StatusCode::NO_CONTENT.into_response(), &cookie)
}

async fn sessions(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    let Some((people, user)) = signed_in(&hub, &headers) else { return stranger() };
    let sessions = people.sessions(&user.name, clock::now().wall).into_iter();
    let rows = sessions.map(|each| Row {
        id: each.id,
        created: each.created,
        seen: each.seen,
        client: each.client,
    });
    json(&Listed { sessions: rows.collect() })
}

async fn end(
    State(hub): State<Arc<Hub>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Some((people, user)) = signed_in(&hub, &headers) else { return stranger() };
    let Some(id) = id.ok().filter(|Path(id)| people.end_session(&user.name, id)) else {
        let text = "there is no such session of yours: /api/sessions lists them";
        return deny(StatusCode::NOT_FOUND, "unknown_session", text);
    };
    people.note(&Trace::new(clock::now().wall, &user.name, "ended a session", &id));
    StatusCode::NO_CONTENT.into_response()
}

fn signed_in<'a>(hub: &'a Hub, headers: &HeaderMap) -> Option<(&'a Arc<People>, User)> {
    Some((hub.auth.people()?, hub.auth.user(session(headers))?))
}

/// Nobody is told whether it was the name or the password.
fn refused(hub: &Hub, caller: &Caller, refusal: Refusal) -> Response {
    match refusal {
        Refusal::Wrong => {
            hub.complain(format_args!("{caller}: signed in with a wrong name or password"));
            let text = "there is no such name with this password";
            deny(StatusCode::UNAUTHORIZED, "wrong", text)
        }
        Refusal::TooMany => {
            hub.complain(format_args!("{caller}: tried too many passwords"));
            let text = "too many passwords were tried from there; wait a minute";
            let mut response = deny(StatusCode::TOO_MANY_REQUESTS, "too_many", text);
            response.headers_mut().insert(RETRY_AFTER, ATTEMPTS_SPAN.as_secs().into());
            response
        }
        Refusal::Unavailable => {
            let text = "nobody can sign in now: there are no users, or the hub's log says why";
            deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
        }
    }
}

/// Whether the browser came by TLS, to the hub or to the proxy before it.
fn is_secure(hub: &Hub, headers: &HeaderMap) -> bool {
    let by_proxy = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    hub.way == Way::Tls || by_proxy
}

/// The cookie of a session; without a time it ends with the browser.
fn cookie(is_secure: bool, secret: &str, lasts: Option<i64>) -> String {
    let [secure, plain] = COOKIES;
    let (name, more) = if is_secure { (secure, "; Secure") } else { (plain, "") };
    let lasts = lasts.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{more}{lasts}")
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_no_script_no_other_site_and_where_it_can_for_tls_alone() {
        assert_eq!(
            cookie(true, "ks_1", Some(60)),
            "__Host-kinglet=ks_1; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
        );
        assert_eq!(cookie(false, "ks_1", None), "kinglet=ks_1; Path=/; HttpOnly; SameSite=Lax");
    }
}
