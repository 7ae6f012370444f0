//! What a server answers, in protocols of request and response, and what that means.

use std::time::Duration;

/// An answer over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// When it wants to be asked again (`Retry-After`), if it says so.
    pub retry_after: Option<Duration>,
    /// The beginning of its body.
    pub body: &'a str,
}

/// What an answer means for the samples that the request carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They are stored.
    Taken,
    /// Not all of them are, and never will be: they are not to be sent again. The server's words.
    Rejected(String),
    /// They are too many at once.
    TooLarge(String),
    /// The credentials are refused, in the server's words.
    Refused(String),
    /// Not now; after so long, where the server says it. The server's words.
    Later(Option<Duration>, String),
    /// It is not about them: ask at once.
    Again,
}
