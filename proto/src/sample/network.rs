//! Traffic, interfaces and sockets.

use super::part::part;

part! {
    /// Traffic of the host. Totals count every byte once, however many interfaces it crosses.
    #[derive(Eq)]
    pub struct Network in "network" {
        /// The interface of the default route; absent without one.
        pub wan: Option<String> => plain, public;
        /// Bytes the host received a second, each counted once.
        pub rx_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes the host sent a second, each counted once.
        pub tx_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes the host received since boot, each counted once.
        pub total_rx: Option<u64> => counter(Bytes), public;
        /// Bytes the host sent since boot, each counted once.
        pub total_tx: Option<u64> => counter(Bytes), public;
        /// Bytes the host received since local midnight (`/etc/localtime`, else UTC); since the
        /// agent's start where it began later and the host was not booted today.
        pub daily_rx: Option<u64> => gauge(Bytes), public;
        /// Bytes the host sent since local midnight, likewise.
        pub daily_tx: Option<u64> => gauge(Bytes), public;
        /// `rx_speed`, under the documented vStats name.
        pub rx: Option<u64> => plain, public;
        /// `tx_speed`, under the documented vStats name.
        pub tx: Option<u64> => plain, public;
        /// Every interface but loopback that the owner did not exclude, in the kernel's order.
        pub interfaces: Vec<Interface> => part(Interface), public;
    }
}

part! {
    /// One network interface.
    #[derive(Eq)]
    pub struct Interface in "network.{interface}" {
        /// Kernel name.
        pub name: String => key("interface"), public;
        /// Hardware address; absent where there is none (`ppp0`, `wg0`).
        pub mac: Option<String> => plain;
        /// Speed of the link; absent when it is down or has no fixed one.
        pub speed: Option<u32> => gauge(MegabitsPerSecond), public;
        /// Operational state (RFC 2863): `up`, `down`, `unknown`.
        pub state: Option<String> => plain, public;
        /// Bytes received since the interface appeared.
        pub rx_bytes: u64 => counter(Bytes), public;
        /// Bytes sent since the interface appeared.
        pub tx_bytes: u64 => counter(Bytes), public;
        /// Packets received since the interface appeared.
        pub rx_packets: u64 => counter(Count), public;
        /// Packets sent since the interface appeared.
        pub tx_packets: u64 => counter(Count), public;
        /// Bad packets received since the interface appeared.
        pub rx_errors: u64 => counter(Count), public;
        /// Packets that could not be sent since the interface appeared.
        pub tx_errors: u64 => counter(Count), public;
        /// Packets received and dropped since the interface appeared.
        pub rx_drops: u64 => counter(Count), public;
        /// Packets dropped before sending since the interface appeared.
        pub tx_drops: u64 => counter(Count), public;
        /// Bytes received a second; absent in the first sample of an interface.
        pub rx_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes sent a second; absent in the first sample of an interface.
        pub tx_speed: Option<u64> => gauge(BytesPerSecond), public;
    }
}

part! {
    /// Sockets in use, IPv4 and IPv6, from sockstat.
    #[derive(Copy, Eq)]
    pub struct Sockets in "sockets" {
        /// TCP sockets in use, those in time-wait not counted.
        pub tcp: u64 => gauge(Count), public;
        /// TCP connections in time-wait.
        pub tcp_time_wait: u64 => gauge(Count), public;
        /// UDP sockets in use.
        pub udp: u64 => gauge(Count), public;
    }
}

part! {
    /// Fill of the connection tracking table.
    #[derive(Copy, Eq)]
    pub struct Conntrack in "conntrack" {
        /// Connections in the tracking table.
        pub used: u64 => gauge(Count), public;
        /// Connections for which the tracking table has room.
        pub max: u64 => gauge(Count), public;
    }
}

part! {
    /// The radio link of one interface.
    #[derive(Eq)]
    pub struct Wireless in "wireless.{interface}" {
        /// Interface name.
        pub interface: String => key("interface"), public;
        /// Level of the radio signal.
        pub signal_dbm: Option<i32> => gauge(Dbm), public;
        /// Quality of the radio link, on the driver's own scale.
        pub link: Option<u32> => gauge(Count), public;
    }
}
