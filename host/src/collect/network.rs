//! Traffic of each interface, and of the host with every byte counted once (see [`ports`]).
//!
//! Totals are sums over the interfaces that count now: when one of them disappears, so does its
//! share of `total_rx`; the speeds never go below zero for it.

mod ports;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::sample::{Interface, Network, Sample};
use kinglet_proto::time::Instant;

use self::ports::Port;
use super::rate::{self, Width};
use super::schedule::Schedule;
use super::{Change, Collector};
use crate::filter::Filter;
use crate::kernel::net_dev::{self, NetDev};
use crate::kernel::net_route;
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
    due: Schedule,
    routes_due: Schedule,
    before_at: Instant,
    /// Tells others that the topology was read again.
    renewals: Rc<Cell<u64>>,
}

/// One interface of `/proc/net/dev`, in its order.
#[derive(Debug)]
struct Link {
    name: String,
    index: u64,
    is_counted: bool,
    /// Place in the sample; `None` for loopback and what the owner excludes.
    place: Option<usize>,
    /// Bytes received and sent at the last sample; `None` when it was not there.
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
            due: Schedule::every(INVENTORY_INTERVAL),
            routes_due: Schedule::every(TOPOLOGY_INTERVAL),
            before_at: Instant::default(),
            renewals: Rc::clone(&setup.links),
        }
    }

    /// Reads the counters of every link; `false` when the links are not those known.
    fn read_counters(&mut self, now: Instant, buffer: &mut Buffer, network: &mut Network) -> bool {
        let Some(text) = self.file.read(now, buffer) else {
            self.links.clear();
            *network = Network::default();
            return true;
        };
        let mut links = self.links.iter_mut();
        for dev in net_dev::parse(text) {
            match links.next() {
                Some(link) if link.name.as_bytes() == dev.name => {
                    link.after = [dev.rx_bytes, dev.tx_bytes];
                    let place = link.place.and_then(|place| network.interfaces.get_mut(place));
                    if let Some(interface) = place {
                        fill_counters(interface, &dev);
                    }
                }
                _ => return false,
            }
        }
        links.next().is_none()
    }

    fn read_topology(&mut self, now: Instant, buffer: &mut Buffer, network: &mut Network) {
        let wan = self.read_wan(buffer);
        let text = self.file.read(now, buffer).unwrap_or_default();
        let names: Vec<String> = net_dev::parse(text)
            .map(|dev| String::from_utf8_lossy(dev.name).into_owned())
            .collect();
        let ports: Vec<Port> =
            names.iter().map(|name| Port::read(name, &self.sys, buffer)).collect();
        let counted = ports::counted(&ports, wan.as_deref());
        let before = std::mem::take(&mut self.links);
        network.wan = wan;
        network.interfaces.clear();
        for (port, is_counted) in ports.into_iter().zip(counted) {
            let known = before.iter().find(|l| l.name == port.name && l.index == port.index);
            let is_shown = !port.is_loopback()
                && self.filter.allows(&port.name)
                && network.interfaces.len() < INTERFACES_MAX;
            self.links.push(Link {
                name: port.name.clone(),
                index: port.index,
                is_counted,
                place: is_shown.then_some(network.interfaces.len()),
                before: known.and_then(|link| link.before),
                after: [0; 2],
            });
            if is_shown {
                network.interfaces.push(Interface {
                    name: port.name,
                    mac: port.mac,
                    speed: port.speed,
                    state: port.state,
                    ..Interface::default()
                });
            }
        }
    }

    /// The interface of the default route, of IPv6 where IPv4 has none.
    fn read_wan(&self, buffer: &mut Buffer) -> Option<String> {
        let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let four = self.net.read("route", buffer).and_then(net_route::parse_default).map(name);
        four.or_else(|| {
            self.net.read("ipv6_route", buffer).and_then(net_route::parse_default_ipv6).map(name)
        })
    }

    fn fill_rates(&mut self, elapsed: Duration, network: &mut Network) {
        let (mut totals, mut speeds) = ([0_u64; 2], [None; 2]);
        for link in &mut self.links {
            let speed = |way: usize| {
                let grown = rate::growth(link.before?[way], link.after[way], Width::NATIVE)?;
                rate::per_second(grown, elapsed)
            };
            let link_speeds = [speed(0), speed(1)];
            if link.is_counted {
                for way in [0, 1] {
                    totals[way] = totals[way].saturating_add(link.after[way]);
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
    }
}

impl Collector for NetworkCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let network = &mut sample.network;
        // Where nobody tells of changes, a new default route is the one that matters.
        let wan = self.routes_due.is_due(now).then(|| self.read_wan(buffer));
        let is_other_wan = wan.is_some_and(|wan| wan != network.wan);
        let is_due = self.due.is_due(now) || is_other_wan;
        if is_due || !self.read_counters(now, buffer, network) {
            self.renewals.set(self.renewals.get() + 1);
            self.read_topology(now, buffer, network);
            // What appeared while the topology was read is found at the next sample.
            self.read_counters(now, buffer, network);
        }
        self.fill_rates(now.since(self.before_at), network);
        self.before_at = now;
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Network {
            self.due.hurry();
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
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A host whose interfaces all have hardware, seen through a folder.
    struct Host {
        folder: PathBuf,
        collector: NetworkCollector,
        buffer: Buffer,
        sample: Sample,
    }

    impl Host {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
            fs::create_dir_all(folder.join("net")).unwrap();
            let mut setup = Setup::of(&folder);
            setup.net = Root::new(folder.join("net"));
            let collector = NetworkCollector::new(&setup);
            Self { folder, collector, buffer: Buffer::default(), sample: Sample::default() }
        }

        fn add(&self, name: &str, index: u64) {
            let at = self.folder.join("class/net").join(name);
            fs::create_dir_all(at.join("device")).unwrap();
            fs::write(at.join("type"), "1\n").unwrap();
            fs::write(at.join("ifindex"), format!("{index}\n")).unwrap();
            fs::write(at.join("iflink"), format!("{index}\n")).unwrap();
        }

        /// Speeds of each interface and of the host, bytes received.
        fn sample(&mut self, second: u64, counters: &[(&str, u64)]) -> Vec<Option<u64>> {
            let line = |(name, bytes): &(&str, u64)| format!("{name}: {bytes} {}", "0 ".repeat(15));
            let lines: Vec<String> = counters.iter().map(line).collect();
            fs::write(self.folder.join("net/dev"), lines.join("\n")).unwrap();
            let now = Instant::from_millis(1000 + second * 1000);
            self.collector.collect(now, &mut self.buffer, &mut self.sample);
            let interfaces = self.sample.network.interfaces.iter().map(|row| row.rx_speed);
            interfaces.chain([self.sample.network.rx_speed, self.sample.network.total_rx]).collect()
        }
    }

    impl Drop for Host {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn a_counter_that_starts_over_never_spikes() {
        let mut host = Host::new("net-reset");
        host.add("eth0", 2);
        assert_eq!(host.sample(0, &[("eth0", 9000)]), [None, None, Some(9000)]);
        assert_eq!(host.sample(2, &[("eth0", 9500)]), [Some(250), Some(250), Some(9500)]);
        assert_eq!(host.sample(4, &[("eth0", 100)]), [None, None, Some(100)]);
        assert_eq!(host.sample(5, &[("eth0", 300)]), [Some(200), Some(200), Some(300)]);
        // A driver's garbage is what it is, but no arithmetic overflows on it.
        assert_eq!(host.sample(6, &[("eth0", u64::MAX)])[2], Some(u64::MAX));
    }

    #[test]
    fn an_interface_that_appears_later_appears_and_one_that_goes_goes() {
        let mut host = Host::new("net-appear");
        host.add("eth0", 2);
        host.sample(0, &[("eth0", 1000)]);
        host.add("wlan0", 3);
        let two = host.sample(1, &[("eth0", 1100), ("wlan0", 70)]);
        assert_eq!(two, [Some(100), None, Some(100), Some(1170)]);
        let later = host.sample(2, &[("eth0", 1100), ("wlan0", 90)]);
        assert_eq!(later, [Some(0), Some(20), Some(20), Some(1190)]);
        let gone = host.sample(3, &[("wlan0", 95)]);
        assert_eq!(gone, [Some(5), Some(5), Some(95)]);
    }

    #[test]
    fn one_of_the_same_name_that_was_replaced_has_no_speed_yet() {
        let mut host = Host::new("net-replace");
        host.add("ppp0", 7);
        host.sample(0, &[("ppp0", 1000)]);
        host.add("ppp0", 9);
        host.collector.handle_change(Change::Network);
        assert_eq!(host.sample(1, &[("ppp0", 900_000)]), [None, None, Some(900_000)]);
    }

    #[test]
    fn what_the_owner_excludes_is_counted_and_not_shown() {
        let mut host = Host::new("net-filter");
        host.add("eth0", 2);
        host.add("eth1", 3);
        host.collector.filter.exclude.push("eth1".into());
        host.sample(0, &[("eth0", 10), ("eth1", 500)]);
        let shown = host.sample(1, &[("eth0", 20), ("eth1", 700)]);
        assert_eq!(shown, [Some(10), Some(210), Some(720)]);
    }

    #[test]
    fn without_the_file_nothing_is_said() {
        let mut host = Host::new("net-absent");
        fs::remove_dir_all(host.folder.join("net")).unwrap();
        let now = Instant::from_millis(1000);
        host.collector.collect(now, &mut host.buffer, &mut host.sample);
        assert_eq!(host.sample.network, Network::default());
    }
}
