//! `alerts.d` and `notify.d`: rules and receivers in files of their own, beside those that
//! kinglet-hub.toml names and which count more. A file that is wrong is told and costs only itself.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kinglet_proto::alert::Rule;
use serde_json::{Map, Value};
use toml::Spanned;

use super::alerts::{RawRule, rule};
use super::notify::{RawNotify, channel};
use super::{Config, ConfigError, Fault, fault, line_of, spelling};
use crate::alert::Scope;
use crate::enroll::unfinished::DROP_INS;
use crate::limits::alerts::{DROP_IN_FILE_MAX, NAME_MAX};
use crate::limits::{HUB_RULES_MAX, NOTIFY_CHANNELS_MAX};
use crate::notify::{Settings, check};

/// The folder of rules, below the state's.
pub const RULES: &str = DROP_INS[0];
/// The folder of receivers, below the state's.
pub const RECEIVERS: &str = DROP_INS[1];

/// What a name may be.
pub const NAME_WORDS: &str =
    "`name` must be 1 to 64 letters (a to z), digits, `-` and `_`: it is that of a file";

/// Whether a rule or a receiver with a file of its own may be called so.
pub fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the configuration, at this line.
    Main(usize),
    /// In a file of its own.
    File(PathBuf),
}

/// One rule or one receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece<T> {
    /// What it is called; empty for a rule of the configuration that has no name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Its keys as written.
    pub keys: Map<String, Value>,
    /// What they mean.
    pub means: T,
}

/// A rule of the owner's.
pub type RulePiece = Piece<(Scope, Arc<Rule>)>;
/// Whom the hub tells.
pub type Receiver = Piece<Settings>;

/// Rules and receivers, each in its order.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    /// Rules.
    pub rules: Vec<RulePiece>,
    /// Receivers.
    pub receivers: Vec<Receiver>,
}

/// What kinglet-hub.toml says, and what may be added to it.
#[derive(Debug, Clone, Default)]
pub struct Base {
    /// The configuration's file.
    pub path: PathBuf,
    /// Where the folders are; `None` where there are none.
    pub state_dir: Option<PathBuf>,
    /// What it says.
    pub pieces: Pieces,
}

/// What is wrong with a file, and the name of what it would be.
#[derive(Debug)]
pub struct Bad {
    /// The file's name without its end.
    pub name: String,
    /// What is wrong.
    pub error: ConfigError,
}

impl Base {
    /// Everything there is, files included, and what is wrong with some.
    pub fn read(&self) -> (Pieces, Vec<Bad>) {
        let (mut all, mut faults) = (self.pieces.clone(), Vec::new());
        let Some(state) = &self.state_dir else { return (all, faults) };
        for path in files(&state.join(RULES), &mut faults) {
            let read = text_of(&path).and_then(|text| parsed(&path, &text, parse_rule));
            add(&mut all.rules, read, self, (HUB_RULES_MAX, "[[alert]]"), path, &mut faults);
        }
        for path in files(&state.join(RECEIVERS), &mut faults) {
            let read = text_of(&path).and_then(|text| parsed(&path, &text, parse_receiver));
            let most = (NOTIFY_CHANNELS_MAX, "[[notify]]");
            let read = read.and_then(usable);
            add(&mut all.receivers, read, self, most, path, &mut faults);
        }
        (all, faults)
    }

    /// Where kinglet-hub.toml says something, for people.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

/// Adds the files to a configuration, and to its faults what is wrong with them.
pub(super) fn add_to(config: &mut Config) {
    let (all, faults) = config.base.read();
    config.alerts.own = all.rules.iter().map(|piece| piece.means.clone()).collect();
    config.notify = all.receivers.iter().map(|piece| piece.means.clone()).collect();
    config.pieces = all;
    config.faults.extend(faults.into_iter().map(|bad| bad.error));
}

/// What a text says that is to be a rule's file of this name.
///
/// # Errors
/// The line, and what is wrong with it.
pub fn check_rule(path: &Path, text: &str) -> Result<RulePiece, (usize, String)> {
    let place = |Fault { at, what }: Fault| (line_of(text, at), what);
    parse_rule(path, text).map_err(place)
}

/// The same of a receiver's.
///
/// # Errors
/// The line, and what is wrong with it.
pub fn check_receiver(path: &Path, text: &str) -> Result<Receiver, (usize, String)> {
    let place = |Fault { at, what }: Fault| (line_of(text, at), what);
    parse_receiver(path, text).map_err(place)
}

/// Takes in what was read, unless the configuration or the bound is against it.
fn add<T>(
    all: &mut Vec<Piece<T>>,
    read: Result<Piece<T>, ConfigError>,
    base: &Base,
    (most, what): (usize, &str),
    path: PathBuf,
    faults: &mut Vec<Bad>,
) {
    let name = stem(&path).to_owned();
    let is_same = |piece: &&Piece<T>| piece.name == name;
    let error = match (read, all.iter().find(is_same).map(|piece| &piece.place)) {
        (Err(error), _) => error,
        (Ok(_), Some(Place::Main(line))) => {
            let at = base.at(*line);
            let what = format!("{at} has the {what} called \"{name}\", which counts more");
            ConfigError::Line(path, 1, what)
        }
        (Ok(_), _) if all.len() >= most => {
            ConfigError::Line(path, 1, format!("at most {most} {what}, with those in files"))
        }
        (Ok(piece), _) => return all.push(piece),
    };
    faults.push(Bad { name, error });
}

/// Files of a folder that count, in the order of their names. Drafts and secrets have other ends.
fn files(folder: &Path, faults: &mut Vec<Bad>) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let error = ConfigError::Unreadable(folder.to_owned(), error);
            faults.push(Bad { name: String::new(), error });
            return Vec::new();
        }
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

fn text_of(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable(path.to_owned(), error);
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        // Opening a pipe would wait for somebody who writes into it.
        return Err(unreadable(io::Error::other("not a file")));
    }
    if about.len() > DROP_IN_FILE_MAX {
        let what = format!("larger than {DROP_IN_FILE_MAX} bytes");
        return Err(ConfigError::Line(path.to_owned(), 1, what));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

fn parsed<T>(
    path: &Path,
    text: &str,
    parse: impl Fn(&Path, &str) -> Result<T, Fault>,
) -> Result<T, ConfigError> {
    parse(path, text)
        .map_err(|Fault { at, what }| ConfigError::Line(path.to_owned(), line_of(text, at), what))
}

/// A receiver whose files cannot be read tells nobody.
fn usable(piece: Receiver) -> Result<Receiver, ConfigError> {
    let Place::File(path) = &piece.place else { return Ok(piece) };
    match check(&piece.means) {
        Ok(()) => Ok(piece),
        Err(words) => Err(ConfigError::Line(path.clone(), 1, words)),
    }
}

fn parse_rule(path: &Path, text: &str) -> Result<RulePiece, Fault> {
    let mut raw: Spanned<RawRule> = toml(text)?;
    let name = checked_name(path, raw.get_ref().name.as_ref())?;
    raw.get_mut().name = Some(Spanned::new(0..0, name.to_owned()));
    Ok(Piece { name, place: Place::File(path.to_owned()), keys: keys(text), means: rule(&raw)? })
}

fn parse_receiver(path: &Path, text: &str) -> Result<Receiver, Fault> {
    let mut raw: Spanned<RawNotify> = toml(text)?;
    let name = checked_name(path, raw.get_ref().name.as_ref())?;
    raw.get_mut().name = Some(Spanned::new(0..0, name.to_owned()));
    let folder = path.parent().unwrap_or(Path::new("."));
    let beside = |file: &mut Option<PathBuf>| {
        if let Some(file) = file {
            *file = folder.join(&*file);
        }
    };
    let mut means = channel(raw)?;
    [&mut means.url_file, &mut means.secret_file, &mut means.ca_file].into_iter().for_each(beside);
    Ok(Piece { name, place: Place::File(path.to_owned()), keys: keys(text), means })
}

fn toml<T: serde::de::DeserializeOwned>(text: &str) -> Result<Spanned<T>, Fault> {
    let raw = toml::from_str(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        what: spelling::explain(error.message()),
    })?;
    Ok(Spanned::new(0..text.len(), raw))
}

/// The file's name is that of what stands in it.
fn checked_name(path: &Path, said: Option<&Spanned<String>>) -> Result<String, Fault> {
    let name = stem(path);
    match said {
        _ if !is_name(name) => Err(Fault { at: 0, what: NAME_WORDS.to_owned() }),
        Some(said) if said.get_ref() != name => {
            let what = format!("`name` is \"{}\", but the file has another name", said.get_ref());
            Err(fault(said, &what))
        }
        Some(_) | None => Ok(name.to_owned()),
    }
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

/// The keys of a text that was read already.
fn keys(text: &str) -> Map<String, Value> {
    toml::from_str(text).unwrap_or_default()
}

/// The pieces of a configuration: what its tables mean, with their lines and keys.
pub(super) fn pieces<T: Clone>(
    text: &str,
    table: &str,
    lines: &[usize],
    means: &[T],
    name: impl Fn(&T) -> String,
) -> Vec<Piece<T>> {
    let all = keys(text);
    let tables = all.get(table).and_then(Value::as_array);
    let keys = |at: usize| tables.and_then(|all| all.get(at)?.as_object().cloned());
    let piece = |(at, (line, means)): (usize, (&usize, &T))| Piece {
        name: name(means),
        place: Place::Main(line_of(text, *line)),
        keys: keys(at).unwrap_or_default(),
        means: means.clone(),
    };
    lines.iter().zip(means).enumerate().map(piece).collect()
}

#[cfg(test)]
mod tests;
