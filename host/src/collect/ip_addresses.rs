//! The host's own addresses, public ones first.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;
use nix::ifaddrs::getifaddrs;

use super::schedule::{Allowance, Schedule};
use super::{Change, Collector};
use crate::limits::{INVENTORY_INTERVAL, IP_ADDRESSES_MAX};
use crate::read::Buffer;
use crate::setup::Setup;

/// Asks for the addresses; never for another host whose roots are seen.
#[derive(Debug)]
pub(super) struct IpAddressCollector {
    is_own: bool,
    due: Schedule,
    is_changed: bool,
    allowance: Allowance,
    /// Grows when there are other links, and as it was when the addresses were read.
    links: Rc<Cell<u64>>,
    links_seen: u64,
}

impl IpAddressCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            is_own: setup.roots.are_own(),
            due: Schedule::every(INVENTORY_INTERVAL),
            is_changed: false,
            allowance: Allowance::default(),
            links: Rc::clone(&setup.links),
            links_seen: 0,
        }
    }
}

impl Collector for IpAddressCollector {
    fn collect(&mut self, now: Instant, _: &mut Buffer, sample: &mut Sample) {
        if self.links.get() != self.links_seen {
            self.links_seen = self.links.get();
            self.is_changed = true;
        }
        let is_wanted = self.due.is_due(now) || self.is_changed && self.allowance.take(now);
        if self.is_own && is_wanted {
            self.is_changed = false;
            read(&mut sample.ip_addresses);
        }
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Network {
            self.is_changed = true;
        }
    }

    fn apart(&self) -> Option<Duration> {
        Some(INVENTORY_INTERVAL)
    }
}

/// Global unicast addresses of interfaces that are up: public, then private, IPv4 before IPv6.
fn read(addresses: &mut Vec<String>) {
    let Ok(found) = getifaddrs() else { return };
    let found = found.filter_map(|entry| {
        let address = entry.address?;
        let four = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
        four.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
    });
    let ranked = found.filter_map(|address| Some((rank(&address)?, address))).enumerate();
    let mut ranked: Vec<(usize, (Rank, IpAddr))> = ranked.collect();
    ranked.sort_unstable_by_key(|(place, (rank, address))| (*rank, address.is_ipv6(), *place));
    ranked.dedup_by_key(|(_, ranked)| *ranked);
    addresses.clear();
    addresses
        .extend(ranked.iter().take(IP_ADDRESSES_MAX).map(|(_, (_, address))| address.to_string()));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Public,
    Private,
}

/// `None` for what means nothing outside this host or link.
fn rank(address: &IpAddr) -> Option<Rank> {
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return None;
    }
    match address {
        IpAddr::V4(four) if four.is_link_local() || four.is_broadcast() => None,
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            let is_shared = first == 100 && second & 0xc0 == 64; // RFC 6598, behind a carrier's NAT
            Some(if four.is_private() || is_shared { Rank::Private } else { Rank::Public })
        }
        IpAddr::V6(six) if six.is_unicast_link_local() => None,
        IpAddr::V6(six) => Some(if six.is_unique_local() { Rank::Private } else { Rank::Public }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_can_reach_is_an_address() {
        for (address, expected) in [
            ("127.0.0.1", None),
            ("0.0.0.0", None),
            ("169.254.3.4", None),
            ("224.0.0.1", None),
            ("192.168.1.2", Some(Rank::Private)),
            ("172.17.0.1", Some(Rank::Private)),
            ("100.64.0.9", Some(Rank::Private)),
            ("100.128.0.9", Some(Rank::Public)),
            ("203.0.113.7", Some(Rank::Public)),
            ("::1", None),
            ("fe80::1", None),
            ("ff02::1", None),
            ("fd00::1", Some(Rank::Private)),
            ("2001:db8::1", Some(Rank::Public)),
        ] {
            assert_eq!(rank(&address.parse().unwrap()), expected, "{address}");
        }
    }
}
