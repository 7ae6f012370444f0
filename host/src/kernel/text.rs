//! Lines, fields and numbers in bytes: what every parser here is made of.
//!
//! Kernel files are bytes, not UTF-8: a mount point or an interface may hold anything. Nothing here
//! allocates but the functions that say so.

/// Where `byte` first stands in `bytes`.
pub fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    // A word at a time: a line ends after some thirty bytes, and each sample has hundreds of them.
    const LOW: usize = usize::MAX / 255; // 0x0101...
    let (words, rest) = bytes.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let difference = usize::from_le_bytes(*word) ^ (LOW * usize::from(byte));
        // The lowest top bit set here is that of the first byte that is zero in `difference`.
        let zeros = difference.wrapping_sub(LOW) & !difference & (LOW << 7);
        if zeros != 0 {
            return Some(at * size_of::<usize>() + (zeros.trailing_zeros() / 8) as usize);
        }
    }
    let at = rest.iter().position(|other| *other == byte)?;
    Some(bytes.len() - rest.len() + at)
}

/// The text before and after the first `byte`, which is near: keys are short.
pub fn split_once(byte: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|other| *other == byte)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The lines of a text, without their ends; the last one may lack it.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: &'a [u8],
}

/// The lines of `text`.
pub fn lines(text: &[u8]) -> Lines<'_> {
    Lines { rest: text }
}

/// `text` up to the end of its last line that has one: what was read of a file may be cut anywhere.
pub fn whole_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    &text[..end]
}

impl<'a> Lines<'a> {
    /// The lines that were not taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let Some(end) = find(b'\n', self.rest) else { return Some(std::mem::take(&mut self.rest)) };
        let line = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Some(line)
    }
}

/// Numbers of so many digits fit 64 bits whatever they are.
const DIGITS_SAFE: usize = 19;

/// The fields of a line, separated by runs of blanks and tabs.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

/// The fields of `line`.
pub fn fields(line: &[u8]) -> Fields<'_> {
    Fields { rest: line }
}

impl<'a> Fields<'a> {
    /// The next field as a number; `None` at the end of the line and for anything but digits.
    pub fn number(&mut self) -> Option<u64> {
        // In one pass: most of what a sample costs is spent here.
        let mut rest = self.rest;
        while let [b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        let (start, mut value) = (rest, 0_u64);
        while let [byte @ b'0'..=b'9', tail @ ..] = rest {
            value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            rest = tail;
        }
        let digits = start.len() - rest.len();
        let is_whole = matches!(rest, [] | [b' ' | b'\t', ..]);
        if is_whole && (1..=DIGITS_SAFE).contains(&digits) {
            self.rest = rest;
            return Some(value);
        }
        number(self.next()?)
    }

    /// Passes over fields.
    pub fn pass(&mut self, count: usize) -> Option<()> {
        (0..count).try_for_each(|_| self.next().map(|_| ()))
    }

    /// What stands behind the last field taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut rest = self.rest;
        while let [b' ' | b'\t', tail @ ..] = rest {
            rest = tail;
        }
        let is_end = |byte: &u8| matches!(byte, b' ' | b'\t');
        let (field, rest) = rest.split_at(rest.iter().position(is_end).unwrap_or(rest.len()));
        self.rest = rest;
        (!field.is_empty()).then_some(field)
    }
}

/// A whole field as a decimal number; `None` when empty, not all digits, or above 2^64-1.
pub fn number(field: &[u8]) -> Option<u64> {
    if field.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for byte in field {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// A whole field as a decimal number that may be negative.
pub fn signed(field: &[u8]) -> Option<i64> {
    match field.strip_prefix(b"-") {
        Some(digits) => i64::try_from(number(digits)?).ok().map(|value| -value),
        None => i64::try_from(number(field)?).ok(),
    }
}

/// A whole field as a hexadecimal number, with or without `0x`.
pub fn hexadecimal(field: &[u8]) -> Option<u64> {
    let digits = field.strip_prefix(b"0x").unwrap_or(field);
    let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    u64::from_str_radix(text, 16).ok()
}

/// A whole field as hundredths: `3.14` is 314. More decimals are cut off, fewer are zero.
pub fn hundredths(field: &[u8]) -> Option<u64> {
    let (whole, fraction) = split_once(b'.', field).unwrap_or((field, b"0"));
    let digit = |at: usize| match fraction.get(at) {
        Some(byte @ b'0'..=b'9') => Some(u64::from(byte - b'0')),
        Some(_) => None,
        None => Some(0),
    };
    let hundredths = digit(0)? * 10 + digit(1)?;
    number(whole)?.checked_mul(100)?.checked_add(hundredths)
}

/// Without blanks, line ends and NUL bytes at both ends: sysfs attributes and device tree strings.
pub fn trim(bytes: &[u8]) -> &[u8] {
    let idle = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0);
    let Some(start) = bytes.iter().position(|byte| !idle(byte)) else { return &[] };
    let end = bytes.iter().rposition(|byte| !idle(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// A name that a file of text gives, trimmed: `None` when empty, longer than `max` bytes, not
/// UTF-8, or with control characters in it.
pub fn name(bytes: &[u8], max: usize) -> Option<&str> {
    let name = std::str::from_utf8(trim(bytes)).ok()?;
    (!name.is_empty() && name.len() <= max && !name.contains(char::is_control)).then_some(name)
}

/// As text, trimmed; what is not UTF-8 becomes U+FFFD. Allocates.
pub fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(trim(bytes)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_fields_survive_every_form_of_blank() {
        let all: Vec<_> = lines(b"a b\n\n \t c\td \nlast").collect();
        assert_eq!(all, [&b"a b"[..], b"", b" \t c\td ", b"last"]);
        assert_eq!(fields(all[2]).collect::<Vec<_>>(), [b"c", b"d"]);
        assert_eq!(fields(b"  ").next(), None);
        assert_eq!(lines(b"").next(), None);
        let mut some = lines(b"a\nb\nc");
        some.next();
        assert_eq!(some.rest(), b"b\nc");
        assert_eq!(whole_lines(some.rest()), b"b\n");
        assert_eq!(whole_lines(b"no end"), b"");
    }

    #[test]
    fn the_first_byte_is_found_wherever_it_stands() {
        // Neighbours of what is looked for: a borrow from one byte must not reach the next.
        for filler in [b'\n' - 1, b'\n' + 1, b'\n' | 0x80, 0, 0xff] {
            for length in 0..40 {
                let mut text = vec![filler; length];
                assert_eq!(find(b'\n', &text), None, "{filler} {length}");
                for at in (0..length).rev() {
                    text[at] = b'\n';
                    assert_eq!(find(b'\n', &text), Some(at), "{filler} {length}");
                }
            }
        }
        assert_eq!(find(0, b"ab\x01\0cdefgh"), Some(3));
        assert_eq!(find(0xff, b"\xfe\x7f\0\xff12345"), Some(3));
    }

    #[test]
    fn numbers_are_whole_fields_or_nothing() {
        for (field, value) in [
            ("0", Some(0)),
            ("055711", Some(55_711)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("99999999999999999999", None),
            ("", None),
            ("-1", None),
            ("12kB", None),
            ("+3", None),
        ] {
            assert_eq!(number(field.as_bytes()), value, "{field}");
        }
        let mut fields = fields(b"  7 055711\t18446744073709551615 18446744073709551616 -1 12kB 9");
        let numbers: Vec<_> = std::iter::repeat_with(|| fields.number()).take(8).collect();
        let large = Some(u64::MAX);
        assert_eq!(numbers, [Some(7), Some(55_711), large, None, None, None, Some(9), None]);
        assert_eq!(signed(b"-44000"), Some(-44_000));
        assert_eq!(signed(b"--1"), None);
        assert_eq!(signed(b"9223372036854775808"), None);
        assert_eq!(hexadecimal(b"50000"), Some(0x50000));
        assert_eq!(hexadecimal(b"0x50000"), Some(0x50000));
        assert_eq!(hexadecimal(b"max"), None);
        assert_eq!(hexadecimal(b""), None);
    }

    #[test]
    fn hundredths_need_no_float() {
        for (field, value) in [
            ("0.00", Some(0)),
            ("3.14", Some(314)),
            ("350735.47", Some(35_073_547)),
            ("7", Some(700)),
            ("7.5", Some(750)),
            ("7.", Some(700)),
            ("1.005", Some(100)),
            ("x", None),
            ("1.x", None),
            (".5", None),
        ] {
            assert_eq!(hundredths(field.as_bytes()), value, "{field}");
        }
    }

    #[test]
    fn device_tree_strings_lose_their_nul() {
        assert_eq!(trim(b" Raspberry Pi\0"), b"Raspberry Pi");
        assert_eq!(trim(b"\0\n"), b"");
        assert_eq!(owned(b"caf\xe9\n"), "caf\u{fffd}");
    }
}
