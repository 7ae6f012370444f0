//! Requests as the versions of InfluxDB want them, and what their answers mean for what was sent.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;

use super::settings::{Settings, Target};
use crate::http::{Answer, escaped, retry_after, said};
use crate::limits::TOKEN_FILE_BYTES_MAX;

/// What becomes of a batch after its answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is safe.
    Taken,
    /// It, or some of it, is refused for what it is: it would be refused again. In words.
    Refused(String),
    /// Half as much might do.
    TooLarge,
    /// The database is not there. In words.
    NoDatabase(String),
    /// Who we are is not believed: a person must act. In words.
    Stranger(String),
    /// It is tried again, not before so long where the server says when. In words.
    Later(Option<Duration>, String),
}

/// Whether a batch is done with: the rules of telegraf's own output.
pub(super) fn fate(answer: &Answer) -> Fate {
    let words = || format!("{}: {}", answer.status, said(&answer.body));
    match answer.status.as_u16() {
        200..=299 => Fate::Taken,
        400 | 406 | 422 => Fate::Refused(words()),
        413 => Fate::TooLarge,
        404 => Fate::NoDatabase(words()),
        401 | 403 => Fate::Stranger(words()),
        _ => Fate::Later(retry_after(&answer.headers), words()),
    }
}

/// Makes requests, with the credentials as they were last read.
#[derive(PartialEq, Eq)]
pub(super) struct Requests {
    authority: String,
    prefix: String,
    /// Path and query of what writes, without the prefix.
    write: String,
    credentials: Option<String>,
}

impl Requests {
    /// Reads the credentials.
    ///
    /// # Errors
    /// The token's file cannot be read; in words.
    pub(super) fn new(settings: &Settings) -> Result<Self, String> {
        let write = match &settings.target {
            Target::Database { name, retention_policy } => {
                let policy = retention_policy.as_ref().map(|name| format!("&rp={}", escaped(name)));
                let policy = policy.unwrap_or_default();
                format!("/write?db={}{policy}&precision=s", escaped(name))
            }
            Target::Bucket { org, bucket } => {
                let (org, bucket) = (escaped(org), escaped(bucket));
                format!("/api/v2/write?org={org}&bucket={bucket}&precision=s")
            }
        };
        Ok(Self {
            authority: settings.address.authority(),
            prefix: settings.address.prefix.clone(),
            write,
            credentials: credentials(settings)?,
        })
    }

    /// Points that are packed.
    pub(super) fn write(&self, packed: Vec<u8>) -> Request<Body> {
        let head = self.begin("POST", &self.write);
        let head = head.header("content-encoding", "gzip");
        let head = head.header("content-type", "text/plain; charset=utf-8");
        finish(head, Body::from(packed))
    }

    /// A question; the path begins with a slash.
    pub(super) fn get(&self, path: &str) -> Request<Body> {
        finish(self.begin("GET", path), Body::empty())
    }

    /// The one order there is: that a database be made.
    pub(super) fn create_database(&self, name: &str) -> Request<Body> {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        let order = format!("/query?q={}", escaped(&format!("CREATE DATABASE \"{name}\"")));
        finish(self.begin("POST", &order), Body::empty())
    }

    fn begin(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let agent = concat!("kinglet-hub/", env!("CARGO_PKG_VERSION"));
        let head = Request::builder().method(method).uri(format!("{}{path}", self.prefix));
        let head = head.header("host", &self.authority).header("user-agent", agent);
        match &self.credentials {
            Some(credentials) => head.header("authorization", credentials),
            None => head,
        }
    }
}

/// Everything in a head was checked where it was read.
fn finish(head: axum::http::request::Builder, body: Body) -> Request<Body> {
    head.body(body).unwrap_or_default()
}

fn credentials(settings: &Settings) -> Result<Option<String>, String> {
    let Some(path) = &settings.token_file else { return Ok(None) };
    let bad = |what: String| format!("{}: {what}", path.display());
    let bytes = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    let secret = text.trim();
    let is_printable = secret.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if secret.is_empty() || secret.len() > TOKEN_FILE_BYTES_MAX || !is_printable {
        return Err(bad("no token or password in it, in printable characters".to_owned()));
    }
    Ok(Some(match &settings.user {
        Some(user) => format!("Basic {}", base64(format!("{user}:{secret}").as_bytes())),
        None => format!("Token {secret}"),
    }))
}

/// RFC 4648 section 4, with its filling.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let sign =
                SIGNS.get((bits >> (18 - 6 * at) & 63) as usize).filter(|_| at <= three.len());
            out.push(sign.map_or('=', |sign| char::from(*sign)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: body.into() }
    }

    #[test]
    fn each_status_has_telegrafs_meaning() {
        let fate = |status| fate(&answer(status, "{\"error\":\"why\\n\"}"));
        for status in [200, 204] {
            assert_eq!(fate(status), Fate::Taken);
        }
        for status in [400, 406, 422] {
            assert!(matches!(fate(status), Fate::Refused(words) if words.ends_with(": why")));
        }
        assert_eq!(fate(413), Fate::TooLarge);
        assert!(matches!(fate(404), Fate::NoDatabase(_)));
        for status in [401, 403] {
            assert!(matches!(fate(status), Fate::Stranger(_)));
        }
        for status in [302, 429, 500, 503] {
            assert!(matches!(fate(status), Fate::Later(None, _)));
        }
        let mut busy = answer(503, "");
        busy.headers.insert("retry-after", "7".parse().unwrap());
        assert!(matches!(super::fate(&busy), Fate::Later(Some(wait), _) if wait.as_secs() == 7));
    }

    #[test]
    fn credentials_are_basic_with_a_user_and_a_token_without() {
        for (plain, packed) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("me:it", "bWU6aXQ=")] {
            assert_eq!(base64(plain.as_bytes()), packed);
        }
        assert_eq!(escaped("a b&ü"), "a%20b%26%C3%BC");
    }
}
