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

const _: () = {
    assert!(PING_INTERVAL.as_secs() < PONG_TIMEOUT.as_secs(), "a Pong needs a Ping before it");
    assert!(BACKOFF_FIRST.as_secs() < BACKOFF_REFUSED.as_secs());
    assert!(BACKOFF_REFUSED.as_secs() < BACKOFF_MAX.as_secs());
    assert!(CLOSE_TIMEOUT.as_millis() * 2 <= 3000, "SIGTERM promises 3 s");
    assert!(SIMPLE_SERVER_STATUS_FRAME_MAX < FRAME_OUT_MAX);
    assert!(FRAME_OUT_MAX <= RING_BYTES_MAX, "one sample always fits the ring");
    assert!(INTERVAL_MIN.as_millis() <= INTERVAL_DEFAULT.as_millis());
    assert!(INTERVAL_DEFAULT.as_millis() <= INTERVAL_MAX.as_millis());
    assert!(STATFS_TIMEOUT.as_millis() < STATFS_INTERVAL.as_millis(), "one round at a time");
    assert!(STATFS_PATIENCE.as_millis() * 10 < INTERVAL_MIN.as_millis(), "a report stays on time");
    // Bytes of JSON a line at most, roughly: a long path, an interface, a disk with its mounts.
    assert!(FILESYSTEMS_MAX * 250 + INTERFACES_MAX * 300 + DISKS_MAX * 350 < FRAME_OUT_MAX);
};
