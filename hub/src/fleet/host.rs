//! One host: what is known of it.

use std::sync::Arc;

use kinglet_proto::alert::book::Greeting;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{Label, Place, Report};
use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Instant, Now, WallTime};

use super::alerts::Alerts;
use super::order::{Order, Placed};
use super::{ConnectionId, Snapshot};

/// A host and its last reading.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// Named in the configuration: never forgotten.
    pub(super) configured: bool,
    /// Viewers were told of it.
    pub(super) announced: bool,
    /// Heard of within the silence limit.
    pub(super) online: bool,
    /// Its agent said goodbye, and it was not heard of since.
    pub(super) stopped: bool,
    /// When it was last heard of; `None` for never.
    pub(super) heard: Option<Now>,
    /// The connection it reports on.
    pub(super) connection: Option<ConnectionId>,
    /// The newest reading, inventory merged in.
    pub(super) sample: Option<Arc<Sample>>,
    /// Of what its agent told about alerts; `None` for nothing yet.
    pub(super) alerts: Option<Box<Alerts>>,
    taken: Instant,
    order: Order,
    /// What the owner of the hub calls it.
    owner: Label,
    /// What its agent called it last.
    said: Label,
    shown: Arc<Label>,
}

/// A reading that was taken in.
pub(super) struct Taken {
    pub(super) sample: Arc<Sample>,
    pub(super) place: Option<Place>,
    pub(super) newest: bool,
    /// To be acknowledged up to here.
    pub(super) ack: Option<u64>,
}

impl Host {
    /// A host of the configuration.
    pub(super) fn configured(owner: Label) -> Self {
        let shown = Arc::new(owner.clone());
        Self { configured: true, announced: true, owner, shown, ..Self::default() }
    }

    /// Becomes a host of the owner's, who calls it this; true when viewers should be told.
    pub(super) fn adopt(&mut self, owner: Label) -> bool {
        let is_new = !self.announced;
        (self.configured, self.announced) = (true, true);
        self.owner = owner;
        let sample = self.sample.clone();
        let hostname = sample.as_ref().map_or("", |sample| &sample.hostname);
        self.relabel(hostname) || is_new
    }

    /// Takes a reading in, and keeps it as the host's state unless a newer one is there already.
    pub(super) fn take(&mut self, report: Report, now: Now) -> Taken {
        let Report { mut sample, place, age, label: _ } = report;
        let taken = now.instant.since(Instant::default()).saturating_sub(age);
        let taken = Instant::default().plus(taken);
        let later = self.sample.is_none() || taken >= self.taken;
        let Placed { newest, ack } = match &place {
            Some(place) => self.order.place(place, age.is_zero(), later, now.instant),
            None => Placed { newest: later, ack: None },
        };
        if sample.timestamp == WallTime::default() {
            sample.timestamp = now.wall;
        }
        if let (true, Some(older)) = (newest, &self.sample) {
            sample.merge_inventory(older);
        }
        let sample = Arc::new(sample);
        if newest {
            self.taken = taken;
            self.sample = Some(sample.clone());
        }
        Taken { sample, place, newest, ack }
    }

    /// Takes over what the agent calls its host where the owner of the hub was silent; true when
    /// viewers should be told.
    pub(super) fn rename(&mut self, said: Label, hostname: &str) -> bool {
        let Label { name, group, location, country_code, ip, has_rules, hidden: _ } = said;
        let kept = &mut self.said;
        kept.name = name.or_else(|| kept.name.take());
        kept.group = group.or_else(|| kept.group.take());
        kept.location = location.or_else(|| kept.location.take());
        kept.country_code = country_code.or_else(|| kept.country_code.take());
        kept.ip = ip;
        kept.has_rules = has_rules.or(kept.has_rules);
        self.relabel(hostname)
    }

    /// Shows what owner and agent call it, the owner's word first; true when that is new.
    fn relabel(&mut self, hostname: &str) -> bool {
        let (kept, owner) = (&self.said, &self.owner);
        if self.shown.has_rules != kept.has_rules {
            Arc::make_mut(&mut self.shown).has_rules = kept.has_rules; // no viewer's affair
        }
        let shown = [
            first(&owner.name, &kept.name).or((!hostname.is_empty()).then_some(hostname)),
            first(&owner.group, &kept.group),
            first(&owner.location, &kept.location),
            first(&owner.country_code, &kept.country_code),
            first(&owner.ip, &kept.ip),
        ];
        if shown == texts(&self.shown) && owner.hidden == self.shown.hidden {
            return false;
        }
        let [name, group, location, country_code, ip] = shown.map(|text| text.map(str::to_owned));
        let (has_rules, hidden) = (kept.has_rules, owner.hidden);
        self.shown = Arc::new(Label { name, group, location, country_code, ip, has_rules, hidden });
        true
    }

    /// Readings up to this number are safe, and their agent is told so.
    pub(super) fn kept(&mut self, seq: u64) {
        self.order.kept(seq);
    }

    /// What is not safe may come again; whether there was any.
    pub(super) fn forget_unsafe(&mut self) -> bool {
        let alerts = self.alerts.as_mut().is_some_and(|alerts| alerts.forget_unsafe());
        self.order.forget_unsafe() | alerts
    }

    /// What its agent is told of its alerts when it comes.
    pub(super) fn alerts(&self) -> Greeting {
        self.alerts.as_ref().map(|alerts| alerts.greeting()).unwrap_or_default()
    }

    /// Whether it is kept from strangers.
    pub(super) fn is_hidden(&self) -> bool {
        self.shown.hidden
    }

    /// The host as everybody outside the fleet sees it.
    pub(super) fn snapshot(&self, id: &HostId) -> Snapshot {
        Snapshot {
            id: id.clone(),
            label: self.shown.clone(),
            online: self.online,
            stopped: self.stopped,
            last_seen: self.heard.map(|heard| heard.wall),
            sample: self.sample.clone(),
        }
    }
}

fn first<'a>(owner: &'a Option<String>, said: &'a Option<String>) -> Option<&'a str> {
    owner.as_deref().or(said.as_deref())
}

/// The texts of a label in the order of its fields.
fn texts(label: &Label) -> [Option<&str>; 5] {
    let Label { name, group, location, country_code, ip, has_rules: _, hidden: _ } = label;
    [name, group, location, country_code, ip].map(|text| text.as_deref())
}
