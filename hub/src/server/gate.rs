//! What a request says of its page and of the hub's name, and whether that is good here.

use axum::http::header::{HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method, Uri};

use super::token::session;
use crate::guard::{Foreign, Gate};

/// Whether a request may come to a path of viewers.
///
/// # Errors
/// What of it is foreign.
pub(crate) fn judge(
    gate: &Gate,
    method: &Method,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<(), Foreign> {
    let called = called(headers, uri);
    if !gate.knows_name(called) {
        return Err(Foreign::Name);
    }
    // What is asked without an upgrade a browser keeps from foreign pages by itself.
    if headers.contains_key(UPGRADE) && !is_own_page(gate, headers, uri) {
        return Err(Foreign::Page);
    }
    // A browser sends a session's cookie whoever has it ask.
    let by_session = !method.is_safe() && session(headers).is_some();
    if by_session && !Gate::is_own(called, &origins(headers)) {
        return Err(Foreign::Change);
    }
    Ok(())
}

fn origins(headers: &HeaderMap) -> Vec<&[u8]> {
    headers.get_all(ORIGIN).iter().map(|origin| origin.as_bytes()).collect()
}

/// Whether a request comes from no page, or from one that may listen.
pub(crate) fn is_own_page(gate: &Gate, headers: &HeaderMap, uri: &Uri) -> bool {
    gate.admits(called(headers, uri), &origins(headers))
}

/// What the hub is called; of two names none counts.
fn called<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        (Some(_), Some(_)) => None,
        (None, _) => uri.authority().map(|authority| authority.as_str()),
    }
}
