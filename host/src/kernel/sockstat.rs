//! `/proc/net/sockstat` and `sockstat6`: sockets in use (proc_pid_net(5)).
//!
//! ```text
//! line = protocol ":" { key number }
//!
//! TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1
//! UDP: inuse 4 mem 2
//! TCP6: inuse 3
//! ```

use super::text;

/// Sockets of one address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sockstat {
    /// TCP sockets, time-wait not counted.
    pub tcp: Option<u64>,
    /// TCP connections in time-wait of both families; in the IPv4 file only.
    pub tcp_time_wait: Option<u64>,
    /// UDP sockets.
    pub udp: Option<u64>,
}

/// Parses either file.
pub fn parse(sockstat: &[u8]) -> Sockstat {
    let mut sockets = Sockstat::default();
    for line in text::lines(sockstat) {
        match text::split_once(b':', line) {
            Some((b"TCP" | b"TCP6", pairs)) => {
                sockets.tcp = value(pairs, b"inuse");
                sockets.tcp_time_wait = value(pairs, b"tw");
            }
            Some((b"UDP" | b"UDP6", pairs)) => sockets.udp = value(pairs, b"inuse"),
            _ => {}
        }
    }
    sockets
}

fn value(pairs: &[u8], key: &[u8]) -> Option<u64> {
    let mut fields = text::fields(pairs);
    fields.find(|field| *field == key)?;
    fields.number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_parse_by_key() {
        let four = parse(
            b"sockets: used 290\nTCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1\nUDP: inuse 4 mem 2\n\
              UDPLITE: inuse 9\nRAW: inuse 8\n",
        );
        assert_eq!(four, Sockstat { tcp: Some(5), tcp_time_wait: Some(2), udp: Some(4) });
        let six = parse(b"TCP6: inuse 3\nUDP6: inuse 1\nUDPLITE6: inuse 9\n");
        assert_eq!(six, Sockstat { tcp: Some(3), tcp_time_wait: None, udp: Some(1) });
    }

    #[test]
    fn malformed_lines_are_absent() {
        for text in ["", "TCP", "TCP:", "TCP: inuse", "TCP: inuse x", "UDP: mem 3"] {
            assert_eq!(parse(text.as_bytes()), Sockstat::default(), "{text}");
        }
    }
}
