//! What a router has beside other hosts.

use super::part::part;

part! {
    /// Packets that processors had no time for.
    #[derive(Copy, Eq)]
    pub struct Softnet in "softnet" {
        /// Packets dropped on their way in because a processor's backlog was full; 2^32 less where
        /// the counter of one begins anew.
        pub drops: u64 => counter(Count), public;
        /// Times that a processor left packets for later, its time or budget being over; likewise.
        pub time_squeezes: u64 => counter(Count), public;
    }
}

part! {
    /// Leases that the host's DHCP servers have given. They say whether anybody is at home.
    #[derive(Copy, Eq)]
    pub struct Leases in "leases" {
        /// IPv4 addresses leased at present.
        pub ipv4: u64 => gauge(Count);
        /// IPv6 addresses leased at present, prefixes not counted; absent without DHCPv6.
        pub ipv6: Option<u64> => gauge(Count);
    }
}

part! {
    /// The queue in front of one interface.
    #[derive(Eq)]
    pub struct Qdisc in "qdiscs.{interface}" {
        /// Interface name.
        pub interface: String => key("interface"), public;
        /// What decides there who is next: `fq_codel`, `cake`, `htb`, `mq`; of several below each
        /// other the outermost, whose figures have theirs in them.
        pub kind: String => label("kind"), public;
        /// Packets that the queue of an interface dropped; begins anew at 2^32.
        pub dropped: u64 => counter(Count), public;
        /// Times that a packet had to wait because the queue may send no faster; begins
        /// anew at 2^32.
        pub overlimits: u64 => counter(Count), public;
        /// Packets that the card gave back because it was full; begins anew at 2^32.
        pub requeues: u64 => counter(Count), public;
        /// Bytes that wait to be sent.
        pub backlog: u64 => gauge(Bytes), public;
    }
}

part! {
    /// One peer of a WireGuard interface: neither its keys nor its addresses.
    #[derive(Eq)]
    pub struct WireguardPeer in "wireguard.{peer}" {
        /// The interface, a colon, and the first eight characters of the peer's public key.
        pub name: String => key("peer");
        /// Interface name.
        pub interface: String => label("interface");
        /// Time since the last handshake with a WireGuard peer, by the clock on the wall; absent
        /// where there was none. A peer that sends has one every two minutes.
        pub handshake_age: Option<u64> => gauge(Seconds);
        /// Bytes received from a WireGuard peer since it was added.
        pub rx_bytes: u64 => counter(Bytes);
        /// Bytes sent to a WireGuard peer since it was added.
        pub tx_bytes: u64 => counter(Bytes);
    }
}

part! {
    /// The stations of one Wi-Fi interface: an access point's are its clients, a client's is its
    /// access point. They say whether anybody is at home.
    #[derive(Eq)]
    pub struct Stations in "stations.{interface}" {
        /// Interface name.
        pub interface: String => key("interface");
        /// Stations of a Wi-Fi interface.
        pub count: u64 => gauge(Count);
        /// Signal of the station that is heard worst; absent where none is.
        pub weakest_dbm: Option<i32> => gauge(Dbm);
        /// Signal of the station that is heard best; absent where none is.
        pub strongest_dbm: Option<i32> => gauge(Dbm);
    }
}
