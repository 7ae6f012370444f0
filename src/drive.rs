//! The one glue of what decides and what acts: a conversation and its link, driven together.
//!
//! Whoever drives looks on by an [`Observer`]: `run` writes the log, `check` prints what happens,
//! `enroll` only waits for the end. What is on the wire is the same for all of them.

#[cfg(feature = "terminal")]
mod alone;
mod logged;
mod peer;

use std::io;

use kinglet_proto::output::{Answer, Errand};
use kinglet_proto::session::{Command, Conversation, Event, Input};
use kinglet_proto::time::{Instant, Now, WallTime};
pub(crate) use logged::Logged;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
pub(crate) use peer::{Peer, seed};

use crate::clock;
use crate::limits::WAIT_MAX;
use crate::link::{Link, LinkError, LinkEvent, Target};

/// A conversation with its link.
pub(crate) struct Drive<C, O> {
    pub(crate) conversation: C,
    pub(crate) observer: O,
    glue: Glue,
}

/// What is the same for every conversation and observer, and there once: the link, and what it led
/// to.
struct Glue {
    link: Link,
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
    /// An attempt begins.
    fn handle_dial(&mut self) {}

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
    /// Before the first tick.
    pub(crate) fn new(conversation: C, target: Target, observer: O) -> Self {
        let glue = Glue {
            link: Link::new(target),
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
        self.glue.link.advance(ready, now.instant);
        self.settle(now);
    }

    /// Adds the sockets to wait for.
    pub(crate) fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.glue.link.register(fds);
    }

    /// When the link needs to be driven, whatever the conversation says.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.glue.link.deadline()
    }

    /// The host's addresses or routes changed.
    pub(crate) fn handle_network_change(&mut self, now: Now) {
        self.glue.link.check_address();
        self.settle(now);
        self.feed(Input::NetworkChanged, now);
    }

    /// Until when the certificate is good that the server showed last; `None` without TLS.
    pub(crate) const fn certificate_end(&self) -> Option<WallTime> {
        self.glue.certificate_end
    }

    /// Bytes that sockets have taken so far.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.glue.link.bytes_sent()
    }

    /// What the conversation wants done beside the connection.
    pub(crate) fn take_errand(&mut self) -> Option<Errand> {
        self.glue.errand.take()
    }

    /// Whether nothing is under way any more: the last word is said and gone.
    pub(crate) fn is_done(&self) -> bool {
        self.glue.finished && self.glue.link.is_idle()
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
            let Some(event) = self.link.poll_event() else {
                return match (wait, self.link.deadline()) {
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
                    observer.handle_dial();
                    self.link.dial(request, now.instant);
                }
                Command::Ask(request) => {
                    observer.handle_sent(request.body.as_deref().unwrap_or_default());
                    if !self.link.ask(request, now.instant) {
                        observer.handle_dial();
                    }
                }
                Command::Text(text) => {
                    observer.handle_sent(text);
                    self.link.send_text(text, now.instant);
                }
                Command::Ping => self.link.ping(now.instant),
                Command::HangUp(reason) => self.link.hang_up(reason.close_code(), now.instant),
                Command::Event(event) => {
                    observer.handle_event(&event, self.fault.take().as_ref());
                }
                Command::Errand(errand) => self.errand = Some(errand),
                Command::Wait(at) => {
                    self.finished = at.is_none();
                    return at;
                }
            }
        }
    }

    fn hear(&mut self, event: LinkEvent, conversation: &mut dyn Conversation, now: Now) {
        if matches!(event, LinkEvent::Opened | LinkEvent::Answered(_)) {
            self.certificate_end = self.link.certificate_end();
        }
        let wall = Some(now.wall).filter(|_| !clock::is_unset());
        let input = match &event {
            LinkEvent::Progress(_) => return,
            LinkEvent::Opened => Input::Opened,
            LinkEvent::Answered(answer) => Input::Answered(Answer {
                status: answer.status,
                retry_after: answer.retry_after.and_then(|after| after.pause(wall)),
                body: &answer.body,
            }),
            LinkEvent::Text(text) => Input::Text(text),
            LinkEvent::Pong => Input::Pong,
            LinkEvent::Blocked => Input::Blocked,
            LinkEvent::Drained => Input::Drained,
            LinkEvent::Closed(error) => Input::Closed(error.loss(wall)),
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
