//! Traffic of each interface, and of the host with every byte counted once (see [`ports`]).
//!
//! Totals are sums over the interfaces that count now: when one of them disappears, so does its
//! share of `total_rx`; the speeds never go below zero for it.

mod ports;
mod today;
#[cfg(feature = "traffic")]
mod traffic;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::sample::{Interface, Network, Sample};
use kinglet_proto::time::{Instant, Now};

use self::ports::{Passed, Port};
use self::today::{Today, Zone};
#[cfg(feature = "traffic")]
use self::traffic::{Account, Counted};
use super::rate::{self, Width};
use super::schedule::{Allowance, Schedule};
use super::{Change, Collector};
use crate::filter::Filter;
use crate::kernel::net_dev::{self, NetDev};
use crate::kernel::{net_route, text};
use crate::limits::{INTERFACES_MAX, INVENTORY_INTERVAL, TOPOLOGY_INTERVAL};
use crate::read::{Buffer, HotFile, Root};
use crate::setup::Setup;

/// Reads traffic.
#[derive(Debug)]
pub(super) struct NetworkCollector {
    net: Root,
    sys: Root,
    filter: Filter,
    file: HotFile,
    links: Vec<Link>,
    wan: Option<Vec<u8>>,
    due: Schedule,
    routes_due: Schedule,
    is_changed: bool,
    allowance: Allowance,
    before_at: Instant,
    today: Today,
    zone: Zone,
    /// The billing period, where the owner wants it counted.
    #[cfg(feature = "traffic")]
    account: Option<Account>,
    /// Tells others that the topology was read again.
    renewals: Rc<Cell<u64>>,
}

/// One interface of `/proc/net/dev`, in its order.
#[derive(Debug)]
struct Link {
    port: Port,
    index: u64,
    is_counted: bool,
    /// Place in the sample; `None` for loopback and what the owner excludes.
    place: Option<usize>,
    is_here: bool,
    /// Bytes received and sent when it was seen first, at the last sample (`None` when it was not
    /// there) and at this one.
    first: [u64; 2],
    before: Option<[u64; 2]>,
    after: [u64; 2],
}

impl NetworkCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            net: setup.net.clone(),
            sys: setup.sys.clone(),
            filter: setup.filters.interfaces.clone(),
            file: setup.net.file("dev"),
            links: Vec::new(),
            wan: None,
            due: Schedule::every(INVENTORY_INTERVAL),
            routes_due: Schedule::every(TOPOLOGY_INTERVAL),
            is_changed: false,
            allowance: Allowance::default(),
            before_at: Instant::default(),
            today: Today::default(),
            zone: Zone::new(&setup.root),
            #[cfg(feature = "traffic")]
            account: Account::new(setup),
            renewals: Rc::clone(&setup.links),
        }
    }

    /// Reads the counters of every known link; `false` when the links are not those known.
    fn read_counters(&mut self, now: Instant, buffer: &mut Buffer, network: &mut Network) -> bool {
        let Some(text) = self.file.read(now, buffer) else {
            self.links.clear();
            *network = Network::default();
            return true;
        };
        for link in &mut self.links {
            link.is_here = false;
        }
        let (mut next, mut are_same) = (0, true);
        for dev in net_dev::parse(text) {
            let is_it = |link: &Link| link.port.name == dev.name;
            if !self.links.get(next).is_some_and(is_it) {
                are_same = false;
                let Some(at) = self.links.iter().position(is_it) else { continue };
                next = at;
            }
            let link = &mut self.links[next];
            next += 1;
            link.is_here = true;
            link.after = [dev.rx_bytes, dev.tx_bytes];
            let place = link.place.and_then(|place| network.interfaces.get_mut(place));
            if let Some(interface) = place {
                fill_counters(interface, &dev);
            }
        }
        are_same && self.links.iter().all(|link| link.is_here)
    }

    /// Reads the links anew; of those known only what shows whether they are still the same, unless
    /// `is_whole`.
    fn read_topology(
        &mut self,
        now: Instant,
        buffer: &mut Buffer,
        network: &mut Network,
        is_whole: bool,
    ) {
        let text = self.file.read(now, buffer).unwrap_or_default();
        let found: Vec<(Vec<u8>, [u64; 2])> = net_dev::parse(text)
            .map(|dev| (dev.name.to_owned(), [dev.rx_bytes, dev.tx_bytes]))
            .collect();
        let mut before = std::mem::take(&mut self.links);
        network.interfaces.clear();
        for (name, after) in found {
            let known = before.iter().position(|link| link.port.name == name);
            let mut known = known.map(|at| before.swap_remove(at));
            let port = match &mut known {
                Some(link) if !is_whole && link.port.is_as_it_was(&self.sys, buffer) => {
                    std::mem::take(&mut link.port)
                }
                _ => Port::read(&name, &self.sys, buffer),
            };
            // Another one of the same name has other counters.
            known = known.filter(|link| link.index == port.index);
            let shown = String::from_utf8_lossy(&name);
            let is_shown = !port.is_loopback()
                && self.filter.allows(&shown)
                && network.interfaces.len() < INTERFACES_MAX;
            let place = is_shown.then_some(network.interfaces.len());
            if is_shown {
                network.interfaces.push(Interface {
                    name: shown.into_owned(),
                    mac: port.mac.clone(),
                    speed: port.speed,
                    state: port.state.clone(),
                    ..Interface::default()
                });
            }
            self.links.push(Link {
                index: port.index,
                port,
                is_counted: false,
                place,
                is_here: true,
                first: known.as_ref().map_or(after, |link| link.first),
                before: known.and_then(|link| link.before),
                after,
            });
        }
        self.wan = self.read_wan(buffer);
        network.wan = self.wan.as_ref().map(|wan| String::from_utf8_lossy(wan).into_owned());
        self.count(buffer);
    }

    /// Decides which links the totals count.
    fn count(&mut self, buffer: &mut Buffer) {
        let passed: Vec<Passed> = self.links.iter_mut().map(Link::passed).collect();
        // The second line is a session.
        let pppoe = self.net.read("pppoe", buffer).map(|text| text::lines(text).count());
        let ports: Vec<Port> =
            self.links.iter_mut().map(|link| std::mem::take(&mut link.port)).collect();
        let has_pppoe = pppoe.is_some_and(|lines| lines > 1);
        let counted = ports::counted(&ports, self.wan.as_deref(), &passed, has_pppoe);
        for (link, (port, is_counted)) in self.links.iter_mut().zip(ports.into_iter().zip(counted))
        {
            (link.port, link.is_counted) = (port, is_counted);
        }
    }

    /// Takes out the links that are gone, which needs no reading.
    fn drop_gone(&mut self, network: &mut Network) {
        let mut shown = self.links.iter().filter(|link| link.place.is_some());
        network.interfaces.retain(|_| shown.next().is_none_or(|link| link.is_here));
        self.links.retain(|link| link.is_here);
        let shown = self.links.iter_mut().filter_map(|link| link.place.as_mut());
        for (at, place) in shown.enumerate() {
            *place = at;
        }
    }

    /// The interface of the default route, of IPv6 where IPv4 has none or is translated to it.
    fn read_wan(&self, buffer: &mut Buffer) -> Option<Vec<u8>> {
        let port = |name: &[u8]| self.links.iter().find(|l| l.port.name == name).map(|l| &l.port);
        let four = self.net.read("route", buffer).and_then(net_route::parse_default);
        let four = four.map(ToOwned::to_owned);
        if let Some(name) = &four
            && !port(name).is_some_and(Port::may_translate)
        {
            return four;
        }
        let six = self.net.read("ipv6_route", buffer).and_then(net_route::parse_default_ipv6);
        let six = six.filter(|name| four.is_none() || port(name).is_some_and(Port::is_way_out));
        six.map(ToOwned::to_owned).or(four)
    }

    fn fill_rates(&mut self, elapsed: Duration, network: &mut Network) -> Moved {
        let (mut totals, mut grown, mut speeds) = ([0_u64; 2], [0_u64; 2], [None; 2]);
        for link in &mut self.links {
            let growth =
                |way: usize| rate::growth(link.before?[way], link.after[way], Width::NATIVE);
            let link_grown = [growth(0), growth(1)];
            let link_speeds = link_grown.map(|grown| rate::per_second(grown?, elapsed));
            if link.is_counted {
                for way in [0, 1] {
                    totals[way] = totals[way].saturating_add(link.after[way]);
                    grown[way] = grown[way].saturating_add(link_grown[way].unwrap_or_default());
                    speeds[way] = sum(speeds[way], link_speeds[way]);
                }
            }
            let place = link.place.and_then(|place| network.interfaces.get_mut(place));
            if let Some(interface) = place {
                [interface.rx_speed, interface.tx_speed] = link_speeds;
            }
            link.before = Some(link.after);
        }
        // Where nothing counts zero would be a lie: a host without sysfs has traffic too.
        let is_known = self.links.iter().any(|link| link.is_counted);
        [network.total_rx, network.total_tx] = totals.map(|total| is_known.then_some(total));
        [network.rx_speed, network.tx_speed] = speeds;
        (network.rx, network.tx) = (network.rx_speed, network.tx_speed);
        Moved { total: is_known.then_some(totals), grown }
    }
}

/// Bytes received and sent by what counts.
struct Moved {
    /// Since boot; `None` where nothing counts.
    total: Option<[u64; 2]>,
    /// Since the last sample.
    grown: [u64; 2],
}

impl Link {
    #[cfg(feature = "traffic")]
    fn counted(&self, wan: Option<&[u8]>) -> Counted<'_> {
        let (name, is_wan) = (&*self.port.name, wan == Some(&self.port.name));
        Counted { name, index: self.index, bytes: self.after, is_wan }
    }

    fn passed(&mut self) -> Passed {
        let sum = |ways: [u64; 2]| ways[0].saturating_add(ways[1]);
        if self.after[0] < self.first[0] || self.after[1] < self.first[1] {
            self.first = [0; 2]; // it began anew
        }
        let bytes = sum(self.after);
        Passed { bytes, grown: bytes - sum(self.first) }
    }
}

impl Collector for NetworkCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let network = &mut sample.network;
        // Where nobody tells of changes, a new default route is the one that matters.
        let wan = self.routes_due.is_due(now).then(|| self.read_wan(buffer));
        let is_other_wan = wan.is_some_and(|wan| wan != self.wan);
        let is_whole = self.due.is_due(now) || is_other_wan;
        let are_same = !is_whole && self.read_counters(now, buffer, network);
        if is_whole || (self.is_changed || !are_same) && self.allowance.take(now) {
            self.is_changed = false;
            self.renewals.set(self.renewals.get() + 1);
            self.read_topology(now, buffer, network, is_whole);
            // What appeared while the topology was read is found at the next sample.
            self.read_counters(now, buffer, network);
        } else if !are_same {
            self.drop_gone(network);
        }
        let moved = self.fill_rates(now.since(self.before_at), network);
        self.before_at = now;
        let now = Now { instant: now, wall: sample.timestamp };
        let ahead = self.zone.ahead(now, buffer);
        let today = self.today.count(now, ahead, moved.total, moved.grown);
        network.daily_rx = today.map(|ways| ways[0]);
        network.daily_tx = today.map(|ways| ways[1]);
        #[cfg(feature = "traffic")]
        if let Some(account) = &mut self.account {
            let wan = self.wan.as_deref();
            let links = self.links.iter().map(|link| link.counted(wan));
            account.count(now, ahead, links, &mut sample.traffic);
        }
    }

    fn handle_change(&mut self, change: Change) {
        match change {
            Change::Network => self.is_changed = true,
            Change::Late => {
                self.due.hurry();
                self.zone.hurry();
            }
            Change::Mounts => {}
        }
    }
}

/// The sum of what is known; `None` when nothing is.
fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.saturating_add(other)),
        (known, None) | (None, known) => known,
    }
}

fn fill_counters(interface: &mut Interface, dev: &NetDev<'_>) {
    interface.rx_bytes = dev.rx_bytes;
    interface.tx_bytes = dev.tx_bytes;
    interface.rx_packets = dev.rx_packets;
    interface.tx_packets = dev.tx_packets;
    interface.rx_errors = dev.rx_errors;
    interface.tx_errors = dev.tx_errors;
    interface.rx_drops = dev.rx_drops;
    interface.tx_drops = dev.tx_drops;
}

#[cfg(test)]
mod tests;
