//! The hub as a client of HTTP: one request on one connection, of hyper's own parts.

mod address;
mod answer;
mod client;

pub use address::Address;
pub(crate) use answer::{Answer, retry_after, said};
pub(crate) use client::{Client, ClientError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but what no URL takes for anything else (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a segment of a path, or as a value in a query or a form.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
