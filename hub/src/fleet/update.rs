//! What changed in the fleet, as plain values: whoever shows, keeps or passes it on needs no more.

use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{Bucket, Label, NewsPlace, Place};
use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Now, WallTime};
use kinglet_proto::viewer;

/// One change. A host is [`Update::Added`] before anything else is said of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// A reading has come, of whatever age.
    Reading(Reading),
    /// A host went online or offline.
    Status(Snapshot),
    /// A host became known or changed its name.
    Added(Snapshot),
    /// A host is no longer known.
    Removed(HostId),
    /// An agent told something beside its figures.
    Told(Told),
    /// An agent's own sums of a time in which the hub may have been away.
    Aggregates(Aggregates),
}

/// What an agent has summed up itself. It may overlap what was read, and what came before: who
/// keeps it fills gaps with it and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregates {
    /// Its host. The disk of the sums is the first of its sample.
    pub host: Snapshot,
    /// Stretches of time of several lengths that overlap, by the agent's clock; means, highest and
    /// lowest of each figure in them.
    pub buckets: Arc<[Bucket]>,
    /// When they came, by the hub's clocks.
    pub received: Now,
}

/// What an agent told beside its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its host.
    pub host: Snapshot,
    /// Its type in the envelope: `alert`, `status`, `config`, `system` or `performance`.
    pub kind: String,
    /// Its `data`, a JSON object as text, within bounds.
    pub data: String,
    /// When it came, by the hub's clocks.
    pub received: Now,
    /// How old it was then; zero where its agent does not say.
    pub age: Duration,
    /// Of news that is numbered: its number and its boot.
    pub place: Option<NewsPlace>,
    /// It was told before, and comes for a store that lost it: who passes it on leaves it.
    pub again: bool,
}

impl Told {
    /// When it happened, by the hub's clock.
    pub fn at(&self) -> WallTime {
        let age = u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX);
        WallTime::from_unix_millis(self.received.wall.unix_millis().saturating_sub(age))
    }
}

/// A reading and where it belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Its number among all readings of the fleet: whoever keeps them says by it how far all are
    /// safe.
    pub number: u64,
    /// Its host, after it was placed.
    pub host: Snapshot,
    /// The reading: the newest with its inventory merged in, any other as it came.
    pub sample: Arc<Sample>,
    /// Its number and its boot; `None` in protocols that do not count.
    pub place: Option<Place>,
    /// When it came, by the hub's clocks.
    pub received: Now,
    /// How old it was then; `None` where only its own label tells, by a clock that may be wrong.
    pub age: Option<Duration>,
    /// No later one has come: this is the host's state. Any other fills a gap, or was here before
    /// and is sent again: the fleet does not remember each number. Who keeps readings goes by host,
    /// boot and number, and by the time, for an agent that was restarted counts anew.
    pub newest: bool,
}

/// A host as everybody outside the fleet sees it. A clone shares all that is large.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its id.
    pub id: HostId,
    /// What it is called: the word of the hub's owner before the agent's.
    pub label: Arc<Label>,
    /// Heard of within the silence limit.
    pub online: bool,
    /// It is offline because its agent said goodbye.
    pub stopped: bool,
    /// When it was last heard of, by the hub's clock; `None` for never.
    pub last_seen: Option<WallTime>,
    /// Its newest reading, inventory merged in; `None` before the first.
    pub sample: Option<Arc<Sample>>,
}

impl Snapshot {
    /// The host as viewers know it.
    pub fn host(&self) -> viewer::Host<'_> {
        let Label { name, group, location, country_code, ip: _, has_rules: _, hidden: _ } =
            &*self.label;
        viewer::Host {
            id: &self.id,
            name: name.as_deref().unwrap_or(&self.id),
            group: group.as_deref().unwrap_or_default(),
            location: location.as_deref().unwrap_or_default(),
            country_code: country_code.as_deref().unwrap_or_default(),
            online: self.online,
            stopped: self.stopped,
            last_seen: self.last_seen,
        }
    }
}
