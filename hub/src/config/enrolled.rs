//! The files of hosts. One that is wrong is told, and costs nobody else anything.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use kinglet_proto::host::HostId;

use super::{Config, ConfigError, Fault, RawHost, checked_id, fault, line_of, record, spelling};
use crate::enroll::host::FOLDER;
use crate::enroll::record::{DELETED, FILE, Past, Record};
use crate::limits::{HOSTS_MAX, STATE_FILE_MAX};

/// What lies in the folder of hosts.
#[derive(Debug, Default)]
pub struct Files {
    /// What was decided of each host.
    pub records: BTreeMap<HostId, Record>,
    /// Hosts that are to be forgotten, and what of them.
    pub deleted: BTreeMap<HostId, Past>,
    /// Hosts whose file is wrong, as far as its name tells.
    pub unread: BTreeSet<HostId>,
    /// What is wrong with files.
    pub faults: Vec<ConfigError>,
}

impl Files {
    /// Reads the folder; there is nothing in it before the first host.
    pub fn read(state_dir: &Path) -> Self {
        let (folder, mut files) = (state_dir.join(FOLDER), Self::default());
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return files,
            Err(error) => {
                files.faults.push(ConfigError::Unreadable(folder, error));
                return files;
            }
        };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        // A draft that was left behind begins with a dot and has no such end.
        let ends = |path: &Path, end: &str| path.extension().is_some_and(|ends| ends == end);
        paths.sort();
        for path in paths.iter().filter(|path| ends(path, DELETED)) {
            files.deleted.extend(id_of(path).map(|id| (id, Past::read(path))));
        }
        for path in paths.iter().filter(|path| ends(path, FILE)).take(HOSTS_MAX) {
            match read(path) {
                Ok((id, _)) if files.deleted.contains_key(&id) => {}
                Ok((id, record)) => drop(files.records.insert(id, record)),
                Err(error) => {
                    files.unread.extend(id_of(path));
                    files.faults.push(error);
                }
            }
        }
        files
    }
}

/// What was decided of a host; `None` where there is no file of it.
///
/// # Errors
/// The file is wrong.
pub fn find(state_dir: &Path, id: &HostId) -> Result<Option<Record>, ConfigError> {
    match read(&Record::path(state_dir, id)) {
        Ok((_, record)) => Ok(Some(record)),
        Err(ConfigError::Unreadable(_, error)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn id_of(path: &Path) -> Option<HostId> {
    HostId::parse(path.file_stem()?.to_str()?).ok()
}

/// Adds the hosts of files to a configuration, and to its faults what is wrong with them.
pub(super) fn add_to(config: &mut Config) {
    let Some(state_dir) = config.state_dir.clone() else { return };
    let Files { records, deleted: _, unread, faults } = Files::read(&state_dir);
    config.faults.extend(faults);
    // No other token is good for a host whose own cannot be read.
    for id in &unread {
        config.auth.bar(id);
    }
    for (id, record) in records {
        if config.stated.line(&id, "token_hash").is_some() && record.token.is_some() {
            let what =
                format!("`token_hash` does not count: kinglet-hub.toml has one for \"{id}\"");
            config.faults.push(ConfigError::Line(Record::path(&state_dir, &id), 1, what));
        }
        let merged = config.stated.merge(&id, &record);
        config.admit(&id, &merged);
    }
}

fn read(path: &Path) -> Result<(HostId, Record), ConfigError> {
    let unreadable = |error| ConfigError::Unreadable(path.to_owned(), error);
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        // Opening a pipe would wait for somebody who writes into it.
        return Err(unreadable(io::Error::other("not a file")));
    }
    if about.len() > STATE_FILE_MAX as u64 {
        return Err(ConfigError::TooLarge(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    parse(&text, path)
        .map_err(|Fault { at, what }| ConfigError::Line(path.to_owned(), line_of(&text, at), what))
}

pub(super) fn parse(text: &str, path: &Path) -> Result<(HostId, Record), Fault> {
    let raw: RawHost = toml::from_str(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        what: spelling::explain(error.message()),
    })?;
    let raw = toml::Spanned::new(0..text.len(), raw);
    let id = checked_id(raw.get_ref())?;
    if path.file_stem().is_none_or(|stem| stem != &*id) {
        return Err(fault(&raw, &format!("`id` is \"{id}\", but the file has another name")));
    }
    Ok((id, record(raw.get_ref())?))
}
