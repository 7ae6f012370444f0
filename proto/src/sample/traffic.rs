//! What passed the line that is paid for.

use super::part::part;
use crate::percent::Percent;

part! {
    /// Traffic of the billing period, over every way out of the host.
    #[derive(Eq)]
    pub struct Traffic in "traffic" {
        /// When the billing period began, at local midnight.
        pub period_start: u64 => gauge(UnixSeconds), public;
        /// Bytes received since then; since the agent was set up, where that is later.
        pub rx: u64 => gauge(Bytes), public;
        /// Bytes sent since then, likewise.
        pub tx: u64 => gauge(Bytes), public;
        /// Bytes that the period has, as the owner says.
        pub quota: Option<u64> => gauge(Bytes), public;
        /// Share of these that is used up, 100 at the most.
        pub quota_percent: Option<Percent> => gauge(Percent), public;
        /// The same for each interface that was a way out.
        pub wans: Vec<WanTraffic> => part(WanTraffic), public;
    }
}

part! {
    /// Traffic of one interface that is, or was, the way out.
    #[derive(Eq)]
    pub struct WanTraffic in "traffic.{interface}" {
        /// Kernel name; one that took its place under that name goes on with it.
        pub interface: String => key("interface"), public;
        /// Bytes received in the billing period over one way out.
        pub rx: u64 => gauge(Bytes), public;
        /// Bytes sent in the billing period over one way out.
        pub tx: u64 => gauge(Bytes), public;
    }
}
