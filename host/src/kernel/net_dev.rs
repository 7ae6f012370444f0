//! `/proc/net/dev`: traffic of each interface (proc_pid_net(5)).
//!
//! ```text
//! dev  = two header lines { name ":" 8 receive counters, 8 transmit counters }
//!
//! Inter-|   Receive                                                |  Transmit
//!  face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs ...
//!   eth0: 560132510   12119    0    0    0     0          0         0   658643    7235    0 ...
//!  wlan0:1234567890 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0
//! ```
//! A long counter leaves no blank behind the colon.

use super::text;

/// Counters of one interface since it appeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetDev<'a> {
    /// Kernel name.
    pub name: &'a [u8],
    /// Bytes received.
    pub rx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Packets received and dropped.
    pub rx_drops: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Packets dropped before sending.
    pub tx_drops: u64,
}

/// The interfaces in the kernel's order, lines that do not parse left out.
pub fn parse(net_dev: &[u8]) -> impl Iterator<Item = NetDev<'_>> {
    text::lines(net_dev).filter_map(parse_line)
}

fn parse_line(line: &[u8]) -> Option<NetDev<'_>> {
    let (name, counters) = text::split_once(b':', line)?;
    let mut fields = text::fields(counters);
    let mut next = || fields.number();
    let (rx_bytes, rx_packets, rx_errors, rx_drops) = (next()?, next()?, next()?, next()?);
    let (_fifo, _frame, _compressed, _multicast) = (next()?, next()?, next()?, next()?);
    let (tx_bytes, tx_packets, tx_errors, tx_drops) = (next()?, next()?, next()?, next()?);
    let name = text::fields(name).next()?;
    Some(NetDev {
        name,
        rx_bytes,
        rx_packets,
        rx_errors,
        rx_drops,
        tx_bytes,
        tx_packets,
        tx_errors,
        tx_drops,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_parse_with_and_without_a_blank_behind_the_colon() {
        let text = b"Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n\
            \x20 eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n\
            wlan0:18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        let all: Vec<_> = parse(text).collect();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].name, b"eth0");
        assert_eq!((all[0].rx_bytes, all[0].rx_drops), (1, 4));
        assert_eq!((all[0].tx_bytes, all[0].tx_drops), (9, 12));
        assert_eq!((all[1].name, all[1].rx_bytes), (&b"wlan0"[..], u64::MAX));
    }

    #[test]
    fn malformed_lines_are_left_out() {
        for line in ["", "eth0", "eth0:", "eth0: 1 2 3", ": 1 2 3 4 5 6 7 8 9 10 11 12", "eth0: a"]
        {
            assert_eq!(parse(line.as_bytes()).count(), 0, "{line}");
        }
    }
}
