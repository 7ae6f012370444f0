//! What kinglet-hub.toml itself says of hosts, and where: that counts more than what is decided of
//! them elsewhere, and only its owner's editor changes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;
use toml::Spanned;

use super::{Fault, RawHost, checked_id, fault, line_of, record};
use crate::enroll::record::Record;

/// Every `[[host]]`.
#[derive(Debug, Clone, Default)]
pub struct Stated {
    path: PathBuf,
    hosts: BTreeMap<HostId, Host>,
}

#[derive(Debug, Clone)]
struct Host {
    record: Record,
    /// The byte each key's value begins at, then its line; `id` stands for the whole.
    keys: BTreeMap<&'static str, usize>,
}

impl Stated {
    /// Reads the tables.
    pub(super) fn read(raw: Vec<Spanned<RawHost>>, has_fleet: bool) -> Result<Self, Fault> {
        let mut hosts = BTreeMap::new();
        for host in raw {
            let id = checked_id(host.get_ref())?;
            if hosts.contains_key(&id) {
                return Err(fault(&host, &format!("a second [[host]] with the id \"{id}\"")));
            }
            if host.get_ref().token_hash.is_none() && !has_fleet {
                return Err(fault(&host, "this [[host]] needs a `token_hash`, or [fleet] one"));
            }
            let record = record(host.get_ref())?;
            hosts.insert(id, Host { record, keys: keys(host.get_ref()) });
        }
        Ok(Self { path: PathBuf::new(), hosts })
    }

    /// Says which file it was, with this text: bytes are lines from now on.
    pub(super) fn place(&mut self, path: &Path, text: &str) {
        self.path = path.to_owned();
        let all = self.hosts.values_mut().flat_map(|host| host.keys.values_mut());
        all.for_each(|at| *at = line_of(text, *at));
    }

    /// Every host of the file.
    pub fn records(&self) -> impl Iterator<Item = (&HostId, &Record)> {
        self.hosts.iter().map(|(id, host)| (id, &host.record))
    }

    /// What the file says of a host; `None` for nothing.
    pub fn record(&self, id: &HostId) -> Option<&Record> {
        self.hosts.get(id).map(|host| &host.record)
    }

    /// File and line of what it says of a host by this key, or of the host by `id`; `None` where it
    /// leaves that to others.
    pub fn line(&self, id: &HostId, key: &str) -> Option<String> {
        let line = self.hosts.get(id)?.keys.get(key)?;
        Some(format!("{}:{line}", self.path.display()))
    }

    /// What counts of a host for which this was decided elsewhere.
    pub fn merge(&self, id: &HostId, other: &Record) -> Record {
        let Some(Host { record, keys }) = self.hosts.get(id) else { return other.clone() };
        let (own, theirs) = (record.label.clone(), other.label.clone());
        let has = |key| keys.contains_key(key);
        let label = Label {
            name: own.name.or(theirs.name),
            group: own.group.or(theirs.group),
            location: own.location.or(theirs.location),
            country_code: own.country_code.or(theirs.country_code),
            hidden: if has("hidden") { own.hidden } else { theirs.hidden },
            ..Label::default()
        };
        let revoked = if has("revoked") { record.revoked } else { other.revoked };
        Record { label, token: record.token.or(other.token), revoked }
    }
}

/// Where each key stands.
fn keys(host: &RawHost) -> BTreeMap<&'static str, usize> {
    let RawHost { id, name, group, location, country_code, token_hash, hidden, revoked } = host;
    let texts = [
        ("name", name),
        ("group", group),
        ("location", location),
        ("country_code", country_code),
        ("token_hash", token_hash),
    ];
    let text = |(key, text): (&'static str, &Option<Spanned<String>>)| {
        Some((key, text.as_ref()?.span().start))
    };
    let switches = [("hidden", hidden), ("revoked", revoked)];
    let switch = |(key, is_so): (&'static str, &Option<Spanned<bool>>)| {
        Some((key, is_so.as_ref()?.span().start))
    };
    let mut keys: BTreeMap<_, _> = texts.into_iter().filter_map(text).collect();
    keys.extend(switches.into_iter().filter_map(switch));
    keys.insert("id", id.span().start);
    keys
}
