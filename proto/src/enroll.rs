//! How a host with an invitation becomes one with a token: one request, one frame, one close.
//!
//! The host opens a WebSocket at [`PATH`] with the code in `Authorization` and its id in
//! `X-Client-ID`. The hub answers with one text frame that holds the host's own token, and closes.

mod exchange;

use std::borrow::Cow;

pub use exchange::{Exchange, NoToken};
use serde::Serialize;

use crate::limits::TOKEN_BYTES_MAX;
use crate::output::Request;
use crate::secret::Secret;
use crate::wire::pick;

/// Where a hub takes codes, below whatever path a proxy puts before its own.
pub const PATH: &str = "/ws/enroll";
/// Where the enrolled host reports, below the same.
pub const AGENT_PATH: &str = "/ws/agent";
/// The header in which a hub says in words why it refuses: it comes with the status, while a body
/// may still be on its way when the status has been read.
pub const REASON_HEADER: &str = "x-kinglet-reason";

/// What a hub gives for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The host's own token.
    pub token: Secret,
    /// What the owner of the hub calls this host; `None` where that was not said.
    pub name: Option<String>,
}

#[derive(Serialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    token: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
}

/// The request that shows a code; `prefix` is the path before [`PATH`], empty for none.
fn request(code: &Secret, id: &str, prefix: &str) -> Request {
    Request::new(&format!("{prefix}{PATH}"), "")
        .header("Authorization", &format!("Bearer {}", code.expose()))
        .header("X-Client-ID", id)
}

/// The path before the hub's own in a URL's path: what is left without a slash at its end and
/// without [`AGENT_PATH`].
pub fn prefix(path: &str) -> &str {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.strip_suffix(AGENT_PATH).or_else(|| path.strip_suffix(PATH)).unwrap_or(path)
}

/// The hub's one frame.
pub fn encode(enrolled: &Enrolled) -> String {
    let name = enrolled.name.as_deref().map(Into::into);
    let data = Data { token: enrolled.token.expose().into(), name };
    serde_json::to_string(&Frame { kind: "enrolled", data }).unwrap_or_default()
}

/// Reads it; `None` when it is anything else, or when the token could not be one.
pub fn decode(text: &str) -> Option<Enrolled> {
    let kind = pick::text(text, &["type"])?;
    let token = pick::text(text, &["data", "token"])?;
    let name = pick::text(text, &["data", "name"]).map(Cow::into_owned);
    let fits = (1..=TOKEN_BYTES_MAX).contains(&token.len());
    let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    (kind == "enrolled" && fits && plain).then(|| Enrolled { token: Secret::new(token), name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let mut enrolled = Enrolled { token: Secret::new("t0"), name: None };
        assert_eq!(encode(&enrolled), r#"{"type":"enrolled","data":{"token":"t0"}}"#);
        assert_eq!(decode(&encode(&enrolled)), Some(enrolled.clone()));
        enrolled.name = Some("The \"attic\"".to_owned());
        assert_eq!(decode(&encode(&enrolled)), Some(enrolled));
    }

    #[test]
    fn the_wire_grows_and_nonsense_is_nothing() {
        let more = r#"{"type":"enrolled","id":"1","data":{"token":"t","name":null,"new":1}}"#;
        assert_eq!(decode(more), Some(Enrolled { token: Secret::new("t"), name: None }));
        for text in [
            "",
            "{}",
            r#"{"type":"connection","data":{"token":"t"}}"#,
            r#"{"type":"enrolled","data":{"token":""}}"#,
            r#"{"type":"enrolled","data":{"token":"two\nlines"}}"#,
            r#"{"type":"enrolled","data":{}}"#,
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
        let long = "t".repeat(TOKEN_BYTES_MAX + 1);
        assert_eq!(decode(&encode(&Enrolled { token: Secret::new(long), name: None })), None);
    }

    #[test]
    fn the_request_goes_beside_the_agents_path() {
        for (path, at) in [
            ("", "/ws/enroll"),
            ("/", "/ws/enroll"),
            ("/ws/agent", "/ws/enroll"),
            ("/hub", "/hub/ws/enroll"),
            ("/hub/ws/agent/", "/hub/ws/enroll"),
            ("/hub/ws/enroll", "/hub/ws/enroll"),
        ] {
            let request = request(&Secret::new("c-1\r\nX: y"), "pi", prefix(path));
            assert_eq!(request.path_and_query, at, "{path}");
            assert_eq!(request.headers[0], ("Authorization", "Bearer c-1X: y".to_owned()));
            assert_eq!(request.headers[1], ("X-Client-ID", "pi".to_owned()));
        }
    }
}
