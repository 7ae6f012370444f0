//! HTTP answers for `fuzz/`.

use super::answer::Incoming;
use super::head::RetryAfter;
use crate::link::error::LinkError;
use crate::link::event::Answered;

/// Reads an answer that comes in pieces of this size, up to its end; `None` while it is not whole.
pub fn answer(
    bytes: &[u8],
    piece: usize,
    has_no_body: bool,
) -> Result<Option<Answered>, LinkError> {
    let mut incoming = Incoming::default();
    incoming.has_no_body = has_no_body;
    for part in bytes.chunks(piece.max(1)) {
        incoming.push(part);
        if let Some(whole) = incoming.read(false)? {
            return Ok(Some(whole.answer));
        }
    }
    Ok(incoming.read(true)?.map(|whole| whole.answer))
}

/// Reads `Retry-After` beside a `Date`.
pub fn retry_after(value: &str, date: Option<&str>) -> Option<RetryAfter> {
    RetryAfter::parse(value, date)
}
