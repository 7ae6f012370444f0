//! What the owner reads of a conversation in the log.

use kinglet_proto::output;
use kinglet_proto::quoted::Escaped;
use kinglet_proto::secret::Secret;
#[cfg(feature = "reload")]
use kinglet_proto::session::Seconds;
use kinglet_proto::session::{Event, Level, Reason};
#[cfg(feature = "reload")]
use kinglet_proto::time::Instant;

use super::Observer;
#[cfg(feature = "reload")]
use crate::clock;
use crate::link::{LinkError, LinkEvent, Progress, ServerUrl};

/// Writes a conversation into the log.
pub(crate) struct Logged {
    /// What the log calls the server: the URL in use, without the query.
    name: String,
    /// What no log may show: a login carries it.
    token: Secret,
    /// How many addresses it has: at each of them a first failure is news.
    addresses: u32,
    came_up: bool,
    /// What was told last of whether reports flow, and when.
    #[cfg(feature = "reload")]
    standing: Option<(Instant, String)>,
}

impl Logged {
    pub(crate) fn new(name: String, token: Secret, addresses: u32) -> Self {
        Self {
            name,
            token,
            addresses,
            came_up: false,
            #[cfg(feature = "reload")]
            standing: None,
        }
    }

    /// What was told last of whether reports flow, and how long ago.
    #[cfg(feature = "reload")]
    pub(crate) fn standing(&self, now: Instant) -> String {
        match &self.standing {
            None => format!("{}: the first attempt is under way", self.name),
            Some((at, words)) => format!("{words} ({} ago)", Seconds(now.since(*at))),
        }
    }

    #[cfg(feature = "reload")]
    fn note_standing(&mut self, event: &Event, fault: Option<&LinkError>) {
        if !matches!(event, Event::Up { .. } | Event::Down { .. } | Event::Refused { .. }) {
            return;
        }
        let fault = fault.map(|fault| format!(", {fault}")).unwrap_or_default();
        self.standing = Some((clock::now().instant, format!("{}: {event}{fault}", self.name)));
    }

    /// Whether reports began to flow since this was asked last.
    pub(crate) fn take_came_up(&mut self) -> bool {
        std::mem::take(&mut self.came_up)
    }
}

impl Observer for Logged {
    fn handle_dial(&mut self, url: &ServerUrl) {
        self.name = url.to_string();
        log::debug!("{}: dialling", self.name);
    }

    fn handle_sent(&mut self, text: &str) {
        if log::log_enabled!(log::Level::Trace) {
            log::trace!("{}: sends {}", self.name, Escaped(&masked(text, &self.token)));
        }
    }

    fn handle_link(&mut self, event: &LinkEvent) {
        let name = &self.name;
        match event {
            LinkEvent::Progress(Progress::Resolved(addresses, missing)) => {
                let addresses = addresses.iter().map(ToString::to_string);
                let list: Vec<_> = addresses.chain(missing.iter().cloned()).collect();
                log::debug!("{name}: resolved to {}", list.join(", "));
            }
            LinkEvent::Progress(Progress::Connected(address, _)) => {
                log::debug!("{name}: connected to {address}");
            }
            LinkEvent::Progress(Progress::Tunnelled) => {
                log::debug!("{name}: the proxy has made the way");
            }
            LinkEvent::Progress(Progress::Secured(summary)) => log::debug!("{name}: {summary}"),
            LinkEvent::Progress(Progress::Dated(_)) => {}
            LinkEvent::Text(text) => log::trace!("{name}: receives {}", Escaped(text)),
            LinkEvent::Closed(error) => log::debug!("{name}: {error}"),
            LinkEvent::Opened
            | LinkEvent::Answered(_)
            | LinkEvent::Pong
            | LinkEvent::Blocked
            | LinkEvent::Drained => {}
        }
    }

    fn handle_event(&mut self, event: &Event, fault: Option<&LinkError>) {
        self.came_up |= matches!(event, Event::Up { .. });
        #[cfg(feature = "reload")]
        self.note_standing(event, fault);
        let is_news = matches!(event, Event::Down { reason, attempts, .. }
            if (2..=self.addresses).contains(attempts) && !matches!(reason, Reason::Refused(_)));
        let level = match event.level() {
            Level::Debug if is_news => log::Level::Warn,
            Level::Warn => log::Level::Warn,
            Level::Info => log::Level::Info,
            Level::Debug => log::Level::Debug,
        };
        match fault {
            Some(fault) => log::log!(level, "{}: {event} ({fault})", self.name),
            None => log::log!(level, "{}: {event}", self.name),
        }
    }
}

/// A frame as a log may show it: without the token, as it is or as JSON writes it.
fn masked(text: &str, token: &Secret) -> String {
    if token.is_empty() {
        return text.to_owned();
    }
    let quoted = output::json(token.expose());
    text.replace(&quoted, "\"***\"").replace(token.expose(), "***")
}
