//! Which interfaces carry the host's traffic, by topology and never by name.
//!
//! One byte crosses many interfaces on its way (a VLAN over a bridge over a bond over two cards),
//! so totals add up only where it enters or leaves the host:
//!
//! 1. An interface with hardware behind it (`device`) counts, unless it lies over another one
//!    (`lower_*`, or a switch port whose `iflink` is the conduit that has hardware itself).
//!    Bridges, bonds, VLANs, macvlans, veths, tunnels and PPP have no hardware of their own, so
//!    what they carry is counted below them. Monitor interfaces repeat what others carry and never
//!    count.
//! 2. Without any hardware (a container), an Ethernet interface whose other end lies outside
//!    (`iflink` is not its own index and no interface here points back) counts, unless it is a port
//!    of something here: LXC's `eth0@if12` does, the veths of Docker inside it do not.
//! 3. Without those too (OpenVZ, a lone tunnel), the interface of the default route counts.
//!
//! A PPP link over a serial modem beside a network card is therefore not in the totals; it is in
//! the list, as `wan`.

use crate::kernel::text;
use crate::read::{Buffer, Root};

/// Ethernet, and Wi-Fi in use (`ARPHRD_ETHER`).
const ETHER: u64 = 1;
/// `ARPHRD_LOOPBACK`.
const LOOPBACK: u64 = 772;
/// `ARPHRD_IEEE80211` and its two forms with a header: an interface in monitor mode.
const MONITOR: std::ops::RangeInclusive<u64> = 801..=803;

/// What sysfs says of one interface.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) index: u64,
    /// `iflink`: the interface below, or the other end of a veth; its own index for others.
    pub(super) over: u64,
    /// `ARPHRD_*`; zero where sysfs has nothing.
    pub(super) kind: u64,
    pub(super) has_device: bool,
    pub(super) has_lower: bool,
    pub(super) has_master: bool,
    pub(super) mac: Option<String>,
    pub(super) speed: Option<u32>,
    pub(super) state: Option<String>,
}

impl Port {
    pub(super) fn read(name: &str, sys: &Root, buffer: &mut Buffer) -> Self {
        let at = |attribute| format!("class/net/{name}/{attribute}");
        let entries = sys.names(format!("class/net/{name}"));
        let has = |entry: &str| entries.iter().any(|name| name == entry);
        let state = sys.text(at("operstate"), buffer);
        let is_down = state.as_deref() == Some("down");
        // Asking for the speed of a link that is down fails slowly on some drivers.
        let speed =
            if is_down { None } else { sys.read(at("speed"), buffer).and_then(parse_speed) };
        Self {
            name: name.to_owned(),
            index: sys.number(at("ifindex"), buffer).unwrap_or(0),
            over: sys.number(at("iflink"), buffer).unwrap_or(0),
            kind: sys.number(at("type"), buffer).unwrap_or(0),
            has_device: has("device"),
            has_lower: entries.iter().any(|name| name.starts_with("lower_")),
            has_master: has("master"),
            mac: sys.text(at("address"), buffer).filter(|mac| is_mac(mac)),
            speed,
            state,
        }
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.kind == LOOPBACK || (self.kind == 0 && self.name == "lo")
    }

    fn is_hardware(&self, ports: &[Self]) -> bool {
        let lies_over = |other: &Self| {
            other.has_device && other.index == self.over && other.index != self.index
        };
        let is_alone = !self.has_lower && !ports.iter().any(lies_over);
        self.has_device && is_alone && !MONITOR.contains(&self.kind)
    }

    fn leads_outside(&self, ports: &[Self]) -> bool {
        let is_other_end = |other: &Self| other.index == self.over && other.over == self.index;
        let is_linked = self.over != 0 && self.over != self.index;
        let is_end = !self.has_lower && !self.has_master && !ports.iter().any(is_other_end);
        self.kind == ETHER && is_linked && is_end
    }
}

/// For each port whether the totals count it.
pub(super) fn counted(ports: &[Port], wan: Option<&str>) -> Vec<bool> {
    let rules: [&dyn Fn(&Port) -> bool; 3] =
        [&|port| port.is_hardware(ports), &|port| port.leads_outside(ports), &|port| {
            Some(port.name.as_str()) == wan
        }];
    for rule in rules {
        let chosen: Vec<bool> =
            ports.iter().map(|port| !port.is_loopback() && rule(port)).collect();
        if chosen.contains(&true) {
            return chosen;
        }
    }
    vec![false; ports.len()]
}

/// Mbit/s; -1 and the all-ones of a link that is down are absent.
fn parse_speed(speed: &[u8]) -> Option<u32> {
    let mbit = text::signed(text::trim(speed))?;
    u32::try_from(mbit).ok().filter(|mbit| (1..u32::MAX).contains(mbit))
}

/// Six octets, not all zero: tunnels show addresses of other forms or zeros.
fn is_mac(address: &str) -> bool {
    address.len() == 17 && address.bytes().any(|byte| !matches!(byte, b'0' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name index over kind flags`; flags: d = device, l = lower, m = master.
    fn ports(table: &str) -> Vec<Port> {
        let port = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let flags = fields.get(4).copied().unwrap_or_default();
            Port {
                name: fields[0].into(),
                index: fields[1].parse().unwrap(),
                over: fields[2].parse().unwrap(),
                kind: fields[3].parse().unwrap(),
                has_device: flags.contains('d'),
                has_lower: flags.contains('l'),
                has_master: flags.contains('m'),
                ..Port::default()
            }
        };
        table.lines().map(str::trim).filter(|line| !line.is_empty()).map(port).collect()
    }

    fn names(table: &str, wan: Option<&str>) -> Vec<String> {
        let ports = ports(table);
        let chosen = counted(&ports, wan);
        ports.iter().zip(chosen).filter(|pair| pair.1).map(|pair| pair.0.name.clone()).collect()
    }

    #[test]
    fn a_router_counts_its_switch_once() {
        let table = "lo 1 1 772
            eth0 2 2 1 d
            wan 3 2 1 dl
            lan1 4 2 1 dlm
            lan2 5 2 1 dlm
            br-lan 6 6 1 l
            wan.35 7 3 1 l
            pppoe-wan 8 8 512
            phy0-ap0 9 9 1 dm
            phy0-mon0 10 10 803 d
            wg0 11 11 65534
            ifb4eth0 12 12 1";
        assert_eq!(names(table, Some("pppoe-wan")), ["eth0", "phy0-ap0"]);
        // Before Linux 5.6 a switch port had no `lower_` link, only its `iflink`.
        assert_eq!(names("eth0 2 2 1 d\nlan1 3 2 1 dm\nwan 4 2 1 d", None), ["eth0"]);
    }

    #[test]
    fn a_server_counts_its_cards_below_bond_bridge_and_veths() {
        let table = "lo 1 1 772
            eno1 2 2 1 dm
            eno2 3 3 1 dm
            bond0 4 4 1 l
            bond0.10 5 4 1 l
            br0 6 6 1 l
            docker0 7 7 1 l
            veth1a2b 9 8 1 m
            cali77 11 10 1
            macvtap0 12 4 1 l";
        assert_eq!(names(table, Some("br0")), ["eno1", "eno2"]);
    }

    #[test]
    fn a_container_counts_the_ends_that_lead_outside() {
        let table = "lo 1 1 772
            eth0 2 12 1
            eth1 3 14 1
            docker0 4 4 1 l
            veth5 6 5 1 m
            veth-a 7 8 1
            veth-b 8 7 1
            tun0 9 9 65534";
        assert_eq!(names(table, Some("eth0")), ["eth0", "eth1"]);
        assert_eq!(names("lo 1 1 772\nvenet0 2 2 65535", Some("venet0")), ["venet0"]);
        assert_eq!(names("lo 1 1 772\nvenet0 2 2 65535", None), Vec::<String>::new());
    }

    #[test]
    fn a_laptop_with_a_vpn_counts_its_radio_only() {
        let table = "lo 1 1 772
            wlp3s0 2 2 1 d
            tun0 3 3 65534
            virbr0 4 4 1
            virbr0-nic 5 5 1 m";
        assert_eq!(names(table, Some("tun0")), ["wlp3s0"]);
    }

    #[test]
    fn odd_attributes_are_absent() {
        for (speed, mbit) in [("1000\n", Some(1000)), ("-1\n", None), ("0", None), ("x", None)] {
            assert_eq!(parse_speed(speed.as_bytes()), mbit, "{speed}");
        }
        assert!(is_mac("02:00:5e:00:53:01"));
        assert!(!is_mac("00:00:00:00:00:00") && !is_mac("") && !is_mac("0.0.0.0"));
    }
}
