//! `POST /api/setup`: who holds the code of a fresh hub's link becomes its first user.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;

use super::{complain, read, shown, welcome};
use crate::hub::Hub;
use crate::people::{NotFirst, Refusal};
use crate::server::caller::Caller;
use crate::server::cookie::{cookie, is_secure};
use crate::server::deny::{deny, refused};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    code: String,
    name: String,
    password: String,
}

pub(super) async fn begin(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    let form = "{\"code\": ..., \"name\": ..., \"password\": ...}";
    let Wanted { code, name, password } = match read(&headers, &uri, body, form).await {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal,
    };
    let Some(people) = hub.auth.people().filter(|_| hub.auth.is_for_people()) else {
        let text = "nobody signs in here to look: the configuration has no [viewers] users";
        return deny(StatusCode::NOT_FOUND, "unknown", text);
    };
    let wanted = shown(&caller, &headers, &name, &password);
    match people.begin_first(&code, wanted).await {
        Ok((user, started)) => {
            welcome(&user, &cookie(is_secure(hub.way, &caller), &started.secret, None))
        }
        Err(why) => not_first(&hub, &caller, why),
    }
}

fn not_first(hub: &Hub, caller: &Caller, why: NotFirst) -> Response {
    match why {
        NotFirst::Refused(Refusal::Wrong) => {
            hub.complain(format_args!("{caller}: showed no code that makes the first user"));
            let text = "this link is good no more: a restart of the hub prints another";
            deny(StatusCode::FORBIDDEN, "bad_code", text)
        }
        NotFirst::Refused(refusal) => {
            complain(hub, caller, refusal);
            refused(refusal)
        }
        NotFirst::Late => {
            let text = "the first user is there already: sign in";
            deny(StatusCode::CONFLICT, "late", text)
        }
        NotFirst::Bad(words) => deny(StatusCode::BAD_REQUEST, "bad_user", &words),
    }
}
