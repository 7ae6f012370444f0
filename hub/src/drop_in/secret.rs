//! Secrets of receivers: written when they are set, each into a file of its own, and never read
//! back to whoever asks.

use std::fs;
use std::path::{Path, PathBuf};

use kinglet_proto::secret::Secret;
use serde_json::{Map, Value};

use super::Refusal;
use crate::enroll::write_draft;
use crate::limits::alerts::SECRET_BYTES_MAX;

/// What a secret is called where it is set, and the key that names its file.
pub const SECRETS: [(&str, &str); 3] =
    [("token", "token_file"), ("password", "password_file"), ("secret_url", "url_file")];

/// What the files of secrets end with.
const END: &str = "secret";
/// With these unlike, a secret would be shown to somebody it was not given for.
const BOUND_TO: [&str; 6] = ["kind", "url", "url_file", "user", "ca_file", "tls"];

/// Secrets that are to be set.
#[derive(Debug, Default)]
pub struct Secrets(Vec<(&'static str, Secret)>);

impl Secrets {
    /// Takes them out of what was written.
    ///
    /// # Errors
    /// One is no line of text.
    pub fn take(keys: &mut Map<String, Value>) -> Result<Self, Refusal> {
        let mut secrets = Vec::new();
        for (name, file) in SECRETS {
            let Some(said) = keys.remove(name) else { continue };
            let text = said.as_str().map(str::trim).unwrap_or_default();
            let is_line = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            if text.is_empty() || text.len() > SECRET_BYTES_MAX || !is_line {
                let words = format!(
                    "`{name}` must be one line of 1 to {SECRET_BYTES_MAX} printable ASCII characters"
                );
                return Err(Refusal::Wrong(words));
            }
            secrets.push((file, Secret::new(text)));
        }
        Ok(Self(secrets))
    }

    /// Takes over the files of those that are not set anew from what stood there before, unless
    /// they would now be shown to somebody else.
    ///
    /// # Errors
    /// A secret is to be given anew.
    pub fn keep_from(
        &self,
        before: &Map<String, Value>,
        keys: &mut Map<String, Value>,
    ) -> Result<(), Refusal> {
        let is_new = |file: &str| self.0.iter().any(|(new, _)| *new == file);
        let is_other = |key: &&str| {
            let is_secret_url = *key == "url_file";
            if is_secret_url { is_new(key) } else { before.get(*key) != keys.get(*key) }
        };
        let other = BOUND_TO.into_iter().find(is_other);
        for (name, file) in SECRETS {
            let Some(path) = before.get(file).filter(|_| !is_new(file)) else { continue };
            // An address that is said takes the place of one that is a secret.
            if file == "url_file" && keys.contains_key("url") {
                continue;
            }
            // So does a token that of a password, and the other way round.
            let is_replaced = match file {
                "token_file" => is_new("password_file"),
                "password_file" => is_new("token_file") || !keys.contains_key("user"),
                _ => false,
            };
            if is_replaced {
                continue;
            }
            match other.filter(|other| *other != file) {
                Some(other) => {
                    let words = format!(
                        "`{name}` must be given anew: `{other}` is another, and the one before was not given for it"
                    );
                    return Err(Refusal::Wrong(words));
                }
                None => drop(keys.insert(file.to_owned(), path.clone())),
            }
        }
        Ok(())
    }

    /// Writes each and names its file in the keys; the files.
    pub(super) fn write(
        self,
        folder: &Path,
        name: &str,
        keys: &mut Map<String, Value>,
    ) -> Result<Vec<PathBuf>, Refusal> {
        let mut written = Vec::new();
        for (key, secret) in self.0 {
            let failed = |error| Refusal::Io(folder.to_owned(), error);
            let draft = write_draft(folder, &format!("{}\n", secret.expose())).map_err(failed)?;
            let digits = draft.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let file = format!("{name}.{}.{END}", digits.trim_start_matches('.'));
            let path = folder.join(&file);
            fs::rename(&draft, &path).map_err(failed)?;
            keys.insert(key.to_owned(), Value::from(file));
            written.push(path);
        }
        Ok(written)
    }
}

/// The names of secrets that are set by these keys.
pub fn named(keys: &Map<String, Value>) -> Vec<&'static str> {
    SECRETS.iter().filter(|(_, file)| keys.contains_key(*file)).map(|(name, _)| *name).collect()
}

/// The keys for whoever may see them: without the files of secrets that were set here.
pub fn without(keys: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = keys.clone();
    SECRETS.iter().for_each(|(_, file)| drop(shown.remove(*file)));
    shown
}

/// Removes the secrets of a receiver that its keys do not name; `None`: all.
pub(super) fn sweep(folder: &Path, name: &str, keys: Option<&Map<String, Value>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let begin = format!("{name}.");
    for entry in entries.flatten() {
        let file = entry.file_name();
        let Some(file) = file.to_str() else { continue };
        let is_of = file.starts_with(&begin) && file.ends_with(&format!(".{END}"));
        let is_named = keys.is_some_and(|keys| keys.values().any(|value| value == file));
        if is_of && !is_named {
            // One that stays is for the hub's user alone, and names nobody.
            let _ = fs::remove_file(entry.path());
        }
    }
}
