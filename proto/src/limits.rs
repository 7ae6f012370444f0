//! Every bound of what is said on the wire, stated once, with why it is this number, and the few
//! that agent and hub share. What only one crate needs stands in that crate's own `limits.rs`.
//!
//! Relations between bounds are asserted at compile time below them.

use std::time::Duration;

// --- A connection, from the first look-up to the first report.

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
/// A Pong later than this, or than half an interval, is a slow line's: then one report is under way
/// at a time, and those that come meanwhile replace each other. A satellite's takes 700 ms.
pub const LATE_PONG_AFTER: Duration = Duration::from_secs(2);
/// The native protocol's sign of life when nothing else was sent.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);
/// A connection that carried traffic for this long was a good one: the back-off starts over.
pub const PROVEN_AFTER: Duration = Duration::from_secs(30);
/// A close frame and what was queued before it must leave within this: SIGTERM promises 3 s.
pub const CLOSE_TIMEOUT: Duration = Duration::from_millis(1500);
/// A protocol's own goodbye is answered within this, or never: both limits together are below 3 s.
pub const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);
/// A server that fails within this after our first sign of life failed on it.
pub const HEARTBEAT_FAULT_MAX: Duration = Duration::from_secs(1);
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

/// Longest wait a server may ask for by `Retry-After`: a wrong clock must not make it a day.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// An enrolment, from the look-up to the token, every step at its own limit.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(45);

// --- Frames.

/// Largest frame an agent takes in.
pub const FRAME_IN_MAX: usize = 64 * 1024;
/// Lists and objects in each other in what an agent hears; deeper is nothing.
pub const JSON_DEPTH_MAX: usize = 128;
/// Largest frame an agent sends: what the other side takes. A host with 200 mounts needs about
/// 60 kB; above that the longest lists are left out from the bottom.
pub const FRAME_OUT_MAX: usize = FRAME_IN_MAX;
/// More rows than any list of a host's sample has: from here down is searched for what fits.
pub const ROWS_MAX: usize = 320;
/// Largest STOMP frame, put together from its messages: Spring's broker ends the
/// connection above it.
pub const STOMP_FRAME_MAX: usize = 64 * 1024;
/// Largest message it travels in where a broker puts frames together again: Tomcat, and with it
/// Spring, takes 16.6 kB. Fragments of one message count together there, messages do not.
pub const STOMP_MESSAGE_MAX: usize = 8 * 1024;
/// Shortest time between two STOMP beats that an owner may ask for, in milliseconds: brokers wait
/// for three, and a line that stands still for 3 s is no broken one.
pub const STOMP_BEAT_MIN: u32 = 1000;
/// SimpleServerStatus closes 1009 above this.
pub const SIMPLE_SERVER_STATUS_FRAME_MAX: usize = 10_240;
/// Bytes of encoded samples kept for a server that is away.
pub const RING_BYTES_MAX: usize = 128 * 1024;

// --- What an owner may configure.

/// Shortest report interval.
pub const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// Longest report interval.
pub const INTERVAL_MAX: Duration = Duration::from_secs(3600);
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
/// The same where something is under way already: a slow line needs its time for that.
pub const PROBE_SLOW_TIMEOUT: Duration = Duration::from_secs(15);
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
/// Longest such pause: a line that stood still once is not a slow one, and a server acknowledges
/// nothing above what is missing. So what is sent live meanwhile stays in the ring: a minute of it
/// took the room of the older samples.
pub const BACKFILL_PAUSE_MAX: Duration = Duration::from_secs(15);
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
/// Komari hangs up 11 s after the last message.
pub const KOMARI_INTERVAL_MAX: Duration = Duration::from_secs(8);
/// Komari's basic info is told again after this, though nothing changed: between 5 and 30 min.
pub const KOMARI_INFO_INTERVAL: Duration = Duration::from_secs(600);
/// Of so many reports to Komari one asks for an answer: the others may be refused in silence.
pub const KOMARI_ASK_EVERY: u64 = 60;
/// Samples without their counters that Komari's first report waits for: with one at the longest
/// interval the next still comes in time.
pub const KOMARI_PATIENCE: u32 = 1;
/// Largest count that Komari's database holds, less one for what it adds.
pub const KOMARI_COUNT_MAX: u64 = (1 << 63) - 2;
/// Komari refuses a report with a higher load.
pub const KOMARI_LOAD_MAX: f64 = 1000.0;
/// Bytes of what a report tells Komari's visitors: a handful of alerts. Its page wraps no more.
pub const KOMARI_MESSAGE_BYTES_MAX: usize = 200;
/// Characters of a text in Komari's basic info.
pub const KOMARI_TEXT_CHARS_MAX: usize = 100;
/// Messages and errands of one protocol's own that wait.
pub const OUTPUT_QUEUE_MAX: usize = 8;
/// An errand, from the look-up to the answer.
pub const ERRAND_TIMEOUT: Duration = Duration::from_secs(30);
/// vStats shows a host offline when its last report is 30 s old.
pub const VSTATS_INTERVAL_MAX: Duration = Duration::from_secs(25);
/// How often vStats is told of the buckets under way, as its own agent does.
pub const BUCKET_INTERVAL: Duration = Duration::from_secs(60);
/// Complete buckets of one granularity kept for vStats: a day of quarter hours.
pub const BUCKETS_MAX: usize = 96;
/// Of those, as many as go into one message: 24 of each granularity are 15 kB.
pub const BUCKETS_SENT_MAX: usize = 24;
/// Largest sample repeated beside them.
pub const LAST_METRICS_BYTES_MAX: usize = 12 * 1024;
/// Bytes of one text field where the whole report has a limit.
pub const FIELD_BYTES_MAX: usize = 128;

// --- Line protocol.

/// Bytes of one line that is read: telegraf's longest has 4 kB, a kubernetes host's tags included.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Tags of one line that is read.
pub const LINE_TAGS_MAX: usize = 64;
/// Fields of one line that is read: telegraf's `mem` has 33.
pub const LINE_FIELDS_MAX: usize = 512;

// --- What a hub hears of telegraf.

/// Points taken of one batch: ten of telegraf's usual size.
pub const INGEST_POINTS_MAX: usize = 10_000;
/// What a measurement said stands for so long when it does not come again: inputs for what changes
/// slowly, such as space on disks, are asked every few minutes.
pub const CARRIED_FOR: Duration = Duration::from_secs(600);
/// Figures of no measurement of ours that are taken of a host.
pub const CUSTOM_FIGURES_MAX: usize = 64;
/// Each of them is told as often at most.
pub const CUSTOM_INTERVAL: Duration = Duration::from_secs(60);
/// A round that came so soon is of now: telegraf sends what it has every ten seconds, and clocks
/// are a little off.
pub const LIVE_WITHIN: Duration = Duration::from_secs(60);
/// A reading is no older: telegraf keeps what it could not send for less.
pub const BACKLOG_MAX: Duration = Duration::from_secs(48 * 3600);

// --- Request and response.

/// From a connection, or a request on one that is kept, to the answer: a database on an SD card
/// that tidies up takes its time.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer's body that are kept: a line of words is looked for in it.
pub const ANSWER_BYTES_MAX: usize = 2 * 1024;
/// Bytes of an answer that are read over; behind more, another connection is cheaper.
pub const ANSWER_PASSED_MAX: usize = 64 * 1024;
/// Bytes of samples in one request, above the first: a full ring goes in three. Every server and
/// proxy takes as much (nginx 1 MB, InfluxDB 25 MB).
pub const WRITE_BYTES_MAX: usize = 64 * 1024;
/// Longest wait between two attempts to write: what waits is in within 15 s of the server's return.
pub const WRITE_RETRY_MAX: Duration = Duration::from_secs(10);
/// Answers in a row that were not about samples.
pub const WRITE_STEPS_MAX: u32 = 3;
/// Bytes of a sample as lines without tags and time: one always fits the ring.
pub const KEPT_LINES_BYTES_MAX: usize = RING_BYTES_MAX - RING_ENTRY_BYTES - RING_SLOT_BYTES;
/// A clock that was set by more than this since a sample was taken did not know the time then.
pub const CLOCK_STEP: Duration = Duration::from_secs(60);

// --- Latency probes.

/// Targets probed, whoever asked for them; and single probes under way for servers that ask for
/// each by itself.
pub const TARGETS_MAX: usize = 16;
/// Attempts at a target that are weighed together: one lost of them is 5 %.
pub const TARGET_ATTEMPTS: usize = 20;
/// An attempt without an answer for so long is lost, as Komari's own agent has it; the look-up of
/// the name is not counted.
pub const TARGET_TIMEOUT: Duration = Duration::from_secs(3);
/// The first attempts are made within this, one after the other.
pub const TARGET_SPREAD: Duration = Duration::from_secs(5);
/// A name's address is looked up anew after this, and when an attempt was lost.
pub const TARGET_ADDRESS_AGE: Duration = Duration::from_secs(600);
/// A name that has no address is asked for again after this at the earliest: each question is a
/// thread.
pub const TARGET_NAME_PAUSE: Duration = Duration::from_secs(60);
/// Bytes of a target's host: the longest name there is.
pub const TARGET_HOST_BYTES_MAX: usize = 253;
/// Bytes of the path and query of a page.
pub const TARGET_PATH_BYTES_MAX: usize = 512;
/// Characters of what a target is called.
pub const TARGET_NAME_CHARS_MAX: usize = 64;

// --- Alerts.

/// Rules of one host, the built-in ones among them: an owner who writes more has mistaken a tool.
pub const ALERT_RULES_MAX: usize = 64;
/// Longest that a rule may have to be met before it fires.
pub const ALERT_HOLD_MAX: Duration = Duration::from_secs(24 * 3600);
/// Series of which something is known, 120 bytes each: a host with 200 mounts has as many that are
/// to be remembered, and as many again may be wrong at one time.
pub const ALERT_SERIES_MAX: usize = 512;
/// Alerts at one time; what else is wrong fires when one of them is over. Nobody reads more.
pub const ALERTS_OPEN_MAX: usize = 64;
/// Alerts of one host that a server holds to be open, or is told of.
pub const ALERTS_KNOWN_MAX: usize = 2 * ALERTS_OPEN_MAX;
/// News of alerts that wait for one server: each alert that is known may begin and end. Of more,
/// what undoes itself is left out.
pub const ALERT_NEWS_MAX: usize = 2 * ALERTS_KNOWN_MAX;
/// News told before the line is looked at again: about 3 kB.
pub const NEWS_AT_ONCE: usize = 8;
/// Of what else happened, what waits for one server; of more the oldest is left out.
pub const OCCURRENCES_MAX: usize = 64;
/// A collector is in another state when it was so for as long and as many looks: what devices say
/// may be late, or missing once.
pub const STATUS_HOLD: Duration = Duration::from_secs(60);
/// See [`STATUS_HOLD`].
pub const STATUS_LOOKS: u32 = 3;
/// What comes within this time of the first look was there from the start.
pub const STATUS_SETTLE: Duration = Duration::from_secs(60);
/// Mount points that are watched for turning read-only.
pub const WRITABLE_MAX: usize = 256;
/// A series that is not seen for so long is gone: what devices say may be a minute late.
pub const ALERT_GONE_AFTER: Duration = Duration::from_secs(120);
/// And for so many looks, where they are far apart.
pub const ALERT_GONE_LOOKS: u8 = 3;
/// A look that comes so many times later than usual comes after a sleep.
pub const ALERT_GAP_FACTOR: u64 = 4;

// --- What a hub keeps and lets in.

/// Items kept of each list in a report: a host with 200 mounts fits.
pub const INGEST_LIST_MAX: usize = 256;
/// Bytes kept of each text in a report.
pub const INGEST_TEXT_MAX: usize = 256;
/// Readings taken of one batch.
pub const INGEST_BATCH_MAX: usize = 1000;
/// Buckets taken of one list of sums: what vStats's agent keeps, 0.9 MB, is about 7,000.
pub const INGEST_BUCKETS_MAX: usize = 10_000;
/// Bytes of the `data` of an event, as it is kept and passed on: a hundred processes fit.
pub const TOLD_BYTES_MAX: usize = 8 * 1024;
/// Bytes kept of each text in it: a few sentences, in any language.
pub const TOLD_TEXT_MAX: usize = 1024;
/// Objects and lists in each other in it; what is deeper is left out.
pub const TOLD_DEPTH_MAX: usize = 8;
/// Events a viewer may have chosen at one time.
pub const VIEWER_EVENTS_MAX: usize = 64;
/// Hosts that a viewer of rows may name: more than a wall of screens shows at one time.
pub const WATCH_HOSTS_MAX: usize = 256;
/// Hosts of which it may look at all fields.
pub const WATCH_WHOLE_MAX: usize = 8;
/// Mounts of a host in a list, which has the first and those that want attention.
pub const LIST_MOUNTS_MAX: usize = 8;
/// Disks likewise.
pub const LIST_DISKS_MAX: usize = 8;
/// Members and values of all its filters, counted for each event: 70 kB with the longest texts.
pub const VIEWER_VALUES_MAX: usize = 512;
/// Bytes of an event's name, and of each text in a filter.
pub const VIEWER_TEXT_MAX: usize = 128;
/// Bytes of a host's id.
pub const HOST_ID_MAX: usize = 64;

// --- Figures of the owner's own.

/// Series of the owner's own in a sample: with the longest names they take a quarter of a frame.
pub const CUSTOM_SERIES_MAX: usize = 64;
/// Bytes of the name of one and its labels, as they are written.
pub const CUSTOM_SERIES_BYTES_MAX: usize = 192;

const _: () = {
    assert!(CUSTOM_SERIES_MAX <= INGEST_LIST_MAX && CUSTOM_SERIES_BYTES_MAX <= INGEST_TEXT_MAX);
    // In JSON, with the quotes in it escaped and the number.
    assert!(CUSTOM_SERIES_MAX * (CUSTOM_SERIES_BYTES_MAX + 64) <= FRAME_OUT_MAX / 4);
    assert!(PING_INTERVAL.as_secs() < PONG_TIMEOUT.as_secs(), "a Pong needs a Ping before it");
    // Of 2 kB a sample, at the shortest interval.
    let in_pause = BACKFILL_PAUSE_MAX.as_secs() / INTERVAL_MIN.as_secs();
    let held = RING_BYTES_MAX / (2048 + RING_ENTRY_BYTES);
    assert!(in_pause * 4 <= held as u64, "a pause leaves the ring most of its room");
    assert!(BACKOFF_FIRST.as_secs() < BACKOFF_REFUSED.as_secs());
    assert!(BACKOFF_REFUSED.as_secs() < BACKOFF_MAX.as_secs());
    assert!(SIMPLE_SERVER_STATUS_FRAME_MAX < FRAME_OUT_MAX);
    assert!(FRAME_OUT_MAX <= RING_BYTES_MAX, "one sample always fits the ring");
    assert!(INTERVAL_MIN.as_millis() <= INTERVAL_MAX.as_millis());
    assert!(NETWORK_RETRY_MIN.as_millis() <= BACKOFF_FIRST.as_millis());
    assert!(
        PROBE_TIMEOUT.as_millis() + MOVED_RETRY.as_millis() <= 4000,
        "back within 5 s, with a second for the connection itself of a network change"
    );
    assert!(PROBE_SLOW_TIMEOUT.as_secs() < PONG_TIMEOUT.as_secs());
    assert!(BATCH_BYTES_MAX < KEPT_BYTES_MAX);
    assert!(KEPT_BYTES_MAX + RING_ENTRY_BYTES <= RING_BYTES_MAX, "one sample fits the ring");
    assert!(2 * LAST_METRICS_BYTES_MAX + 2 * 3 * 256 * BUCKETS_SENT_MAX < FRAME_OUT_MAX);
    assert!(RATE_LIMIT_MAX.as_secs() <= BACKOFF_MAX.as_secs());
    assert!(ANSWER_TIMEOUT.as_secs() < DIAL_TIMEOUT.as_secs());
    assert!(BACKOFF_FIRST.as_millis() <= WRITE_RETRY_MAX.as_millis());
    assert!(ALERT_RULES_MAX <= u64::BITS as usize, "a bit for each");
    assert!(ALERTS_OPEN_MAX < ALERT_SERIES_MAX);
};
