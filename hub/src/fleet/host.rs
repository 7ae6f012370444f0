//! One host: what is known of it.

use kinglet_proto::ingest::{Label, Report};
use kinglet_proto::sample::{DiskType, Os, Sample};
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
    owner: Label,
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
                merge_inventory(&mut sample, older);
            }
            self.taken = taken;
            self.sample = Some(sample);
        }
        placed
    }

    /// Takes over what the agent calls its host where the owner of the hub was silent; true when
    /// viewers should be told.
    pub(super) fn rename(&mut self, said: &Label, hostname: &str) -> bool {
        let hostname = (!hostname.is_empty()).then(|| hostname.to_owned());
        let first = |texts: [&Option<String>; 3]| texts.into_iter().find_map(Clone::clone);
        let (owner, old) = (&self.owner, &self.shown);
        let name = first([&owner.name, &said.name, &hostname]);
        let shown = Label {
            name: name.or_else(|| old.name.clone()),
            group: first([&owner.group, &said.group, &old.group]),
            location: first([&owner.location, &said.location, &old.location]),
            country_code: first([&owner.country_code, &said.country_code, &old.country_code]),
            ip: first([&owner.ip, &said.ip, &None]),
        };
        let told = |label: &Label| {
            let Label { name, group, location, country_code, ip: _ } = label.clone();
            (name, group, location, country_code)
        };
        let changed = told(&shown) != told(old);
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

/// A report without inventory keeps what an earlier one said.
fn merge_inventory(sample: &mut Sample, older: Sample) {
    if sample.os == Os::default() {
        sample.os = older.os;
    }
    if sample.cpu.brand.is_empty() {
        sample.cpu.brand = older.cpu.brand;
    }
    sample.cpu.cores = sample.cpu.cores.or(older.cpu.cores);
    for old in older.disks {
        let Some(disk) = sample.disks.iter_mut().find(|disk| disk.name == old.name) else {
            continue;
        };
        if disk.model.is_empty() {
            disk.model = old.model;
        }
        if disk.serial.is_empty() {
            disk.serial = old.serial;
        }
        if disk.disk_type == DiskType::Unknown {
            disk.disk_type = old.disk_type;
        }
    }
}
