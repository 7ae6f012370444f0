//! Who may change something: acknowledge and silence alerts, and send a test to those who are told.

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::caller::place;
use super::deny::{deny, stranger};
use super::token::Credentials;
use crate::auth::Auth;
use crate::clock;
use crate::people::Trace;

/// Whether a request may change anything, in a word for the page.
pub(crate) fn may_change(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> &'static str {
    let token = Credentials::read(headers, uri).token;
    if auth.operator(token.as_deref()) {
        "allowed"
    } else if auth.has_operators() {
        "token"
    } else {
        "never"
    }
}

/// Whether a request may change the hub itself, in the same words.
pub(crate) fn may_own(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> &'static str {
    let token = Credentials::read(headers, uri).token;
    if auth.owner(token.as_deref()) {
        "allowed"
    } else if auth.has_owners() {
        "token"
    } else {
        "never"
    }
}

/// The refusal of who may not change anything, or not see what concerns those who may.
pub(crate) fn refuse(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let token = Credentials::read(headers, uri).token;
    if auth.operator(token.as_deref()) {
        None
    } else if auth.viewer(token.as_deref()) && token.is_some() {
        let text = "this token, or this user, is good for looking only";
        Some(deny(StatusCode::FORBIDDEN, "forbidden", text))
    } else {
        Some(stranger())
    }
}

/// The refusal of who may not change the hub itself, or not see what concerns those who may.
pub(crate) fn refuse_owner(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let token = Credentials::read(headers, uri).token;
    if auth.owner(token.as_deref()) {
        None
    } else if auth.viewer(token.as_deref()) && token.is_some() {
        let text = "for this one signs in as an owner, or has the token of [alerts]";
        Some(deny(StatusCode::FORBIDDEN, "forbidden", text))
    } else {
        Some(stranger())
    }
}

/// Writes down that who asks did `what` to `subject`, and from where, where people sign in.
pub(crate) fn note(auth: &Auth, headers: &HeaderMap, uri: &Uri, what: &str, subject: &str) {
    note_by(auth, &who(auth, headers, uri), what, subject);
}

/// The user who asks, or that it is a token.
pub(crate) fn who(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> String {
    let user = auth.user(Credentials::read(headers, uri).token.as_deref());
    user.map_or_else(|| "a token".to_owned(), |user| user.name.to_string())
}

/// The same as [`note`] of somebody who may be known no more after what he did.
pub(crate) fn note_by(auth: &Auth, who: &str, what: &str, subject: &str) {
    let Some(people) = auth.people() else { return };
    people.note(&Trace::new(clock::now().wall, who, what, subject).from(&place()));
}
