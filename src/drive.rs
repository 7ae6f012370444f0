//! One server: the session that decides and the link that acts, tied together.

use kinglet_proto::output::{self, Dialect, upgrade};
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Event, Input, Level, Output, Session};
use kinglet_proto::time::{Instant, Now};
use nix::poll::PollFlags;
use ring::rand::{SecureRandom, SystemRandom};

use crate::config::{Config, Server};
use crate::link::{Link, LinkError, LinkEvent, Progress, Target};

/// A server the agent reports to.
pub(crate) struct Peer {
    /// What the log calls it: its URL without the query.
    name: String,
    pub(crate) session: Session,
    pub(crate) link: Link,
    /// Why the connection was lost last, until the session has said what follows from it.
    fault: Option<LinkError>,
    came_up: bool,
    finished: bool,
    /// What no log may show: a vStats login carries it.
    token: Secret,
}

impl Peer {
    pub(crate) fn new(server: &Server, config: &Config) -> Self {
        let id = server.server_id.clone();
        let token = &server.token;
        let path = &server.url.path_and_query;
        let asked = upgrade(server.protocol, server.auth, &config.host, id.as_deref(), token, path);
        let dialect = Dialect::new(server.protocol, config.host.clone(), id, token.clone());
        Self {
            name: server.url.to_string(),
            session: Session::new(dialect, server.interval, seed()),
            link: Link::new(Target {
                url: server.url.clone(),
                trust: server.trust.clone(),
                upgrade: asked,
            }),
            fault: None,
            came_up: false,
            finished: false,
            token: token.clone(),
        }
    }

    /// Feeds one input and does all that follows from it; returns when to come back.
    pub(crate) fn feed(&mut self, input: Input<'_>, now: Now) -> Option<Instant> {
        self.session.handle_input(input, now);
        self.settle(now)
    }

    /// Lets the link do what its sockets allow.
    pub(crate) fn advance(&mut self, ready: PollFlags, now: Now) {
        self.link.advance(ready, now.instant);
        self.settle(now);
    }

    /// When the link needs the loop, whatever the session says.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.link.deadline()
    }

    pub(crate) fn handle_network_change(&mut self, now: Now) {
        self.link.check_address();
        self.settle(now);
        self.feed(Input::NetworkChanged, now);
    }

    /// Whether the session came up since this was asked last.
    pub(crate) fn take_came_up(&mut self) -> bool {
        std::mem::take(&mut self.came_up)
    }

    /// Whether the goodbye is said and gone.
    pub(crate) fn is_done(&self) -> bool {
        self.finished && self.link.is_idle()
    }

    /// Moves outputs to the link and its events to the session until neither has more.
    fn settle(&mut self, now: Now) -> Option<Instant> {
        loop {
            let wait = self.drain(now);
            let Some(event) = self.link.poll_event() else {
                return match (wait, self.link.deadline()) {
                    (Some(session), Some(link)) => Some(session.min(link)),
                    (session, link) => session.or(link),
                };
            };
            self.hear(event, now);
        }
    }

    fn drain(&mut self, now: Now) -> Option<Instant> {
        loop {
            match self.session.poll_output() {
                Output::Dial => {
                    log::debug!("{}: dialling", self.name);
                    self.link.dial(now.instant);
                }
                Output::Text(text) => {
                    if log::log_enabled!(log::Level::Trace) {
                        log::trace!("{}: sends {}", self.name, masked(text, &self.token));
                    }
                    self.link.send_text(text, now.instant);
                }
                Output::Ping => self.link.ping(now.instant),
                Output::HangUp(reason) => self.link.hang_up(reason.close_code(), now.instant),
                Output::Event(event) => {
                    self.came_up |= matches!(event, Event::Up { .. });
                    log_event(&self.name, &event, self.fault.take().as_ref());
                }
                Output::Wait(at) => {
                    self.finished = at.is_none();
                    return at;
                }
            }
        }
    }

    fn hear(&mut self, event: LinkEvent, now: Now) {
        let input = match &event {
            LinkEvent::Progress(progress) => return log_progress(&self.name, progress),
            LinkEvent::Opened => Input::Opened,
            LinkEvent::Text(text) => {
                log::trace!("{}: receives {text}", self.name);
                Input::Text(text)
            }
            LinkEvent::Pong => Input::Pong,
            LinkEvent::Blocked => Input::Blocked,
            LinkEvent::Drained => Input::Drained,
            LinkEvent::Closed(error) => {
                let loss = error.loss();
                log::debug!("{}: {error}", self.name);
                let LinkEvent::Closed(error) = event else { return };
                self.fault = Some(error);
                return self.session.handle_input(Input::Closed(loss), now);
            }
        };
        self.session.handle_input(input, now);
    }
}

/// Says what a session has to tell, with what the link knows about it.
fn log_event(name: &str, event: &Event, fault: Option<&LinkError>) {
    let level = match event.level() {
        Level::Warn => log::Level::Warn,
        Level::Info => log::Level::Info,
        Level::Debug => log::Level::Debug,
    };
    match fault {
        Some(fault) => log::log!(level, "{name}: {event} ({fault})"),
        None => log::log!(level, "{name}: {event}"),
    }
}

/// A frame as a log may show it: without the token, as it is or as JSON writes it.
fn masked(text: &str, token: &Secret) -> String {
    let quoted = output::json(token.expose());
    text.replace(&quoted, "\"***\"").replace(token.expose(), "***")
}

fn log_progress(name: &str, progress: &Progress) {
    match progress {
        Progress::Resolved(addresses) => {
            let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            log::debug!("{name}: resolved to {}", list.join(", "));
        }
        Progress::Connected(address) => log::debug!("{name}: connected to {address}"),
        Progress::Secured(summary) => log::debug!("{name}: {summary}"),
    }
}

/// What the jitter starts from: different on every host and at every start.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness all jitter is alike, which is no reason not to report.
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}
