//! Links of the host by rtnetlink, as lines: number, name, kind (rtnetlink(7), linux/if_link.h).
//!
//! ```text
//! message = RTM_NEWLINK: struct ifinfomsg, IFLA_IFNAME, IFLA_LINKINFO { IFLA_INFO_KIND }
//!
//! 2 eth0 -
//! 7 wg0 wireguard
//! 9 br-lan bridge
//! ```

use std::io::Write as _;

use super::netlink::{Message, attribute, number, question, word};
use super::text;

/// `sizeof(struct ifinfomsg)`.
const HEADER: usize = 16;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;

/// One link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its number in this namespace.
    pub index: u32,
    /// Its name.
    pub name: &'a str,
    /// Its kind; empty for what is no kind of the kernel's own, as cards are.
    pub kind: &'a str,
}

/// The question for all links.
pub fn links_question() -> Vec<u8> {
    question(RTM_GETLINK, true, &[0; HEADER], &[])
}

/// Writes the line of a link.
pub fn tell(message: &Message<'_>, lines: &mut Vec<u8>) {
    if message.kind == RTM_NEWLINK {
        line(message.body, lines);
    }
}

fn line(body: &[u8], lines: &mut Vec<u8>) -> Option<()> {
    let index = number(body.get(4..)?)?;
    let name = attribute(body, HEADER, IFLA_IFNAME).and_then(word)?;
    let info = attribute(body, HEADER, IFLA_LINKINFO).unwrap_or_default();
    let kind = attribute(info, 0, IFLA_INFO_KIND).and_then(word).unwrap_or("-");
    writeln!(lines, "{index} {name} {kind}").ok()
}

/// The links of such lines.
pub fn parse(lines: &[u8]) -> impl Iterator<Item = Link<'_>> {
    text::lines(lines).filter_map(|line| {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let (index, name, kind) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
        Some(Link { index, name, kind: kind.strip_prefix('-').unwrap_or(kind) })
    })
}

#[cfg(test)]
mod tests {
    use super::super::netlink::tests::{body, each_damage};
    use super::*;

    fn header(index: u32) -> Vec<u8> {
        [&[0; 4][..], &index.to_ne_bytes(), &[0; 8]].concat()
    }

    fn told(body: &[u8]) -> String {
        let mut lines = Vec::new();
        tell(&Message { kind: RTM_NEWLINK, body }, &mut lines);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn a_link_has_a_number_a_name_and_a_kind() {
        let info = body(&[], &[(IFLA_INFO_KIND, b"wireguard\0"), (2, &[1; 30])]);
        let list: [(u16, &[u8]); 3] = [(13, &[9; 5]), (3, b"wg0\0"), (18 | 0x8000, &info)];
        let lines = told(&body(&header(7), &list)) + &told(&body(&header(2), &[(3, b"eth0\0")]));
        assert_eq!(lines, "7 wg0 wireguard\n2 eth0 -\n");
        let all: Vec<_> = parse(lines.as_bytes()).collect();
        let wg = Link { index: 7, name: "wg0", kind: "wireguard" };
        assert_eq!(all, [wg, Link { index: 2, name: "eth0", kind: "" }]);
        each_damage(&body(&header(7), &list), |bytes| {
            let lines = told(bytes);
            assert!(parse(lines.as_bytes()).count() == lines.lines().count(), "{lines}");
        });
        let mut lines = Vec::new();
        tell(&Message { kind: 17, body: &body(&header(7), &list) }, &mut lines);
        assert!(lines.is_empty(), "another kind of message");
    }

    #[test]
    fn malformed_lines_are_left_out() {
        for line in ["", "x eth0 -", "2", "2 eth0", "99999999999 eth0 -"] {
            assert_eq!(parse(line.as_bytes()).count(), 0, "{line}");
        }
    }
}
