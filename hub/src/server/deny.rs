//! How a request is refused: a status, a word for programs, words for people.

use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kinglet_proto::enroll::REASON_HEADER;

use crate::guard::Foreign;
use crate::limits::people::ATTEMPTS_SPAN;
use crate::people::{NotChanged, PeopleError, Refusal};

/// The answer: the words in a header, which an agent has read before any body, and in the body.
pub(crate) fn deny(status: StatusCode, word: &str, text: &str) -> Response {
    let body = serde_json::json!({ "error": word, "message": text }).to_string();
    let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
    let mut response = (status, headers, body).into_response();
    // In bytes, because a host's id in it may be of any language.
    if let Ok(reason) = HeaderValue::from_bytes(text.as_bytes()) {
        response.headers_mut().insert(HeaderName::from_static(REASON_HEADER), reason);
    }
    response
}

/// To a viewer who has shown no token that is good here.
pub(crate) fn stranger() -> Response {
    let text = "a valid token is needed: Authorization: Bearer, or ?token=";
    let mut response = deny(StatusCode::UNAUTHORIZED, "unauthorized", text);
    response.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
    response
}

/// To a request of a page that is not the hub's and may not listen, or that calls the hub by
/// another name.
pub(crate) fn foreign(what: Foreign) -> Response {
    match what {
        Foreign::Page => {
            let text = "this page may not listen here: its origin is neither the hub's, as Host \
                        has it, nor in [viewers] origins";
            deny(StatusCode::FORBIDDEN, "foreign_origin", text)
        }
        Foreign::Change => {
            let text = "what a session's cookie stands for is changed by the hub's own page alone, \
                        as the browser names it (Origin)";
            deny(StatusCode::FORBIDDEN, "foreign_origin", text)
        }
        Foreign::Name => {
            let text = "the hub does not go by this name: Host is not in [server] names";
            deny(StatusCode::FORBIDDEN, "foreign_name", text)
        }
    }
}

/// To a viewer who asks for a host that nobody knows.
pub(crate) fn unknown_host() -> Response {
    deny(StatusCode::NOT_FOUND, "unknown_host", "no host has this id: /api/hosts lists them")
}

/// To a host that would be new, of which more came than may in an hour.
pub(crate) fn too_many_new(after: Duration) -> Response {
    let text = "more new hosts came than may in an hour; try again later";
    let mut response = deny(StatusCode::TOO_MANY_REQUESTS, "too_many_new_hosts", text);
    response.headers_mut().insert(RETRY_AFTER, after.as_secs().max(1).into());
    response
}

/// To somebody who may not be let in or asked for now.
pub(crate) fn refused(refusal: Refusal) -> Response {
    match refusal {
        // Nobody is told whether it was the name or the password.
        Refusal::Wrong => {
            let text = "there is no such name with this password";
            deny(StatusCode::UNAUTHORIZED, "wrong", text)
        }
        Refusal::TooMany => {
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

/// To a change of users or links of a hub that keeps no state.
pub(crate) fn no_people() -> Response {
    let text = "this hub keeps no state: nobody can be let in here";
    deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
}

/// To a change of users or links that was not made.
pub(crate) fn unchanged(why: NotChanged) -> Response {
    match why {
        NotChanged::Refused(Refusal::Wrong) => {
            deny(StatusCode::FORBIDDEN, "wrong", "the old password is another")
        }
        NotChanged::Refused(refusal) => refused(refusal),
        NotChanged::Wrong(error @ PeopleError::Unknown(_)) => {
            deny(StatusCode::NOT_FOUND, "unknown", &error.to_string())
        }
        NotChanged::Wrong(error @ PeopleError::LastOwner) => {
            deny(StatusCode::CONFLICT, "last_owner", &error.to_string())
        }
        NotChanged::Wrong(error) => deny(StatusCode::BAD_REQUEST, "bad_body", &error.to_string()),
    }
}

/// To a parameter that cannot be understood; `text` says which, and what is allowed.
pub(crate) fn bad_parameter(text: &str) -> Response {
    deny(StatusCode::BAD_REQUEST, "bad_parameter", text)
}

/// To a method that a path does not have; the router adds which it has.
pub(crate) async fn wrong_method() -> Response {
    deny(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path is only read: GET or HEAD",
    )
}
