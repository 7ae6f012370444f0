//! Who may change something: acknowledge and silence alerts, and send a test to those who are told.

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::deny::{deny, stranger};
use super::token::Credentials;
use crate::auth::Auth;

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
    if auth.operator(token.as_deref()) {
        None
    } else if auth.viewer(token.as_deref()) && token.is_some() {
        let text = "this token, or this user, is good for looking only";
        Some(deny(StatusCode::FORBIDDEN, "forbidden", text))
    } else {
        Some(stranger())
    }
}
