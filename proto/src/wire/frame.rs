//! How a frame is built, and how a server's words are quoted.

use std::ops::Range;

use serde::Serialize;

use crate::quoted::Words;
use crate::time::WallTime;
use crate::wire::json;

/// One frame on its way into a kept `String`, whose room is used again for every frame.
///
/// Text is checked to be UTF-8 once at the end, not at each of serde's many small writes.
pub(crate) struct Frame<'a> {
    out: &'a mut String,
    bytes: Vec<u8>,
}

impl<'a> Frame<'a> {
    /// Begins a frame in place of what `out` holds.
    pub(crate) fn new(out: &'a mut String) -> Self {
        let mut bytes = std::mem::take(out).into_bytes();
        bytes.clear();
        Self { out, bytes }
    }

    /// Begins an envelope: type, id and timestamp; more members follow, each after a comma.
    pub(crate) fn envelope(out: &'a mut String, kind: &str, id: u64, wall: WallTime) -> Self {
        let mut frame = Self::new(out);
        frame.raw("{\"type\":\"").raw(kind).raw("\",\"id\":\"").value(&id).raw("\",\"timestamp\":");
        frame.value(&wall);
        frame
    }

    /// Adds text that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) -> &mut Self {
        self.bytes.extend_from_slice(json.as_bytes());
        self
    }

    /// What it holds so far, to be written behind: it must stay text.
    #[cfg(feature = "influxdb")]
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Begins a member, with a comma where it is not the first of its object.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        let comma = if self.bytes.ends_with(b"{") { "\"" } else { ",\"" };
        self.raw(comma).raw(key).raw("\":")
    }

    /// Adds members that are texts, but for what is empty: by a table of them, which is a third of
    /// what a struct's code is.
    pub(crate) fn texts(&mut self, members: &[(&str, &str)]) -> &mut Self {
        for (key, text) in members {
            if !text.is_empty() {
                self.key(key).value(*text);
            }
        }
        self
    }

    /// Adds a value.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Self {
        let written = value.serialize(json::Writer(&mut self.bytes));
        debug_assert!(written.is_ok(), "none of our types has a form that is not written");
        self
    }

    /// Adds a value and returns where in the frame it lies.
    pub(crate) fn located<T: Serialize + ?Sized>(&mut self, value: &T) -> Range<usize> {
        let start = self.bytes.len();
        self.value(value);
        start..self.bytes.len()
    }

    /// Adds a member to the object that the frame ends with.
    #[cfg(feature = "vstats")]
    pub(crate) fn member(&mut self, name: &str) -> &mut Self {
        self.bytes.pop();
        self.raw(",\"").raw(name).raw("\":")
    }

    /// Bytes that are written.
    #[cfg(feature = "vstats")]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Hands the frame over.
    pub(crate) fn finish(self) {
        *self.out = String::from_utf8(self.bytes).unwrap_or_default();
    }
}

/// A value as JSON. All that is written goes through one writer: serde's code is made anew for
/// each kind of place to write to, 11 kB for a sample.
pub fn json<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = String::new();
    let mut frame = Frame::new(&mut out);
    frame.value(value);
    frame.finish();
    out
}

/// A list that is written from an iterator.
pub(crate) struct List<I>(pub(crate) I);

impl<I: Iterator<Item = T> + Clone, T: Serialize> Serialize for List<I> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

/// A server's words as they may stand in a log line: one line, printable, of bounded length.
pub(crate) fn clean(words: &str) -> String {
    Words(words).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_use_the_same_room_again() {
        let mut out = String::from("what was there before, which is longer than what comes");
        let room = out.capacity();
        let mut frame = Frame::envelope(&mut out, "ack", 7, WallTime::default());
        let at = frame.raw(",\"data\":").located(&[1, 2]);
        frame.raw("}");
        frame.finish();
        let expected =
            r#"{"type":"ack","id":"7","timestamp":"1970-01-01T00:00:00.000Z","data":[1,2]}"#;
        assert_eq!(out, expected);
        assert_eq!(&out[at], "[1,2]");
        assert!(out.capacity() >= room);
    }
}
