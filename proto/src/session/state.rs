//! The states of a session. Every deadline lives in the state it belongs to, so none outlives it.

use std::time::Duration;

use super::{Event, Reason};
use crate::limits::{
    BACKFILL_BYTES_PER_S, BACKFILL_PAUSE_FACTOR, BACKFILL_PAUSE_MAX, HEARTBEAT_FAULT_MAX,
    PING_INTERVAL, PONG_TIMEOUT, PROBE_SLOW_TIMEOUT, PROBE_TIMEOUT, SERVER_EVENTS_MAX,
};
use crate::output::Errand;
use crate::time::Instant;

/// Where the conversation stands.
#[derive(Debug)]
pub(super) enum State {
    /// Before the first tick.
    New,
    /// Between attempts.
    Waiting { retry_at: Instant },
    /// An attempt is under way.
    Dialing {
        give_up_at: Instant,
        /// The host's network changed since: a failure says nothing about the next attempt.
        moved: bool,
    },
    /// Connected, the protocol's own login not answered yet.
    Login { answer_by: Instant, line: Line },
    /// Connected; reports flow.
    Up { line: Line, talk: Box<Talk> },
    /// Told to stop, the protocol's own goodbye not answered yet.
    Leaving { until: Instant },
    /// Told to stop: nothing more will happen.
    Stopped,
}

/// The health of an open connection.
#[derive(Debug)]
pub(super) struct Line {
    /// The next Ping.
    pub(super) ping_at: Instant,
    /// Without a Pong until then the line is dead.
    pub(super) deaf_at: Instant,
    /// `deaf_at` was moved forward because the network changed.
    pub(super) probing: bool,
    /// Since when the link holds bytes that did not leave.
    pub(super) blocked_since: Option<Instant>,
    /// Since when a Ping waits for its Pong: what was sent before it has not arrived as long.
    pub(super) pinged_at: Option<Instant>,
    /// There was a Pong on it.
    pub(super) heard: bool,
    /// The last Pong was late: the line holds back more than one report, unless each is waited for.
    pub(super) slow: bool,
}

/// The conversation on it.
#[derive(Debug)]
pub(super) struct Talk {
    /// Since when reports flow.
    pub(super) since: Instant,
    /// Traffic or a Pong showed that the connection is good.
    pub(super) proven: bool,
    /// A report was sent.
    pub(super) reported: bool,
    /// The server took a login or a sample: the credentials are good.
    pub(super) accepted: bool,
    /// The next sign of life; `None` in protocols without one.
    pub(super) heartbeat_at: Option<Instant>,
    /// When the first sign of life went out, while nothing has gone after it.
    pub(super) beaten_at: Option<Instant>,
    pub(super) has_beaten: bool,
    /// The server has to say something before that; `None` where its Pongs are enough.
    pub(super) silent_at: Option<Instant>,
    /// The login is repeated then; `None` in protocols without one.
    pub(super) login_at: Option<Instant>,
    /// The server asked for silence until then.
    pub(super) muted_until: Option<Instant>,
    /// The next frame of backfill; `None` when there is nothing to send, or an answer to wait for.
    pub(super) backfill_at: Option<Instant>,
    /// How long the line needed for its bytes the last time that took any time.
    pub(super) needed: Duration,
    /// Something did not leave at once since the last live report.
    pub(super) slowed: bool,
    /// The last report was a late one: what the line needs now it needs for that.
    pub(super) backfilling: bool,
    /// Some of the last report was not taken, and that was counted.
    pub(super) not_taken: bool,
    /// Frames that carried samples, in their order.
    pub(super) frames: u64,
    /// The batch the server has not answered, and the earliest time for the next one.
    pub(super) batch: Option<(u64, Instant)>,
    /// What the server made us say last, and how often it made us say something.
    pub(super) said: Option<Event>,
    pub(super) sayings: u32,
}

/// A command before it is made.
#[derive(Debug)]
pub(super) enum Action {
    Dial,
    Ping,
    HangUp(Reason),
    Event(Event),
    Frame(Frame),
    /// What is encoded already, from this byte on.
    Text(Text, usize),
    Errand(Errand),
}

/// Where a text lies that is encoded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    /// The live report.
    Live,
    /// Any other frame.
    Frame,
}

/// A frame that is encoded when its turn comes.
#[derive(Debug)]
pub(super) enum Frame {
    Login,
    Heartbeat,
    /// The server learns of the outage it saw the other end of.
    Restored {
        reason: Reason,
        down_for: Duration,
        attempts: u32,
    },
    /// News of an alert.
    Alert,
    /// The oldest samples that wait.
    Oldest,
    /// What the protocol has to say that is no report.
    Message,
    Goodbye,
}

impl Line {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            ping_at: now.plus(PING_INTERVAL),
            deaf_at: now.plus(PONG_TIMEOUT),
            probing: false,
            blocked_since: None,
            pinged_at: None,
            heard: false,
            slow: false,
        }
    }

    /// All that was sent before the Ping has arrived; since when it was on its way.
    pub(super) fn handle_pong(&mut self, patience: Duration, now: Instant) -> Option<Instant> {
        self.deaf_at = now.plus(PONG_TIMEOUT);
        self.probing = false;
        self.heard = true;
        let since = self.pinged_at.take()?;
        self.slow = since.plus(patience) <= now;
        Some(since)
    }

    /// A Ping is on its way.
    pub(super) fn handle_ping(&mut self, now: Instant) {
        self.pinged_at = self.pinged_at.or(Some(now));
        self.ping_at = now.plus(PING_INTERVAL);
    }

    /// Whether what is sent now begins to arrive at once, and does not lie behind other reports in
    /// a buffer of the kernel or of a modem.
    pub(super) fn is_clear(&self, patience: Duration, now: Instant) -> bool {
        let late = |at: Instant| self.slow || at.plus(patience) <= now;
        self.blocked_since.is_none() && !self.pinged_at.is_some_and(late)
    }

    /// Why the line is dead, when it is.
    pub(super) fn verdict(&self, now: Instant) -> Option<Reason> {
        let reason = if self.probing { Reason::Moved } else { Reason::Deaf };
        (self.deaf_at <= now).then_some(reason)
    }

    /// Whether a Ping is due, which then is on its way.
    pub(super) fn take_ping(&mut self, now: Instant) -> bool {
        let due = self.ping_at <= now;
        if due && self.pinged_at.is_some() {
            self.ping_at = now.plus(PING_INTERVAL); // one at a time: its Pong is still to come
            return false;
        }
        if due {
            self.handle_ping(now);
        }
        due
    }

    /// The network changed: a Pong has to come soon. Whether a Ping is to be sent for it.
    pub(super) fn probe(&mut self, now: Instant) -> bool {
        let begins = !self.probing;
        if begins {
            self.probing = true;
            // What a slow line has under way goes before the Ping.
            let unknown = self.pinged_at.is_some() && !self.heard;
            let busy = self.slow || unknown || self.blocked_since.is_some();
            let limit = if busy { PROBE_SLOW_TIMEOUT } else { PROBE_TIMEOUT };
            self.deaf_at = self.deaf_at.min(now.plus(limit));
            self.handle_ping(now);
        }
        begins
    }
}

impl Talk {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            since: now,
            proven: false,
            reported: false,
            accepted: false,
            heartbeat_at: None,
            beaten_at: None,
            has_beaten: false,
            silent_at: None,
            login_at: None,
            muted_until: None,
            backfill_at: None,
            needed: Duration::ZERO,
            slowed: false,
            backfilling: false,
            not_taken: false,
            frames: 0,
            batch: None,
            said: None,
            sayings: 0,
        }
    }

    /// The server failed at `now`: whether it did on our first sign of life.
    pub(super) fn has_just_beaten(&self, now: Instant) -> bool {
        self.beaten_at.is_some_and(|at| now <= at.plus(HEARTBEAT_FAULT_MAX))
    }

    /// Whether an event the server causes is to be said: not twice in a row, nor without end.
    pub(super) fn take_saying(&mut self, event: &Event) -> bool {
        if self.said.as_ref() == Some(event) || self.sayings == SERVER_EVENTS_MAX {
            return false;
        }
        self.said = Some(event.clone());
        self.sayings += 1;
        true
    }
}

/// How long backfill pauses after a frame of so many bytes.
pub(super) fn pause_for_bytes(bytes: usize) -> Duration {
    let ms = bytes as u64 * 1000 / BACKFILL_BYTES_PER_S as u64;
    Duration::from_millis(ms.max(1))
}

/// How long backfill pauses after a frame the line needed this long for.
pub(super) fn pause_for_line(needed: Duration) -> Duration {
    (needed * BACKFILL_PAUSE_FACTOR).min(BACKFILL_PAUSE_MAX)
}
