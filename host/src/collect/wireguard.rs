//! When WireGuard's peers were heard of last, and what passed, where the owner calls this host a
//! router. The kernel tells it to who may set interfaces up; others are told once what to do.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::sample::{Sample, WireguardPeer};
use kinglet_proto::time::Instant;

use super::schedule::Schedule;
use super::{Change, Collector, set_text};
use crate::kernel::wireguard::{self, FAMILY, Peer};
use crate::limits::{NETLINK_INTERVAL, PEERS_MAX, WIREGUARDS_MAX};
use crate::links::Links;
use crate::read::Buffer;
use crate::read::background::Background;
use crate::read::netlink::{Dump, Question, Whom};
use crate::setup::{Faults, Setup};

/// What the owner is told who did not grant it.
const DENIED: &str = "wireguard: the kernel tells of peers only to who has CAP_NET_ADMIN; grant it \
                      as README says of routers, or write `wireguard = false` below [collect]";

/// Asks for them.
pub(super) struct WireguardCollector {
    is_on: bool,
    due: Schedule,
    background: Background,
    links: Rc<RefCell<Links>>,
    tunnels: Vec<Tunnel>,
    faults: Faults,
    is_told: bool,
    /// What a row is called, while it is made.
    name: String,
}

/// One interface.
struct Tunnel {
    name: String,
    dump: Dump,
}

impl WireguardCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            is_on: setup.router.is_some() && setup.roots.are_own(),
            due: Schedule::every(NETLINK_INTERVAL),
            background: setup.background.clone(),
            links: setup.numbered.clone(),
            tunnels: Vec::new(),
            faults: setup.faults.clone(),
            is_told: false,
            name: String::new(),
        }
    }

    /// Asks the interfaces that there are. Where there are none the family is not asked for: that
    /// would load the module.
    fn follow_links(&mut self) {
        let links = self.links.borrow();
        let names = || links.wireguards().take(WIREGUARDS_MAX);
        if names().eq(self.tunnels.iter().map(|tunnel| tunnel.name.as_str())) {
            return;
        }
        let tunnel = |name: &str| {
            let bytes = wireguard::peers_question(name);
            let question = Question { whom: Whom::Generic(FAMILY), bytes, tell: wireguard::tell };
            let dump = Dump::new(&self.background, &format!("wireguard/{name}"), question);
            Tunnel { name: name.to_owned(), dump }
        };
        self.tunnels = names().map(tunnel).collect();
    }
}

impl Collector for WireguardCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if !self.is_on || !self.due.is_due(now) {
            return;
        }
        self.links.borrow_mut().look(now, buffer);
        self.follow_links();
        self.tunnels.iter_mut().for_each(|tunnel| tunnel.dump.ask());
        let clock = sample.timestamp.unix_millis() / 1000;
        let (rows, mut count) = (&mut sample.wireguard, 0);
        for Tunnel { name, dump } in &mut self.tunnels {
            let lines = dump.answer(buffer).unwrap_or_default();
            for peer in wireguard::parse(lines).take(PEERS_MAX - count) {
                if count == rows.len() {
                    rows.push(WireguardPeer::default());
                }
                fill(&mut rows[count], name, &peer, clock, &mut self.name);
                count += 1;
            }
        }
        rows.truncate(count);
        if !self.is_told && self.tunnels.iter().any(|tunnel| tunnel.dump.is_denied()) {
            self.is_told = true;
            self.faults.tell(DENIED.to_owned());
        }
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Network {
            self.links.borrow_mut().change();
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.is_on.then_some(NETLINK_INTERVAL)
    }
}

/// Fills the row of a peer, at this second since 1970.
fn fill(row: &mut WireguardPeer, interface: &str, peer: &Peer<'_>, clock: u64, name: &mut String) {
    name.clear();
    // A `String` takes all that is written.
    let _ = write!(name, "{interface}:{}", peer.name);
    set_text(&mut row.name, name);
    set_text(&mut row.interface, interface);
    // A clock that was set back since has no handshake of the future.
    row.handshake_age = peer.handshake.map(|at| clock.saturating_sub(at));
    (row.rx_bytes, row.tx_bytes) = (peer.rx_bytes, peer.tx_bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_named_by_its_interface_and_its_key() {
        let (mut row, mut name) = (WireguardPeer::default(), "what was before".to_owned());
        for (handshake, clock, age) in
            [(Some(1000), 1130, Some(130)), (Some(1000), 900, Some(0)), (None, 1130, None)]
        {
            let peer = Peer { name: "xTIBA5rb", handshake, rx_bytes: 5, tx_bytes: 6 };
            fill(&mut row, "wg0", &peer, clock, &mut name);
            assert_eq!((row.name.as_str(), row.interface.as_str()), ("wg0:xTIBA5rb", "wg0"));
            assert_eq!((row.handshake_age, row.rx_bytes, row.tx_bytes), (age, 5, 6));
        }
    }
}
