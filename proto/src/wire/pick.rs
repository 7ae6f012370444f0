//! Takes single values out of JSON, by their path from the top: keys, and in a list the place of an
//! item, counted from 0.
//!
//! What a server says is short, and little of it is of interest: looking for that once more costs
//! less than a reader of its own for each kind of message, in the program's bytes as in its time.
//! Next to nothing is built, so a long message of a hostile server takes no room. A text that is
//! not one whole JSON value has nothing anywhere.
//!
//! Read by serde_json it would be 14 kB more, and 9 of the standard library's for numbers in its
//! errors, which nobody is shown.

use std::borrow::Cow;

use super::number;
use crate::limits::JSON_DEPTH_MAX;

/// The text at `path`.
pub fn text<'a>(json: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    match leaf(json, path)? {
        Leaf::Text(text) => Some(text),
        Leaf::Whole(_) | Leaf::Number(_) | Leaf::List(_) | Leaf::Other => None,
    }
}

/// The whole number at `path`, not below zero.
pub(crate) fn whole(json: &str, path: &[&str]) -> Option<u64> {
    match leaf(json, path)? {
        Leaf::Whole(number) => Some(number),
        Leaf::Text(_) | Leaf::Number(_) | Leaf::List(_) | Leaf::Other => None,
    }
}

/// The number at `path`; none where it is larger than any that there is.
pub fn number(json: &str, path: &[&str]) -> Option<f64> {
    match leaf(json, path)? {
        // Above 2^53 the last digits are lost.
        #[expect(clippy::cast_precision_loss)]
        Leaf::Whole(number) => Some(number as f64),
        Leaf::Number(number) => Some(number).filter(|number| number.is_finite()),
        Leaf::Text(_) | Leaf::List(_) | Leaf::Other => None,
    }
}

/// Whether anything stands at `path`.
pub(crate) fn exists(json: &str, path: &[&str]) -> bool {
    leaf(json, path).is_some()
}

/// How many items the list at `path` has; none where there is no list.
pub(crate) fn count(json: &str, path: &[&str]) -> usize {
    match leaf(json, path) {
        Some(Leaf::List(count)) => count,
        Some(Leaf::Text(_) | Leaf::Whole(_) | Leaf::Number(_) | Leaf::Other) | None => 0,
    }
}

/// What a path can lead to.
enum Leaf<'a> {
    Text(Cow<'a, str>),
    Whole(u64),
    Number(f64),
    /// This many items.
    List(usize),
    /// An object, true or false; `null` is nothing.
    Other,
}

type Found<'a> = Option<Leaf<'a>>;

/// What is left of a path; `None` where nobody looks.
type Path<'p> = Option<&'p [&'p str]>;

fn leaf<'a>(json: &'a str, path: &[&str]) -> Found<'a> {
    let mut reader = Reader { json, at: 0, depth: 0 };
    let found = reader.value(Some(path))?;
    reader.next().is_none().then_some(found)?
}

/// JSON, and how far it is read. What it reads is `None` where the text is none.
struct Reader<'a> {
    json: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A value, and what of it lies at `path`; without one nobody looks.
    fn value(&mut self, path: Path<'_>) -> Option<Found<'a>> {
        let found = match self.next()? {
            begin @ (b'{' | b'[') => return self.nested(begin, path),
            b'"' => Leaf::Text(self.text()?),
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("rue").then_some(Leaf::Other)?,
            b'f' => self.word("alse").then_some(Leaf::Other)?,
            b'n' => return self.word("ull").then_some(None),
            _ => return None,
        };
        Some(is_end(path).then_some(found))
    }

    fn nested(&mut self, begin: u8, path: Path<'_>) -> Option<Found<'a>> {
        self.depth += 1;
        let found = match begin {
            _ if self.depth > JSON_DEPTH_MAX => None,
            b'{' => self.members(path),
            _ => self.items(path),
        };
        self.depth -= 1;
        found
    }

    fn members(&mut self, path: Path<'_>) -> Option<Found<'a>> {
        let (wanted, rest) = first(path);
        let mut found = is_end(path).then_some(Leaf::Other);
        if self.takes(b'}') {
            return Some(found);
        }
        loop {
            let key = self.takes(b'"').then(|| self.text())??;
            let is_wanted = found.is_none() && wanted == Some(&*key);
            if !self.takes(b':') {
                return None;
            }
            let value = self.value(rest.filter(|_| is_wanted))?;
            found = found.or(value);
            match self.next()? {
                b',' => {}
                b'}' => return Some(found),
                _ => return None,
            }
        }
    }

    fn items(&mut self, path: Path<'_>) -> Option<Found<'a>> {
        let (wanted, rest) = first(path);
        let wanted = wanted.and_then(|place| place.parse().ok());
        let (mut count, mut found) = (0, None);
        let mut is_over = self.takes(b']');
        while !is_over {
            let value = self.value(rest.filter(|_| wanted == Some(count)))?;
            found = found.or(value);
            count += 1;
            is_over = match self.next()? {
                b',' => false,
                b']' => true,
                _ => return None,
            };
        }
        Some(if is_end(path) { Some(Leaf::List(count)) } else { found })
    }

    /// What is behind the quote, up to the next; only where something is escaped is it built.
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let mut text = Cow::Borrowed("");
        loop {
            let rest = &self.json[self.at..];
            let end = rest.find(|c| c < ' ' || matches!(c, '"' | '\\'))?;
            text += &rest[..end];
            self.at += end + 1;
            match rest.as_bytes()[end] {
                b'"' => return Some(text),
                b'\\' => text.to_mut().push(self.escaped()?),
                _ => return None,
            }
        }
    }

    /// RFC 8259 section 7; half a character of two is one that says nothing.
    fn escaped(&mut self) -> Option<char> {
        self.at += 1;
        Some(match self.json.as_bytes().get(self.at - 1)? {
            letter @ (b'"' | b'\\' | b'/') => char::from(*letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let is_pair = (0xd800..0xdc00).contains(&unit) && self.word("\\u");
                let second = if is_pair { self.unit()? } else { 0 };
                let first = char::decode_utf16([unit, second]).next()?;
                first.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.json.get(self.at..self.at + 4)?;
        self.at += 4;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
    }

    /// The number that the last byte began.
    fn number(&mut self) -> Option<Leaf<'a>> {
        let rest = &self.json[self.at - 1..];
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        self.at += word.len() - 1;
        is_number(word).then(|| match word.parse() {
            Ok(whole) => Leaf::Whole(whole),
            Err(_) => number::read_float(word).map_or(Leaf::Other, Leaf::Number),
        })
    }

    /// Whether the rest of a word stands here.
    fn word(&mut self, rest: &str) -> bool {
        let is_there = self.json[self.at..].starts_with(rest);
        self.at += if is_there { rest.len() } else { 0 };
        is_there
    }

    /// The next byte that is no blank, if it is this one.
    fn takes(&mut self, byte: u8) -> bool {
        let at = self.at;
        let is_there = self.next() == Some(byte);
        self.at = if is_there { self.at } else { at };
        is_there
    }

    /// The next byte that is no blank; a byte of a longer character is nobody's.
    fn next(&mut self) -> Option<u8> {
        let rest = &self.json.as_bytes()[self.at..];
        let blanks = rest.iter().take_while(|byte| b" \t\n\r".contains(byte)).count();
        self.at += blanks + 1;
        rest.get(blanks).copied()
    }
}

/// Whether what stands here is what is looked for.
fn is_end(path: Path<'_>) -> bool {
    path.is_some_and(<[_]>::is_empty)
}

/// The next step of a path, and those behind it.
fn first(path: Path<'_>) -> (Option<&str>, Path<'_>) {
    path.and_then(<[_]>::split_first).map(|(first, rest)| (*first, rest)).unzip()
}

/// RFC 8259 section 6.
fn is_number(word: &str) -> bool {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (digits, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    are_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && are_digits(decimals)
        && are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

#[cfg(test)]
mod tests;
