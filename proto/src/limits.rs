//! Every bound in Kinglet, stated once, with why it is this number.
//!
//! Relations between bounds are asserted at compile time below them.

use std::time::Duration;

// --- A connection, from the first look-up to the first report.

/// A name server that takes longer is as good as none.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// One TCP connect: a lost SYN is sent again after 1, 3 and 7 s.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The head start each address gets over the next one (RFC 8305 section 5).
pub const CONNECT_STAGGER: Duration = Duration::from_millis(250);
/// Addresses tried of one name; the rest wait for the next attempt.
pub const ADDRESSES_MAX: usize = 8;
/// TLS handshake and HTTP upgrade together.
pub const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// A protocol's own login, where it has one and may never answer.
pub const AUTH_TIMEOUT: Duration = Duration::from_secs(10);
/// Without one byte leaving for this long while bytes wait, the link is dead.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

// --- A connection in use.

/// WebSocket Ping, fixed by the protocol.
pub const PING_INTERVAL: Duration = Duration::from_secs(30);
/// Without a Pong for this long the link is dead, fixed by the protocol.
pub const PONG_TIMEOUT: Duration = Duration::from_secs(45);
/// The native protocol's sign of life when nothing else was sent.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);
/// A connection that carried traffic for this long was a good one: the back-off starts over.
pub const PROVEN_AFTER: Duration = Duration::from_secs(30);
/// A close frame and what was queued before it must leave within this: SIGTERM promises 3 s.
pub const CLOSE_TIMEOUT: Duration = Duration::from_millis(1500);
/// vStats: the login repeated on the open connection refreshes what the server asks for.
pub const REAUTH_INTERVAL: Duration = Duration::from_secs(600);
/// A kicked connection twice within this means that another host uses our id.
pub const DUPLICATE_WINDOW: Duration = Duration::from_secs(60);

// --- Back-off.

/// First wait after a loss.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(3);
/// Longest wait, and the longest a host stays away from a healed server.
pub const BACKOFF_MAX: Duration = Duration::from_secs(600);
/// First wait after refused credentials: only a person can mend them.
pub const BACKOFF_REFUSED: Duration = Duration::from_secs(60);

// --- Frames.

/// Largest frame an agent takes in.
pub const FRAME_IN_MAX: usize = 64 * 1024;
/// Largest frame an agent sends: a host with 200 mounts needs about 60 kB.
pub const FRAME_OUT_MAX: usize = 128 * 1024;
/// SimpleServerStatus closes 1009 above this.
pub const SIMPLE_SERVER_STATUS_FRAME_MAX: usize = 10_240;
/// Bytes of encoded samples kept for a server that is away.
pub const RING_BYTES_MAX: usize = 128 * 1024;

// --- What an owner may configure.

/// Shortest report interval.
pub const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// Longest report interval.
pub const INTERVAL_MAX: Duration = Duration::from_secs(3600);
/// Report interval where nothing is said.
pub const INTERVAL_DEFAULT: Duration = Duration::from_secs(5);
/// `[[server]]` blocks in one configuration.
pub const SERVERS_MAX: usize = 8;
/// Bytes of a configuration file.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a token.
pub const TOKEN_BYTES_MAX: usize = 4096;

// --- What a hub keeps and lets in.

/// Items kept of each list in a report: a host with 200 mounts fits.
pub const INGEST_LIST_MAX: usize = 256;
/// Bytes kept of each text in a report.
pub const INGEST_TEXT_MAX: usize = 256;
/// Readings taken of one batch.
pub const INGEST_BATCH_MAX: usize = 1000;
/// Bytes of a host's id.
pub const HOST_ID_MAX: usize = 64;
/// Hosts a hub knows. A fleet token could otherwise name a new one with every connection.
pub const HOSTS_MAX: usize = 20_000;
/// A host that nobody configured is forgotten after this long away.
pub const FORGET_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
/// A host that was not heard of for this long is offline.
pub const OFFLINE_AFTER: Duration = Duration::from_secs(60);
/// A gap before the first live reading that no backfill has begun to fill by then stays one.
pub const GAP_PATIENCE: Duration = Duration::from_secs(60);
/// Gaps remembered of one host; one more closes the oldest.
pub const GAPS_MAX: usize = 8;
/// Connections to `/ws/agent` at one time that have not shown a token yet: 2,000 vStats agents
/// that come back at once pass through here within a second.
pub const VISITORS_MAX: usize = 1024;
/// Largest frame of a connection that has not shown a token yet.
pub const VISITOR_FRAME_MAX: usize = 8 * 1024;
/// Viewers at one time.
pub const VIEWERS_MAX: usize = 1000;
/// Messages a viewer may be behind the fleet: at 400 a second it has 2.5 s to catch up.
pub const VIEWER_QUEUE_MAX: usize = 1024;
/// Messages a second an agent may send for long.
pub const AGENT_PACE: u32 = 20;
/// Messages an agent may send at once: what a minute of its absence left.
pub const AGENT_BURST: u32 = 200;
/// Messages a second a viewer may send, fixed by the protocol.
pub const VIEWER_PACE: u32 = 20;
/// Messages over the pace after which a connection is closed.
pub const PACE_REFUSALS_MAX: u32 = 500;
/// Answers that wait for an agent which does not read them.
pub const AGENT_QUEUE_MAX: usize = 16;
/// TCP connections at one time.
pub const CONNECTIONS_MAX: usize = 20_000;

const _: () = {
    assert!(PING_INTERVAL.as_secs() < PONG_TIMEOUT.as_secs(), "a Pong needs a Ping before it");
    assert!(BACKOFF_FIRST.as_secs() < BACKOFF_REFUSED.as_secs());
    assert!(BACKOFF_REFUSED.as_secs() < BACKOFF_MAX.as_secs());
    assert!(CLOSE_TIMEOUT.as_millis() * 2 <= 3000, "SIGTERM promises 3 s");
    assert!(SIMPLE_SERVER_STATUS_FRAME_MAX < FRAME_OUT_MAX);
    assert!(FRAME_OUT_MAX <= RING_BYTES_MAX, "one sample always fits the ring");
    assert!(VISITOR_FRAME_MAX < FRAME_IN_MAX && TOKEN_BYTES_MAX <= VISITOR_FRAME_MAX);
    assert!(PONG_TIMEOUT.as_secs() < OFFLINE_AFTER.as_secs(), "a Pong is a sign of life");
    assert!(VISITORS_MAX + VIEWERS_MAX < CONNECTIONS_MAX);
    assert!(INTERVAL_MIN.as_millis() <= INTERVAL_DEFAULT.as_millis());
    assert!(INTERVAL_DEFAULT.as_millis() <= INTERVAL_MAX.as_millis());
};
