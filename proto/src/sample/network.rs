//! Traffic, interfaces and sockets.

use super::part::part;

part! {
    /// Traffic of the host. Totals count every byte once, however many interfaces it crosses.
    #[derive(Eq)]
    pub struct Network in "network" {
        /// The interface of the default route; absent without one.
        pub wan: Option<String> => plain, public;
        /// Bytes received a second.
        pub rx_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes sent a second.
        pub tx_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes received since boot.
        pub total_rx: Option<u64> => counter(Bytes), public;
        /// Bytes sent since boot.
        pub total_tx: Option<u64> => counter(Bytes), public;
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
        /// Link speed; absent when down or without a fixed one.
        pub speed: Option<u32> => gauge(MegabitsPerSecond), public;
        /// Operational state (RFC 2863): `up`, `down`, `unknown`.
        pub state: Option<String> => plain, public;
        /// Bytes received since the interface appeared.
        pub rx_bytes: u64 => counter(Bytes), public;
        /// Bytes sent.
        pub tx_bytes: u64 => counter(Bytes), public;
        /// Packets received.
        pub rx_packets: u64 => counter(Count), public;
        /// Packets sent.
        pub tx_packets: u64 => counter(Count), public;
        /// Bad packets received.
        pub rx_errors: u64 => counter(Count), public;
        /// Packets that could not be sent.
        pub tx_errors: u64 => counter(Count), public;
        /// Packets received and dropped.
        pub rx_drops: u64 => counter(Count), public;
        /// Packets dropped before sending.
        pub tx_drops: u64 => counter(Count), public;
        /// Bytes received a second; absent in the first sample of an interface.
        pub rx_speed: Option<u64> => gauge(BytesPerSecond), public;
        /// Bytes sent a second.
        pub tx_speed: Option<u64> => gauge(BytesPerSecond), public;
    }
}

part! {
    /// Sockets in use, IPv4 and IPv6, from sockstat.
    #[derive(Copy, Eq)]
    pub struct Sockets in "sockets" {
        /// TCP sockets, time-wait not counted.
        pub tcp: u64 => gauge(Count), public;
        /// TCP connections in time-wait.
        pub tcp_time_wait: u64 => gauge(Count), public;
        /// UDP sockets.
        pub udp: u64 => gauge(Count), public;
    }
}

part! {
    /// Fill of the connection tracking table.
    #[derive(Copy, Eq)]
    pub struct Conntrack in "conntrack" {
        /// Connections tracked.
        pub used: u64 => gauge(Count), public;
        /// Room in the table.
        pub max: u64 => gauge(Count), public;
    }
}

part! {
    /// The radio link of one interface.
    #[derive(Eq)]
    pub struct Wireless in "wireless.{interface}" {
        /// Interface name.
        pub interface: String => key("interface"), public;
        /// Signal level.
        pub signal_dbm: Option<i32> => gauge(Dbm), public;
        /// Link quality, on the driver's own scale.
        pub link: Option<u32> => gauge(Count), public;
    }
}
