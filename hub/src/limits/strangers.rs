//! Bounds of what strangers get: connections, places, and what is written to them.

use std::time::Duration;

use kinglet_proto::limits::WRITE_TIMEOUT;

/// Connections to `/ws/agent` at one time that have not shown a token yet: 2,000 vStats agents
/// that come back at once pass through here within a second.
pub const VISITORS_MAX: usize = 1024;
/// Largest frame of a connection that has not shown a token yet.
pub const VISITOR_FRAME_MAX: usize = 8 * 1024;
/// TCP connections at one time.
pub const CONNECTIONS_MAX: usize = 20_000;
/// Room for the agents that come back together after an outage.
pub const BACKLOG: u32 = 4096;
/// How long accepting pauses when the system has no descriptor left.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bytes in the kernel for a connection that does not read. A write goes on when a third of twice
/// as much is free, so who reads 9 kB/s is still seen to read.
pub const SEND_BUFFER_BYTES: u32 = 128 * 1024;
/// A connection of which the system takes no byte for so long is closed.
pub const WRITE_STALL: Duration = WRITE_TIMEOUT;
/// Hosts of a list that are written before it is sent on: some 40 kB, which is what an answer costs
/// that nobody reads.
pub const HOSTS_AT_ONCE: usize = 8;
