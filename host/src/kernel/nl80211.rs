//! Wi-Fi interfaces and the stations of one by generic netlink, as lines (linux/nl80211.h;
//! `NL80211_CMD_GET_INTERFACE` and `NL80211_CMD_GET_STATION` of the family `nl80211`).
//!
//! ```text
//! interface = genlmsghdr, NL80211_ATTR_IFINDEX, NL80211_ATTR_IFNAME, NL80211_ATTR_IFTYPE
//! station   = genlmsghdr, NL80211_ATTR_STA_INFO { NL80211_STA_INFO_SIGNAL, ... }
//!
//! 5 wlan0      an interface: its number and name
//! -61          a station: its signal in dBm
//! -            a station whose signal the driver does not tell
//! ```
//! An access point's stations are its clients; a client's one station is its access point. Who they
//! are is in no line. A monitor has no stations.

use std::io::Write as _;

use super::netlink::{GENERIC_HEAD, Message, attribute, number, question, word};
use super::text;

/// The family.
pub const FAMILY: &str = "nl80211";
const GET_INTERFACE: u8 = 5;
const GET_STATION: u8 = 17;
const ATTR_IFINDEX: u16 = 3;
const ATTR_IFNAME: u16 = 4;
const ATTR_IFTYPE: u16 = 5;
const ATTR_STA_INFO: u16 = 21;
const STA_INFO_SIGNAL: u16 = 7;
const STA_INFO_SIGNAL_AVG: u16 = 13;
/// `NL80211_IFTYPE_MONITOR`.
const MONITOR: u32 = 6;

/// The question for all interfaces.
pub fn interfaces_question() -> Vec<u8> {
    question(0, true, &[GET_INTERFACE, 0, 0, 0], &[])
}

/// Writes the line of an interface.
pub fn tell_interface(message: &Message<'_>, lines: &mut Vec<u8>) {
    let of = |kind| attribute(message.body, GENERIC_HEAD, kind);
    let kind = of(ATTR_IFTYPE).and_then(number);
    let (index, name) = (of(ATTR_IFINDEX).and_then(number), of(ATTR_IFNAME).and_then(word));
    if let (Some(index), Some(name), true) = (index, name, kind != Some(MONITOR)) {
        // A `Vec` takes all that is written.
        let _ = writeln!(lines, "{index} {name}");
    }
}

/// The interfaces of such lines: number and name.
pub fn parse_interfaces(lines: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    text::lines(lines).filter_map(|line| {
        let (index, name) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        Some((index.parse().ok()?, name))
    })
}

/// The question for the stations of the interface with this number.
pub fn stations_question(index: u32) -> Vec<u8> {
    question(0, true, &[GET_STATION, 0, 0, 0], &[(ATTR_IFINDEX, &index.to_ne_bytes())])
}

/// Writes the line of a station.
pub fn tell_station(message: &Message<'_>, lines: &mut Vec<u8>) {
    let Some(info) = attribute(message.body, GENERIC_HEAD, ATTR_STA_INFO) else { return };
    let level = |kind| attribute(info, 0, kind)?.first().map(|level| level.cast_signed());
    let level = level(STA_INFO_SIGNAL_AVG).or_else(|| level(STA_INFO_SIGNAL));
    // A driver with a scale of its own tells it as a positive number.
    let _ = match level.filter(|level| *level < 0) {
        Some(level) => writeln!(lines, "{level}"),
        None => writeln!(lines, "-"),
    };
}

/// The stations of such lines: the signal of each in dBm, -128 to -1; `None` where it is not told.
pub fn parse_stations(lines: &[u8]) -> impl Iterator<Item = Option<i32>> {
    text::lines(lines).filter(|line| !line.is_empty()).map(|line| {
        let level = std::str::from_utf8(line).ok()?.parse::<i8>().ok()?;
        (level < 0).then_some(i32::from(level))
    })
}

#[cfg(test)]
mod tests {
    use super::super::netlink::tests::{body, each_damage};
    use super::*;

    const HEADER: [u8; GENERIC_HEAD] = [19, 1, 0, 0];

    fn interface(index: u32, name: &[u8], kind: u32) -> Vec<u8> {
        let (index, kind) = (index.to_ne_bytes(), kind.to_ne_bytes());
        body(&HEADER, &[(ATTR_IFINDEX, &index), (ATTR_IFNAME, name), (ATTR_IFTYPE, &kind)])
    }

    fn station(list: &[(u16, &[u8])]) -> Vec<u8> {
        let info = body(&[], list);
        body(&HEADER, &[(3, &[5, 0, 0, 0]), (6, &[2; 6]), (ATTR_STA_INFO | 0x8000, &info)])
    }

    fn told(body: &[u8], tell: fn(&Message<'_>, &mut Vec<u8>)) -> String {
        let mut lines = Vec::new();
        tell(&Message { kind: 0x1e, body }, &mut lines);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn interfaces_with_a_link_are_told_and_monitors_are_not() {
        let lines = told(&interface(5, b"wlan0\0", 3), tell_interface);
        assert_eq!(lines, "5 wlan0\n");
        assert_eq!(parse_interfaces(lines.as_bytes()).collect::<Vec<_>>(), [(5, "wlan0")]);
        assert_eq!(told(&interface(6, b"mon0\0", MONITOR), tell_interface), "");
        // A P2P device is no link.
        assert_eq!(told(&body(&HEADER, &[(ATTR_IFTYPE, &[10, 0, 0, 0])]), tell_interface), "");
        for line in ["", "wlan0", "x wlan0", "-5 wlan0"] {
            assert_eq!(parse_interfaces(line.as_bytes()).count(), 0, "{line}");
        }
    }

    #[test]
    fn a_station_is_its_signal() {
        let level = |level: i8| level.to_ne_bytes();
        for (list, expected) in [
            (&[(1, &[0; 4][..]), (STA_INFO_SIGNAL, &level(-61))][..], "-61\n"),
            (&[(STA_INFO_SIGNAL, &level(-61)), (STA_INFO_SIGNAL_AVG, &level(-63))], "-63\n"),
            (&[(STA_INFO_SIGNAL, &level(40))], "-\n"),
            (&[(STA_INFO_SIGNAL, &[])], "-\n"),
            (&[], "-\n"),
        ] {
            assert_eq!(told(&station(list), tell_station), expected);
        }
        assert_eq!(told(&body(&HEADER, &[(6, &[2; 6])]), tell_station), "", "no station");
        let all: Vec<_> = parse_stations(b"-61\n-\n-999\n12\n").collect();
        assert_eq!(all, [Some(-61), None, None, None]);
    }

    #[test]
    fn damage_makes_no_other_shape_of_line() {
        each_damage(&interface(5, b"wlan0\0", 3), |bytes| {
            let lines = told(bytes, tell_interface);
            assert_eq!(parse_interfaces(lines.as_bytes()).count(), lines.lines().count());
        });
        each_damage(&station(&[(STA_INFO_SIGNAL, &[0xc3])]), |bytes| {
            let lines = told(bytes, tell_station);
            assert!(parse_stations(lines.as_bytes()).count() <= 1, "{lines}");
        });
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn what_a_kernel_said_is_told() {
        use super::super::netlink::tests::recorded;
        let lines = recorded(include_str!("netlink/recorded/stations.hex"), tell_station);
        assert_eq!(lines, "-30\n-30\n");
        let lines = recorded(include_str!("netlink/recorded/wifi.hex"), tell_interface);
        assert_eq!(lines, "4 wlan2\n3 wlan1\n2 wlan0\n");
    }
}
