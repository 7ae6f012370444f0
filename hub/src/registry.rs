//! What owners decide of hosts while a hub runs or not: files below `hosts.d`, changed one at a
//! time and whole, by the command line as by the hub itself. What kinglet-hub.toml says counts
//! more, and is changed there alone.

mod patch;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use kinglet_proto::host::HostId;
pub use patch::Patch;

use crate::config::ConfigError;
use crate::config::enrolled::{Files, find};
use crate::config::stated::Stated;
use crate::enroll::host::FOLDER;
pub use crate::enroll::record::Past;
use crate::enroll::record::{Record, delete as ask_to_delete, delete_done};
use crate::invite::Reach;

/// Where the decisions about hosts are.
#[derive(Debug)]
pub struct Registry {
    state_dir: PathBuf,
    stated: Stated,
    /// How hosts reach the hub; `None` for who only changes files.
    reach: Option<Reach>,
    /// What was taken of the files; held while one is changed, too.
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    records: BTreeMap<HostId, Record>,
    unread: BTreeSet<HostId>,
    faults: Vec<String>,
    folder: Option<SystemTime>,
}

/// What is decided otherwise than before.
#[derive(Debug)]
pub enum Change {
    /// This counts of a host.
    Decided(HostId, Record),
    /// The host's file cannot be read: no token is good for it.
    Unread(HostId),
    /// Nothing is decided of it any more, and this becomes of its history.
    Deleted(HostId, Past),
    /// A file is wrong; in words.
    Fault(String),
}

/// Why something is not changed.
#[derive(Debug)]
pub enum Refused {
    /// kinglet-hub.toml says it, and is the owner's: the key, with file and line.
    Stated(&'static str, String),
    /// A value cannot be, or the host's file is wrong; in words.
    Bad(String),
    /// The files cannot be read or written.
    Failed(io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stated("id", place) => write!(f, "{place} names this host: take it out there"),
            Self::Stated(key, place) => write!(f, "{place} says `{key}`: change it there"),
            Self::Bad(words) => f.write_str(words),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Registry {
    /// The decisions in this folder, behind what the configuration says.
    pub fn new(state_dir: PathBuf, stated: Stated) -> Self {
        Self { state_dir, stated, reach: None, seen: Mutex::default() }
    }

    /// The same of a hub that hosts reach this way.
    pub fn with_reach(self, reach: Reach) -> Self {
        Self { reach: Some(reach), ..self }
    }

    /// How hosts reach the hub; `None` for who only changes files.
    pub fn reach(&self) -> Option<&Reach> {
        self.reach.as_ref()
    }

    /// What counts of a host now; `None` where nothing was decided.
    ///
    /// # Errors
    /// Its file is wrong.
    pub fn record(&self, id: &HostId) -> Result<Option<Record>, ConfigError> {
        let own = find(&self.state_dir, id)?;
        Ok(match own {
            Some(own) => Some(self.stated.merge(id, &own)),
            None => self.stated.record(id).cloned(),
        })
    }

    /// Every host of which something was decided, and what counts of it.
    pub fn records(&self) -> (BTreeMap<HostId, Record>, Vec<ConfigError>) {
        let Files { records, faults, .. } = Files::read(&self.state_dir);
        let mut all: BTreeMap<HostId, Record> =
            self.stated.records().map(|(id, record)| (id.clone(), record.clone())).collect();
        all.extend(records.into_iter().map(|(id, own)| {
            let merged = self.stated.merge(&id, &own);
            (id, merged)
        }));
        (all, faults)
    }

    /// File and line of kinglet-hub.toml that decide this of a host; `None` where it is free.
    pub fn line(&self, id: &HostId, key: &str) -> Option<String> {
        self.stated.line(id, key)
    }

    /// Changes what a host is called, and who sees it; what counts of it now.
    ///
    /// # Errors
    /// Nothing is changed.
    pub fn set(&self, id: &HostId, patch: &Patch) -> Result<Record, Refused> {
        patch.check()?;
        for key in patch.keys() {
            self.is_free(id, key)?;
        }
        self.change(id, |record| patch.apply(record))
    }

    /// Makes every token of a host good for nothing; it stays known.
    ///
    /// # Errors
    /// Nothing is changed.
    pub fn revoke(&self, id: &HostId) -> Result<Record, Refused> {
        self.is_free(id, "token_hash")?;
        self.is_free(id, "revoked")?;
        self.change(id, |record| (record.revoked, record.token) = (true, None))
    }

    /// Forgets a host, with its history or without: the hub does so when it looks here next.
    ///
    /// # Errors
    /// It may be forgotten all the same, where only its file could not be removed.
    pub fn delete(&self, id: &HostId, past: Past) -> Result<(), Refused> {
        self.is_free(id, "id")?;
        let _turn = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(ask_to_delete(&self.state_dir, id, past)?)
    }

    /// Says that a host is forgotten.
    ///
    /// # Errors
    /// It will be forgotten once more.
    pub fn deleted(&self, id: &HostId) -> io::Result<()> {
        fs::remove_file(Record::path(&self.state_dir, id)).unwrap_or_default();
        delete_done(&self.state_dir, id)
    }

    /// What was decided since the last look; at the first, all. The files are read when one has
    /// come, gone or been replaced, or when asked to be thorough. Waits for the disk.
    pub fn changes(&self, is_thorough: bool) -> Vec<Change> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = fs::metadata(self.state_dir.join(FOLDER)).and_then(|about| about.modified());
        let folder = folder.ok();
        if seen.folder == folder && !is_thorough {
            return Vec::new();
        }
        seen.folder = folder;
        let Files { records, deleted, unread, faults } = Files::read(&self.state_dir);
        let mut changes: Vec<_> =
            deleted.into_iter().map(|(id, past)| Change::Deleted(id, past)).collect();
        for id in seen.records.keys().filter(|id| !records.contains_key(*id)) {
            let stated = self.stated.record(id).cloned();
            if let Some(stated) = stated {
                changes.push(Change::Decided(id.clone(), stated));
            } else if !unread.contains(id) {
                changes.push(Change::Deleted(id.clone(), Past::Stays));
            }
        }
        changes.extend(unread.difference(&seen.unread).cloned().map(Change::Unread));
        for (id, record) in &records {
            if seen.records.get(id) != Some(record) {
                changes.push(Change::Decided(id.clone(), self.stated.merge(id, record)));
            }
        }
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let new = faults.iter().filter(|fault| !seen.faults.contains(fault)).cloned();
        changes.extend(new.map(Change::Fault));
        (seen.records, seen.unread, seen.faults) = (records, unread, faults);
        changes
    }

    fn is_free(&self, id: &HostId, key: &'static str) -> Result<(), Refused> {
        self.stated.line(id, key).map_or(Ok(()), |place| Err(Refused::Stated(key, place)))
    }

    fn change(&self, id: &HostId, change: impl FnOnce(&mut Record)) -> Result<Record, Refused> {
        let _turn = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let own = find(&self.state_dir, id).map_err(|error| Refused::Bad(error.to_string()))?;
        let mut record = own.unwrap_or_default();
        change(&mut record);
        record.write(&self.state_dir, id)?;
        Ok(self.stated.merge(id, &record))
    }

    /// The folder everything is in.
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }
}
