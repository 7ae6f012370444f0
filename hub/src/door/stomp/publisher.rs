//! What an agent sends, figure by figure or whole, becomes readings of its host.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{
    self, Label, Message, Placed, Published, Report, decode_published, decode_sample, sample_of,
};
use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Instant, WallTime};
use kinglet_proto::viewer::destination::parse_metric;
use tracing::debug;

use crate::auth::Grant;
use crate::clock;
use crate::fleet::{ConnectionId, Input};
use crate::guard::Neighbour;
use crate::hub::admission::Denial;
use crate::hub::outbox::Outbox;
use crate::hub::{Hub, Outgoing};
use crate::limits::{PUBLISHED_GOOD_FOR, PUBLISHED_SERIES_MAX, PUBLISHED_WITHIN};
use crate::server::metric_name::{self, Asked, Series};

/// Why something is not taken.
pub(super) type Refusal = &'static str;

const NOT_YOURS: Refusal = "only an agent may send, and only to destinations of its own host";

const TOO_MANY_NEW: Refusal = "more new hosts came than may in an hour; try again later";

/// The half of a session that reports.
pub(super) struct Publisher {
    hub: Arc<Hub>,
    tokens: Vec<String>,
    from: Neighbour,
    place: Option<Place>,
    /// Figures by their names as they were sent, with when they came.
    figures: BTreeMap<String, (Figure, Instant)>,
    /// The reading under way.
    round: Option<Round>,
    /// How far the publisher's clock is behind ours at least, in milliseconds: the freshest it
    /// sent was of now.
    behind_ms: Option<i64>,
}

/// Its place among the agents.
struct Place {
    host: HostId,
    connection: ConnectionId,
    outbox: Outbox,
}

#[derive(Clone)]
struct Figure {
    asked: Asked,
    value: f64,
}

/// Figures that belong together.
struct Round {
    names: Vec<String>,
    at: Option<WallTime>,
    began: Instant,
}

impl Publisher {
    /// One that shows these tokens.
    pub(super) fn new(hub: Arc<Hub>, tokens: Vec<String>, from: Neighbour) -> Self {
        let (figures, round, behind_ms) = (BTreeMap::new(), None, None);
        Self { hub, tokens, from, place: None, figures, round, behind_ms }
    }

    /// Takes one SEND.
    pub(super) fn take(&mut self, destination: &str, body: &str) -> Result<(), Refusal> {
        if let Some((host, name)) = parse_metric(destination) {
            self.report_as(host)?;
            let Ok(published) = decode_published(body) else {
                return Err("the body must be a number, or an object with a `value`");
            };
            self.take_figure(name, published);
            return Ok(());
        }
        let host = destination.rsplit('/').next().unwrap_or_default();
        self.report_as(host)?;
        let sample = decode_sample(body).map_err(|_| "the body must be a sample, a JSON object")?;
        self.finish();
        self.tell(sample, None);
        Ok(())
    }

    /// Something was heard that is no SEND.
    pub(super) fn hear(&self) {
        if let Some(place) = &self.place {
            self.hub.handle_input(Input::Heard(place.connection));
        }
    }

    /// When the reading under way is complete; `None` without one.
    pub(super) fn due(&self) -> Option<Instant> {
        self.round.as_ref().map(|round| round.began.plus(PUBLISHED_WITHIN))
    }

    /// Whether it reports.
    pub(super) fn is_reporting(&self) -> bool {
        self.place.is_some()
    }

    /// What the fleet has to say to it.
    pub(super) async fn outgoing(&mut self) -> Option<Outgoing> {
        match &mut self.place {
            Some(place) => place.outbox.recv().await,
            None => std::future::pending().await,
        }
    }

    /// The reading under way is complete.
    pub(super) fn finish(&mut self) {
        let Some(round) = self.round.take() else { return };
        let now = clock::now().instant;
        self.figures.retain(|_, (_, came)| now.since(*came) < PUBLISHED_GOOD_FOR);
        let age = self.age(round.at);
        let figures = self.figures.iter();
        let of_now = figures.filter(|(name, _)| age.is_zero() || round.names.contains(name));
        let sample = sample_of(of_now.map(|(_, (figure, _))| figure.placed()));
        self.tell(sample, round.at);
    }

    /// The session reports as this host, from now on alone.
    fn report_as(&mut self, host: &str) -> Result<(), Refusal> {
        if let Some(place) = &self.place {
            return if place.host.as_str() == host { Ok(()) } else { Err(NOT_YOURS) };
        }
        let host = HostId::parse(host).map_err(|_| NOT_YOURS)?;
        let own = |token: &String| match self.hub.auth.agent(token, Some(&host)) {
            Grant::Host(pass) => Some(pass),
            Grant::AnyHost | Grant::Refused => None,
        };
        let pass = self.tokens.iter().find_map(own).ok_or(NOT_YOURS)?;
        self.hub.admit(&pass, self.from).map_err(|denial| match denial {
            Denial::Anothers => NOT_YOURS,
            Denial::TooManyNew(_) => TOO_MANY_NEW,
        })?;
        let (connection, outbox) = self.hub.open_agent();
        let greet = false;
        self.hub.handle_input(Input::Joined { connection, host: host.clone(), greet });
        self.place = Some(Place { host, connection, outbox });
        Ok(())
    }

    fn take_figure(&mut self, name: &str, published: Published) {
        let mut asked = metric_name::read(name);
        let one = if asked.len() == 1 { asked.pop() } else { None };
        let Some(asked) = one.filter(|asked| asked.series != Series::Every) else {
            return self.tell_custom(name, published);
        };
        let now = clock::now();
        if let Some(at) = published.at {
            let behind = difference_ms(now.wall, at);
            self.behind_ms = Some(self.behind_ms.map_or(behind, |least| least.min(behind)));
        }
        if self.round.as_ref().is_some_and(|round| !round.takes(name, published.at)) {
            self.finish();
        }
        if self.figures.len() >= PUBLISHED_SERIES_MAX && !self.figures.contains_key(name) {
            return;
        }
        let figure = Figure { value: published.value / asked.scale, asked };
        self.figures.insert(name.to_owned(), (figure, now.instant));
        let (at, began) = (published.at, now.instant);
        let round = self.round.get_or_insert_with(|| Round { names: Vec::new(), at, began });
        round.names.push(name.to_owned());
    }

    /// What no sample has a place for.
    fn tell_custom(&self, name: &str, published: Published) {
        let (Some(place), Ok(told)) = (&self.place, ingest::custom(name, published)) else {
            return debug!("a figure called {name:?} was not understood");
        };
        self.hub.handle_input(Input::Received(place.connection, Message::Told(told)));
    }

    fn tell(&self, mut sample: Sample, at: Option<WallTime>) {
        let Some(place) = &self.place else { return };
        if let Some(at) = at {
            sample.timestamp = at;
        }
        let (age, label) = (self.age(at), Label::default());
        let report = Box::new(Report { sample, place: None, age, label });
        self.hub.handle_input(Input::Received(place.connection, Message::Report(report)));
    }

    /// How old what was so then is, whatever the publisher's clock.
    fn age(&self, at: Option<WallTime>) -> Duration {
        let (Some(at), Some(behind)) = (at, self.behind_ms) else { return Duration::ZERO };
        let age = difference_ms(clock::now().wall, at).saturating_sub(behind);
        let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        // What is under way for a moment is of now.
        if age < 2 * PUBLISHED_WITHIN { Duration::ZERO } else { age }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.finish();
        if let Some(place) = self.place.take() {
            self.hub.close_agent(place.connection);
        }
    }
}

impl Round {
    /// Whether a figure belongs to it: the same again is of the next.
    fn takes(&self, name: &str, at: Option<WallTime>) -> bool {
        let is_near = match (self.at, at) {
            (Some(this), Some(that)) => {
                Duration::from_millis(difference_ms(this, that).unsigned_abs()) <= PUBLISHED_WITHIN
            }
            (Some(_), None) | (None, _) => true,
        };
        is_near && !self.names.iter().any(|known| known == name)
    }
}

impl Figure {
    fn placed(&self) -> Placed<'_> {
        let row = match &self.asked.series {
            Series::One(row) => row,
            Series::Only | Series::Every => "",
        };
        Placed { metric: self.asked.metric, row, value: self.value }
    }
}

fn difference_ms(later: WallTime, earlier: WallTime) -> i64 {
    let ms = |time: WallTime| i64::try_from(time.unix_millis()).unwrap_or(i64::MAX);
    ms(later).saturating_sub(ms(earlier))
}
