//! A ping: the echo request of ICMP (RFC 792) and ICMPv6 (RFC 4443 section 4.1), and its reply.
//!
//! ```text
//! type 1, code 1, checksum 2, identifier 2, sequence 2, cookie 8
//!
//! 08 00 0000 0000 0007 5a6b7c8d9eafb0c1      request, 128 in ICMPv6
//! 00 00 f1d2 0019 0007 5a6b7c8d9eafb0c1      reply, 129 in ICMPv6
//! ```
//!
//! The kernel puts in the identifier and the checksum of an unprivileged socket (icmp(7)). The
//! cookie tells our packets from those of whoever had the socket's identifier before.

/// Bytes of a packet.
pub const LENGTH: usize = 16;

/// The request.
pub fn request(v6: bool, sequence: u16, cookie: u64) -> [u8; LENGTH] {
    let mut packet = [0; LENGTH];
    packet[0] = if v6 { 128 } else { 8 };
    packet[6..8].copy_from_slice(&sequence.to_be_bytes());
    packet[8..].copy_from_slice(&cookie.to_be_bytes());
    packet
}

/// The sequence number of a reply to one of our requests; `None` for anything else.
pub fn reply(v6: bool, packet: &[u8], cookie: u64) -> Option<u16> {
    let packet: &[u8; LENGTH] = packet.try_into().ok()?;
    let is_reply = packet[0] == if v6 { 129 } else { 0 } && packet[1] == 0;
    let is_ours = packet[8..] == cookie.to_be_bytes();
    (is_reply && is_ours).then(|| u16::from_be_bytes([packet[6], packet[7]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_as_its_reply() {
        for (v6, asks, answers) in [(false, 8, 0), (true, 128, 129)] {
            let mut packet = request(v6, 0x0107, 0x5a6b);
            assert_eq!(packet[..8], [asks, 0, 0, 0, 0, 0, 1, 7]);
            assert_eq!(reply(v6, &packet, 0x5a6b), None, "our own request");
            packet[0] = answers;
            assert_eq!(reply(v6, &packet, 0x5a6b), Some(0x0107));
            assert_eq!(reply(!v6, &packet, 0x5a6b), None);
            assert_eq!(reply(v6, &packet, 0x5a6c), None, "another's");
            assert_eq!(reply(v6, &packet[..15], 0x5a6b), None);
            packet[1] = 1;
            assert_eq!(reply(v6, &packet, 0x5a6b), None, "no reply has a code");
        }
    }
}
