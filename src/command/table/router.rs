//! What a router has beside other hosts.

use kinglet_proto::sample::{Qdisc, Sample, Stations, WireguardPeer};

use super::Row;
use super::unit::{bytes, span};

/// What is above the columns of queues, peers and Wi-Fi interfaces.
pub(super) const QUEUES: [&str; 6] = ["", "kind", "dropped", "overlimits", "requeues", "waiting"];
pub(super) const PEERS: [&str; 4] = ["", "handshake", "received", "sent"];
pub(super) const STATIONS: [&str; 4] = ["", "stations", "weakest", "strongest"];

/// Its figures that are of no one interface.
pub(super) fn whole(sample: &Sample) -> Vec<Row> {
    let softnet = sample.softnet.map(|it| {
        let (drops, squeezes) = (it.drops, it.time_squeezes);
        vec!["softnet".to_owned(), format!("{drops} dropped, {squeezes} time squeezes")]
    });
    let leases = sample.leases.map(|it| {
        let ipv6 = it.ipv6.map(|count| format!(", {count} IPv6")).unwrap_or_default();
        vec!["leases".to_owned(), format!("{} IPv4{ipv6}", it.ipv4)]
    });
    softnet.into_iter().chain(leases).collect()
}

/// A queue.
pub(super) fn queue(each: &Qdisc) -> Row {
    vec![
        each.interface.clone(),
        each.kind.clone(),
        each.dropped.to_string(),
        each.overlimits.to_string(),
        each.requeues.to_string(),
        bytes(each.backlog),
    ]
}

/// A peer of WireGuard.
pub(super) fn peer(each: &WireguardPeer) -> Row {
    let handshake = each.handshake_age.map(|age| format!("{} ago", span(age)));
    vec![
        each.name.clone(),
        handshake.unwrap_or_else(|| "never".to_owned()),
        bytes(each.rx_bytes),
        bytes(each.tx_bytes),
    ]
}

/// A Wi-Fi interface.
pub(super) fn stations(each: &Stations) -> Row {
    let signal = |dbm: Option<i32>| dbm.map(|dbm| format!("{dbm} dBm")).unwrap_or_default();
    let count = each.count.to_string();
    vec![each.interface.clone(), count, signal(each.weakest_dbm), signal(each.strongest_dbm)]
}

#[cfg(test)]
mod tests {
    use kinglet_proto::sample::{Leases, Softnet};

    use super::*;

    #[test]
    fn each_part_is_a_row_where_it_is_told() {
        let mut sample = Sample::default();
        assert!(whole(&sample).is_empty());
        sample.leases = Some(Leases { ipv4: 12, ipv6: None });
        assert_eq!(whole(&sample), [["leases", "12 IPv4"]]);
        sample.leases = Some(Leases { ipv4: 12, ipv6: Some(3) });
        sample.softnet = Some(Softnet { drops: 7, time_squeezes: 9 });
        let rows = [["softnet", "7 dropped, 9 time squeezes"], ["leases", "12 IPv4, 3 IPv6"]];
        assert_eq!(whole(&sample), rows);
    }

    #[test]
    fn rows_have_what_stands_above_them() {
        let row = queue(&Qdisc {
            interface: "eth0".into(),
            kind: "fq_codel".into(),
            dropped: 5,
            overlimits: 6,
            requeues: 7,
            backlog: 1536,
        });
        assert_eq!(row, ["eth0", "fq_codel", "5", "6", "7", "1.5 KiB"]);
        assert_eq!(row.len(), QUEUES.len());
        let mut each = WireguardPeer {
            name: "wg0:xTIBA5rb".into(),
            handshake_age: Some(75),
            rx_bytes: 1024,
            tx_bytes: 7,
            ..WireguardPeer::default()
        };
        let row = peer(&each);
        assert_eq!(row, ["wg0:xTIBA5rb", "1 min 15 s ago", "1.0 KiB", "7 B"]);
        assert_eq!(row.len(), PEERS.len());
        each.handshake_age = None;
        assert_eq!(peer(&each)[1], "never");
        let mut each = Stations {
            interface: "wlan0".into(),
            count: 2,
            weakest_dbm: Some(-71),
            strongest_dbm: Some(-40),
        };
        assert_eq!(stations(&each), ["wlan0", "2", "-71 dBm", "-40 dBm"]);
        (each.count, each.weakest_dbm, each.strongest_dbm) = (0, None, None);
        assert_eq!(stations(&each), ["wlan0", "0", "", ""]);
        assert_eq!(stations(&each).len(), STATIONS.len());
    }
}
