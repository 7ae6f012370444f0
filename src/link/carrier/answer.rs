//! One HTTP/1.1 answer (RFC 9112): its head, and where its body ends.
//!
//! Interim answers (100, 103) say nothing yet. A body is as long as its head says, or in chunks, or
//! ends with the connection; its beginning is kept, since servers say in it what is wrong.

use kinglet_proto::limits::{ANSWER_BYTES_MAX, ANSWER_PASSED_MAX};

use super::head::{RetryAfter, begin_of_final};
use crate::limits::{CHUNK_LINE_MAX, HEAD_BYTES_MAX, HEADERS_MAX};
use crate::link::error::LinkError;
use crate::link::event::Answered;

/// What is there of an answer.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    /// Only the head was asked for.
    pub(super) has_no_body: bool,
}

/// An answer that is whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) answer: Answered,
    /// The connection can be used again.
    pub(super) keeps: bool,
}

/// How long the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunks,
    UntilTheEnd,
}

impl Incoming {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether it is longer than any that is waited for.
    pub(super) fn is_long(&self) -> bool {
        self.bytes.len() > HEAD_BYTES_MAX + ANSWER_PASSED_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The answer, if it is whole; at its end a stream has no more to come.
    pub(super) fn read(&self, is_end: bool) -> Result<Option<Whole>, LinkError> {
        let not_http = || LinkError::Protocol("its answer is not HTTP".to_owned());
        let start = begin_of_final(&self.bytes);
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let head = match response.parse(&self.bytes[start..]) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) if self.bytes.len() < HEAD_BYTES_MAX => return Ok(None),
            Ok(httparse::Status::Partial) | Err(_) => return Err(not_http()),
        };
        let status = response.code.ok_or_else(not_http)?;
        let header = |name: &str| header(response.headers, name);
        let rest = &self.bytes[start + head..];
        let passed = rest.len() > ANSWER_PASSED_MAX;
        let length = if self.has_no_body { Length::Bytes(0) } else { length_of(status, &header)? };
        let (body, is_whole) = match length {
            Length::Bytes(count) => (rest[..count.min(rest.len())].to_vec(), rest.len() >= count),
            Length::Chunks => joined(rest).ok_or_else(not_http)?,
            Length::UntilTheEnd => (rest.to_vec(), false),
        };
        if !is_whole && !is_end && !passed {
            return Ok(None);
        }
        let body = &body[..body.len().min(ANSWER_BYTES_MAX)];
        let says_close = header("Connection").is_some_and(|it| it.eq_ignore_ascii_case("close"));
        Ok(Some(Whole {
            answer: Answered {
                status,
                retry_after: header("Retry-After")
                    .and_then(|after| RetryAfter::parse(after, header("Date"))),
                body: String::from_utf8_lossy(body).into_owned(),
            },
            keeps: is_whole && !is_end && !says_close && response.version == Some(1),
        }))
    }
}

fn header<'a>(headers: &[httparse::Header<'a>], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(found.value).ok().map(str::trim_ascii)
}

fn length_of<'a>(
    status: u16,
    header: &impl Fn(&str) -> Option<&'a str>,
) -> Result<Length, LinkError> {
    if matches!(status, 204 | 304) {
        return Ok(Length::Bytes(0));
    }
    let in_chunks = |it: &str| it.to_ascii_lowercase().ends_with("chunked");
    if header("Transfer-Encoding").is_some_and(in_chunks) {
        return Ok(Length::Chunks);
    }
    let Some(count) = header("Content-Length") else { return Ok(Length::UntilTheEnd) };
    let fault = || LinkError::Protocol("its answer has no sensible length".to_owned());
    count.parse().map(Length::Bytes).map_err(|_| fault())
}

/// Joins the chunks that are there (section 7.1); whether the last is among them, and what follows
/// it. `None` where they are none.
fn joined(mut rest: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else {
            return (rest.len() < CHUNK_LINE_MAX).then_some((body, false));
        };
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let digits = line.split(';').next().unwrap_or_default().trim_ascii();
        let size = usize::from_str_radix(digits, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            // Trailers, if any, end with an empty line.
            let is_whole = rest.starts_with(b"\r\n") || rest.ends_with(b"\r\n\r\n");
            return Some((body, is_whole));
        }
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        match rest.get(size..).unwrap_or_default() {
            [] | [b'\r'] => return Some((body, false)),
            [b'\r', b'\n', after @ ..] => rest = after,
            [_, ..] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(text: &str, is_end: bool) -> Option<Whole> {
        let mut incoming = Incoming::default();
        incoming.push(text.as_bytes());
        incoming.read(is_end).unwrap()
    }

    fn whole(status: u16, body: &str, keeps: bool) -> Whole {
        Whole { answer: Answered { status, retry_after: None, body: body.to_owned() }, keeps }
    }

    #[test]
    fn an_answer_is_whole_where_its_body_ends_and_not_before() {
        for (text, expected) in [
            ("HTTP/1.1 204 No Content\r\nA: b\r\n\r\n", whole(204, "", true)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", whole(200, "abc", true)),
            (
                "HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
                whole(404, "abc", true),
            ),
            (
                "HTTP/1.1 404 No\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n0\r\nT: x\r\n\r\n",
                whole(404, "", true),
            ),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nConnection: Close\r\n\
                 Content-Length: 1\r\n\r\nx",
                whole(401, "x", false),
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", whole(200, "", false)),
        ] {
            for cut in 0..text.len() {
                assert_eq!(read(&text[..cut], false), None, "{}", &text[..cut]);
            }
            assert_eq!(read(text, false), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_body_without_a_length_ends_with_the_connection() {
        let text = "HTTP/1.1 502 Bad\r\n\r\n<html>no</html>";
        assert_eq!(read(text, false), None);
        assert_eq!(read(text, true), Some(whole(502, "<html>no</html>", false)));
        let cut = "HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\npartial";
        assert_eq!(read(cut, true), Some(whole(400, "partial", false)));
    }

    #[test]
    fn a_long_body_is_cut_and_one_without_an_end_is_given_up() {
        let long = format!("HTTP/1.1 400 B\r\nContent-Length: 9000\r\n\r\n{}", "x".repeat(9000));
        let found = read(&long, false).unwrap();
        assert_eq!((found.answer.body.len(), found.keeps), (ANSWER_BYTES_MAX, true));
        let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(ANSWER_PASSED_MAX + 1));
        let found = read(&endless, false).unwrap();
        assert_eq!((found.answer.status, found.keeps), (200, false));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for text in [
            "SSH-2.0-OpenSSH_9\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        ] {
            let mut incoming = Incoming::default();
            incoming.push(text.as_bytes());
            assert!(incoming.read(false).is_err(), "{text}");
        }
        let mut incoming = Incoming::default();
        incoming.push(&b"HTTP/1.1 200 OK\r\nA: "[..].repeat(HEAD_BYTES_MAX / 16));
        assert!(incoming.read(false).is_err());
        assert_eq!(Incoming::default().read(true).ok(), Some(None));
    }

    #[test]
    fn a_busy_server_says_when() {
        let found = read("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", false);
        let after = found.unwrap().answer.retry_after.unwrap();
        assert_eq!(after.pause(None), Some(Duration::from_secs(7)));
    }
}
