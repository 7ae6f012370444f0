//! DNS messages (RFC 1035 section 4), as bytes in and out: no socket here.
//!
//! One question about one family; of an answer only its addresses and its code count.

use std::fmt;
use std::net::IpAddr;

use crate::limits::ADDRESSES_MAX;
pub(super) use crate::link::egress::Family;

impl Family {
    /// The type of the record that holds one: A, or AAAA (RFC 3596).
    const fn record(self) -> u16 {
        match self {
            Self::V4 => 1,
            Self::V6 => 28,
        }
    }
}

/// What a name server answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// These addresses; none when the name has none of this family.
    Addresses(Vec<IpAddr>),
    /// Anything but success (RFC 1035 section 4.1.1).
    Refused(Code),
}

/// A response code that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(u8);

impl Code {
    /// There is no such name: another name server knows no better.
    pub(super) const NO_NAME: Self = Self(3);
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("FORMERR"),
            2 => f.write_str("SERVFAIL"),
            3 => f.write_str("NXDOMAIN"),
            4 => f.write_str("NOTIMP"),
            5 => f.write_str("REFUSED"),
            other => write!(f, "code {other}"),
        }
    }
}

const HEADER: usize = 12;
/// Of the class "Internet".
const INTERNET: u16 = 1;

/// The question for the addresses of a name; `None` when it is no name that DNS can carry.
pub(super) fn question(id: u16, name: &str, family: Family) -> Option<Vec<u8>> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > 253 {
        return None;
    }
    let mut bytes = Vec::with_capacity(HEADER + name.len() + 6);
    bytes.extend_from_slice(&id.to_be_bytes());
    // Recursion desired; one question.
    bytes.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length))?;
        bytes.push(length);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend_from_slice(&family.record().to_be_bytes());
    bytes.extend_from_slice(&INTERNET.to_be_bytes());
    Some(bytes)
}

/// What a datagram answers to the question; `None` when it is no answer to it.
pub(super) fn answer(bytes: &[u8], question: &[u8], family: Family) -> Option<Answer> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let is_answer = header[2] & 0x80 != 0;
    if !is_answer || header[..2] != question[..2] {
        return None;
    }
    let asked = &question[HEADER..];
    let repeated = rest.split_at_checked(asked.len());
    let repeated = repeated.filter(|(repeated, _)| repeated.eq_ignore_ascii_case(asked));
    match (header[3] & 0x0f, repeated) {
        (0, Some((_, records))) => {
            let count = u16::from_be_bytes([header[6], header[7]]);
            Some(Answer::Addresses(addresses(records, count, family)))
        }
        (0, None) => None,
        // Who refuses may leave the question out.
        (code, _) => Some(Answer::Refused(Code(code))),
    }
}

/// The addresses among the records, whoever's they are: behind an alias they are the alias's.
fn addresses(mut records: &[u8], count: u16, family: Family) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for _ in 0..count {
        let Some((record, data, rest)) = take_record(records) else { break };
        if record == family.record() && found.len() < ADDRESSES_MAX {
            let v4 = <[u8; 4]>::try_from(data).map(IpAddr::from);
            let v6 = <[u8; 16]>::try_from(data).map(IpAddr::from);
            found.extend(v4.or(v6));
        }
        records = rest;
    }
    found
}

/// Takes a resource record off the front: its type, its data, and what follows.
fn take_record(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (fixed, rest) = skip_name(bytes)?.split_at_checked(10)?;
    let length = usize::from(u16::from_be_bytes([fixed[8], fixed[9]]));
    let (data, rest) = rest.split_at_checked(length)?;
    Some((u16::from_be_bytes([fixed[0], fixed[1]]), data, rest))
}

/// What follows a name: its labels end with an empty one, or with a pointer to the rest of them.
fn skip_name(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, rest) = bytes.split_first()?;
        match length {
            0 => return Some(rest),
            0xc0.. => return rest.get(1..),
            _ => bytes = rest.get(usize::from(length)..)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with these records behind the repeated question.
    fn reply(question: &[u8], code: u8, records: &[&[u8]]) -> Vec<u8> {
        let mut bytes = question.to_vec();
        (bytes[2], bytes[3]) = (0x81, 0x80 | code);
        bytes[7] = u8::try_from(records.len()).unwrap();
        bytes.extend(records.concat());
        bytes
    }

    /// A record of this type about the name asked for.
    fn record(kind: u8, data: &[u8]) -> Vec<u8> {
        let length = u8::try_from(data.len()).unwrap();
        [&[0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, length], data].concat()
    }

    #[test]
    fn a_question_has_the_form_of_the_rfc() {
        let bytes = question(0x1234, "hub.test.", Family::V6).unwrap();
        assert_eq!(bytes, b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03hub\x04test\0\0\x1c\0\x01");
        for wrong in ["", ".", "a..b", &"x".repeat(64), &"x.".repeat(128)] {
            assert_eq!(question(1, wrong, Family::V4), None, "{wrong}");
        }
    }

    #[test]
    fn the_addresses_of_the_family_are_taken_behind_aliases_too() {
        let asked = question(7, "hub.test", Family::V4).unwrap();
        let (alias, own) = (record(5, b"\x01x\xc0\x0c"), record(1, &[192, 0, 2, 1]));
        let (other, torn) = (record(28, &[0; 16]), record(1, &[1, 2]));
        let found = answer(&reply(&asked, 0, &[&alias, &other, &own, &torn]), &asked, Family::V4);
        assert_eq!(found, Some(Answer::Addresses(vec!["192.0.2.1".parse().unwrap()])));
        let none = answer(&reply(&asked, 0, &[]), &asked, Family::V4);
        assert_eq!(none, Some(Answer::Addresses(Vec::new())));
        let refused = answer(&reply(&asked, 5, &[])[..HEADER], &asked, Family::V4);
        assert_eq!(refused, Some(Answer::Refused(Code(5))));
    }

    #[test]
    fn what_is_no_answer_to_the_question_is_none_at_every_cut() {
        let asked = question(7, "hub.test", Family::V4).unwrap();
        let good = reply(&asked, 0, &[&record(1, &[192, 0, 2, 1])]);
        for cut in 0..asked.len() {
            assert_eq!(answer(&good[..cut], &asked, Family::V4), None, "{cut}");
        }
        for cut in asked.len()..good.len() {
            let torn = answer(&good[..cut], &asked, Family::V4);
            assert_eq!(torn, Some(Answer::Addresses(Vec::new())), "{cut}");
        }
        assert_eq!(answer(&asked, &asked, Family::V4), None, "a question");
        let other = question(8, "hub.test", Family::V4).unwrap();
        assert_eq!(answer(&good, &other, Family::V4), None, "another number");
        let elsewhere = question(7, "hub.tesu", Family::V4).unwrap();
        assert_eq!(answer(&good, &elsewhere, Family::V4), None, "another name");
    }

    #[test]
    fn no_bytes_make_it_fail() {
        let asked = question(7, "hub.test", Family::V6).unwrap();
        let good = reply(&asked, 0, &[&record(28, &[1; 16]), &record(5, b"\x01x\xc0\x0c")]);
        for at in 0..good.len() {
            for value in [0, 0x3f, 0x7f, 0xc0, 0xff] {
                let mut bent = good.clone();
                bent[at] = value;
                let _ = answer(&bent, &asked, Family::V6);
            }
        }
    }
}
