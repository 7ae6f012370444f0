//! How a request is refused before its upgrade: a status, a word for programs, words for people.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use kinglet_proto::enroll::REASON_HEADER;

/// The answer: the words in a header, which an agent has read before any body, and in the body.
pub(crate) fn deny(status: StatusCode, word: &str, text: &str) -> Response {
    let body = serde_json::json!({ "error": word, "message": text }).to_string();
    let mut response = (status, [("content-type", "application/json")], body).into_response();
    // In bytes, because a host's id in it may be of any language.
    if let Ok(reason) = HeaderValue::from_bytes(text.as_bytes()) {
        response.headers_mut().insert(HeaderName::from_static(REASON_HEADER), reason);
    }
    response
}
