//! A request's body, read and unpacked within bounds.

use std::io::Read;

use axum::body::Body;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::limits::{POINTS_BODY_MAX, POINTS_BODY_TIMEOUT};

/// Why a body is not taken.
pub(super) type Refusal = (StatusCode, &'static str);

const TOO_LARGE: Refusal = (StatusCode::PAYLOAD_TOO_LARGE, "a batch has more than 4 MiB");
const TOO_SLOW: Refusal = (StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
const BROKEN: Refusal = (StatusCode::BAD_REQUEST, "the body is not whole");
const NO_TEXT: Refusal = (StatusCode::BAD_REQUEST, "the body is no UTF-8");
const UNKNOWN: Refusal = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body comes as it is, or as gzip");

/// The body's bytes as they came.
pub(super) async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let all = async {
        let (mut parts, mut bytes) = (body.into_data_stream(), Vec::new());
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| BROKEN)?;
            if bytes.len() + part.len() > POINTS_BODY_MAX {
                return Err(TOO_LARGE);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    };
    timeout(POINTS_BODY_TIMEOUT, all).await.unwrap_or(Err(TOO_SLOW))
}

/// The text in it.
pub(super) fn unpack(headers: &HeaderMap, bytes: Vec<u8>) -> Result<String, Refusal> {
    let encoding = headers.get(CONTENT_ENCODING).map_or(&b"identity"[..], |value| value.as_bytes());
    let bytes = match encoding {
        b"identity" => bytes,
        b"gzip" => gunzip(&bytes)?,
        _ => return Err(UNKNOWN),
    };
    String::from_utf8(bytes).map_err(|_| NO_TEXT)
}

/// No more of it than is taken: a few bytes can unpack to a great many.
fn gunzip(packed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let most = u64::try_from(POINTS_BODY_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(packed).take(most + 1).read_to_end(&mut bytes);
    match read {
        Ok(_) if bytes.len() > POINTS_BODY_MAX => Err(TOO_LARGE),
        Ok(_) => Ok(bytes),
        Err(_) => Err(BROKEN),
    }
}
