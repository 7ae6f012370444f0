//! The one glue of what decides and what acts: a conversation and its link, driven together.
//!
//! Whoever drives looks on by an [`Observer`]: `run` writes the log, `check` prints what happens,
//! `enroll` only waits for the end. What is on the wire is the same for all of them.

#[cfg(feature = "terminal")]
mod alone;
mod logged;
mod peer;
mod ways;

use std::io;
use std::time::Duration;

use kinglet_proto::output::{Answer, Errand};
use kinglet_proto::session::{Command, Conversation, Event, Input, Loss};
use kinglet_proto::time::{Instant, Now, WallTime};
pub(crate) use logged::Logged;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
pub(crate) use peer::{Peer, seed};
use ways::Ways;

use crate::clock;
use crate::limits::WAIT_MAX;
use crate::link::{LinkError, LinkEvent, ServerUrl, Target};

/// A conversation with its link.
pub(crate) struct Drive<C, O> {
    pub(crate) conversation: C,
    pub(crate) observer: O,
    glue: Glue,
}

/// What is the same for every conversation and observer, and there once: the links, and what they
/// led to.
struct Glue {
    ways: Ways,
    /// Why the connection was lost last, until the conversation has said what follows from it.
    fault: Option<LinkError>,
    /// What is to be done beside the connection; there is never a second one.
    errand: Option<Errand>,
    /// Nothing more will ever be said.
    finished: bool,
    /// Until when the certificate is good that the server showed last.
    certificate_end: Option<WallTime>,
}

/// Looks on while a conversation is driven.
pub(crate) trait Observer {
    /// An attempt begins, at this address.
    fn handle_dial(&mut self, _url: &ServerUrl) {}

    /// A frame is sent.
    fn handle_sent(&mut self, _text: &str) {}

    /// Something happened on the link; the conversation hears of it after.
    fn handle_link(&mut self, _event: &LinkEvent) {}

    /// The conversation has something to tell, of what the link may know more.
    fn handle_event(&mut self, _event: &Event, _fault: Option<&LinkError>) {}
}

/// Nobody looks on.
impl Observer for () {}

impl<C: Conversation, O: Observer> Drive<C, O> {
    /// Before the first tick, to a server with one address.
    pub(crate) fn new(conversation: C, target: Target, observer: O) -> Self {
        Self::to_any(conversation, vec![target], Duration::MAX, observer)
    }

    /// The same with several, in the order in which they are wanted; while another one is in use,
    /// the first is tried each time that this has passed.
    pub(crate) fn to_any(
        conversation: C,
        targets: Vec<Target>,
        return_after: Duration,
        observer: O,
    ) -> Self {
        let glue = Glue {
            ways: Ways::new(targets, return_after),
            fault: None,
            errand: None,
            finished: false,
            certificate_end: None,
        };
        Self { conversation, observer, glue }
    }

    /// Feeds one input and does all that follows from it; returns when to come back.
    pub(crate) fn feed(&mut self, input: Input<'_>, now: Now) -> Option<Instant> {
        self.conversation.handle_input(input, now);
        self.settle(now)
    }

    /// Lets the link do what its sockets allow.
    pub(crate) fn advance(&mut self, ready: PollFlags, now: Now) {
        self.glue.ways.advance(ready, now.instant);
        self.settle(now);
    }

    /// Adds the sockets to wait for.
    pub(crate) fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.glue.ways.register(fds);
    }

    /// When the link needs to be driven, whatever the conversation says.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.glue.ways.deadline()
    }

    /// The host's addresses or routes changed.
    pub(crate) fn handle_network_change(&mut self, now: Now) {
        self.glue.ways.check_address();
        self.settle(now);
        self.feed(Input::NetworkChanged, now);
    }

    /// Until when the certificate is good that the server showed last; `None` without TLS.
    pub(crate) const fn certificate_end(&self) -> Option<WallTime> {
        self.glue.certificate_end
    }

    /// The address in use.
    pub(crate) fn target(&self) -> &Target {
        self.glue.ways.target()
    }

    /// Bytes that sockets have taken so far.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.glue.ways.bytes_sent()
    }

    /// What the conversation wants done beside the connection.
    pub(crate) fn take_errand(&mut self) -> Option<Errand> {
        self.glue.errand.take()
    }

    /// Whether nothing is under way any more: the last word is said and gone.
    pub(crate) fn is_done(&self) -> bool {
        self.glue.finished && self.glue.ways.is_idle()
    }

    fn settle(&mut self, now: Now) -> Option<Instant> {
        self.glue.settle(&mut self.conversation, &mut self.observer, now)
    }
}

impl Glue {
    /// Moves commands to the link and its events to the conversation until neither has more.
    fn settle(
        &mut self,
        conversation: &mut dyn Conversation,
        observer: &mut dyn Observer,
        now: Now,
    ) -> Option<Instant> {
        loop {
            let wait = self.drain(conversation, observer, now);
            let Some(event) = self.ways.poll_event() else {
                if self.ways.poll_return(now.instant) {
                    conversation.handle_input(Input::Closed(Loss::Returned), now);
                    continue;
                }
                return match (wait, self.ways.deadline()) {
                    (Some(said), Some(link)) => Some(said.min(link)),
                    (said, link) => said.or(link),
                };
            };
            observer.handle_link(&event);
            self.hear(event, conversation, now);
        }
    }

    fn drain(
        &mut self,
        conversation: &mut dyn Conversation,
        observer: &mut dyn Observer,
        now: Now,
    ) -> Option<Instant> {
        loop {
            match conversation.poll_command() {
                Command::Dial(request) => {
                    observer.handle_dial(&self.ways.target().url);
                    self.ways.dial(request, now.instant);
                }
                Command::Ask(request) => {
                    observer.handle_sent(request.body.as_deref().unwrap_or_default());
                    if !self.ways.ask(request, now.instant) {
                        observer.handle_dial(&self.ways.target().url);
                    }
                }
                Command::Text(text) => {
                    observer.handle_sent(text);
                    self.ways.link().send_text(text, now.instant);
                }
                Command::Ping => self.ways.link().ping(now.instant),
                Command::HangUp(reason) => self.ways.hang_up(reason.close_code(), now.instant),
                Command::Event(event) => {
                    observer.handle_event(&event, self.fault.take().as_ref());
                    if matches!(event, Event::Up { .. }) {
                        self.ways.handle_up(now.instant);
                    }
                    if matches!(event, Event::Down { .. } | Event::Refused { .. }) {
                        self.ways.handle_down(now.instant);
                    }
                }
                Command::Errand(errand) => self.errand = Some(errand),
                Command::Wait(at) => {
                    self.finished = at.is_none();
                    return at;
                }
            }
        }
    }

    /// Who is busy at one address does not keep the conversation from another.
    fn judge(&mut self, loss: Loss, now: Now) -> Loss {
        let Loss::Busy(pause) = loss else { return loss };
        self.ways.handle_busy(pause, now.instant).map_or(Loss::Broken, Loss::Busy)
    }

    fn hear(&mut self, event: LinkEvent, conversation: &mut dyn Conversation, now: Now) {
        if matches!(event, LinkEvent::Opened | LinkEvent::Answered(_)) {
            self.certificate_end = self.ways.certificate_end();
        }
        let wall = Some(now.wall).filter(|_| !clock::is_unset());
        let input = match &event {
            LinkEvent::Progress(_) => return,
            LinkEvent::Opened => Input::Opened,
            LinkEvent::Answered(answer) => Input::Answered(Answer {
                status: answer.status,
                retry_after: answer
                    .retry_after
                    .and_then(|after| self.ways.handle_busy(after.pause(wall)?, now.instant)),
                body: &answer.body,
            }),
            LinkEvent::Text(text) => Input::Text(text),
            LinkEvent::Pong => Input::Pong,
            LinkEvent::Blocked => Input::Blocked,
            LinkEvent::Drained => Input::Drained,
            LinkEvent::Closed(error) => Input::Closed(self.judge(error.loss(wall), now)),
        };
        conversation.handle_input(input, now);
        if let LinkEvent::Closed(error) = event {
            self.fault = Some(error);
        }
    }
}

/// Waits for any of these until the time given, or [`WAIT_MAX`]; an interrupted wait is a short
/// one.
pub(crate) fn wait(fds: &mut [PollFd<'_>], until: Instant) -> io::Result<()> {
    let longest = until.since(clock::now().instant).min(WAIT_MAX);
    match poll(fds, PollTimeout::try_from(longest).unwrap_or(PollTimeout::ZERO)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
