//! `/api/oidc`: the way to the provider that people may sign in with; `/api/oidc/callback`: the way
//! back, with which a session begins.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tracing::warn;

use super::Routes;
use crate::clock;
use crate::hub::Hub;
use crate::limits::people::OIDC_WAY_S;
use crate::oidc::{NotIn, Oidc};
use crate::people::{People, UserName};
use crate::server::caller::Caller;
use crate::server::cookie::{ON_THE_WAY, cookie, is_secure, named, with_cookie};
use crate::server::deny::{deny, no_people, wrong_method};
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let begin = get(begin).fallback(wrong_method).with_state(hub.clone());
    let finish = get(finish).fallback(wrong_method).with_state(hub.clone());
    vec![("/api/oidc", begin), ("/api/oidc/callback", finish)]
}

/// What the provider sends back.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Returned {
    code: String,
    state: String,
    error: String,
}

/// Why the page is to say that nobody was let in.
#[derive(Clone, Copy)]
enum Refused {
    NotAllowed,
    Failed,
    TooMany,
}

impl Refused {
    const fn word(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::Failed => "failed",
            Self::TooMany => "too_many",
        }
    }
}

async fn begin(State(hub): State<Arc<Hub>>, caller: Caller) -> Response {
    let (oidc, people) = match ways(&hub) {
        Ok(ways) => ways,
        Err(refusal) => return *refusal,
    };
    if !people.may_try(caller.address(), clock::now().instant) {
        return back("../", Some(Refused::TooMany));
    }
    match oidc.begin().await {
        Ok(begun) => {
            let is_secure = is_secure(hub.way, &caller);
            let kept = named(ON_THE_WAY, is_secure, &begun.kept, Some(OIDC_WAY_S));
            with_cookie(to(&begun.location), &kept)
        }
        Err(words) => {
            // The provider's fault, not a stranger's: it is not summed with what those do.
            warn!("nobody can sign in by [oidc]: {words}");
            back("../", Some(Refused::Failed))
        }
    }
}

async fn finish(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    query: Result<Query<Returned>, QueryRejection>,
) -> Response {
    let (oidc, people) = match ways(&hub) {
        Ok(ways) => ways,
        Err(refusal) => return *refusal,
    };
    let Query(returned) = query.unwrap_or_default();
    let response = match let_in(&hub, (oidc, people), &caller, &headers, &returned).await {
        Ok(secret) => {
            let session = cookie(is_secure(hub.way, &caller), &secret, None);
            with_cookie(back("../../", None), &session)
        }
        Err(refused) => back("../../", Some(refused)),
    };
    // What was begun is over, however it ended.
    with_cookie(response, &named(ON_THE_WAY, is_secure(hub.way, &caller), "", Some(0)))
}

/// The secret of a new session.
async fn let_in(
    hub: &Hub,
    (oidc, people): (&Oidc, &People),
    caller: &Caller,
    headers: &HeaderMap,
    returned: &Returned,
) -> Result<String, Refused> {
    let browser = caller.browser(headers);
    if !people.may_try(browser.from, browser.now) {
        return Err(Refused::TooMany);
    }
    let refuse = |name: Option<&UserName>| {
        people.refuse_from_elsewhere(name, &browser);
        Refused::NotAllowed
    };
    if !returned.error.is_empty() {
        // He did not want to, or may not there.
        return Err(refuse(None));
    }
    let kept = kept(headers).unwrap_or_default();
    let (name, role) = match oidc.finish(&returned.code, &returned.state, kept, browser.at).await {
        Ok(known) => known,
        Err(NotIn::NotAllowed(name)) => return Err(refuse(name.as_ref())),
        Err(NotIn::Failed(words)) => {
            hub.complain(format_args!("{caller}: was not signed in by [oidc]: {words}"));
            return Err(Refused::Failed);
        }
    };
    match people.come_from_elsewhere(&name, role, &browser) {
        Ok(Some((_, started))) => Ok(started.secret),
        Ok(None) => {
            let why = "a user of this name has a password here";
            hub.complain(format_args!("{name} of [oidc] is not let in: {why}"));
            Err(refuse(Some(&name)))
        }
        Err(why) => {
            hub.complain(format_args!("{name} of [oidc] is not let in: {why}"));
            Err(Refused::Failed)
        }
    }
}

/// What the browser was given to hold.
fn kept(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    let mut ours = pairs.filter(|(name, _)| ON_THE_WAY.contains(&name.trim()));
    ours.next().map(|(_, value)| value.trim())
}

fn ways(hub: &Hub) -> Result<(&Oidc, &People), Box<Response>> {
    let none =
        || Box::new(deny(StatusCode::NOT_FOUND, "unknown", "the configuration has no [oidc]"));
    let people = || hub.auth.people().ok_or_else(|| Box::new(no_people()));
    Ok((hub.oidc.as_deref().ok_or_else(none)?, people()?))
}

/// Back to the page, which says why nobody was let in.
fn back(page: &str, refused: Option<Refused>) -> Response {
    match refused {
        Some(refused) => to(&format!("{page}#refused={}", refused.word())),
        None => to(page),
    }
}

fn to(location: &str) -> Response {
    let headers =
        [(LOCATION, location), (CACHE_CONTROL, "no-store")].map(|(name, it)| (name, it.to_owned()));
    let policy = [("referrer-policy", "no-referrer")];
    (StatusCode::SEE_OTHER, headers, policy).into_response()
}
