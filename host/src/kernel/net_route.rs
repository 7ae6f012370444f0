//! `/proc/net/route` and `/proc/net/ipv6_route`: where traffic to everywhere goes.
//!
//! ```text
//! route      = header { iface destination gateway flags refcnt use metric mask mtu window irtt }
//! ipv6_route = { destination length source length next-hop metric refcnt use flags iface }
//!
//! eth0       00000000  010200C0  0003  0  0  100  00000000  0  0  0
//! pppoe-wan  00000000  00000000  0001  0  0  0    00000000  0  0  0
//! *          00000000  00000000  0201  0  0  0    00000000  0  0  0
//! 0000...0000 00 0000...0000 00 fe80...0001 00000400 00000001 00000000 00450003     eth0
//! ```
//! All numbers are hexadecimal but the IPv4 metric. A route that rejects is no way out.

use super::text;

/// The route is usable (`RTF_UP`).
const UP: u64 = 0x1;
/// The route refuses packets (`RTF_REJECT`).
const REJECT: u64 = 0x200;

/// The interface of the IPv4 default route with the lowest metric.
pub fn parse_default(route: &[u8]) -> Option<&[u8]> {
    lowest(text::lines(route).filter_map(|line| {
        let mut fields = text::fields(line);
        let (name, destination, _gateway) = (fields.next()?, fields.next()?, fields.next()?);
        let flags = text::hexadecimal(fields.next()?)?;
        let (_refcnt, _use, metric) = (fields.next()?, fields.next()?, fields.number()?);
        let everywhere = destination == b"00000000" && fields.next()? == b"00000000";
        (everywhere && flags & UP != 0 && flags & REJECT == 0).then_some((metric, name))
    }))
}

/// The interface of the IPv6 default route with the lowest metric.
pub fn parse_default_ipv6(ipv6_route: &[u8]) -> Option<&[u8]> {
    lowest(text::lines(ipv6_route).filter_map(|line| {
        let mut fields = text::fields(line);
        let (destination, length) = (fields.next()?, fields.next()?);
        let everywhere = destination.iter().all(|byte| *byte == b'0') && length == b"00";
        if !everywhere {
            return None;
        }
        let (_source, _length, _next_hop) = (fields.next()?, fields.next()?, fields.next()?);
        let metric = text::hexadecimal(fields.next()?)?;
        let (_refcnt, _use) = (fields.next()?, fields.next()?);
        let flags = text::hexadecimal(fields.next()?)?;
        (flags & UP != 0 && flags & REJECT == 0).then_some((metric, fields.next()?))
    }))
}

/// The first of the lowest metric.
fn lowest<'a>(routes: impl Iterator<Item = (u64, &'a [u8])>) -> Option<&'a [u8]> {
    routes.min_by_key(|route| route.0).map(|route| route.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_metric_wins_and_a_rejecting_route_never() {
        let header =
            "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
        for (routes, wan) in [
            ("", None),
            ("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0 ", Some("eth0")),
            ("ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0", Some("ppp0")),
            (
                "wlan0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
                 eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
                Some("eth0"),
            ),
            ("*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0", None),
            ("eth0\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0", None),
            ("tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0", None),
            ("eth0\t00000000\t010200C0\t0003", None),
        ] {
            let text = format!("{header}{routes}");
            let found = parse_default(text.as_bytes());
            assert_eq!(found, wan.map(str::as_bytes), "{routes}");
        }
    }

    #[test]
    fn ipv6_rejects_on_lo_are_passed_over() {
        let zero = "00000000000000000000000000000000";
        let reject = format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200 lo\n");
        let far = format!("{zero} 00 {zero} 00 fe80{:028} 00000400 1 0 00450003     eth0\n", 1);
        let near = format!("{zero} 00 {zero} 00 fe80{:028} 00000064 1 0 00000003    wlan0\n", 1);
        let onlink = format!("fe80{:028} 40 {zero} 00 {zero} 00000001 1 0 00000001 br0\n", 0);
        let host = format!("{zero} 80 {zero} 00 {zero} 00000001 1 0 00000001 br0\n");
        assert_eq!(parse_default_ipv6(reject.as_bytes()), None);
        assert_eq!(parse_default_ipv6(onlink.as_bytes()), None);
        assert_eq!(parse_default_ipv6(host.as_bytes()), None);
        let all = format!("{reject}{onlink}{far}{near}short\n");
        assert_eq!(parse_default_ipv6(all.as_bytes()), Some(&b"wlan0"[..]));
    }
}
