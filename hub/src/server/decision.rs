//! What an owner asks a hub to decide: how it is read, and how it is refused.

use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::Response;
use kinglet_proto::host::HostId;
use serde::de::DeserializeOwned;
use tracing::warn;

use super::deny::deny;
use crate::limits::owners::DECISION_BYTES_MAX;
use crate::registry::Refused;

/// Reads a body; what is wrong with it is refused with what is allowed.
pub(crate) async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Response> {
    let bad = |what: String| deny(StatusCode::BAD_REQUEST, "bad_body", &what);
    let bytes = to_bytes(body, DECISION_BYTES_MAX).await;
    let bytes =
        bytes.map_err(|_| bad(format!("the body is larger than {DECISION_BYTES_MAX} bytes")))?;
    let text = if bytes.is_empty() { b"{}" } else { &bytes[..] };
    serde_json::from_slice(text).map_err(|error| bad(format!("the body is no such JSON: {error}")))
}

/// The answer to what was not done.
pub(crate) fn refused(id: &HostId, refused: &Refused) -> Response {
    match refused {
        Refused::Stated(..) => deny(StatusCode::CONFLICT, "configured", &refused.to_string()),
        Refused::Bad(words) => deny(StatusCode::BAD_REQUEST, "bad_body", words),
        Refused::Failed(error) => {
            warn!("host {id} cannot be changed: {error}");
            let text = "the hub cannot use its state folder; its log says why";
            deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
        }
    }
}
