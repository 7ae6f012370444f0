//! Reads frames out of messages.

use std::borrow::Cow;

use super::{Command, Fault, Frame, Version};
use crate::limits::SERVER_TEXT_MAX;

/// Takes messages in and gives frames out.
///
/// Its buffer holds what is not whole yet, at most one frame and one message. After a fault the
/// connection is of no more use.
#[derive(Debug)]
pub struct Reader {
    pub(super) buffer: Vec<u8>,
    /// Bytes at the beginning that were given out.
    taken: usize,
    /// Bytes behind them in which no frame ends, so that they are not looked through again.
    seen: usize,
    version: Version,
    frame_max: usize,
}

impl Reader {
    /// A reader of frames of at most so many bytes; until both sides agree, it reads 1.0.
    pub fn new(frame_max: usize) -> Self {
        let version = Version::V10;
        Self { buffer: Vec::new(), taken: 0, seen: 0, version, frame_max }
    }

    /// What the next frames are written in.
    pub fn set_version(&mut self, version: Version) {
        self.version = version;
    }

    /// Takes a message, text or binary, whose frames are then to be asked for until none is left.
    pub fn push(&mut self, message: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(message);
    }

    /// The next frame, `None` where the rest of it is still to come. Beats are passed over.
    ///
    /// # Errors
    ///
    /// What came is no frame.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, Fault> {
        self.pass_beats();
        let rest = &self.buffer[self.taken..];
        let Some((body, end)) = find_end(rest, &mut self.seen)? else {
            // The frame may be whole but for its NUL.
            let is_possible = rest.len() < self.frame_max;
            return if is_possible { Ok(None) } else { Err(Fault::TooLarge) };
        };
        if end >= self.frame_max {
            return Err(Fault::TooLarge);
        }
        (self.taken, self.seen) = (self.taken + end + 1, 0);
        let head = std::str::from_utf8(&rest[..body]).map_err(|_| Fault::Header)?;
        let (name, head) = head.split_once('\n').unwrap_or((head, ""));
        let name = name.strip_suffix('\r').unwrap_or(name);
        let command = Command::parse(name).ok_or_else(|| unknown(name))?;
        let is_escaped = command.is_escaped(self.version);
        check(head, is_escaped)?;
        Ok(Some(Frame { command, head, is_escaped, body: &rest[body..end] }))
    }

    fn pass_beats(&mut self) {
        let rest = &self.buffer[self.taken..];
        let beats = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        self.taken += beats;
        self.seen = self.seen.saturating_sub(beats);
    }
}

/// Where the body of the first frame begins, and where the NUL behind it stands; `None` while it is
/// still to come. No frame ends in what was `seen` before.
fn find_end(bytes: &[u8], seen: &mut usize) -> Result<Option<(usize, usize)>, Fault> {
    let nul = bytes.iter().skip(*seen).position(|byte| *byte == 0).map(|at| *seen + at);
    *seen = nul.unwrap_or(bytes.len());
    let Some(nul) = nul else { return Ok(None) };
    let body = body(&bytes[..nul]).ok_or(Fault::Header)?;
    let Some(length) = content_length(&bytes[..body])? else {
        return Ok(Some((body, nul)));
    };
    let end = body.checked_add(length).ok_or(Fault::TooLarge)?;
    match bytes.get(end) {
        Some(0) => Ok(Some((body, end))),
        Some(_) => Err(Fault::Length),
        None => Ok(None),
    }
}

/// Where the body begins in a frame: behind the empty line that ends its headers.
fn body(frame: &[u8]) -> Option<usize> {
    let ends = frame.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.filter_map(|at| match &frame[at..] {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
    .next()
}

/// What the headers say of the body's length; `None` where they say nothing.
fn content_length(head: &[u8]) -> Result<Option<usize>, Fault> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let Some(value) = lines.find_map(|line| line.strip_prefix(b"content-length:")) else {
        return Ok(None);
    };
    let number = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or(Fault::Length)
}

/// The lines of headers, without their ends.
pub(super) fn lines(head: &str) -> impl Iterator<Item = &str> {
    let lines = head.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.filter(|line| !line.is_empty())
}

/// Every header can be read, so that who asks for one need not doubt it.
fn check(head: &str, is_escaped: bool) -> Result<(), Fault> {
    for line in lines(head) {
        if line.find(':').is_none_or(|at| at == 0) {
            return Err(Fault::Header);
        }
        if is_escaped && unescape(line).is_none() {
            return Err(Fault::Escape);
        }
    }
    Ok(())
}

/// The text without its escapes; `None` where one says nothing.
pub(super) fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('\\') {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                'r' => '\r',
                'c' => ':',
                '\\' => '\\',
                _ => return None,
            },
            _ => letter,
        });
    }
    Some(Cow::Owned(plain))
}

fn unknown(name: &str) -> Fault {
    Fault::Command(name.chars().take(SERVER_TEXT_MAX).collect())
}
