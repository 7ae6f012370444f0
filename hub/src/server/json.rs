//! A value as the answer to a request.

use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Its JSON, which nobody may keep: it is of this moment.
pub(crate) fn json<T: Serialize>(value: &T) -> Response {
    let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
    (headers, serde_json::to_string(value).unwrap_or_default()).into_response()
}
