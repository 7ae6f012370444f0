//! Netlink: questions to the kernel and its answers, as bytes (netlink(7),
//! Documentation/userspace-api/netlink/intro.rst).
//!
//! ```text
//! datagram  = message ...
//! message   = length:u32 kind:u16 flags:u16 seq:u32 port:u32 body, padded to 4 bytes
//! body      = header of its kind, attribute ...
//! attribute = length:u16 kind:u16 value, padded to 4 bytes
//!
//! 3c000000 2400 0200 01000000 ...   RTM_NEWQDISC, one of several
//! 24000000 0200 0000 01000000 ...   NLMSG_ERROR: -EPERM
//! 14000000 0300 0200 01000000 ...   NLMSG_DONE: 0
//! ```
//! Numbers are in the byte order of the host. Lengths have the heads in them, and not the padding.
//! What is cut, or claims to be longer than what it lies in, ends a list.

/// `NLM_F_REQUEST`.
const REQUEST: u16 = 0x1;
/// `NLM_F_MULTI`: more messages follow, up to `NLMSG_DONE`.
const MULTI: u16 = 0x2;
/// `NLM_F_DUMP_INTR`: what is told has changed meanwhile.
const TORN: u16 = 0x10;
/// `NLM_F_DUMP`: all there are.
const DUMP: u16 = 0x300;
/// `NLMSG_NOOP`.
const NOOP: u16 = 1;
/// `NLMSG_ERROR`.
const ERROR: u16 = 2;
/// `NLMSG_DONE`.
const DONE: u16 = 3;
/// `NLMSG_OVERRUN`.
const OVERRUN: u16 = 4;
/// Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
const KIND: u16 = 0x3fff;
/// Bytes of a message's head.
const HEAD: usize = 16;
/// Bytes of a header of generic netlink: command, version, two reserved.
pub const GENERIC_HEAD: usize = 4;

/// One message of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Which it is.
    pub kind: u16,
    /// What is behind its head.
    pub body: &'a [u8],
}

/// What came with a datagram, beside its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The answer goes on.
    More,
    /// That was all.
    All,
    /// That was all, and it changed while it was told: some may be missing, some told twice.
    Torn,
    /// The kernel refuses, with this error number.
    Refused(i32),
    /// It is no answer.
    Broken,
}

/// Takes the messages of one datagram that answer the question of this number. `torn` remembers
/// what earlier datagrams of the answer said.
pub fn hear(
    datagram: &[u8],
    seq: u32,
    torn: &mut bool,
    take: &mut dyn FnMut(Message<'_>),
) -> Heard {
    let mut rest = datagram;
    if rest.is_empty() {
        return Heard::Broken;
    }
    while !rest.is_empty() {
        let Some(length) = number(rest).and_then(|length| usize::try_from(length).ok()) else {
            return Heard::Broken;
        };
        let Some(body) = rest.get(HEAD..length) else { return Heard::Broken };
        let [kind, flags] = [4, 6].map(|at| short(&rest[at..]).unwrap_or_default());
        let is_ours = number(&rest[8..]) == Some(seq);
        rest = after(rest, length);
        if !is_ours {
            continue;
        }
        *torn |= flags & TORN != 0;
        let over = if *torn { Heard::Torn } else { Heard::All };
        match kind {
            NOOP => {}
            OVERRUN => return Heard::Broken,
            ERROR | DONE => {
                // Told as less than zero; a `NLMSG_DONE` of old kernels may have none.
                let error = number(body).map_or(0, |error| error.cast_signed());
                let is_short = kind == ERROR && body.len() < 4;
                return match error {
                    _ if is_short => Heard::Broken,
                    0 => over,
                    error => Heard::Refused(error.saturating_neg()),
                };
            }
            _ => {
                take(Message { kind, body });
                if flags & MULTI == 0 {
                    return over;
                }
            }
        }
    }
    Heard::More
}

/// The attributes in a list of them, behind a header of so many bytes: kind and value.
pub fn attributes(list: &[u8], header: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = after(list, header);
    std::iter::from_fn(move || {
        let (length, kind) = (usize::from(short(rest)?), short(rest.get(2..)?)?);
        let value = rest.get(4..length)?;
        rest = after(rest, length);
        Some((kind & KIND, value))
    })
}

/// The value of the first attribute of this kind.
pub fn attribute(list: &[u8], header: usize, kind: u16) -> Option<&[u8]> {
    attributes(list, header).find(|(other, _)| *other == kind).map(|(_, value)| value)
}

/// What is behind so many bytes and their padding.
fn after(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(length.next_multiple_of(4)..).unwrap_or_default()
}

/// The number that 16 bits begin with.
fn short(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
}

/// The number that 32 bits begin with; `None` where there are fewer.
pub fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// The same of 64 bits.
pub fn wide(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes))
}

/// A name up to its NUL; `None` for what is no word, which no interface's name and no kind is.
pub fn word(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let is_word = |name: &&str| !name.is_empty() && !name.contains(char::is_whitespace);
    std::str::from_utf8(&bytes[..end]).ok().filter(is_word)
}

/// A question of this kind, for all there are or for one; `header` and attributes make its body.
/// Its number, and the kind of a family that is known by name, are set when it is asked.
pub fn question(kind: u16, is_dump: bool, header: &[u8], list: &[(u16, &[u8])]) -> Vec<u8> {
    let flags = if is_dump { REQUEST | DUMP } else { REQUEST };
    let mut bytes = vec![0; 4];
    bytes.extend([kind, flags].iter().flat_map(|number| number.to_ne_bytes()));
    bytes.extend([0; 8]);
    bytes.extend(header);
    for (kind, value) in list {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        // Questions are short.
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        bytes.extend([length, *kind].iter().flat_map(|number| number.to_ne_bytes()));
        bytes.extend(*value);
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&length.to_ne_bytes());
    bytes
}

/// Gives a question its number, and where it is for a family that is known by name its kind.
pub fn address(question: &mut [u8], family: Option<u16>, seq: u32) {
    if let (Some(family), Some(kind)) = (family, question.get_mut(4..6)) {
        kind.copy_from_slice(&family.to_ne_bytes());
    }
    if let Some(place) = question.get_mut(8..12) {
        place.copy_from_slice(&seq.to_ne_bytes());
    }
}

/// The question for a family of generic netlink: `CTRL_CMD_GETFAMILY` of `GENL_ID_CTRL`, with
/// `CTRL_ATTR_FAMILY_NAME`.
pub fn family_question(name: &str) -> Vec<u8> {
    let name = [name.as_bytes(), b"\0"].concat();
    question(0x10, false, &[3, 1, 0, 0], &[(2, &name)])
}

/// Its answer: `CTRL_ATTR_FAMILY_ID`.
pub fn parse_family(message: &Message<'_>) -> Option<u16> {
    attribute(message.body, GENERIC_HEAD, 1).and_then(short)
}

#[cfg(test)]
pub(super) mod tests;
