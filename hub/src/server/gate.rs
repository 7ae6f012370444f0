//! What a request says of its page and of the hub's name, and whether that is good here.

use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};

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
    let is_own = || Gate::is_own(called, &origins(headers));
    // What a form can send is no JSON.
    if by_session && !(is_own() && headers.get(CONTENT_TYPE).is_none_or(is_json)) {
        return Err(Foreign::Change);
    }
    Ok(())
}

/// Whether this is the content type of JSON.
pub(crate) fn is_json(kind: &HeaderValue) -> bool {
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_changes_something_for_the_hubs_own_page_alone_and_by_json() {
        for (origin, kind, may) in [
            ("http://hub:8900", "", true),
            ("http://hub:8900", "application/json", true),
            ("http://hub:8900", "Application/JSON; charset=utf-8", true),
            ("http://hub:8900", "text/plain", false),
            ("http://hub:8900", "application/jsonp", false),
            ("http://hub:8900", "application/x-www-form-urlencoded", false),
            ("http://hub:3000", "application/json", false),
            ("http://evil.example", "application/json", false),
            ("null", "application/json", false),
            ("", "application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("hub:8900"));
            for (name, value) in [(ORIGIN, origin), (CONTENT_TYPE, kind)] {
                if !value.is_empty() {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            let asks = |method: &Method, headers: &HeaderMap| {
                judge(&Gate::default(), method, headers, &Uri::default()).is_ok()
            };
            assert!(asks(&Method::POST, &headers), "without a session it is for the door to say");
            headers.insert("cookie", HeaderValue::from_static("kinglet=ks_1"));
            assert!(asks(&Method::GET, &headers), "looking changes nothing");
            assert_eq!(asks(&Method::POST, &headers), may, "{origin:?} {kind:?}");
            assert_eq!(asks(&Method::DELETE, &headers), may, "{origin:?} {kind:?}");
        }
    }
}
