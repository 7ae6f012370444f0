//! Traffic, interfaces and sockets.

use serde::{Deserialize, Serialize};

use super::lenient;

/// Traffic of the host. Totals count every byte once, however many interfaces it crosses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Network {
    /// The interface of the default route; `None` without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wan: Option<String>,
    /// Bytes received a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_speed: Option<u64>,
    /// Bytes sent a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_speed: Option<u64>,
    /// Bytes received since boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_rx: Option<u64>,
    /// Bytes sent since boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tx: Option<u64>,
    /// `rx_speed`, under the documented vStats name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx: Option<u64>,
    /// `tx_speed`, under the documented vStats name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx: Option<u64>,
    /// Every interface but loopback that the owner did not exclude, in the kernel's order.
    #[serde(deserialize_with = "lenient")]
    pub interfaces: Vec<Interface>,
}

/// One network interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Interface {
    /// Kernel name.
    #[serde(deserialize_with = "lenient")]
    pub name: String,
    /// Hardware address; `None` where there is none (`ppp0`, `wg0`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// Link speed, Mbit/s; `None` when down or without a fixed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<u32>,
    /// Operational state (RFC 2863): `up`, `down`, `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Bytes received since the interface appeared.
    #[serde(deserialize_with = "lenient")]
    pub rx_bytes: u64,
    /// Bytes sent.
    #[serde(deserialize_with = "lenient")]
    pub tx_bytes: u64,
    /// Packets received.
    #[serde(deserialize_with = "lenient")]
    pub rx_packets: u64,
    /// Packets sent.
    #[serde(deserialize_with = "lenient")]
    pub tx_packets: u64,
    /// Bad packets received.
    #[serde(deserialize_with = "lenient")]
    pub rx_errors: u64,
    /// Packets that could not be sent.
    #[serde(deserialize_with = "lenient")]
    pub tx_errors: u64,
    /// Packets received and dropped.
    #[serde(deserialize_with = "lenient")]
    pub rx_drops: u64,
    /// Packets dropped before sending.
    #[serde(deserialize_with = "lenient")]
    pub tx_drops: u64,
    /// Bytes received a second; `None` in the first sample of an interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rx_speed: Option<u64>,
    /// Bytes sent a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_speed: Option<u64>,
}

/// Sockets in use, IPv4 and IPv6, from sockstat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sockets {
    /// TCP sockets, time-wait not counted.
    #[serde(deserialize_with = "lenient")]
    pub tcp: u64,
    /// TCP connections in time-wait.
    #[serde(deserialize_with = "lenient")]
    pub tcp_time_wait: u64,
    /// UDP sockets.
    #[serde(deserialize_with = "lenient")]
    pub udp: u64,
}

/// Fill of the connection tracking table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Conntrack {
    /// Connections tracked.
    #[serde(deserialize_with = "lenient")]
    pub used: u64,
    /// Room in the table.
    #[serde(deserialize_with = "lenient")]
    pub max: u64,
}

/// The radio link of one interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wireless {
    /// Interface name.
    #[serde(deserialize_with = "lenient")]
    pub interface: String,
    /// Signal level, dBm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal_dbm: Option<i32>,
    /// Link quality, on the driver's own scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<u32>,
}
