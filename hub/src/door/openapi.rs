//! `/api/openapi.json`: what can be asked over HTTP, for programs. A stranger may know: it is the
//! same on every hub.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use super::Routes;
use crate::hub::Hub;
use crate::server::deny::wrong_method;
use crate::server::kept::{Keep, Tag, kept};
use crate::sink::Sinks;

/// Written by hand, and held to the doors by a test of theirs.
pub(super) const DOCUMENT: &str = include_str!("openapi.json");

pub(super) fn routes(_: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/api/openapi.json", get(document).fallback(wrong_method))]
}

async fn document(headers: HeaderMap) -> Response {
    kept(&headers, Keep::Asking, &Tag::of(DOCUMENT.as_bytes()), DOCUMENT.to_owned())
}
