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
