//! From where somebody comes, and who counts as one there.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Who shares one share: an IPv4 address, or the /64 of an IPv6 address, of which whoever has one
/// has 2^64 (RFC 4291 section 2.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Neighbour(IpAddr);

impl From<IpAddr> for Neighbour {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            v4 @ IpAddr::V4(_) => v4,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        })
    }
}

/// Addresses that begin alike: `192.0.2.0/24`, `2001:db8::/32`, or one address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads one as it is written (RFC 4632 section 3.1); `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base.parse::<IpAddr>().ok()?, Some(bits.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { base, bits })
    }

    fn contains(self, address: IpAddr) -> bool {
        let bits = u32::from(self.bits);
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros() >= bits
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros() >= bits
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// Proxies whose word is taken for where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(pub Vec<Network>);

impl Proxies {
    /// Whether this is one of them.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether it was TLS by which somebody came to this peer: the word of a proxy, and of nobody
    /// else.
    pub fn is_by_tls(&self, peer: IpAddr, said: Option<&[u8]>) -> bool {
        said.is_some_and(|proto| proto.eq_ignore_ascii_case(b"https")) && self.trust(peer)
    }

    /// Who asks: the peer itself, or where that is a proxy, the last in its `X-Forwarded-For` that
    /// is none. Each proxy adds at the end whom it saw, so what stands before that may be anybody's
    /// invention. What is no address ends the way back: the proxy behind it is the last known.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut client = peer;
        let mut way = forwarded.flat_map(|line| line.split(',')).rev();
        while self.trust(client) {
            let Some(before) = way.next().and_then(|text| address(text.trim())) else { break };
            client = before;
        }
        client
    }
}

/// An address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.split(']').next());
    let plain = inner.unwrap_or(text);
    let parsed = plain.parse().ok();
    parsed.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_site_is_one_neighbour() {
        let of = |text| Neighbour::from(ip(text));
        assert_eq!(of("192.0.2.7"), of("::ffff:192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn networks_are_read_as_they_are_written() {
        for (text, inside, outside) in [
            ("127.0.0.1/32", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.2"),
            ("10.0.0.0/8", "::ffff:10.1.1.1", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "127.0.0.1"),
        ] {
            let network = Network::parse(text).unwrap();
            assert!(network.contains(ip(inside)) && !network.contains(ip(outside)), "{text}");
        }
        assert!(Network::parse("0.0.0.0/0").unwrap().contains(ip("203.0.113.9")));
        for wrong in ["", "proxy", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "10.0.0.0/-1"]
        {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_client_is_the_last_one_that_no_trusted_proxy_is() {
        let proxies = Proxies(vec![
            Network::parse("127.0.0.1/32").unwrap(),
            Network::parse("10.0.0.0/8").unwrap(),
        ]);
        for (peer, forwarded, client) in [
            ("127.0.0.1", &["203.0.113.9"][..], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("127.0.0.1", &["198.51.100.1", "203.0.113.9, 10.1.1.1"], "203.0.113.9"),
            ("127.0.0.1", &["203.0.113.9:51234"], "203.0.113.9"),
            ("127.0.0.1", &["[2001:db8::7]:443"], "2001:db8::7"),
            ("127.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("127.0.0.1", &["203.0.113.9, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["203.0.113.9, unknown, 10.1.1.1"], "10.1.1.1"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("192.0.2.1", &["203.0.113.9"], "192.0.2.1"),
        ] {
            let found = proxies.client(ip(peer), forwarded.iter().copied());
            assert_eq!(found, ip(client), "{peer} says {forwarded:?}");
        }
        let by_tls = |peer, said: &'static str| proxies.is_by_tls(ip(peer), Some(said.as_bytes()));
        assert!(by_tls("127.0.0.1", "https") && !by_tls("127.0.0.1", "http"));
        assert!(!by_tls("192.0.2.1", "https") && !proxies.is_by_tls(ip("127.0.0.1"), None));
        let none = Proxies::default();
        assert_eq!(none.client(ip("127.0.0.1"), ["203.0.113.9"].into_iter()), ip("127.0.0.1"));
    }
}
