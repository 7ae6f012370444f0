//! A rule or a receiver as it is written by whoever may: read, and answered.

use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tracing::warn;

use super::deny::deny;
use crate::config::drop_ins::{Base, Place};
use crate::drop_in::{Keys, Refusal};
use crate::limits::REMARK_BYTES_MAX;

/// The keys in a body.
pub(crate) async fn read_keys(body: Body) -> Result<Keys, Response> {
    let bytes = to_bytes(body, REMARK_BYTES_MAX).await;
    let bytes =
        bytes.map_err(|_| bad(&format!("the body has more than {REMARK_BYTES_MAX} bytes")))?;
    // What is wrong with it has a place in it, and may be beside a secret.
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        bad(&format!("the body is no JSON object: line {line}, column {column}"))
    })
}

/// Where something stands, for whoever may change it.
pub(crate) fn origin(base: &Base, place: &Place) -> (&'static str, String) {
    match place {
        Place::Main(line) => ("config", base.at(*line)),
        Place::File(path) => ("drop_in", path.display().to_string()),
    }
}

/// What whoever set or removed one is answered; a status of success, or the refusal.
pub(crate) fn answer(done: Result<StatusCode, Refusal>) -> Response {
    done.map_or_else(|refusal| refused(&refusal), IntoResponse::into_response)
}

fn refused(refusal: &Refusal) -> Response {
    let words = refusal.to_string();
    match refusal {
        Refusal::Wrong(_) => bad(&words),
        Refusal::Fixed(_) => deny(StatusCode::CONFLICT, "not_changeable", &words),
        Refusal::Unknown(_) => deny(StatusCode::NOT_FOUND, "unknown_name", &words),
        Refusal::Io(..) => {
            warn!("{words}");
            unavailable()
        }
    }
}

fn unavailable() -> Response {
    let text = "it cannot be written now; the hub's log says why";
    deny(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text)
}

fn bad(words: &str) -> Response {
    deny(StatusCode::BAD_REQUEST, "bad_body", words)
}
