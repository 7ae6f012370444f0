//! Rules and receivers that are set while the hub runs, by whoever may: each a file below the state
//! folder, written whole beside the old one and put in its place.
//!
//! ```text
//! state_dir/
//!   alerts.d/<name>.toml              the keys of one [[alert]]
//!   notify.d/<name>.toml              the keys of one [[notify]]
//!   notify.d/<name>.<digits>.secret   what it must not say, for the hub's user alone
//! ```
//!
//! A secret has another name each time it is set, so that the file that names it and the secret
//! change at one moment: no secret is ever shown to the address of the one before.

mod secret;
mod text;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use secret::{SECRETS, Secrets, named as secrets_of, without as without_secrets};
use serde_json::{Map, Value};
use text::{explain, toml};

use crate::alert::built_in_like;
use crate::config::drop_ins::{
    Base, NAME_WORDS, Piece, Pieces, Place, RECEIVERS, RULES, check_receiver, check_rule, is_name,
};
use crate::enroll::{make_folder, write_draft};
use crate::limits::alerts::DROP_IN_FILE_MAX;
use crate::limits::{HUB_RULES_MAX, NOTIFY_CHANNELS_MAX};
use crate::notify::check;

/// The keys of a rule or a receiver.
pub type Keys = Map<String, Value>;

/// What is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// An alert's rule.
    Rule,
    /// Whom the hub tells.
    Receiver,
}

/// Why something was not set or removed.
#[derive(Debug)]
pub enum Refusal {
    /// It makes no sense; the key, and what is allowed.
    Wrong(String),
    /// It is not for changing: kinglet-hub.toml says it, it is built in, or there are too many.
    Fixed(String),
    /// There is none of this name.
    Unknown(String),
    /// The files cannot be written.
    Io(PathBuf, io::Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(words) | Self::Fixed(words) | Self::Unknown(words) => f.write_str(words),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Refusal {}

impl Sort {
    /// Its folder below the state's.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Rule => RULES,
            Self::Receiver => RECEIVERS,
        }
    }

    /// Its table in kinglet-hub.toml.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Rule => "[[alert]]",
            Self::Receiver => "[[notify]]",
        }
    }

    const fn most(self) -> usize {
        match self {
            Self::Rule => HUB_RULES_MAX,
            Self::Receiver => NOTIFY_CHANNELS_MAX,
        }
    }

    /// Where those there are of this name stand, and how many there are of any.
    fn known(self, all: &Pieces, name: &str) -> (Option<Place>, usize) {
        fn place<T>(all: &[Piece<T>], name: &str) -> Option<Place> {
            all.iter().find(|piece| piece.name == name).map(|piece| piece.place.clone())
        }
        match self {
            Self::Rule => (place(&all.rules, name), all.rules.len()),
            Self::Receiver => (place(&all.receivers, name), all.receivers.len()),
        }
    }
}

/// Sets a rule or a receiver; whether it is a new one. Waits for the disk.
///
/// # Errors
/// It makes no sense, or is not for changing; the files are as they were.
pub fn set(
    base: &Base,
    sort: Sort,
    name: &str,
    mut keys: Keys,
    secrets: Secrets,
) -> Result<bool, Refusal> {
    let path = changeable(base, sort, name)?;
    let is_new = !path.exists();
    let (_, there) = sort.known(&base.read().0, name);
    if is_new && there >= sort.most() {
        let most = sort.most();
        let words = format!("there are {most} {} already: remove one", sort.table());
        return Err(Refusal::Fixed(words));
    }
    let said = |keys: &mut Keys| match keys.remove("name") {
        Some(said) if said != name => {
            Err(Refusal::Wrong(format!("`name` is \"{name}\" here, or is left out")))
        }
        Some(_) | None => Ok(()),
    };
    said(&mut keys)?;
    let state = base.state_dir.as_deref().unwrap_or(Path::new("."));
    let folder = make_folder(state, sort.folder());
    let folder = folder.map_err(|error| Refusal::Io(state.join(sort.folder()), error))?;
    let kept = secrets.write(&folder, name, &mut keys)?;
    match written(sort, &folder, &path, &keys) {
        Ok(()) => {
            secret::sweep(&folder, name, Some(&keys));
            Ok(is_new)
        }
        Err(refusal) => {
            // What was written for nothing; the refusal is what counts.
            kept.iter().for_each(|path| drop(fs::remove_file(path)));
            Err(refusal)
        }
    }
}

/// Sets a receiver for somebody who is not on the hub's machine: files there are not for him to
/// name, but for those that were named `before`, which are kept.
///
/// # Errors
/// As [`set`], and where a path or a secret is in the wrong place.
pub fn set_from_afar(
    base: &Base,
    name: &str,
    mut keys: Keys,
    before: &Keys,
) -> Result<bool, Refusal> {
    for (secret, file) in SECRETS {
        if keys.contains_key(file) {
            let words = format!("`{file}` is a path on the hub's machine: say `{secret}` here");
            return Err(Refusal::Wrong(words));
        }
    }
    if keys.get("ca_file").is_some_and(|path| before.get("ca_file") != Some(path)) {
        let words = "`ca_file` is a path on the hub's machine: `kinglet-hub receiver set` sets it";
        return Err(Refusal::Wrong(words.to_owned()));
    }
    let secrets = Secrets::take(&mut keys)?;
    secrets.keep_from(before, &mut keys)?;
    set(base, Sort::Receiver, name, keys, secrets)
}

/// Removes a rule or a receiver that has a file of its own, and its secrets. Waits for the disk.
///
/// # Errors
/// There is none, or it is not for changing.
pub fn remove(base: &Base, sort: Sort, name: &str) -> Result<(), Refusal> {
    let path = changeable(base, sort, name)?;
    match fs::remove_file(&path) {
        Ok(()) => {
            path.parent().iter().for_each(|folder| secret::sweep(folder, name, None));
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Refusal::Unknown(format!("no {} is called \"{name}\"", sort.table())))
        }
        Err(error) => Err(Refusal::Io(path, error)),
    }
}

/// The file of this name, unless what it would be is not for changing.
fn changeable(base: &Base, sort: Sort, name: &str) -> Result<PathBuf, Refusal> {
    if let (Some(Place::Main(line)), _) = sort.known(&base.pieces, name) {
        let (at, table) = (base.at(line), sort.table());
        let words = format!("{at} has the {table} called \"{name}\": it is changed there alone");
        return Err(Refusal::Fixed(words));
    }
    if let (Sort::Rule, Some(taken)) = (sort, built_in_like(name)) {
        let words = format!(
            "the rule `{taken}` is built in: [alerts] in kinglet-hub.toml has its switch, and no other name begins with it"
        );
        return Err(Refusal::Fixed(words));
    }
    if !is_name(name) {
        return Err(Refusal::Wrong(NAME_WORDS.to_owned()));
    }
    let Some(state) = &base.state_dir else {
        return Err(Refusal::Fixed("this hub has no state folder".to_owned()));
    };
    Ok(state.join(sort.folder()).join(format!("{name}.toml")))
}

/// Checks the keys as they will be read, and puts them in the place of the file.
fn written(sort: Sort, folder: &Path, path: &Path, keys: &Keys) -> Result<(), Refusal> {
    let text = toml(keys).map_err(Refusal::Wrong)?;
    if text.len() as u64 > DROP_IN_FILE_MAX {
        return Err(Refusal::Wrong(format!("it has more than {DROP_IN_FILE_MAX} bytes")));
    }
    let wrong = |(line, what): (usize, String)| Refusal::Wrong(explain(&text, line, &what));
    match sort {
        Sort::Rule => drop(check_rule(path, &text).map_err(wrong)?),
        Sort::Receiver => {
            let piece = check_receiver(path, &text).map_err(wrong)?;
            check(&piece.means).map_err(Refusal::Wrong)?;
        }
    }
    let failed = |error| Refusal::Io(path.to_owned(), error);
    let draft = write_draft(folder, &text).map_err(failed)?;
    fs::rename(&draft, path).map_err(|error| {
        // The error that counts is the one before.
        let _ = fs::remove_file(&draft);
        failed(error)
    })
}

#[cfg(test)]
mod tests;
