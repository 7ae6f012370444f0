//! Every bound of the hub's own, stated once, with why it is this number; those of the wire are in
//! `kinglet_proto::limits`.
//!
//! Relations between bounds are asserted at compile time below them.

pub mod alerts;
mod buffers;
pub mod owners;
pub mod people;
mod strangers;
pub mod viewers;

use std::time::Duration;

pub use alerts::{
    ALERT_CHANGES_MAX, ALERTS_KEPT_MAX, ALERTS_QUEUE_MAX, CERTIFICATE_LEFT, FULL_WITHIN,
    HUB_RULES_MAX, KEEP_ALERTS, OFFLINE_FOR, REMARK_BYTES_MAX, REMARK_MAX, SCOPE_NAMES_MAX,
    SILENCE_MAX, SILENCES_MAX, TREND_EVERY, TREND_FIT_MIN, TREND_POINTS_MIN, TREND_SPAN,
    TREND_SURE_AFTER, WINDOWS_MAX, ZONE_FILE_BYTES_MAX,
};
pub use buffers::{
    ACK_PAUSE, ACK_STEPS_MAX, ACKS_AT_ONCE, FRAME_BUFFER_BYTES, READ_BUFFER_BYTES,
    WRITE_BUFFER_BYTES, WRITE_BUFFER_BYTES_MAX,
};
use kinglet_proto::limits::{FRAME_IN_MAX, PONG_TIMEOUT, STOMP_FRAME_MAX, TOKEN_BYTES_MAX};
pub use strangers::{
    ACCEPT_PAUSE, BACKLOG, BADGE_CHARS_MAX, BOOTS_NEW_A_DAY, CODES_ADDRESSES_MAX, CODES_EACH,
    CODES_MAX, CODES_SPAN_S, COMPLAINTS_A_MINUTE, CONNECTIONS_MAX, FLEET_TOKENS_MAX, HOSTS_AT_ONCE,
    KNOWN_ADDRESSES_MAX, KNOWN_FOR, LIST_SHARED_BYTES_MAX, NEW_HOSTS_ADDRESSES_MAX,
    NEW_HOSTS_PER_HOUR, NEW_HOSTS_RETRY, PROXIES_MAX, SEATS_EACH, SEEN_BOOTS_MAX, SEEN_RUNS_MAX,
    SEND_BUFFER_BYTES, SERIES_NEW_A_DAY, STRANGER_PLACES, STRANGERS_MAX, STRANGERS_RETRY,
    STRANGERS_WAIT, STRANGERS_WAITING, VISITOR_FRAME_MAX, VISITORS_MAX, WRITE_STALL,
};

// --- What a hub keeps and lets in.

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
/// Largest message of an agent that logged in as vStats's do, once a connection: all the sums that
/// one keeps are 0.9 MB.
pub const MESSAGE_LARGE_MAX: usize = 1024 * 1024;
/// Messages of that size at one time, of all agents: 16 MiB. Who finds no place sends it again a
/// minute later.
pub const MESSAGES_LARGE: usize = 16;
/// A connection's next message that was too large is logged when this has passed: an agent that
/// sends one a minute does not fill the log.
pub const SKIPPED_NOTE_PAUSE: Duration = Duration::from_secs(3600);
/// Viewers at one time.
pub const VIEWERS_MAX: usize = 1000;
/// Metrics that one question of a viewer may name.
pub const QUESTION_METRICS_MAX: usize = 32;
/// Points of the history in one answer, fixed by the protocol: 350 kB at most.
pub const ANSWER_POINTS_MAX: usize = 10_000;
/// Questions of viewers that the history is asked at one time: each is a thread that may wait for a
/// disk.
pub const QUESTIONS_MAX: usize = 4;
/// Questions of one viewer that wait while its first is answered.
pub const QUESTIONS_WAITING_MAX: usize = 8;
/// Updates a viewer may be behind the fleet, about 12 MB that all viewers share: at 400 a second
/// it has 10 s to catch up, and half a second at 8,000.
pub const VIEWER_QUEUE_MAX: usize = 4096;
/// Updates that may wait for the sink of the live viewers: four seconds of the largest fleet's.
/// What finds no room is told as the state it led to.
pub const BROADCAST_QUEUE_MAX: usize = 16_384;
/// Updates that may wait for the roster, which takes one in at once: a loss costs it a look at the
/// fleet.
pub const ROSTER_QUEUE_MAX: usize = 1024;
/// The roster is written as often at most: a killed hub forgets whoever was new for less.
pub const ROSTER_INTERVAL: Duration = Duration::from_secs(10);
/// The hub's own certificate is looked at again after this.
pub const CERTIFICATE_INTERVAL: Duration = Duration::from_secs(60);
/// Bytes of the roster's file: 20,000 hosts with the longest names and groups are 14 MB.
pub const ROSTER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Updates that a sink takes in one turn, and of a state that is told before viewers have theirs:
/// an eighth of what may wait.
pub const FEED_BATCH: usize = 512;
/// Messages a second an agent may send for long.
pub const AGENT_PACE: u32 = 20;
/// Messages an agent may send at once: what a minute of its absence left.
pub const AGENT_BURST: u32 = 200;
/// Messages a second a viewer may send, fixed by the protocol.
pub const VIEWER_PACE: u32 = 20;
/// Messages over the pace after which a connection is closed.
pub const PACE_REFUSALS_MAX: u32 = 500;
/// Alerts of one host that are held to be open: more than an agent of ours can have.
pub const ALERTS_OPEN_MAX: usize = 128;
/// Promises about its alerts that wait for the disk; with more, the oldest are made again.
pub const ALERTS_UNSAFE_MAX: usize = 64;
/// Answers that wait for an agent which does not read them.
pub const AGENT_QUEUE_MAX: usize = 16;
/// How long a connection that was told to slow down shall wait.
pub const PACE_PAUSE: Duration = Duration::from_secs(1);
/// Bytes of a request's head, hyper's smallest: one with a token of any allowed length fits.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// A host that only asks whether it would be let in has gone after this.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(60);

// --- telegraf.

/// Its WebSocket hangs up when it has read nothing for 30 s, and never pings itself.
pub const TELEGRAF_PING_INTERVAL: Duration = Duration::from_secs(15);
/// Bytes of a batch over HTTP, packed and not: ten of telegraf's usual size.
pub const POINTS_BODY_MAX: usize = 4 * 1024 * 1024;
/// Such bodies at one time: with what they unpack to 64 MiB at most.
pub const POINTS_REQUESTS_MAX: usize = 8;
/// A body comes within this.
pub const POINTS_BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// One of more bytes is read by a thread of its own: 64 KiB, packed, take some milliseconds.
pub const POINTS_INLINE_MAX: usize = 64 * 1024;

// --- Enrolment.

/// An invitation is good for this long: time to walk over to the new host, not to find a note.
pub const INVITATION_VALID: Duration = Duration::from_secs(15 * 60);
/// A used or expired code is told so for this long; after it, it is as unknown as any other.
pub const INVITATION_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Invitations kept at one time, used and expired ones counted.
pub const INVITATIONS_MAX: usize = 1024;
/// Characters of a code, five random bits each: 140 bits.
pub const CODE_CHARS: usize = 28;
/// Bytes of a file about one invitation or one enrolled host.
pub const STATE_FILE_MAX: usize = 8 * 1024;

// --- Questions about the past.

/// Points of one answer, of all its series together: a chart has fewer pixels, and their text is
/// half a megabyte.
pub const HISTORY_POINTS_MAX: usize = 10_000;
/// Metrics in one question: what a page of charts shows of a host.
pub const HISTORY_METRICS_MAX: usize = 64;
/// Seconds that one point may stand for: a year.
pub const HISTORY_STEP_S_MAX: u32 = 366 * 24 * 3600;
/// The range of a question that names none.
pub const HISTORY_USUAL: Duration = Duration::from_secs(3600);
/// The range of a question about events that names none: all that is kept.
pub const HISTORY_EVER: Duration = Duration::MAX;
/// Of a range that ended so long ago an answer may be kept: agents' own stores are smaller.
pub const HISTORY_SETTLED_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Questions of HTTP that wait for the store at one time; more wait for their turn. Each may hold
/// a thread and [`HISTORY_POINTS_MAX`] points.
pub const HISTORY_QUESTIONS_MAX: usize = 4;
/// Events in one answer.
pub const EVENTS_MAX: usize = 1000;
/// Events in an answer where nobody says how many.
pub const EVENTS_USUAL: usize = 100;
/// Characters of what somebody wrote that are repeated when it is refused.
pub const QUOTED_CHARS_MAX: usize = 64;

// --- The exposition.

/// Families of figures written in one walk through the samples: a scrape of the largest fleet holds
/// so many families' text at once, and walks through each sample a few times.
pub const FAMILIES_AT_ONCE: usize = 8;
/// Hosts walked through before others have their turn: less than a millisecond.
pub const SCRAPE_BATCH: usize = 256;

// --- The STOMP endpoint.

/// How often figures are told, the documents' pace.
pub const STOMP_EVERY: Duration = Duration::from_secs(10);
/// The shortest an owner may say: the shortest interval of an agent.
pub const STOMP_EVERY_MIN: Duration = Duration::from_secs(1);
/// The longest.
pub const STOMP_EVERY_MAX: Duration = Duration::from_secs(3600);
/// Subscriptions of one session: a page with two figures of each of 100 hosts fits.
pub const STOMP_SUBSCRIPTIONS_MAX: usize = 256;
/// Bytes of a destination, or of what a client calls a subscription or a receipt.
pub const STOMP_TEXT_MAX: usize = 512;
/// Bytes of one WebSocket message of a client: the largest frame, with the escapes of SockJS.
pub const STOMP_MESSAGE_MAX: usize = 2 * STOMP_FRAME_MAX;
/// Frames that a client may send at once: every subscription is made and taken back.
pub const STOMP_BURST: u32 = 512;
/// Frames a second of a publisher, one for each figure: 100 figures a second, and as many of the
/// time in which it was away.
pub const PUBLISHER_PACE: u32 = 200;
/// Frames that a publisher may send at once.
pub const PUBLISHER_BURST: u32 = 4000;
/// Updates that may wait for the sink of the STOMP endpoint: more than half a second of the largest
/// fleet's. What finds no room is told as the state it led to.
pub const TOPICS_QUEUE_MAX: usize = 4096;
/// Rounds of figures that a viewer may be behind; they hold the fleet's readings of that time.
pub const STOMP_ROUNDS_MAX: usize = 3;
/// Events that a viewer may be behind: a group of 1,000 hosts that goes down tells 3,000.
pub const STOMP_EVENTS_MAX: usize = 4096;
/// Messages of a round written to a viewer before it is read again and others have their turn.
pub const STOMP_BATCH: usize = 128;
/// Bytes of bodies that one round keeps for who asks for the same; what is above is written for
/// each asker anew.
pub const STOMP_SHARED_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How often both sides of a session beat, where the client agrees.
pub const STOMP_BEAT_MS: u32 = 10_000;
/// A client that said it beats is lost after so many periods of silence; brokers wait as long.
pub const STOMP_BEATS_MISSED: u32 = 3;
/// SockJS's own sign of life, fixed by the protocol.
pub const SOCKJS_INTERVAL: Duration = Duration::from_secs(25);
/// A client that does not beat is asked by a WebSocket Ping, and lost after this silence.
pub const STOMP_SILENCE_MAX: Duration = Duration::from_secs(75);
/// Figures of a publisher that come within this are one reading.
pub const PUBLISHED_WITHIN: Duration = Duration::from_secs(1);
/// A publisher's figure stands for so long in the readings after it: others come more rarely.
pub const PUBLISHED_GOOD_FOR: Duration = Duration::from_secs(60);
/// Series of one publisher.
pub const PUBLISHED_SERIES_MAX: usize = 1024;

const _: () = {
    assert!(CODE_CHARS * 5 >= 128, "a code cannot be guessed");
    assert!(INVITATION_VALID.as_secs() < INVITATION_KEPT.as_secs());
    assert!(FRAME_IN_MAX < MESSAGE_LARGE_MAX);
    assert!(VISITOR_FRAME_MAX < FRAME_IN_MAX && TOKEN_BYTES_MAX <= VISITOR_FRAME_MAX);
    assert!(PONG_TIMEOUT.as_secs() < OFFLINE_AFTER.as_secs(), "a Pong is a sign of life");
    assert!(HOSTS_MAX + VIEWERS_MAX < CONNECTIONS_MAX && STRANGERS_MAX * 2 < CONNECTIONS_MAX);
    assert!(VISITORS_MAX + VIEWERS_MAX < STRANGERS_MAX);
    assert!(SEATS_EACH * 8 < VIEWERS_MAX);
    assert!(STOMP_SUBSCRIPTIONS_MAX * 2 <= STOMP_BURST as usize);
    assert!(SOCKJS_INTERVAL.as_secs() < STOMP_SILENCE_MAX.as_secs(), "who is asked can answer");
};

// --- What is remembered.

/// Bytes of readings and events that may wait to be written: more than half an hour of 200 hosts at
/// 5 s, or five minutes of 2,000. What comes then is not kept, and not acknowledged.
pub const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Updates that may wait for the store: four seconds of the largest fleet's. With one more those
/// agents have to come again, all at once.
pub const STORE_QUEUE_MAX: usize = 16_384;
/// Hosts a history has names for, those that are gone long ago too.
pub const HOSTS_KEPT_MAX: usize = 100_000;
/// Boots a history has names for. What comes from one more is kept, and not known again.
pub const BOOTS_KEPT_MAX: usize = 1_000_000;
/// Series a history has names for: 200 for each of 1,000 hosts that have no name in common.
pub const SERIES_MAX: usize = 200_000;
/// What is sent again is known for so long: longer than any agent keeps it. Milliseconds.
pub const SEEN_FOR: u64 = 48 * 3600 * 1000;
/// Two readings of one number are the same one when they are no further apart: ages are counted by
/// agents, and lines are slow. Milliseconds.
pub const SAME_WITHIN: u64 = 60 * 1000;
/// A label may be so far ahead of the hub's clock. Milliseconds.
pub const CLOCK_AHEAD_MAX: u64 = 10 * 60 * 1000;
/// Sums of an agent stand for readings that never came, each for so long at most. Milliseconds.
pub const FILL_MAX: u64 = 15 * 60 * 1000;
/// Rows a block may say it has: more were never written, and room for them is not made.
pub const BLOCK_ROWS_MAX: usize = 1 << 20;
/// Hosts folded between two writes, a few milliseconds each: 384 a minute at the usual interval,
/// and of the largest fleet 334 are due in one.
pub const FOLDS_AT_ONCE: usize = 32;
/// Connections to the history kept open for the next question; who asks when all are used opens one
/// more.
pub const READERS_MAX: usize = 4;
/// Points the store gives of one series.
pub const POINTS_MAX: usize = 10_000;
/// How long what came may wait until it is written.
pub const COMMIT_INTERVAL: Duration = Duration::from_secs(5);
/// The same at most: acknowledgements wait as long, and agents hold what is not acknowledged.
pub const COMMIT_INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Every reading is kept for so long.
pub const KEEP_RAW: Duration = Duration::from_secs(24 * 3600);
/// A point a minute.
pub const KEEP_MINUTE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A point a quarter of an hour.
pub const KEEP_QUARTER: Duration = Duration::from_secs(90 * 24 * 3600);
/// A point an hour.
pub const KEEP_HOUR: Duration = Duration::from_secs(2 * 366 * 24 * 3600);
/// Nothing can be kept longer.
pub const KEEP_MAX: Duration = Duration::from_secs(3660 * 24 * 3600);
/// Events are kept for so long, and so many of them.
pub const KEEP_EVENTS: Duration = Duration::from_secs(90 * 24 * 3600);
/// Events kept at most.
pub const EVENTS_KEPT_MAX: usize = 100_000;

// --- Servers that the hub asks something of.

/// A connection is there after this, its TLS included.
pub const HTTP_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// An answer is there, to its end, after this.
pub const HTTP_ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of what a server says of a fault.
pub const HTTP_SAID_CHARS_MAX: usize = 200;

// --- What goes to a time-series database.

/// How long what came may wait until it is in the queue and on its way.
pub const INFLUX_INTERVAL: Duration = Duration::from_secs(5);
/// The same at most, as for [`COMMIT_INTERVAL_MAX`].
pub const INFLUX_INTERVAL_MAX: Duration = Duration::from_secs(60);
/// Bytes of lines that are queued before the interval is over: 250 readings.
pub const SPOOL_COMMIT_BYTES: usize = 1024 * 1024;
/// Bytes of a file of the queue, packed, after which the next begins: what is dropped at once when
/// the queue is full, some 1,500 readings.
pub const SPOOL_FILE_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes of lines that are unpacked from a batch: lines are packed to a third or a tenth, and what
/// says more than a hundred times as much was not written here.
pub const SPOOL_TEXT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of the queue, packed, of a reading 1.4 kB: two days of 20 hosts at 5 s, a month of one.
pub const INFLUX_QUEUE_BYTES: u64 = 1024 * 1024 * 1024;
/// The same at least.
pub const INFLUX_QUEUE_BYTES_MIN: u64 = 1024 * 1024;
/// The same at most.
pub const INFLUX_QUEUE_BYTES_MAX: u64 = 1024 * INFLUX_QUEUE_BYTES;
/// Bytes of one request, packed: 2 to 5 MB of lines, a fifth of what InfluxDB 1.x takes at once.
pub const INFLUX_BATCH_BYTES: usize = 512 * 1024;
/// The same at least: a reading of a large host.
pub const INFLUX_BATCH_BYTES_MIN: usize = 4 * 1024;
/// The same at most: VictoriaMetrics takes 32 MB unpacked.
pub const INFLUX_BATCH_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of an answer: 10,000 points of some 50 series.
pub const INFLUX_ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Before the first repetition of what failed; each next waits twice as long.
pub const INFLUX_PAUSE: Duration = Duration::from_secs(1);
/// Before any: a server that is back has the backlog within 15 s.
pub const INFLUX_PAUSE_MAX: Duration = Duration::from_secs(15);
/// Before credentials that were refused are tried again: some servers lock out who tries often.
pub const INFLUX_STRANGER_PAUSE: Duration = Duration::from_secs(60);
/// A server that says when to come again is believed up to this.
pub const INFLUX_RETRY_AFTER_MAX: Duration = Duration::from_secs(600);
/// Connections for questions kept open.
pub const INFLUX_READERS_MAX: usize = 4;
/// Bytes of a file with a token: more than any server's.
pub const TOKEN_FILE_BYTES_MAX: usize = 8 * 1024;
/// Tags of the owner's on every point.
pub const INFLUX_TAGS_MAX: usize = 16;
/// A reading's own label is its time where it is no further from the hub's.
pub const SAME_LABEL_WITHIN: Duration = Duration::from_secs(2);

const _: () = {
    assert!(INFLUX_BATCH_BYTES_MIN < INFLUX_BATCH_BYTES);
    assert!(SPOOL_FILE_BYTES * 2 > INFLUX_QUEUE_BYTES_MIN);
    assert!(SPOOL_COMMIT_BYTES < WAITING_BYTES_MAX);
};

// --- Whom the hub tells of alerts.

/// Channels: a person has a handful, a team a few more.
pub const NOTIFY_CHANNELS_MAX: usize = 16;
/// Updates that may wait for the sink that looks for alerts, as for the store.
pub const NOTIFY_UPDATES_MAX: usize = 16_384;
/// Notices of a channel that may wait; what is above is held back for a digest.
pub const NOTIFY_QUEUE_MAX: usize = 64;
/// Notices of a channel in an hour where its owner does not say: one every two minutes is read.
pub const NOTIFY_PER_HOUR: usize = 30;
/// The same at most: the times of so many are kept.
pub const NOTIFY_PER_HOUR_MAX: usize = 1000;
/// What an hour is.
pub const NOTIFY_HOUR: Duration = Duration::from_secs(3600);
/// What was held back is told so long after the first of it: soon enough for the worst, and not
/// more than six times an hour.
pub const NOTIFY_DIGEST_EVERY: Duration = Duration::from_secs(600);
/// Alerts that are held back by name; the others are counted.
pub const NOTIFY_HELD_MAX: usize = 200;
/// Lines of a digest: a screen of a phone or two, and less than any service takes.
pub const NOTIFY_DIGEST_LINES: usize = 20;
/// Alerts of a channel that are known to be open: all 64 of an agent, of 64 agents.
pub const NOTIFY_OPEN_MAX: usize = 4096;
/// A notice that could not be sent for so long is news to nobody.
pub const NOTIFY_GOOD_FOR: Duration = Duration::from_secs(24 * 3600);
/// Characters of an alert's words: with all around them less than any service takes.
pub const NOTIFY_TEXT_CHARS_MAX: usize = 2000;
/// Bytes of a template.
pub const NOTIFY_TEMPLATE_BYTES_MAX: usize = 16 * 1024;
/// Bytes of an answer, of which a line is read at most.
pub const NOTIFY_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// A service that says when to come again is believed up to this.
pub const NOTIFY_RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);
/// A test of a channel is sent so often at most: whoever may ask for one must not fill a phone.
pub const NOTIFY_TEST_EVERY: Duration = Duration::from_secs(10);
/// A channel looks at its queue so often at least.
pub const NOTIFY_LOOK_EVERY: Duration = Duration::from_secs(60);
/// Different faults of a channel that are logged before all is well again.
pub const NOTIFY_FAULTS_MAX: usize = 8;
/// What was told is written so long after it changed at most.
pub const NOTIFY_KEEP_EVERY: Duration = Duration::from_secs(5);
/// Bytes of the file with it: that of every channel at its bounds is smaller.
pub const NOTIFY_FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a mail address, RFC 5321's.
pub const NOTIFY_ADDRESS_BYTES_MAX: usize = 254;
/// Whom a letter is for.
pub const NOTIFY_RECIPIENTS_MAX: usize = 20;
/// Bytes of text in one encoded word of a letter's head: 60 letters of base64, which with what
/// stands around them is less than the 75 that RFC 2047 allows.
pub const MAIL_WORD_BYTES: usize = 45;
/// Bytes in a line of a letter: 76 letters of base64.
pub const MAIL_LINE_BYTES: usize = 57;
/// Bytes of one answer of a mail server.
pub const SMTP_REPLY_BYTES_MAX: usize = 16 * 1024;
/// A letter is handed over within this: some servers look for spam before they answer.
pub const SMTP_TIMEOUT: Duration = Duration::from_secs(120);

const _: () = {
    assert!(NOTIFY_DIGEST_LINES * 95 < NOTIFY_TEXT_CHARS_MAX);
    assert!(NOTIFY_DIGEST_LINES < NOTIFY_HELD_MAX);
};
