//! The files of enrolled hosts. One that is wrong is told, and costs nobody else anything.

use std::io;
use std::path::Path;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;

use super::{
    Config, ConfigError, Fault, RawHost, checked_id, fault, hash, label, line_of, spelling,
};
use crate::auth::TokenHash;
use crate::enroll::host::FOLDER;
use crate::limits::{HOSTS_MAX, STATE_FILE_MAX};

/// Adds the enrolled hosts to a configuration, and to its faults what is wrong with them.
pub(super) fn add_to(config: &mut Config) {
    let Some(folder) = config.state_dir.as_ref().map(|state| state.join(FOLDER)) else { return };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        // Nobody was enrolled yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return config.faults.push(ConfigError::Unreadable(folder, error)),
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    // A draft that was left behind begins with a dot and has no such end.
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    for path in files.iter().take(HOSTS_MAX) {
        if let Err(error) = read(path).and_then(|host| admit(config, path, host)) {
            // No other token is good for a host whose own cannot be read.
            let id = path.file_stem().and_then(|stem| HostId::parse(stem.to_str()?).ok());
            id.into_iter().for_each(|id| config.auth.bar(id));
            config.faults.push(error);
        }
    }
}

/// A host, what the owner calls it, and the hash of its token.
pub(super) type Host = (HostId, Label, TokenHash);

fn read(path: &Path) -> Result<Host, ConfigError> {
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

pub(super) fn parse(text: &str, path: &Path) -> Result<Host, Fault> {
    let raw: RawHost = toml::from_str(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        what: spelling::explain(error.message()),
    })?;
    let raw = toml::Spanned::new(0..text.len(), raw);
    let id = checked_id(raw.get_ref())?;
    if path.file_stem().is_none_or(|stem| stem != &*id) {
        return Err(fault(&raw, &format!("`id` is \"{id}\", but the file has another name")));
    }
    let token = match &raw.get_ref().token_hash {
        Some(text) => hash(text)?,
        None => return Err(fault(&raw, "`token_hash` is missing")),
    };
    Ok((id, label(raw.into_inner()), token))
}

/// What kinglet-hub.toml says of the same host comes first.
fn admit(config: &mut Config, path: &Path, host: Host) -> Result<(), ConfigError> {
    let (id, label, token) = host;
    if config.auth.knows(&id) {
        let what = format!("`token_hash` does not count: kinglet-hub.toml has one for \"{id}\"");
        return Err(ConfigError::Line(path.to_owned(), 1, what));
    }
    if config.settings.hosts.iter().all(|(known, _)| *known != id) {
        config.settings.hosts.push((id.clone(), label));
    }
    config.auth.admit(id, token);
    Ok(())
}
