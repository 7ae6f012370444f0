//! One host: what is known of it.

use kinglet_proto::ingest::{Label, Report};
use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Instant, Now, WallTime};
use kinglet_proto::viewer;

use super::ConnectionId;
use super::order::{Order, Placed};

/// A host and its last reading.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// Named in the configuration: never forgotten.
    pub(super) configured: bool,
    /// Viewers were told of it.
    pub(super) announced: bool,
    /// Heard of within the silence limit.
    pub(super) online: bool,
    /// When it was last heard of; `None` for never.
    pub(super) heard: Option<Now>,
    /// The connection it reports on.
    pub(super) connection: Option<ConnectionId>,
    /// The newest reading, inventory merged in.
    pub(super) sample: Option<Sample>,
    taken: Instant,
    order: Order,
    /// What the owner of the hub calls it.
    owner: Label,
    /// What its agent called it last.
    said: Label,
    shown: Label,
}

impl Host {
    /// A host of the configuration.
    pub(super) fn configured(owner: Label) -> Self {
        let shown = owner.clone();
        Self { configured: true, announced: true, owner, shown, ..Self::default() }
    }

    /// Becomes a host of the owner's, who may have said what it is called.
    pub(super) fn adopt(&mut self, owner: Label) {
        (self.configured, self.announced) = (true, true);
        if owner.name.is_some() {
            self.shown.name.clone_from(&owner.name);
            self.owner = owner;
        }
    }

    /// Keeps a reading, unless a newer one is there already.
    pub(super) fn take(&mut self, report: Report, now: Now) -> Placed {
        let Report { mut sample, place, age, label: _ } = report;
        let taken = now.instant.since(Instant::default()).saturating_sub(age);
        let taken = Instant::default().plus(taken);
        let later = self.sample.is_none() || taken >= self.taken;
        let placed = match &place {
            Some(place) => self.order.place(place, age.is_zero(), later, now.instant),
            None => Placed { newest: later, ack: None },
        };
        if placed.newest {
            if sample.timestamp == WallTime::default() {
                sample.timestamp = now.wall;
            }
            if let Some(older) = self.sample.take() {
                sample.merge_inventory(older);
            }
            self.taken = taken;
            self.sample = Some(sample);
        }
        placed
    }

    /// Takes over what the agent calls its host where the owner of the hub was silent; true when
    /// viewers should be told.
    pub(super) fn rename(&mut self, said: Label, hostname: &str) -> bool {
        let hostname = (!hostname.is_empty()).then(|| hostname.to_owned());
        let (owner, before) = (&self.owner, &self.said);
        let first = |texts: [&Option<String>; 2]| texts.into_iter().find_map(Clone::clone);
        self.said = Label {
            name: said.name.or_else(|| before.name.clone()),
            group: said.group.or_else(|| before.group.clone()),
            location: said.location.or_else(|| before.location.clone()),
            country_code: said.country_code.or_else(|| before.country_code.clone()),
            ip: said.ip,
        };
        let shown = Label {
            name: first([&owner.name, &self.said.name]).or(hostname),
            group: first([&owner.group, &self.said.group]),
            location: first([&owner.location, &self.said.location]),
            country_code: first([&owner.country_code, &self.said.country_code]),
            ip: first([&owner.ip, &self.said.ip]),
        };
        let changed = shown != self.shown;
        self.shown = shown;
        changed
    }

    /// The host as viewers know it.
    pub(super) fn view<'a>(&'a self, id: &'a str) -> viewer::Host<'a> {
        viewer::Host {
            id,
            name: self.shown.name.as_deref().unwrap_or(id),
            group: self.shown.group.as_deref().unwrap_or_default(),
            location: self.shown.location.as_deref().unwrap_or_default(),
            country_code: self.shown.country_code.as_deref().unwrap_or_default(),
            online: self.online,
            last_seen: self.heard.map(|heard| heard.wall),
        }
    }

    /// The address its owner wants shown.
    pub(super) fn ip(&self) -> Option<&str> {
        self.shown.ip.as_deref()
    }
}
