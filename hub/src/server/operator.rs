//! Who may change something: acknowledge and silence alerts, and send a test to those who are told.

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::deny::{deny, stranger};
use super::token::{Credentials, is_own_page};
use crate::auth::Auth;
use crate::people::SESSION_PREFIX;

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

/// The refusal of who may not change anything.
pub(crate) fn refuse(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
    let token = Credentials::read(headers, uri).token;
    let is_session = token.as_ref().is_some_and(|token| token.starts_with(SESSION_PREFIX));
    if is_session && !is_own_page(headers) {
        Some(unasked())
    } else if auth.operator(token.as_deref()) {
        None
    } else if auth.viewer(token.as_deref()) && token.is_some() {
        let text = "this token, or this user, is good for looking only";
        Some(deny(StatusCode::FORBIDDEN, "forbidden", text))
    } else {
        Some(stranger())
    }
}

/// To a change that a browser was made to ask for by who knows whom.
pub(crate) fn unasked() -> Response {
    let text = "a browser that shows a session's cookie must say which page asks (Origin)";
    deny(StatusCode::FORBIDDEN, "no_origin", text)
}
