//! The agent's half of a conversation with one server: when to dial, report, ping and give up.
//!
//! ```text
//! New --Tick--> Dialing --Opened--> Login --accepted--> Up
//!                  ^ |                |                 |
//!            retry | +----- lost -----+------ lost -----+     Stop, from anywhere: Stopped,
//!                 Waiting <-----------+                        after a goodbye: Leaving
//! ```
//!
//! Feed one input, then drain [`Conversation::poll_command`] until it says [`Command::Wait`], and
//! feed [`Input::Tick`] at that time at the latest. A deadline that has passed wins over the input
//! that comes with it, so a chatty server can neither starve a report nor hide a missing Pong. An
//! input that is late or early for the state is a no-op.
//!
//! ```
//! # use std::time::Duration;
//! # use kinglet_proto::output::{Account, Auth, Protocol};
//! # use kinglet_proto::session::{Command, Conversation, Input, Loss, Session};
//! # use kinglet_proto::{host::Host, sample::Sample, secret::Secret};
//! # use kinglet_proto::time::{Instant, Now, WallTime};
//! let (token, auth) = (Secret::new("hunter2"), Auth::Header);
//! let account = Account::new(Host::default(), token, auth);
//! let protocol = Protocol::named("kinglet").expect("a row of OUTPUTS");
//! let mut session = Session::new(protocol, account, Duration::from_secs(5), 1);
//! let mut feed = |second: u64, input: Input<'_>| {
//!     let instant = Instant::from_millis(second * 1000);
//!     session.handle_input(input, Now { instant, wall: WallTime::default() });
//!     Vec::from_iter(std::iter::from_fn(|| match session.poll_command() {
//!         Command::Dial(request) => Some(format!("dial {}", request.path_and_query)),
//!         Command::Text(text) if text.contains("link_restored") => Some("link_restored".to_owned()),
//!         Command::Text(text) => {
//!             let seq = text.split_once(r#""seq":"#)?.1.split(',').next()?;
//!             Some(format!("report {seq}"))
//!         }
//!         Command::Event(event) => Some(format!("log: {event}")),
//!         Command::Wait(_) => None,
//!         other => Some(format!("{other:?}")),
//!     }))
//! };
//! let sample = Sample::default();
//! assert_eq!(feed(0, Input::Tick), ["dial /ws/agent"]);
//! assert_eq!(feed(1, Input::Opened), ["log: connected"]);
//! // The first report shows how fast the line is: the Pong of the Ping behind it tells.
//! assert_eq!(feed(2, Input::Sampled(&sample)), ["report 1", "Ping"]);
//!
//! // The line breaks before the server says that it has it. What is sampled meanwhile is kept.
//! let lost = feed(7, Input::Closed(Loss::Broken));
//! assert_eq!(lost, ["log: link lost: connection broken; next attempt in 3 s"]);
//! assert!(feed(8, Input::Sampled(&sample)).is_empty());
//! assert_eq!(feed(11, Input::Tick), ["dial /ws/agent"]);
//!
//! // First what is now, then what was missed, oldest first.
//! let back = feed(12, Input::Opened);
//! assert_eq!(back, ["log: connected again after 5 s and 1 attempt", "link_restored"]);
//! assert_eq!(feed(13, Input::Sampled(&sample)), ["report 3", "Ping", "report 1"]);
//! let ack = r#"{"type":"ack","data":{"seq":1}}"#;
//! assert_eq!(feed(14, Input::Text(ack)), ["report 2"]);
//! ```
//!
//! This file holds the way up; `loss.rs` the way down, `deadline.rs` what time alone brings about,
//! `alert.rs` when the server hears of alerts, `heard.rs` what it says, `report.rs` what happens to
//! samples, `state.rs` the states, `port.rs` what goes in and out, `event.rs` what the owner is
//! told.

mod alert;
mod deadline;
mod errand;
mod event;
mod heard;
mod loss;
mod port;
mod report;
mod reporter;
mod state;
mod writer;

use std::collections::VecDeque;
use std::time::Duration;

pub use errand::Run;
pub use event::{Event, Level, Reason, Seconds};
pub use port::{Command, Conversation, Counts, Input, Loss};
use report::Waiting;
pub use reporter::{Reporter, start};
use state::{Action, Frame, Line, State, Talk, Text};
pub use writer::Writer;

use crate::alert::book::Book;
use crate::backoff::Backoff;
use crate::delivery::Delivery;
use crate::limits::{AUTH_TIMEOUT, DIAL_TIMEOUT};
use crate::output::{Account, Output, Protocol, Restored};
use crate::time::{Instant, Now};

/// The agent's half of one conversation.
pub struct Session {
    output: Box<dyn Output>,
    delivery: Delivery,
    state: State,
    now: Now,
    actions: VecDeque<Action>,
    backoff: Backoff,
    /// The last attempt out of turn, for a change of the network.
    hurried_at: Option<Instant>,
    /// The server asked not to be asked before this.
    not_before: Option<Instant>,
    /// Since when reports do not flow, and why; `None` while they do and before they first did.
    down: Option<(Instant, Reason)>,
    /// Attempts since then, the current one included.
    attempts: u32,
    /// The owner was told that the credentials are refused.
    refusal_told: bool,
    /// When the server last closed a connection that reports flowed on.
    kicked_at: Option<Instant>,
    /// The owner was told that the id is used twice.
    duplicate_told: bool,
    /// The report that waits for the line, replaced by each newer one.
    waiting: Option<Waiting>,
    /// Where the live report is encoded, and where in it the sample lies.
    live: String,
    payload: std::ops::Range<usize>,
    /// Where everything else is encoded, while outputs are drained.
    frame: String,
    connections: u64,
    /// An errand is under way.
    on_errand: bool,
    /// What the server was told of alerts and of what else happened.
    alerts: Book,
}

/// Without the buffers: a login stands in one of them.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Session");
        debug.field("id", &self.output.id()).field("state", &self.state);
        debug.field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl Conversation for Session {
    fn handle_input(&mut self, input: Input<'_>, now: Now) {
        self.now = now;
        if matches!(input, Input::Blocked) {
            self.handle_blocked(); // first: nothing that can wait goes into a full buffer
        }
        let moved = self.handle_deadlines();
        match input {
            Input::Stop => self.stop(),
            Input::Sampled(sample) => self.handle_sample(sample),
            Input::Watched(watch) => self.handle_watch(watch),
            Input::Happened(occurrences) => self.handle_occurrences(occurrences),
            Input::NetworkChanged => self.handle_network_change(),
            Input::Tick => {
                if matches!(self.state, State::New) {
                    self.dial();
                }
            }
            // These are about a connection that a deadline has just ended.
            Input::Opened | Input::Text(_) | Input::Pong | Input::Closed(_) | Input::Drained
                if moved => {}
            Input::ErrandDone(status) => self.handle_errand_done(status),
            Input::Answered(_) => {} // a session's own connection asks for no answer
            Input::Opened => self.handle_opened(),
            Input::Text(text) => self.handle_text(text),
            Input::Pong => self.handle_pong(),
            Input::Closed(loss) => self.handle_closed(loss),
            Input::Blocked => {}
            Input::Drained => self.handle_drained(),
        }
        self.flush_alerts();
    }

    fn poll_command(&mut self) -> Command<'_> {
        while let Some(action) = self.actions.pop_front() {
            match action {
                Action::Dial => return Command::Dial(self.output.request()),
                Action::Ping => return Command::Ping,
                Action::HangUp(reason) => return Command::HangUp(reason),
                Action::Event(event) => return Command::Event(event),
                Action::Errand(errand) => return Command::Errand(errand),
                Action::Text(text, from) => {
                    let to = self.end_of_message(text, from);
                    if from < to {
                        return Command::Text(&self.text(text)[from..to]);
                    }
                }
                Action::Frame(kind) => self.encode(kind),
            }
        }
        Command::Wait(self.next_deadline())
    }
}

impl Session {
    /// A session before its first tick. The interval is cut to what the protocol's servers bear;
    /// the seed decides the jitter.
    pub fn new(protocol: &Protocol, account: Account, interval: Duration, seed: u64) -> Self {
        Self {
            alerts: Book::new(&account.host),
            output: (protocol.new)(account),
            delivery: Delivery::new(interval.min(protocol.interval_max)),
            state: State::New,
            now: Now::default(),
            actions: VecDeque::new(),
            backoff: Backoff::new(seed),
            hurried_at: None,
            not_before: None,
            down: None,
            attempts: 0,
            refusal_told: false,
            kicked_at: None,
            duplicate_told: false,
            waiting: None,
            live: String::new(),
            payload: 0..0,
            frame: String::new(),
            connections: 0,
            on_errand: false,
        }
    }

    /// The interval it reports at: samples are to be taken at least this often.
    pub const fn interval(&self) -> Duration {
        self.delivery.interval()
    }

    /// What it counted so far.
    pub const fn counts(&self) -> Counts {
        Counts {
            reconnects: self.connections.saturating_sub(1),
            samples_dropped: self.delivery.dropped(),
            ring_bytes: self.delivery.ring().bytes() as u64,
        }
    }

    /// Whether reports flow.
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    fn text(&self, text: Text) -> &str {
        match text {
            Text::Live => &self.live,
            Text::Frame => &self.frame,
        }
    }

    /// Where the message ends that begins at this byte; what is behind it is next.
    fn end_of_message(&mut self, text: Text, from: usize) -> usize {
        let whole = self.text(text);
        let to = from + self.output.end_of_message(&whole[from..]);
        if to < whole.len() {
            self.actions.push_front(Action::Text(text, to));
        }
        to
    }

    /// Writes a frame that is no live report, to be sent next.
    fn encode(&mut self, kind: Frame) {
        self.frame.clear();
        match kind {
            Frame::Login => self.output.encode_login(&mut self.frame),
            Frame::Heartbeat => self.encode_heartbeat(),
            Frame::Restored { reason, down_for, attempts } => {
                let restored = Restored::new(reason.to_string(), down_for, attempts);
                self.output.encode_restored(&restored, self.now, &mut self.frame);
            }
            Frame::Alert => self.encode_alert(),
            Frame::Oldest => self.encode_oldest(),
            Frame::Message => {
                let last = self.live.get(self.payload.clone()).unwrap_or("{}");
                self.output.encode_message(last, &mut self.frame);
                if self.output.has_message() {
                    self.actions.push_back(Action::Frame(Frame::Message));
                }
            }
            Frame::Goodbye => self.output.encode_goodbye(&mut self.frame),
        }
        if !self.frame.is_empty() {
            self.handle_frame_sent();
            self.actions.push_front(Action::Text(Text::Frame, 0));
        }
    }

    fn encode_heartbeat(&mut self) {
        self.output.encode_heartbeat(self.now, &mut self.frame);
        let now = self.instant();
        if let State::Up { talk, .. } = &mut self.state
            && !std::mem::replace(&mut talk.has_beaten, true)
        {
            talk.beaten_at = Some(now);
        }
    }

    fn dial(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        self.state = State::Dialing { give_up_at: self.instant().plus(DIAL_TIMEOUT), moved: false };
        self.actions.push_back(Action::Dial);
    }

    fn handle_opened(&mut self) {
        if !matches!(self.state, State::Dialing { .. }) {
            return;
        }
        self.output.handle_opened();
        let line = Line::new(self.instant());
        if self.output.has_login() {
            let answer_by = self.instant().plus(AUTH_TIMEOUT);
            self.state = State::Login { answer_by, line };
            self.actions.push_back(Action::Frame(Frame::Login));
        } else {
            self.go_up(line);
        }
    }

    fn go_up(&mut self, line: Line) {
        let now = self.instant();
        let mut talk = Box::new(Talk::new(now));
        talk.heartbeat_at = self.output.heartbeat_interval().map(|interval| now.plus(interval));
        talk.login_at = self.output.login_interval().map(|interval| now.plus(interval));
        talk.silent_at = self.output.silence_max().map(|silence| now.plus(silence));
        talk.accepted = self.output.has_login();
        talk.backfill_at = (!self.delivery.ring().is_empty()).then_some(now);
        self.state = State::Up { line, talk };
        self.connections += 1;
        self.delivery.handle_up();
        let attempts = std::mem::take(&mut self.attempts);
        let down = self.down.take().map(|(since, reason)| (now.since(since), reason));
        self.say(Event::Up { down_for: down.as_ref().map(|down| down.0), attempts });
        if let Some((down_for, reason)) = down {
            self.actions.push_back(Action::Frame(Frame::Restored { reason, down_for, attempts }));
        }
    }

    fn push_errand(&mut self) {
        if !self.on_errand
            && let Some(errand) = self.output.poll_errand()
        {
            self.on_errand = true;
            self.actions.push_back(Action::Errand(errand));
        }
    }

    fn handle_errand_done(&mut self, status: Option<u16>) {
        self.on_errand = false;
        let heard = self.output.handle_errand(status);
        self.handle_heard(heard);
    }

    /// The connection is a good one: what went wrong before it is over.
    fn handle_proven(&mut self) {
        self.backoff.reset();
        self.refusal_told = false;
        self.duplicate_told = false;
    }

    fn say(&mut self, event: Event) {
        self.actions.push_back(Action::Event(event));
    }

    const fn instant(&self) -> Instant {
        self.now.instant
    }
}

#[cfg(test)]
mod tests;
