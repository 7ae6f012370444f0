//! Which interfaces carry the host's traffic, by topology and never by name.
//!
//! One byte crosses many interfaces on its way (a VLAN over a bridge over a bond over two cards),
//! so totals add up only where it enters or leaves the host:
//!
//! 1. An interface with hardware behind it (`device`) counts, unless it lies over another one
//!    (`lower_*`, or a switch port whose `iflink` is the conduit that has hardware itself).
//!    Bridges, bonds, VLANs, macvlans, veths, tunnels and PPP have no hardware of their own, so
//!    what they carry is counted below them. A card whose master has hardware too is part of it,
//!    and the master counts both: Azure's netvsc with its virtual function, KVM's failover pair.
//!    Monitor interfaces repeat what others carry and never count.
//! 2. The interface of the default route counts beside them when they cannot have carried what it
//!    did: PPP over a serial modem beside an idle card (see [`is_carried`]).
//! 3. Without any hardware (a container), an Ethernet interface whose other end lies outside
//!    (`iflink` is not its own index and no interface here points back) counts, unless it is a port
//!    of something here: LXC's `eth0@if12` does, the veths of Docker inside it do not.
//! 4. Without those too (OpenVZ, a lone tunnel), the interface of the default route counts.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::kernel::text;
use crate::limits::{GROWTH_MIN, LINK_LAYERS_MAX};
use crate::read::{Buffer, Root};

/// Ethernet, and Wi-Fi in use (`ARPHRD_ETHER`).
const ETHER: u64 = 1;
/// `ARPHRD_PPP`.
const PPP: u64 = 512;
/// `ARPHRD_RAWIP`: a modem.
const RAWIP: u64 = 519;
/// `ARPHRD_LOOPBACK`.
const LOOPBACK: u64 = 772;
/// `ARPHRD_IEEE80211` and its two forms with a header: an interface in monitor mode.
const MONITOR: std::ops::RangeInclusive<u64> = 801..=803;
/// `ARPHRD_NONE`: what a program in user space drives.
const NONE: u64 = 65534;

/// What sysfs says of one interface. Names are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Port {
    pub(super) name: Vec<u8>,
    pub(super) index: u64,
    /// `iflink`: the interface below, or the other end of a veth; its own index for others.
    pub(super) over: u64,
    /// `ARPHRD_*`; zero where sysfs has nothing.
    pub(super) kind: u64,
    pub(super) has_device: bool,
    pub(super) lowers: Vec<Vec<u8>>,
    pub(super) master: Option<Vec<u8>>,
    pub(super) mac: Option<String>,
    pub(super) speed: Option<u32>,
    pub(super) state: Option<String>,
}

impl Port {
    pub(super) fn read(name: &[u8], sys: &Root, buffer: &mut Buffer) -> Self {
        let folder = folder(name, sys);
        let entries = sys.raw_names(folder.path(""));
        let lower = |entry: &[u8]| entry.strip_prefix(b"lower_").map(ToOwned::to_owned);
        let state = folder.text("operstate", buffer);
        let is_down = state.as_deref() == Some("down");
        // Asking for the speed of a link that is down fails slowly on some drivers.
        let mut speed = || sys.read(at(name).join("speed"), buffer).and_then(parse_speed);
        let speed = if is_down { None } else { speed() };
        Self {
            name: name.to_owned(),
            index: folder.number("ifindex", buffer).unwrap_or(0),
            over: folder.number("iflink", buffer).unwrap_or(0),
            kind: folder.number("type", buffer).unwrap_or(0),
            has_device: entries.iter().any(|entry| entry == "device"),
            lowers: entries.iter().filter_map(|entry| lower(entry.as_bytes())).collect(),
            master: read_master(&folder),
            mac: folder.text("address", buffer).filter(|mac| is_mac(mac)),
            speed,
            state,
        }
    }

    /// Whether it is still the same one in the same state, as far as a few files tell.
    pub(super) fn is_as_it_was(&self, sys: &Root, buffer: &mut Buffer) -> bool {
        let folder = folder(&self.name, sys);
        folder.number("ifindex", buffer).unwrap_or(0) == self.index
            && folder.text("operstate", buffer) == self.state
            && read_master(&folder) == self.master
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.kind == LOOPBACK || (self.kind == 0 && self.name == b"lo")
    }

    /// Whether IPv4 through it may be IPv6 of another one: a translator of 464XLAT looks like a
    /// tunnel.
    pub(super) fn may_translate(&self) -> bool {
        self.kind == NONE && !self.has_device && self.lowers.is_empty()
    }

    /// Whether it can be the way out that a translator uses.
    pub(super) fn is_way_out(&self) -> bool {
        self.has_device || [ETHER, PPP, RAWIP].contains(&self.kind)
    }

    fn is_hardware(&self, ports: &[Self]) -> bool {
        let named = |name: &[u8]| ports.iter().find(|port| port.name == name);
        let lies_over = |other: &Self| {
            other.has_device && other.index == self.over && other.index != self.index
        };
        // What is below and has this one for a master is part of it.
        let is_other = |lower: &Self| lower.master.as_ref() != Some(&self.name);
        let is_alone = !self.lowers.iter().filter_map(|name| named(name)).any(is_other)
            && !ports.iter().any(lies_over);
        let is_part = self.master.as_deref().and_then(named).is_some_and(|port| port.has_device);
        self.has_device && is_alone && !is_part && !MONITOR.contains(&self.kind)
    }

    fn leads_outside(&self, ports: &[Self]) -> bool {
        let is_other_end = |other: &Self| other.index == self.over && other.over == self.index;
        let is_linked = self.over != 0 && self.over != self.index;
        let is_end =
            self.lowers.is_empty() && self.master.is_none() && !ports.iter().any(is_other_end);
        self.kind == ETHER && is_linked && is_end
    }
}

/// What an interface knows of itself: the kernel's own memory, but for its speed, which is the
/// driver's to say.
fn folder(name: &[u8], sys: &Root) -> Root {
    Root::new(sys.path(at(name)))
}

fn at(name: &[u8]) -> PathBuf {
    Path::new("class/net").join(OsStr::from_bytes(name))
}

fn read_master(folder: &Root) -> Option<Vec<u8>> {
    let target = folder.target("master")?;
    target.file_name().map(|master| master.as_bytes().to_owned())
}

/// What passed an interface in both ways: since it appeared, and since it was seen first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Passed {
    pub(super) bytes: u64,
    pub(super) grown: u64,
}

/// For each port whether the totals count it; `passed` is in step with the ports.
pub(super) fn counted(
    ports: &[Port],
    wan: Option<&[u8]>,
    passed: &[Passed],
    has_pppoe: bool,
) -> Vec<bool> {
    let wan = ports.iter().position(|port| Some(port.name.as_slice()) == wan);
    let choose = |rule: &dyn Fn(&Port) -> bool| -> Vec<bool> {
        ports.iter().map(|port| !port.is_loopback() && rule(port)).collect()
    };
    let mut chosen = choose(&|port| port.is_hardware(ports));
    if chosen.contains(&true) {
        if let Some(wan) = wan.filter(|wan| !ports[*wan].is_loopback()) {
            let is_ppp = ports[wan].kind == PPP;
            chosen[wan] |= !(has_pppoe && is_ppp || is_carried(wan, ports, &chosen, passed));
        }
        return chosen;
    }
    chosen = choose(&|port| port.leads_outside(ports));
    if let (false, Some(wan)) = (chosen.contains(&true), wan) {
        chosen[wan] = !ports[wan].is_loopback();
    }
    chosen
}

/// Whether what passed a port has passed those that count as well: it lies over one of them, or
/// they moved at least as much. A VPN's bytes do, a serial modem's do not. What both did since they
/// are watched tells more than their totals, which may have begun at different times.
fn is_carried(at: usize, ports: &[Port], chosen: &[bool], passed: &[Passed]) -> bool {
    let mut layer = vec![at];
    for _ in 0..LINK_LAYERS_MAX {
        if layer.iter().any(|at| chosen[*at]) {
            return true;
        }
        let is_below = |below: &Port| {
            let lies_over = |at: &usize| {
                let port = &ports[*at];
                port.lowers.contains(&below.name)
                    || port.over == below.index && port.index != below.index
            };
            layer.iter().any(lies_over)
        };
        layer = (0..ports.len()).filter(|at| is_below(&ports[*at])).collect();
    }
    let sum = |of: fn(&Passed) -> u64| {
        let counted = passed.iter().zip(chosen).filter(|pair| *pair.1);
        counted.map(|pair| of(pair.0)).fold(0, u64::saturating_add)
    };
    let Passed { bytes, grown } = passed[at];
    if grown >= GROWTH_MIN {
        sum(|passed| passed.grown) >= grown - grown / 8
    } else {
        sum(|passed| passed.bytes) >= bytes
    }
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

    /// `name index over kind words`; words: `device`, `<lower` and `>master`.
    fn ports(table: &str) -> Vec<Port> {
        let port = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let marked = |mark: char| {
                let names = fields.iter().filter_map(move |field| field.strip_prefix(mark));
                names.map(|name| name.as_bytes().to_owned())
            };
            Port {
                name: fields[0].into(),
                index: fields[1].parse().unwrap(),
                over: fields[2].parse().unwrap(),
                kind: fields[3].parse().unwrap(),
                has_device: fields.contains(&"device"),
                lowers: marked('<').collect(),
                master: marked('>').next(),
                ..Port::default()
            }
        };
        table.lines().map(str::trim).filter(|line| !line.is_empty()).map(port).collect()
    }

    fn names(table: &str, wan: Option<&str>) -> Vec<String> {
        let passed = vec![Passed { bytes: 5, grown: 5 }; table.lines().count()];
        with_traffic(table, wan, &passed, false)
    }

    fn with_traffic(table: &str, wan: Option<&str>, all: &[Passed], pppoe: bool) -> Vec<String> {
        let ports = ports(table);
        let chosen = counted(&ports, wan.map(str::as_bytes), all, pppoe);
        let names = ports.iter().zip(chosen).filter(|pair| pair.1).map(|pair| &pair.0.name);
        names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    #[test]
    fn a_router_counts_its_switch_once() {
        let table = "lo 1 1 772
            eth0 2 2 1 device
            wan 3 2 1 device <eth0
            lan1 4 2 1 device <eth0 >br-lan
            lan2 5 2 1 device <eth0 >br-lan
            br-lan 6 6 1 <lan1 <lan2 <phy0-ap0
            wan.35 7 3 1 <wan
            pppoe-wan 8 8 512
            phy0-ap0 9 9 1 device >br-lan
            phy0-mon0 10 10 803 device
            wg0 11 11 65534
            ifb4eth0 12 12 1";
        assert_eq!(names(table, Some("pppoe-wan")), ["eth0", "phy0-ap0"]);
        // Before Linux 5.6 a switch port had no `lower_` link, only its `iflink`.
        assert_eq!(
            names("eth0 2 2 1 device\nlan1 3 2 1 device >br\nwan 4 2 1 device", None),
            ["eth0"]
        );
    }

    #[test]
    fn a_server_counts_its_cards_below_bond_bridge_and_veths() {
        let table = "lo 1 1 772
            eno1 2 2 1 device >bond0
            eno2 3 3 1 device >bond0
            bond0 4 4 1 <eno1 <eno2
            bond0.10 5 4 1 <bond0
            br0 6 6 1 <bond0.10
            docker0 7 7 1 <veth1a2b
            veth1a2b 9 8 1 >docker0
            cali77 11 10 1
            macvtap0 12 4 1 <bond0";
        assert_eq!(names(table, Some("br0")), ["eno1", "eno2"]);
    }

    #[test]
    fn a_container_counts_the_ends_that_lead_outside() {
        let table = "lo 1 1 772
            eth0 2 12 1
            eth1 3 14 1
            docker0 4 4 1 <veth5
            veth5 6 5 1 >docker0
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
            wlp3s0 2 2 1 device
            tun0 3 3 65534
            virbr0 4 4 1
            virbr0-nic 5 5 1 >virbr0";
        assert_eq!(names(table, Some("tun0")), ["wlp3s0"]);
    }

    #[test]
    fn a_card_and_its_master_with_hardware_are_one() {
        let azure = "eth0 2 2 1 device <enP9s2
            enP9s2 3 3 1 device >eth0
            eth1 4 4 1 device";
        assert_eq!(names(azure, Some("eth0")), ["eth0", "eth1"]);
        // While the function is away for servicing, the name below may be an old one.
        assert_eq!(names("eth0 2 2 1 device <enP9s2", Some("eth0")), ["eth0"]);
        let failover = "ens4 2 2 1 device <ens4nsby <ens5
            ens4nsby 3 3 1 device >ens4
            ens5 4 4 1 device >ens4";
        assert_eq!(names(failover, None), ["ens4"]);
    }

    #[test]
    fn a_way_out_that_no_card_carries_counts_beside_them() {
        let table = "lo 1 1 772\neth0 2 2 1 device\nppp0 3 3 512";
        let passed = |pairs: [(u64, u64); 3]| pairs.map(|(bytes, grown)| Passed { bytes, grown });
        let of = |pairs| with_traffic(table, Some("ppp0"), &passed(pairs), false);
        let mib = 1 << 20;
        let (alone, both) = (vec!["eth0"], vec!["eth0", "ppp0"]);
        assert_eq!(of([(0, 0), (900, 0), (80_000, 0)]), both, "a serial modem beside an idle card");
        assert_eq!(of([(0, 0), (80_900, 0), (80_000, 0)]), alone, "a VPN");
        assert_eq!(of([(0, 0), (9 * mib, 0), (mib, mib)]), both, "a card that was busy once");
        // A card whose driver began anew, below a VPN that did not.
        assert_eq!(of([(0, 0), (mib, mib), (900 * mib, mib)]), alone);
        let busy = passed([(0, 0), (900, 0), (80_000, 0)]);
        assert_eq!(with_traffic(table, Some("ppp0"), &busy, true), alone, "PPP over Ethernet");
        assert_eq!(with_traffic(table, None, &busy, false), alone);
        let bridged = "eth0 2 2 1 device >br0\nbr0 3 3 1 <eth0\nbr0.7 4 3 1 <br0";
        let busy = passed([(900, 0), (80_000, 0), (80_000, 0)]);
        assert_eq!(with_traffic(bridged, Some("br0.7"), &busy, false), alone, "it lies over it");
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
