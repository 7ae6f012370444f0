//! Bounds of what strangers get: connections, places, and what is written to them.

use std::time::Duration;

use kinglet_proto::limits::{UPGRADE_TIMEOUT, WRITE_TIMEOUT};

/// Connections to `/ws/agent` at one time that have not shown a token yet: 2,000 vStats agents
/// that come back at once pass through here within a second.
pub const VISITORS_MAX: usize = 1024;
/// Largest frame of a connection that has not shown a token yet.
pub const VISITOR_FRAME_MAX: usize = 8 * 1024;
/// TCP connections at one time: all hosts, all viewers, and as many of who asks once or has not
/// logged in.
pub const CONNECTIONS_MAX: usize = 22_000;
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
/// Bytes of a list that are kept for all who read it at the same time: of 2,000 hosts it has 6 MB.
pub const LIST_SHARED_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Characters of each of the two texts on a badge: a name that is longer is no badge.
pub const BADGE_CHARS_MAX: usize = 48;

/// Connections at one time from an address from which no agent has come yet: a browser opens seven,
/// a wall of them behind one address some dozens.
pub const STRANGER_PLACES: usize = 256;
/// Those above that wait, so many of each address: a fleet behind one that comes back after the
/// hub's restart.
pub const STRANGERS_WAITING: usize = 2_048;
/// For so long, which is as long as a request may take to come.
pub const STRANGERS_WAIT: Duration = UPGRADE_TIMEOUT;
/// How often one that waits is looked at.
pub const STRANGERS_RETRY: Duration = Duration::from_millis(50);
/// Viewers' seats of such an address where anyone may look: a wall of screens behind one has some
/// dozens, and eight such addresses leave others some.
pub const SEATS_EACH: usize = 100;
/// Connections of all such addresses together: less than half of all, so that those that are known
/// have the others.
pub const STRANGERS_MAX: usize = 10_000;
/// An address is known for so long after an agent has last come in from there.
pub const KNOWN_FOR: Duration = Duration::from_secs(24 * 3600);
/// Known addresses with nobody connected that are remembered; 100 bytes each.
pub const KNOWN_ADDRESSES_MAX: usize = 10_000;
/// New hosts in an hour of each of the fleet's tokens and each address, where the owner does not
/// say: a fleet that is switched on at once, and not the 20,000 that a hub bears.
pub const NEW_HOSTS_PER_HOUR: u32 = 500;
/// Addresses of which new hosts are counted one by one; those above share one number.
pub const NEW_HOSTS_ADDRESSES_MAX: usize = 1_024;
/// A host that was one too many asks again after so long at most: its owner may have changed the
/// number.
pub const NEW_HOSTS_RETRY: Duration = Duration::from_secs(300);
/// Tokens of the fleet: one for each site.
pub const FLEET_TOKENS_MAX: usize = 64;
/// New series that one host may make in a day: a host that starts 500 containers has as many.
pub const SERIES_NEW_A_DAY: u32 = 4_096;
/// New boots of one host in a day.
pub const BOOTS_NEW_A_DAY: u32 = 256;
/// Runs of numbers that are remembered of a boot: an agent of ours leaves a handful of gaps.
pub const SEEN_RUNS_MAX: usize = 1_024;
/// Boots of a host that are remembered so.
pub const SEEN_BOOTS_MAX: usize = 512;
/// Networks of trusted proxies.
pub const PROXIES_MAX: usize = 64;
/// Lines a minute of the log about refused strangers; the rest are summed.
pub const COMPLAINTS_A_MINUTE: u32 = 6;
/// Codes of invitations that are looked up in each span of so many seconds.
pub const CODES_SPAN_S: u64 = 5;
/// Of all addresses together: each costs a few file operations.
pub const CODES_MAX: u32 = 100;
/// Of one address: a class that enrols behind one may be so many.
pub const CODES_EACH: u32 = 20;
/// Addresses whose codes are counted in a span.
pub const CODES_ADDRESSES_MAX: usize = 1_024;
