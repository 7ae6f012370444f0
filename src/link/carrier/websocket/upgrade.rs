//! The HTTP/1.1 upgrade to WebSocket (RFC 6455 section 4), as text in and out: no socket here.
//!
//! Written here and not taken from tungstenite because its version logs the whole request, token
//! included, at trace level, and because what a wrong answer *means* is half of the work.

use std::fmt::{self, Write as _};

use kinglet_proto::enroll::REASON_HEADER;
use kinglet_proto::quoted::{Quoted, Words, cut};
use kinglet_proto::time::WallTime;
use kinglet_proto::wire::base64::base64;

use crate::limits::{HEAD_BYTES_MAX, HEADERS_MAX};
use crate::link::carrier::head::{RetryAfter, begin_of_final};
use crate::link::url::ServerUrl;

/// Appended to the key before hashing (RFC 6455 section 1.3).
const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The request that asks for the upgrade.
///
/// `key` is 16 random bytes; `headers` hold the credentials.
pub(in crate::link) fn request(
    url: &ServerUrl,
    path_and_query: &str,
    headers: &[(&'static str, String)],
    key: [u8; 16],
) -> String {
    let mut text = format!(
        "GET {path_and_query} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\nUser-Agent: kinglet/{}\r\n",
        url.authority(),
        base64(&key),
        env!("CARGO_PKG_VERSION"),
    );
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    text
}

/// Reads a response head: its length when it is whole and grants the upgrade, `None` while it is
/// not whole yet.
pub(in crate::link) fn verify(head: &[u8], key: [u8; 16]) -> Result<Option<usize>, UpgradeError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let begin = begin_of_final(head);
    let length = match response.parse(&head[begin..]) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if head.len() < HEAD_BYTES_MAX => return Ok(None),
        Ok(httparse::Status::Partial) | Err(_) => return Err(UpgradeError::NotHttp),
    };
    let status = response.code.unwrap_or_default();
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
    };
    let reason = || header(REASON_HEADER).map(|words| Words(words).to_string());
    match status {
        101 => {}
        301 | 302 | 303 | 307 | 308 => {
            return Err(UpgradeError::Redirected(
                header("location").map_or_else(|| "nowhere".to_owned(), without_query),
            ));
        }
        401 | 403 => return Err(UpgradeError::Refused(status)),
        200 => return Err(UpgradeError::WebPage),
        404 => return Err(UpgradeError::NotFound),
        429 | 503 => {
            let after = header("retry-after");
            let after = after.and_then(|after| RetryAfter::parse(after, header("date")));
            return Err(UpgradeError::Busy(status, reason(), after));
        }
        other => {
            return Err(match reason() {
                Some(reason) => UpgradeError::Denied(other, reason),
                None => UpgradeError::Status(other),
            });
        }
    }
    let upgraded = header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
    if !upgraded || header("sec-websocket-accept") != Some(accept(key).as_str()) {
        return Err(UpgradeError::NotWebSocket);
    }
    Ok(Some(begin + length))
}

/// When the answer was made, by its own header (RFC 9110 section 6.6.1).
pub(in crate::link) fn date(head: &[u8]) -> Option<WallTime> {
    let text = std::str::from_utf8(head).ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then(|| WallTime::parse_http(value.trim()))?
    };
    text.lines().find_map(header)
}

/// Where a redirect leads, without what may be a token.
fn without_query(location: &str) -> String {
    cut(location.split(['?', '#']).next().unwrap_or_default()).into_owned()
}

fn accept(key: [u8; 16]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(base64(&key).as_bytes());
    context.update(ACCEPT_GUID);
    base64(context.finish().as_ref())
}

/// Why a server did not grant the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpgradeError {
    /// The answer is not HTTP, or its head never ends.
    NotHttp,
    /// 401 or 403: the credentials are not accepted.
    Refused(u16),
    /// A redirect, which is never followed: the token would go along.
    Redirected(String),
    /// 200: a web page instead of an upgrade.
    WebPage,
    /// 404: no such path.
    NotFound,
    /// 429 or 503: the server has no time, for this reason if it gave one, until then if it said
    /// when.
    Busy(u16, Option<String>, Option<RetryAfter>),
    /// Any other status, with the reason the server gave in words.
    Denied(u16, String),
    /// Any other status.
    Status(u16),
    /// 101, but without the proof that a WebSocket server said it.
    NotWebSocket,
}

impl fmt::Display for UpgradeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp => write!(f, "the server does not speak HTTP on this port"),
            Self::Refused(status) => {
                write!(f, "the server refused the token or the id (HTTP {status})")
            }
            Self::Redirected(location) => write!(
                f,
                "the server redirects to {}; a token never follows a redirect, \
                 so put the right url into the configuration",
                Quoted(location)
            ),
            Self::WebPage => write!(
                f,
                "the server answered with a web page (HTTP 200) instead of the upgrade; \
                 a proxy in between drops the Upgrade header or the path is wrong"
            ),
            Self::NotFound => write!(f, "the server has nothing at this path (HTTP 404)"),
            Self::Denied(status, reason) => {
                write!(f, "the server refused: {reason} (HTTP {status})")
            }
            Self::Busy(status, Some(reason), _) => {
                write!(f, "the server has no time now: {reason} (HTTP {status})")
            }
            Self::Busy(429, None, _) => write!(
                f,
                "the server is asked too often from here (HTTP 429); \
                 do many agents share this address or this token?"
            ),
            Self::Busy(status, None, _) => {
                write!(f, "the server or the proxy before it has no time now (HTTP {status})")
            }
            Self::Status(status) => match meaning(*status) {
                Some(meaning) => write!(f, "{meaning} (HTTP {status})"),
                None => write!(f, "the server answered HTTP {status} to the upgrade"),
            },
            Self::NotWebSocket => {
                write!(f, "the answer to the upgrade is not a WebSocket server's")
            }
        }
    }
}

/// What a status says to the owner of an agent, where it says something.
const fn meaning(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => {
            "the server takes no WebSocket at this path; \
             SockJS has its own one level below, at /websocket"
        }
        407 => "a proxy on the way wants a login of its own, which kinglet does not have",
        426 => {
            "the server wants another protocol than WebSocket version 13 at this path; \
             is the url the agents' one?"
        }
        502 | 504 | 521..=524 => "the proxy before the server does not reach it",
        511 => {
            "this network wants a login first, as hotels and trains do; \
             log this host in by a browser"
        }
        525 | 526 => {
            "the proxy before the server finds no good TLS at it; \
             the server's owner has to mend its certificate"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the answer of RFC 6455 section 1.3.
    const KEY: &[u8; 16] = b"the sample nonce";
    const GRANTED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\
                           Connection: upgrade\r\n\
                           Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    #[test]
    fn the_example_of_the_rfc_is_granted_at_every_split() {
        for cut in 0..GRANTED.len() {
            assert_eq!(verify(&GRANTED.as_bytes()[..cut], *KEY), Ok(None), "{cut}");
        }
        assert_eq!(verify(GRANTED.as_bytes(), *KEY), Ok(Some(GRANTED.len())));
        let with_frame = format!("{GRANTED}\u{1}x");
        assert_eq!(verify(with_frame.as_bytes(), *KEY), Ok(Some(GRANTED.len())));
    }

    #[test]
    fn every_other_answer_says_what_it_means() {
        let answer = |text: &str| verify(text.as_bytes(), *KEY).unwrap_err();
        assert_eq!(answer("HTTP/1.1 401 No\r\n\r\n"), UpgradeError::Refused(401));
        assert_eq!(answer("HTTP/1.1 403 No\r\n\r\n"), UpgradeError::Refused(403));
        assert_eq!(answer("HTTP/1.1 200 OK\r\n\r\n"), UpgradeError::WebPage);
        assert_eq!(answer("HTTP/1.1 404 Gone\r\n\r\n"), UpgradeError::NotFound);
        assert_eq!(answer("HTTP/1.1 500 Bad\r\n\r\n"), UpgradeError::Status(500));
        let said = UpgradeError::Denied(410, "this code was used".to_owned());
        assert_eq!(
            answer("HTTP/1.1 410 Gone\r\nX-Kinglet-Reason: this code was used\r\n\r\n"),
            said
        );
        assert_eq!(answer("SSH-2.0-OpenSSH_9\r\n"), UpgradeError::NotHttp);
        assert_eq!(answer(&"x".repeat(HEAD_BYTES_MAX)), UpgradeError::NotHttp);
        assert_eq!(
            answer("HTTP/1.1 302 Found\r\nLocation: https://x/?token=s\r\n\r\n").to_string(),
            "the server redirects to \"https://x/\"; a token never follows a redirect, \
             so put the right url into the configuration"
        );
        assert_eq!(answer(&GRANTED.replace("s3p", "xxx")), UpgradeError::NotWebSocket);
        assert_eq!(answer(&GRANTED.replace("WebSocket\r", "h2c\r")), UpgradeError::NotWebSocket);
    }

    #[test]
    fn interim_answers_are_no_refusals() {
        let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
        let both = format!("HTTP/1.1 100 Continue\r\n\r\n{hints}{GRANTED}");
        for cut in 0..both.len() {
            assert_eq!(verify(&both.as_bytes()[..cut], *KEY), Ok(None), "{cut}");
        }
        assert_eq!(verify(both.as_bytes(), *KEY), Ok(Some(both.len())));
        let endless = hints.repeat(HEAD_BYTES_MAX / hints.len() + 1);
        assert_eq!(verify(endless.as_bytes(), *KEY), Err(UpgradeError::NotHttp));
    }

    #[test]
    fn a_status_that_means_something_gets_a_sentence() {
        for (status, words) in [
            (400, "at /websocket"),
            (407, "a proxy on the way wants a login of its own"),
            (426, "wants another protocol"),
            (429, "asked too often from here"),
            (503, "has no time now"),
            (511, "this network wants a login first"),
            (525, "finds no good TLS"),
        ] {
            let answer = format!("HTTP/1.1 {status} X\r\n\r\n");
            let told = verify(answer.as_bytes(), *KEY).unwrap_err().to_string();
            assert!(told.contains(words) && told.contains(&format!("(HTTP {status})")), "{told}");
        }
    }

    #[test]
    fn what_a_server_writes_is_cut_and_cannot_steer_a_terminal() {
        let answer = |text: String| verify(text.as_bytes(), *KEY).unwrap_err().to_string();
        let turned = "\u{202e}moc\u{200b}";
        let location = format!("https://x/{turned}{}?token=s", "y".repeat(4000));
        let told = answer(format!("HTTP/1.1 302 F\r\nLocation: {location}\r\n\r\n"));
        assert!(told.contains(r"https://x/\u202emoc\u200byyy"), "{told}");
        assert!(told.len() < 400 && !told.contains("token=s"), "{told}");
        let said =
            format!("HTTP/1.1 410 G\r\nX-Kinglet-Reason: {turned}{}\r\n\r\n", "z".repeat(999));
        let told = answer(said);
        assert!(told.contains(r"\u202emoc\u200bzzz") && told.len() < 300, "{told}");
    }

    #[test]
    fn the_request_is_complete() {
        let url = ServerUrl::parse("ws://h:8900").unwrap();
        let text = request(&url, "/ws/agent", &[("Authorization", "Bearer t".into())], *KEY);
        assert!(text.starts_with("GET /ws/agent HTTP/1.1\r\nHost: h:8900\r\n"), "{text}");
        assert!(text.contains("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "{text}");
        assert!(text.ends_with("\r\nAuthorization: Bearer t\r\n\r\n"), "{text}");
    }
}
