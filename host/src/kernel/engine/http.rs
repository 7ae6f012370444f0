//! An answer in HTTP/1.1, as an engine gives it on its socket (RFC 9112, sections 4, 6 and 7).
//!
//! ```text
//! answer = status-line *( header CRLF ) CRLF body
//! body   = as many bytes as Content-Length says, or chunks, or all until the end
//! chunk  = digits CRLF bytes CRLF, in hexadecimal; the last is empty, lines may follow it
//!
//! HTTP/1.1 200 OK
//! Content-Length: 3
//! Transfer-Encoding: chunked
//! ```

use std::borrow::Cow;

use crate::kernel::text;
use crate::limits::ENGINE_HEAD_MAX;

/// What bytes are.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// A part of an answer: more is to come.
    Cut,
    /// What is no answer, or none that will be whole.
    Bad,
    /// An answer: its status, and its body.
    Answer(u64, Cow<'a, [u8]>),
}

/// How long a body is.
#[derive(Debug, Clone, Copy)]
enum Length {
    Bytes(usize),
    Chunks,
    UntilTheEnd,
}

/// Reads the answer that `bytes` begin with; at the end no more is to come.
pub fn parse(bytes: &[u8], is_end: bool) -> Parsed<'_> {
    let known = bytes.len().min(ENGINE_HEAD_MAX);
    let Some(head) = bytes[..known].windows(4).position(|four| four == b"\r\n\r\n") else {
        let is_bad = is_end || bytes.len() >= ENGINE_HEAD_MAX || !begins(bytes);
        return if is_bad { Parsed::Bad } else { Parsed::Cut };
    };
    let Some((status, length)) = parse_head(&bytes[..head]) else { return Parsed::Bad };
    let rest = &bytes[head + 4..];
    let body = match length {
        Length::Bytes(count) => Ok(rest.get(..count).map(Cow::Borrowed)),
        Length::Chunks => join(rest).map(|body| body.map(Cow::Owned)),
        Length::UntilTheEnd => Ok(is_end.then_some(Cow::Borrowed(rest))),
    };
    match body {
        Ok(Some(body)) => Parsed::Answer(status, body),
        Ok(None) if !is_end => Parsed::Cut,
        Ok(None) | Err(Malformed) => Parsed::Bad,
    }
}

/// What says nothing that can be understood.
struct Malformed;

/// Whether the first bytes are those of an answer.
fn begins(bytes: &[u8]) -> bool {
    const FIRST: &[u8] = b"HTTP/1.";
    let count = bytes.len().min(FIRST.len());
    bytes[..count] == FIRST[..count]
}

fn parse_head(head: &[u8]) -> Option<(u64, Length)> {
    let mut lines = text::lines(head).map(text::trim);
    let mut words = text::fields(lines.next().filter(|line| begins(line))?);
    let status = words.nth(1).filter(|word| word.len() == 3).and_then(text::number)?;
    let mut length = Length::UntilTheEnd;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (&line[..colon], text::trim(&line[colon + 1..]));
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            length = value.eq_ignore_ascii_case(b"chunked").then_some(Length::Chunks)?;
        } else if name.eq_ignore_ascii_case(b"content-length") && !is_chunked(length) {
            length = Length::Bytes(text::number(value).and_then(|it| usize::try_from(it).ok())?);
        }
    }
    Some((status, length))
}

fn is_chunked(length: Length) -> bool {
    matches!(length, Length::Chunks)
}

/// Joins chunks; `None` where the last is not there yet.
fn join(mut rest: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return if rest.len() < ENGINE_HEAD_MAX { Ok(None) } else { Err(Malformed) };
        };
        let digits = rest[..end].split(|byte| *byte == b';').next().unwrap_or_default();
        let size = text::hexadecimal(text::trim(digits)).ok_or(Malformed)?;
        rest = &rest[end + 2..];
        if size == 0 {
            // Lines may follow, and end with an empty one.
            let is_over = rest.starts_with(b"\r\n") || rest.ends_with(b"\r\n\r\n");
            return Ok(is_over.then_some(body));
        }
        let size = usize::try_from(size).map_err(|_| Malformed)?;
        let Some((chunk, after)) = rest.split_at_checked(size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        rest = match after {
            [b'\r', b'\n', after @ ..] => after,
            [] | [b'\r'] => return Ok(None),
            [..] => return Err(Malformed),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(answer: &[u8], is_end: bool) -> Option<(u64, Vec<u8>)> {
        match parse(answer, is_end) {
            Parsed::Answer(status, body) => Some((status, body.into_owned())),
            Parsed::Cut | Parsed::Bad => None,
        }
    }

    #[test]
    fn a_body_ends_where_its_head_says() {
        for (answer, is_end) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[7]more"[..], false),
            (b"HTTP/1.1 200 OK\r\ncontent-length:3 \r\n\r\n[7]", true),
            (b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[7\r\n1;x=y\r\n]\r\n0\r\n\r\n", false),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9\r\n\r\n03\r\n[7]\r\n0\r\nx: y\r\n\r\n", false),
            (b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\n[7]", true),
        ] {
            let shown = answer.escape_ascii();
            assert_eq!(body(answer, is_end), Some((200, b"[7]".to_vec())), "{shown}");
        }
        let refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(body(refused, false), Some((403, Vec::new())));
    }

    #[test]
    fn each_part_of_an_answer_is_cut_and_at_the_end_bad() {
        for whole in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[7]"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[7]\r\n0\r\n\r\n",
        ] {
            for len in 0..whole.len() {
                let shown = whole[..len].escape_ascii();
                assert_eq!(parse(&whole[..len], false), Parsed::Cut, "{shown}");
                assert_eq!(parse(&whole[..len], true), Parsed::Bad, "{shown}");
            }
        }
    }

    #[test]
    fn what_is_no_answer_is_bad() {
        let long = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'y'; ENGINE_HEAD_MAX]].concat();
        let endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let endless = [endless, vec![b'0'; ENGINE_HEAD_MAX]].concat();
        for answer in [
            &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
            b"\x00\x01\x02",
            b"HTTP/2 200 OK\r\n\r\n",
            b"HTTP/1.1 2000 OK\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1\r\n\r\n",
            b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[]\r\n",
            &long,
            &endless,
        ] {
            assert_eq!(parse(answer, false), Parsed::Bad, "{}", answer.escape_ascii());
        }
    }
}
