//! Every bound of the agent's own, stated once, with why it is this number; those of the wire are
//! in `kinglet_proto::limits`, those of reading a host in `kinglet_host::limits`.
//!
//! Relations between bounds are asserted at compile time below them.

use std::time::Duration;

use kinglet_proto::limits::{
    CLOSE_TIMEOUT, DIAL_TIMEOUT, FRAME_OUT_MAX, GOODBYE_TIMEOUT, INTERVAL_MAX, INTERVAL_MIN,
    UPGRADE_TIMEOUT,
};

// --- A connection, from the first look-up to the first report.

/// A name that takes longer is as good as none; musl waits as long by itself.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Silence of libc after which the name servers are asked for each family apart: most answers are
/// there by then, so that they are asked twice only when something is wrong.
pub const ASK_APART_AFTER: Duration = Duration::from_millis(300);
/// From the start of the look-up until they are given up, early enough to be told by whom.
pub const ASK_TIMEOUT: Duration = Duration::from_millis(4500);
/// From a question to its repetitions: datagrams get lost.
pub const ASK_AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];
/// What the second family is waited for once the first is there (RFC 8305 section 8).
pub const SECOND_FAMILY_WAIT: Duration = Duration::from_millis(50);
/// Name servers asked, as many as libc asks: resolv.conf(5).
pub const NAME_SERVERS_MAX: usize = 3;
/// Domains a short name is searched in, as many as libc took for decades.
pub const SEARCH_MAX: usize = 6;
/// Bytes read of `/etc/resolv.conf`.
pub const RESOLV_CONF_BYTES_MAX: u64 = 8 * 1024;
/// Bytes of a name server's answer: 512 without an extension that we do not ask for.
pub const DATAGRAM_BYTES_MAX: usize = 1024;
/// Stack of the thread that asks for a family.
pub const ASK_STACK_BYTES: usize = 64 * 1024;
/// Stack of the look-up thread: musl's resolver needs about 10 kB of it.
pub const RESOLVE_STACK_BYTES: usize = 128 * 1024;
/// One TCP connect: a lost SYN is sent again after 1, 3 and 7 s.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The answers of a proxy, which itself looks the server's name up and connects to it.
pub const PROXY_TIMEOUT: Duration = Duration::from_secs(20);
/// The head start each address gets over the next one (RFC 8305 section 5).
pub const CONNECT_STAGGER: Duration = Duration::from_millis(250);
/// The head start that a preferred family has over the other: two long ways to and fro, and a SYN
/// that got lost and was sent again.
pub const PREFERRED_HEAD_START: Duration = Duration::from_secs(2);
/// Addresses tried of one name; the rest wait for the next attempt.
pub const ADDRESSES_MAX: usize = 8;
/// Bytes of a response head; proxies add much, but not this much.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Headers of a response.
pub const HEADERS_MAX: usize = 64;
/// Bytes of the line before a chunk of a response, extensions included, which nobody sends.
pub const CHUNK_LINE_MAX: usize = 256;
/// What is read at a time of a response head.
pub const HEAD_PIECE_BYTES: usize = 1024;

// --- A connection in use.

/// Frames taken in at one wake-up, so that a chatty server cannot keep the loop to itself.
pub const FRAMES_PER_WAKE_MAX: usize = 16;
/// Read buffer of a WebSocket: what servers send is short, and a long frame grows it as it comes.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Its write buffer: one report, and pings and a close frame behind it.
pub const WRITE_BUFFER_BYTES_MAX: usize = FRAME_OUT_MAX + 4 * 1024;
/// Room kept for the next text from the last one: a report, not the history that follows an outage.
pub const TEXT_KEPT_BYTES_MAX: usize = 16 * 1024;
/// What the kernel may hold of ours, of which it makes twice as much for its own accounts: some
/// five reports, which a line of 300 bytes a second takes before the Pong behind them is missed.
pub const SEND_BUFFER_BYTES: usize = 8 * 1024;
/// Bytes of the host's bundle of authorities: Debian's has 220 kB.
pub const SYSTEM_BUNDLE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of the file with this host's own certificate, or with its key.
#[cfg(feature = "client-cert")]
pub const CLIENT_PEM_BYTES_MAX: u64 = 64 * 1024;
/// Names of a certificate repeated in a log line.
pub const NAMES_TOLD_MAX: usize = 4;
/// What TLS holds back when the socket is full: one report in its records.
pub const TLS_BUFFER_BYTES: usize = 64 * 1024;
/// After news of the network nobody listens for so long: what follows is told in one word. A second
/// change that matters is still told within five seconds.
pub const NEWS_PAUSE: Duration = Duration::from_secs(4);

// --- What an owner may configure.

/// Report interval where nothing is said.
pub const INTERVAL_DEFAULT: Duration = Duration::from_secs(5);
/// `[[server]]` blocks in one configuration.
pub const SERVERS_MAX: usize = 8;
/// Addresses of one server: a round through all of them is short at the back-off's pace.
pub const URLS_MAX: usize = 4;
/// While a later address is in use, the time between two trials of the first, to which up to a
/// fifth is added: long enough for a hub that is being repaired, short for one that is back.
pub const RETURN_AFTER: Duration = Duration::from_secs(300);

/// What the agent may be given of one processor, in percent: less is spent by any reading at all,
/// and more than a whole one has no thread.
pub const BUDGET_PERCENT: std::ops::RangeInclusive<f64> = 0.1..=100.0;
/// What it may be given of memory, in bytes: less has no program that speaks TLS.
pub const BUDGET_RSS: std::ops::RangeInclusive<f64> = 1_000_000.0..=1_000_000_000_000.0;

/// Time between two attempts at a target where nothing is said: 20 of them tell of ten minutes.
pub const TARGET_INTERVAL_DEFAULT: Duration = Duration::from_secs(30);
/// Look-ups of targets' names that libc still thinks about though they were given up: each is a
/// thread, and with so many no more are begun.
pub const LOOKUPS_HELD_MAX: usize = 8;

// --- The agent's loop.

/// The window of the first sample: long enough for a rate that means something.
pub const FIRST_WINDOW: Duration = Duration::from_millis(200);
/// Longest poll(2): its clock stands still in suspend, so a host that wakes up looks at the time
/// within this.
pub const WAIT_MAX: Duration = Duration::from_secs(10);
/// `kinglet check`: the longest way to one server, every step at its own limit.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(45);
/// `kinglet check`: clocks that are no farther apart agree; a server's `Date` has whole seconds,
/// and is on its way for a while.
pub const CLOCKS_APART: Duration = Duration::from_secs(2);
/// From SIGTERM to the end, with whatever is still unsaid: 3 s are promised.
pub const STOP_TIMEOUT: Duration = Duration::from_millis(2500);
/// Widest cell of `kinglet sample`; what is longer is cut, with an ellipsis.
pub const CELL_CHARS_MAX: usize = 32;

/// Settings that are told to be others at a time; nobody reads more.
#[cfg(feature = "reload")]
pub const CHANGES_MAX: usize = 32;
/// Bytes of a setting that are told.
#[cfg(feature = "reload")]
pub const CHANGE_TEXT_MAX: usize = 80;
/// Bytes read at a time of the word to read the configuration anew: one signal.
#[cfg(feature = "reload")]
pub const SIGNAL_BYTES: usize = 128;

const _: () = {
    assert!(ASK_APART_AFTER.as_millis() < ASK_TIMEOUT.as_millis());
    assert!(ASK_TIMEOUT.as_millis() < RESOLVE_TIMEOUT.as_millis(), "who is silent can be named");
    assert!(
        GOODBYE_TIMEOUT.as_millis() + CLOSE_TIMEOUT.as_millis() <= STOP_TIMEOUT.as_millis(),
        "both goodbyes fit the stop"
    );
    assert!(STOP_TIMEOUT.as_millis() < 3000, "SIGTERM promises 3 s");
    assert!(INTERVAL_MIN.as_millis() <= INTERVAL_DEFAULT.as_millis());
    assert!(INTERVAL_DEFAULT.as_millis() <= INTERVAL_MAX.as_millis());
    assert!(
        DIAL_TIMEOUT.as_millis()
            > RESOLVE_TIMEOUT.as_millis()
                + CONNECT_TIMEOUT.as_millis()
                + PROXY_TIMEOUT.as_millis()
                + UPGRADE_TIMEOUT.as_millis()
                + CONNECT_STAGGER.as_millis() * ADDRESSES_MAX as u128,
        "the link's own limits fire first and say more"
    );
};
