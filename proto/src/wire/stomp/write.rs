//! Writes frames.

use super::{Command, Version};
use crate::wire::number;

/// One frame under way, behind whatever the text held before.
#[derive(Debug)]
#[must_use = "a frame without an end is none"]
pub struct Writer<'a> {
    out: &'a mut String,
    is_escaped: bool,
    has_return: bool,
}

impl<'a> Writer<'a> {
    /// Begins a frame as this version has it; before both sides agreed on one that is 1.0.
    pub fn new(out: &'a mut String, version: Version, command: Command) -> Self {
        out.push_str(command.name());
        out.push('\n');
        let has_return = version >= Version::V12;
        Self { out, is_escaped: command.is_escaped(version), has_return }
    }

    /// Adds a header. What would break the frame and cannot be escaped is left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.escaped(name);
        self.out.push(':');
        self.escaped(value);
        self.out.push('\n');
        self
    }

    /// Ends the frame with a body; its type has nothing to escape.
    pub fn body(self, content_type: &'static str, body: &str) {
        let out = self.out;
        out.push_str("content-type:");
        out.push_str(content_type);
        out.push_str("\ncontent-length:");
        number::push_whole(body.len() as u64, out);
        out.push_str("\n\n");
        out.push_str(body);
        out.push('\0');
    }

    /// Ends the frame without one.
    pub fn end(self) {
        self.out.push_str("\n\0");
    }

    fn escaped(&mut self, text: &str) {
        // Hardly any header has something to escape. By bytes: letters cost five times as much.
        if !text.bytes().any(|byte| byte <= b'\r' || matches!(byte, b'\\' | b':')) {
            self.out.push_str(text);
            return;
        }
        for letter in text.chars() {
            match letter {
                '\\' if self.is_escaped => self.out.push_str("\\\\"),
                ':' if self.is_escaped => self.out.push_str("\\c"),
                '\n' if self.is_escaped => self.out.push_str("\\n"),
                '\r' if self.is_escaped && self.has_return => self.out.push_str("\\r"),
                '\n' | '\r' | '\0' => {}
                _ => self.out.push(letter),
            }
        }
    }
}
