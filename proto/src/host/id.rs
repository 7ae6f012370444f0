//! A host's id: the one word by which agent and hub mean the same host.
//!
//! It stands in a header, in a URL, in lines of a log, in commands to paste and as the name of a
//! file. So it has no blanks, not even inside: where it ends must be seen. It shows all that it
//! is made of: two ids that look alike would be two hosts under one name. And it does not begin
//! with a dot, which makes `.`, `..` and hidden files impossible in one rule.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::Deserialize;

use crate::limits::HOST_ID_MAX;

/// What a host logs in as: 1 to [`HOST_ID_MAX`] bytes. A clone shares its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct HostId(Arc<str>);

/// Why a text is no id. The words say what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostIdError {
    /// There is nothing in it.
    Empty,
    /// It has this many bytes.
    TooLong(usize),
    /// It begins with a dot.
    Hidden,
    /// It has a blank in it, of whatever width.
    Blank,
    /// It has a separator of paths in it: `/`, or `\` where files are shared with other systems.
    Separator(char),
    /// This character in it shows nothing, or changes the direction of what stands beside it.
    Unseen(char),
    /// It was no UTF-8 where it came from, and what could not be read was replaced.
    NotText,
}

/// Characters that show nothing: Unicode's `Default_Ignorable_Code_Point`
/// (DerivedCoreProperties.txt, version 16). Zero-width spaces and joiners, the marks that turn the
/// direction of writing, soft hyphens and selectors of variants are all in it.
const UNSEEN: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

impl HostId {
    /// Takes a text for an id, as it is: nothing is trimmed and no case is folded.
    pub fn parse(text: &str) -> Result<Self, HostIdError> {
        match text.len() {
            0 => return Err(HostIdError::Empty),
            1..=HOST_ID_MAX => {}
            long => return Err(HostIdError::TooLong(long)),
        }
        if text.starts_with('.') {
            return Err(HostIdError::Hidden);
        }
        text.chars().try_for_each(check)?;
        Ok(Self(text.into()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(c: char) -> Result<(), HostIdError> {
    match c {
        '/' | '\\' => Err(HostIdError::Separator(c)),
        char::REPLACEMENT_CHARACTER => Err(HostIdError::NotText),
        // Tab and line feed are both: what can be seen of them is their width.
        c if c.is_whitespace() => Err(HostIdError::Blank),
        c if c.is_control() || is_unseen(c) => Err(HostIdError::Unseen(c)),
        _ => Ok(()),
    }
}

fn is_unseen(c: char) -> bool {
    UNSEEN.iter().any(|&(first, last)| (first..=last).contains(&c))
}

impl fmt::Display for HostIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an id is 1 to {HOST_ID_MAX} bytes, all to be seen, without blanks, / and \\, and with \
             no dot in front; this one "
        )?;
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong(bytes) => write!(f, "has {bytes} bytes"),
            Self::Hidden => f.write_str("begins with a dot"),
            Self::Blank => f.write_str("has a blank in it"),
            Self::Separator(c) => write!(f, "has a {c} in it"),
            Self::Unseen(c) => write!(f, "has U+{:04X} in it", u32::from(*c)),
            Self::NotText => f.write_str("is not UTF-8"),
        }
    }
}

impl std::error::Error for HostIdError {}

impl TryFrom<String> for HostId {
    type Error = HostIdError;

    fn try_from(text: String) -> Result<Self, HostIdError> {
        Self::parse(&text)
    }
}

/// What a host without a name of its own is called.
impl Default for HostId {
    fn default() -> Self {
        Self("localhost".into())
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

/// In quotes, as a text.
impl fmt::Debug for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Deref for HostId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A map by id is asked with a text.
impl Borrow<str> for HostId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_word_that_can_be_seen_and_name_a_file() {
        let long = "x".repeat(HOST_ID_MAX);
        for text in ["a", "web-1", "10.0.0.7", "a.", "küche", "庫房", "a\"b';$(c)", "🐦", &long]
        {
            assert_eq!(HostId::parse(text).map(|id| id.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_id_says_why() {
        use HostIdError::{Blank, Empty, Hidden, NotText, Separator, TooLong, Unseen};
        for (text, why) in [
            (String::new(), Empty),
            ("x".repeat(65), TooLong(65)),
            ("ä".repeat(33), TooLong(66)),
            (".".into(), Hidden),
            ("..".into(), Hidden),
            (".ssh".into(), Hidden),
            ("a b".into(), Blank),
            (" a".into(), Blank),
            ("a\n".into(), Blank),
            ("a\u{a0}b".into(), Blank),
            ("a\u{2028}".into(), Blank),
            ("a/b".into(), Separator('/')),
            ("a\\b".into(), Separator('\\')),
            ("a\0".into(), Unseen('\0')),
            ("a\u{1b}[31m".into(), Unseen('\u{1b}')),
            ("web\u{202e}1".into(), Unseen('\u{202e}')),
            ("web\u{200b}1".into(), Unseen('\u{200b}')),
            ("\u{feff}web".into(), Unseen('\u{feff}')),
            ("caf\u{fffd}".into(), NotText),
        ] {
            assert_eq!(HostId::parse(&text), Err(why), "{text:?}");
            assert!(why.to_string().starts_with("an id is 1 to 64 bytes, "), "{why}");
        }
        assert!(TooLong(65).to_string().ends_with("; this one has 65 bytes"));
        assert!(Unseen('\u{202e}').to_string().ends_with("; this one has U+202E in it"));
    }

    #[test]
    fn the_characters_that_show_nothing_are_sorted_and_apart() {
        assert!(UNSEEN.iter().all(|(first, last)| first <= last));
        assert!(UNSEEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
        for bidi in ['\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{2066}', '\u{2069}'] {
            assert!(is_unseen(bidi), "{bidi:?}");
        }
    }

    #[test]
    fn the_default_is_an_id() {
        assert_eq!(HostId::parse(&HostId::default()), Ok(HostId::default()));
    }
}
