//! Every bound in Kinglet, stated once, with why it is this number.
//!
//! Relations between bounds are asserted at compile time below them.

use std::time::Duration;

// --- A connection, from the first look-up to the first report.

/// A name server that takes longer is as good as none.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Stack of the look-up thread: musl's resolver needs about 10 kB of it.
pub const RESOLVE_STACK_BYTES: usize = 128 * 1024;
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
/// Largest frame an agent sends: what the other side takes. A host with 200 mounts needs about
/// 60 kB; above that file systems and interfaces are left out from the bottom.
pub const FRAME_OUT_MAX: usize = FRAME_IN_MAX;
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

// --- A session's manners.

/// Address, route and link change in bursts: at most one attempt out of turn in this time, so a
/// flapping cable dials no faster than the back-off's first wait.
pub const NETWORK_RETRY_MIN: Duration = Duration::from_secs(3);
/// An open link whose host's network changed proves itself within this, so that an agent whose
/// address is gone is back within seconds of the change instead of 45 s later.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(3);
/// From giving up a connection for a change of the network to the next attempt: its goodbye has
/// this long to leave, should the line live after all.
pub const MOVED_RETRY: Duration = Duration::from_millis(500);
/// Nothing heard of an attempt for this long: every step of it has a shorter limit of its own.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest silence a server may ask for by a rate limit.
pub const RATE_LIMIT_MAX: Duration = Duration::from_secs(600);
/// Pace of backfill: a full ring is sent in 16 s, and 100 hosts behind one link share 6.5 Mbit/s.
pub const BACKFILL_BYTES_PER_S: usize = 8 * 1024;
/// Backfill may have a quarter of the line: after each frame it pauses three times as long as the
/// line needed for it.
pub const BACKFILL_PAUSE_FACTOR: u32 = 3;
/// Longest such pause: a line that stood still once is not a slow one.
pub const BACKFILL_PAUSE_MAX: Duration = Duration::from_secs(60);
/// Bytes of samples in one batch of a protocol that batches.
pub const BATCH_BYTES_MAX: usize = 16 * 1024;
/// Largest sample kept for later: with an envelope around it, it still is one frame.
pub const KEPT_BYTES_MAX: usize = FRAME_OUT_MAX - 1024;
/// Bytes a ring entry costs beside its text, for the account against `RING_BYTES_MAX`.
pub const RING_ENTRY_BYTES: usize = 64;
/// The room of a ring entry's text is a multiple of this.
pub const RING_SLOT_BYTES: usize = 256;
/// A sample that comes early by an eighth of the interval, at most by this, counts for it.
pub const EARLY_MAX: Duration = Duration::from_millis(250);
/// Log lines a server can cause on one connection by its messages.
pub const SERVER_EVENTS_MAX: u32 = 8;
/// Bytes of a server's own words repeated in a log line.
pub const SERVER_TEXT_MAX: usize = 160;
/// SimpleServerStatus hangs up after 60 s without a report.
pub const SIMPLE_SERVER_STATUS_INTERVAL_MAX: Duration = Duration::from_secs(30);
/// vStats shows a host offline when its last report is 30 s old.
pub const VSTATS_INTERVAL_MAX: Duration = Duration::from_secs(25);
/// Complete buckets of one granularity kept for vStats: a day of quarter hours.
pub const BUCKETS_MAX: usize = 96;
/// Of those, as many as go into one message: 24 of each granularity are 15 kB.
pub const BUCKETS_SENT_MAX: usize = 24;
/// Largest sample repeated beside them.
pub const LAST_METRICS_BYTES_MAX: usize = 12 * 1024;
/// Bytes of one text field where the whole report has a limit.
pub const FIELD_BYTES_MAX: usize = 128;

// --- Reading the kernel.

/// Bytes of one kernel file; /proc/stat of 480 processors has 43 kB, a mount table of a thousand
/// containers some hundreds.
pub const KERNEL_FILE_MAX: usize = 1024 * 1024;
/// A file the kernel does not have is looked for again after this: modules are loaded late.
pub const ABSENT_RETRY: Duration = Duration::from_secs(60);
/// Routes and mounts are read again after this, should nobody have told of a change.
pub const TOPOLOGY_INTERVAL: Duration = Duration::from_secs(60);
/// Models, serials, links and names are read again after this.
pub const INVENTORY_INTERVAL: Duration = Duration::from_secs(600);
/// Temperatures, fans, clocks and batteries move slowly.
pub const SENSOR_INTERVAL: Duration = Duration::from_secs(10);
/// Space of file systems moves slowly too.
pub const STATFS_INTERVAL: Duration = Duration::from_secs(10);
/// A file system that takes longer to say its size is stuck.
pub const STATFS_TIMEOUT: Duration = Duration::from_secs(2);
/// What a sample waits for the sizes when those it has are older than its own interval allows.
pub const STATFS_PATIENCE: Duration = Duration::from_millis(20);
/// Threads that may hang in a dead mount; with all of them lost no more sizes are asked.
pub const STATFS_THREADS_MAX: usize = 4;
/// Stack of such a thread: it makes one system call.
pub const STATFS_STACK: usize = 64 * 1024;
/// Mounts read of the mount table.
pub const MOUNTS_MAX: usize = 4096;
/// File systems in a sample.
pub const FILESYSTEMS_MAX: usize = 200;
/// Disks in a sample.
pub const DISKS_MAX: usize = 64;
/// Interfaces in a sample; totals count the others too.
pub const INTERFACES_MAX: usize = 128;
/// Temperatures in a sample, and files kept open for them.
pub const TEMPERATURES_MAX: usize = 24;
/// Fans in a sample, and files kept open for them.
pub const FANS_MAX: usize = 8;
/// Radio links in a sample.
pub const WIRELESS_MAX: usize = 16;
/// Addresses in a sample.
pub const IP_ADDRESSES_MAX: usize = 16;
/// Cores whose clock is read; the mean of a few is the mean of all.
pub const FREQUENCY_FILES_MAX: usize = 4;
/// Devices below a device: partition on LVM on LUKS on md on a disk, and a few to spare.
pub const BLOCK_LAYERS_MAX: usize = 8;

// --- The agent's loop.

/// The window of the first sample: long enough for a rate that means something.
pub const FIRST_WINDOW: Duration = Duration::from_millis(200);
/// Longest poll(2): its clock stands still in suspend, so a host that wakes up looks at the time
/// within this.
pub const WAIT_MAX: Duration = Duration::from_secs(10);
/// `kinglet check`: the longest way to one server, every step at its own limit.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(45);
/// From SIGTERM to the end, with whatever is still unsaid: 3 s are promised.
pub const STOP_TIMEOUT: Duration = Duration::from_millis(2500);
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
/// Messages a viewer may be behind the fleet, about 12 MB that all viewers share: at 400 a second
/// it has 10 s to catch up, and half a second at 8,000.
pub const VIEWER_QUEUE_MAX: usize = 4096;
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

// --- Enrolment.

/// An invitation is good for this long: time to walk over to the new host, not to find a note.
pub const INVITATION_VALID: Duration = Duration::from_secs(15 * 60);
/// A used or expired code is told so for this long; after it, it is as unknown as any other.
pub const INVITATION_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Invitations kept at one time, used and expired ones counted.
pub const INVITATIONS_MAX: usize = 1024;
/// Characters of a code, five random bits each: 140 bits.
pub const CODE_CHARS: usize = 28;
/// Codes a hub looks up in a second, right or wrong: each costs it a few file operations.
pub const ENROLLMENTS_PER_S: u32 = 20;
/// Bytes of a file about one invitation or one enrolled host.
pub const STATE_FILE_MAX: usize = 8 * 1024;

const _: () = {
    assert!(CODE_CHARS * 5 >= 128, "a code cannot be guessed");
    assert!(INVITATION_VALID.as_secs() < INVITATION_KEPT.as_secs());
    assert!(PING_INTERVAL.as_secs() < PONG_TIMEOUT.as_secs(), "a Pong needs a Ping before it");
    assert!(BACKOFF_FIRST.as_secs() < BACKOFF_REFUSED.as_secs());
    assert!(BACKOFF_REFUSED.as_secs() < BACKOFF_MAX.as_secs());
    assert!(CLOSE_TIMEOUT.as_millis() < STOP_TIMEOUT.as_millis(), "a goodbye fits the stop");
    assert!(STOP_TIMEOUT.as_millis() < 3000, "SIGTERM promises 3 s");
    assert!(SIMPLE_SERVER_STATUS_FRAME_MAX < FRAME_OUT_MAX);
    assert!(FRAME_OUT_MAX <= RING_BYTES_MAX, "one sample always fits the ring");
    assert!(VISITOR_FRAME_MAX < FRAME_IN_MAX && TOKEN_BYTES_MAX <= VISITOR_FRAME_MAX);
    assert!(PONG_TIMEOUT.as_secs() < OFFLINE_AFTER.as_secs(), "a Pong is a sign of life");
    assert!(VISITORS_MAX + VIEWERS_MAX < CONNECTIONS_MAX);
    assert!(INTERVAL_MIN.as_millis() <= INTERVAL_DEFAULT.as_millis());
    assert!(INTERVAL_DEFAULT.as_millis() <= INTERVAL_MAX.as_millis());
    assert!(
        DIAL_TIMEOUT.as_millis()
            > RESOLVE_TIMEOUT.as_millis()
                + CONNECT_TIMEOUT.as_millis()
                + UPGRADE_TIMEOUT.as_millis()
                + CONNECT_STAGGER.as_millis() * ADDRESSES_MAX as u128,
        "the link's own limits fire first and say more"
    );
    assert!(NETWORK_RETRY_MIN.as_millis() <= BACKOFF_FIRST.as_millis());
    assert!(
        PROBE_TIMEOUT.as_millis() + MOVED_RETRY.as_millis() <= 4000,
        "back within 5 s, with a second for the connection itself of a network change"
    );
    assert!(BATCH_BYTES_MAX < KEPT_BYTES_MAX);
    assert!(KEPT_BYTES_MAX + RING_ENTRY_BYTES <= RING_BYTES_MAX, "one sample fits the ring");
    assert!(2 * LAST_METRICS_BYTES_MAX + 2 * 3 * 256 * BUCKETS_SENT_MAX < FRAME_OUT_MAX);
    assert!(RATE_LIMIT_MAX.as_secs() <= BACKOFF_MAX.as_secs());
    assert!(STATFS_TIMEOUT.as_millis() < STATFS_INTERVAL.as_millis(), "one round at a time");
    assert!(STATFS_PATIENCE.as_millis() * 10 < INTERVAL_MIN.as_millis(), "a report stays on time");
    // Bytes of JSON a line at most, roughly: a long path, an interface, a disk with its mounts.
    // Each list fits alone; a host that fills them all loses lines from the bottom.
    assert!(FILESYSTEMS_MAX * 250 < FRAME_OUT_MAX && INTERFACES_MAX * 300 < FRAME_OUT_MAX);
    assert!(DISKS_MAX * 350 < FRAME_OUT_MAX);
};
