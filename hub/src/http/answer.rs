//! What a server answered, and what it says of a fault.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};

use crate::limits::HTTP_SAID_CHARS_MAX;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Only the form in seconds: no server of these says a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// What a server says of what went wrong, for the log: the text in its JSON, or the beginning of
/// whatever it is.
pub(crate) fn said(body: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let error = json.as_ref().and_then(|json| {
        // Some have a number in the place of the text, and the text beside it.
        let text = |name: &str| json.get(name).filter(|text| text.is_string());
        let found = text("error").or_else(|| text("message")).or_else(|| text("description"));
        found.or_else(|| json.pointer("/results/0/error")).and_then(|text| text.as_str())
    });
    let text = error.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(HTTP_SAID_CHARS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_short_and_of_one_line() {
        assert_eq!(said(b"404 page\r\nnot found\n"), "404 page  not found");
        assert_eq!(said(b"{\"code\":\"x\",\"message\":\"no bucket\"}"), "no bucket");
        assert_eq!(said(b"{\"results\":[{\"error\":\"bad\"}]}"), "bad");
        assert_eq!(said(&[b'x'; 5000]).len(), HTTP_SAID_CHARS_MAX);
    }
}
