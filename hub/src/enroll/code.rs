//! The one-time code of an invitation, made to be read aloud and typed.

use std::fmt;

use crate::auth::TokenHash;
use crate::limits::CODE_CHARS;

/// Crockford's base 32: no `i`, `l`, `o` and `u`, which are taken for something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters between two dashes.
const GROUP: usize = 4;

/// A code; the characters without the dashes.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A new code of random bits.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; CODE_CHARS];
        getrandom::fill(&mut bytes)?;
        let char_of = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
        Ok(Self(bytes.iter().map(char_of).collect()))
    }

    /// Reads a code as people type it: in capitals, with and without dashes, `O` for `0`.
    pub fn parse(text: &str) -> Option<Self> {
        let meant = text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| {
            match c.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            }
        });
        // One character more than fits tells a text that is too long.
        let code: String = meant.take(CODE_CHARS + 1).collect();
        let known = |byte: u8| ALPHABET.contains(&byte);
        (code.len() == CODE_CHARS && code.bytes().all(known)).then_some(Self(code))
    }

    /// What its invitation goes by, for who may know that but not the code.
    pub fn name(&self) -> String {
        self.file_name()
    }

    /// The name of the invitation's file: the code itself is kept nowhere.
    ///
    /// With 140 random bits behind it one round of SHA-256 is enough, and because what is looked
    /// up is the hash, the time a look-up takes says nothing of the code.
    pub(super) fn file_name(&self) -> String {
        let hash = TokenHash::of(&self.0).to_string();
        hash.trim_start_matches("sha256:").to_owned()
    }
}

/// In groups of four, for the one to whom it is given.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, c) in self.0.chars().enumerate() {
            let dash = if at > 0 && at % GROUP == 0 { "-" } else { "" };
            write!(f, "{dash}{c}")?;
        }
        Ok(())
    }
}

/// A log has no use for a code.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = Code::new().unwrap();
        let text = code.to_string();
        assert_eq!(text.len(), 34, "{text}");
        assert_eq!(text.matches('-').count(), 6);
        assert_ne!(code, Code::new().unwrap());
        for typed in [text.clone(), text.to_uppercase(), text.replace('-', " ")] {
            assert_eq!(Code::parse(&typed), Some(code.clone()), "{typed}");
        }
        let zeros = Code::parse(&"0".repeat(28)).unwrap();
        assert_eq!(Code::parse(&"oO00-".repeat(7)), Some(zeros));
        assert_eq!(Code::parse(&"iIlL".repeat(7)), Code::parse(&"1".repeat(28)));
        assert!(!format!("{code:?}").contains(&text[..4]));
        assert!(!code.file_name().contains(&text[..4]) && code.file_name().len() == 64);
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in ["", "x", &"0".repeat(27), &"0".repeat(29), &"u".repeat(28), &"/".repeat(28)] {
            assert_eq!(Code::parse(text), None, "{text}");
        }
    }
}
