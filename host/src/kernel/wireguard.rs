//! Peers of a WireGuard interface by generic netlink, as lines: name, handshake, received, sent
//! (linux/wireguard.h; `WG_CMD_GET_DEVICE` of the family `wireguard`, since Linux 5.6).
//!
//! ```text
//! message = genlmsghdr, ..., WGDEVICE_A_PEERS { 0 { WGPEER_A_PUBLIC_KEY,
//!           WGPEER_A_LAST_HANDSHAKE_TIME, WGPEER_A_RX_BYTES, WGPEER_A_TX_BYTES, ... } ... }
//!
//! xTIBA5rb 1732095001 52428800 1048576
//! TrMvSoP4 0 0 148
//! gN65BkIK 1732094880 9000 7200
//! ```
//! A name is the first eight characters of the public key as `wg` shows it. The answer has the
//! interface's private key, the peers' and where they are; none of that is in a line. The handshake
//! is in seconds since 1970, 0 for never. A peer with many allowed addresses is told more than
//! once: the parts that follow have only its key and these.

use std::io::Write as _;

use super::netlink::{GENERIC_HEAD, Message, attribute, attributes, question, wide};
use super::text;

/// The family.
pub const FAMILY: &str = "wireguard";
/// `WG_CMD_GET_DEVICE`, `WG_GENL_VERSION`.
const HEADER: [u8; GENERIC_HEAD] = [0, 1, 0, 0];
const WGDEVICE_A_IFNAME: u16 = 2;
const WGDEVICE_A_PEERS: u16 = 8;
const WGPEER_A_PUBLIC_KEY: u16 = 1;
const WGPEER_A_LAST_HANDSHAKE_TIME: u16 = 6;
const WGPEER_A_RX_BYTES: u16 = 7;
const WGPEER_A_TX_BYTES: u16 = 8;
/// RFC 4648, section 4.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// One peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer<'a> {
    /// What its public key begins with.
    pub name: &'a str,
    /// When the last handshake was, seconds since 1970; `None` for never.
    pub handshake: Option<u64>,
    /// Bytes received of it since it was added.
    pub rx_bytes: u64,
    /// Bytes sent to it since it was added.
    pub tx_bytes: u64,
}

/// The question for the peers of an interface.
pub fn peers_question(interface: &str) -> Vec<u8> {
    let name = [interface.as_bytes(), b"\0"].concat();
    question(0, true, &HEADER, &[(WGDEVICE_A_IFNAME, &name)])
}

/// Writes the lines of the peers in a message.
pub fn tell(message: &Message<'_>, lines: &mut Vec<u8>) {
    let lists = attributes(message.body, GENERIC_HEAD);
    for (_, peers) in lists.filter(|(kind, _)| *kind == WGDEVICE_A_PEERS) {
        for (_, peer) in attributes(peers, 0) {
            line(peer, lines);
        }
    }
}

fn line(peer: &[u8], lines: &mut Vec<u8>) -> Option<()> {
    let figure = |kind| attribute(peer, 0, kind).and_then(wide);
    let key = attribute(peer, 0, WGPEER_A_PUBLIC_KEY)?.first_chunk()?;
    // struct __kernel_timespec: seconds, nanoseconds.
    let handshake = figure(WGPEER_A_LAST_HANDSHAKE_TIME)?;
    let (rx, tx) = (figure(WGPEER_A_RX_BYTES)?, figure(WGPEER_A_TX_BYTES)?);
    lines.extend_from_slice(&short_name(key));
    writeln!(lines, " {handshake} {rx} {tx}").ok()
}

/// Eight characters of base64.
fn short_name(key: &[u8; 6]) -> [u8; 8] {
    let bits = key.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    std::array::from_fn(|at| BASE64[usize::try_from(bits >> (42 - 6 * at) & 63).unwrap_or(0)])
}

/// The peers of such lines.
pub fn parse(lines: &[u8]) -> impl Iterator<Item = Peer<'_>> {
    text::lines(lines).filter_map(|line| {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let name = words.next()?;
        let mut figure = || words.next()?.parse::<u64>().ok();
        let handshake = figure()?;
        let handshake = (handshake > 0).then_some(handshake);
        Some(Peer { name, handshake, rx_bytes: figure()?, tx_bytes: figure()? })
    })
}

#[cfg(test)]
mod tests {
    use super::super::netlink::tests::{body, each_damage};
    use super::*;

    /// The key whose base64 is `xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=`.
    const KEY: [u8; 32] = [
        0xc5, 0x32, 0x01, 0x03, 0x9a, 0xdb, 0xa1, 0x4b, 0xe7, 0x1f, 0x88, 0x6d, 0xa1, 0xd8, 0xdb,
        0xe9, 0xee, 0xbd, 0xed, 0x08, 0xcb, 0x11, 0x1b, 0x75, 0x34, 0x00, 0x78, 0x99, 0x9a, 0xa9,
        0xf0, 0x38,
    ];

    fn peer(handshake: u64, rx: u64, tx: u64) -> Vec<u8> {
        let [seconds, rx, tx] = [handshake, rx, tx].map(u64::to_ne_bytes);
        let time = [seconds, [0; 8]].concat();
        let list: [(u16, &[u8]); 7] =
            [(1, &KEY), (2, &[9; 32]), (6, &time), (5, &[0; 2]), (8, &tx), (7, &rx), (4, &[2; 16])];
        body(&[], &list)
    }

    /// A message of an interface with these peers.
    fn device(peers: &[&[u8]]) -> Vec<u8> {
        let list: Vec<_> = peers.iter().map(|peer| (0x8000, *peer)).collect();
        let peers = body(&[], &list);
        body(&HEADER, &[(2, b"wg0\0"), (3, &[0xaa; 32]), (4, &[0xbb; 32]), (8 | 0x8000, &peers)])
    }

    fn told(body: &[u8]) -> String {
        let mut lines = Vec::new();
        tell(&Message { kind: 0x1d, body }, &mut lines);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn of_a_key_only_its_beginning_is_told_and_no_address() {
        let rest = body(&[], &[(1, &KEY), (9, &[0; 60])]);
        let lines =
            told(&device(&[&peer(1_732_095_001, 52_428_800, 1_048_576), &rest, &peer(0, 0, 148)]));
        assert_eq!(lines, "xTIBA5rb 1732095001 52428800 1048576\nxTIBA5rb 0 0 148\n");
        let all: Vec<_> = parse(lines.as_bytes()).collect();
        let (name, handshake) = ("xTIBA5rb", Some(1_732_095_001));
        let first = Peer { name, handshake, rx_bytes: 52_428_800, tx_bytes: 1_048_576 };
        assert_eq!(all, [first, Peer { name, handshake: None, rx_bytes: 0, tx_bytes: 148 }]);
        assert_eq!(told(&device(&[])), "");
        assert_eq!(told(&body(&HEADER, &[(2, b"wg0\0")])), "", "no peers");
    }

    #[test]
    fn a_name_is_base64() {
        for (key, name) in [([0; 6], b"AAAAAAAA"), ([0xff; 6], b"////////")] {
            assert_eq!(&short_name(&key), name);
        }
        assert_eq!(&short_name(b"\xf8\0\x10\x83\x10\x51"), b"+AAQgxBR");
    }

    #[test]
    fn damage_makes_no_other_shape_of_line() {
        each_damage(&device(&[&peer(5, 6, 7), &peer(0, 0, 0)]), |bytes| {
            let lines = told(bytes);
            assert_eq!(parse(lines.as_bytes()).count(), lines.lines().count(), "{lines}");
        });
        for line in ["", "xTIBA5rb", "xTIBA5rb 1 2", "xTIBA5rb -1 2 3", "xTIBA5rb 1 x 3"] {
            assert_eq!(parse(line.as_bytes()).count(), 0, "{line}");
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn what_a_kernel_said_is_told() {
        use super::super::netlink::tests::recorded;
        let lines = recorded(include_str!("netlink/recorded/wireguard.hex"), tell);
        assert_eq!(lines, "QqqsMwTA 1795802515 92 276\ndCc9EbYN 0 0 0\n");
    }
}
