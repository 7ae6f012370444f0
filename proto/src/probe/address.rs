//! Addresses that no server may have probed unless the owner allows it: his own networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the address is of this host, of a private network (RFC 1918, RFC 4193, RFC 6598), of one
/// link, or of many hosts at once: whatever is not one host of the Internet.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => is_private_v6(v6),
    }
}

fn is_private_v4(v4: Ipv4Addr) -> bool {
    let [first, second, ..] = v4.octets();
    let is_shared = first == 100 && second & 0xc0 == 64;
    is_shared || first == 0 || first == 127 || first >= 224 || v4.is_private() || v4.is_link_local()
}

/// An address that stands for one of IPv4 is as private as that one.
fn is_private_v6(v6: Ipv6Addr) -> bool {
    let [first, .., high, low] = v6.segments();
    let is_embedded = matches!(v6.segments(), [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, ..]);
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    // 2000::/3 is all there is of the Internet (RFC 4291).
    if is_embedded { is_private_v4(Ipv4Addr::new(a, b, c, d)) } else { first & 0xe000 != 0x2000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_host_of_the_internet_is_public() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fdff::1",
            "ff02::1",
            "::ffff:192.168.0.1",
            "64:ff9b::10.0.0.1",
        ] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.0.1",
            "2606:4700:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }
}
