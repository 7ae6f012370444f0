//! What the owner decides of a host, as it stands in its file: the keys of a `[[host]]`.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;

use super::host::FOLDER;
use super::unfinished::killed_at;
use super::{make_folder, quoted, write_draft};
use crate::auth::TokenHash;

/// The end of the name of a host's file.
pub const FILE: &str = "toml";

/// The end of the name of what asks a hub to forget a host. It is there until that is done.
pub const DELETED: &str = "deleted";

/// What the owner decides of a host. What is `None` is left to its agent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// What it is called, and whether strangers see it.
    pub label: Label,
    /// The hash of its own token; `None` where it reports with one of the fleet's.
    pub token: Option<TokenHash>,
    /// No token is good for it.
    pub revoked: bool,
}

impl Record {
    /// The file of a host.
    pub fn path(state_dir: &Path, id: &HostId) -> PathBuf {
        state_dir.join(FOLDER).join(format!("{id}.{FILE}"))
    }

    /// The file's text.
    pub fn text(&self, id: &HostId) -> String {
        let Self { label, token, revoked } = self;
        let Label { name, group, location, country_code, ip: _, has_rules: _, hidden } = label;
        let token = token.map(|hash| hash.to_string());
        let mut text = format!("id = {}\n", quoted(id));
        for (key, value) in [
            ("name", name),
            ("group", group),
            ("location", location),
            ("country_code", country_code),
            ("token_hash", &token),
        ] {
            if let Some(value) = value {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{key} = {}", quoted(value));
            }
        }
        for (key, is_so) in [("hidden", hidden), ("revoked", revoked)] {
            if *is_so {
                let _ = writeln!(text, "{key} = true");
            }
        }
        text
    }

    /// Puts it in the place of the host's file, whole.
    ///
    /// # Errors
    /// The file before it is as it was.
    pub fn write(&self, state_dir: &Path, id: &HostId) -> io::Result<()> {
        let folder = make_folder(state_dir, FOLDER)?;
        let draft = write_draft(&folder, &self.text(id))?;
        killed_at("written");
        let renamed = fs::rename(&draft, Self::path(state_dir, id));
        renamed.or_else(|error| fs::remove_file(draft).and(Err(error)))
    }
}

/// What becomes of the history of a host that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// It is kept until it is too old.
    Stays,
    /// It goes with the host.
    Goes,
}

impl Past {
    /// What stands in the file that asks for it.
    const GOES: &str = "history\n";

    fn text(self) -> &'static str {
        match self {
            Self::Stays => "",
            Self::Goes => Self::GOES,
        }
    }

    /// What such a file asks for. One that cannot be read asks for the least.
    pub fn read(path: &Path) -> Self {
        // Opening a pipe would wait for somebody who writes into it.
        let is_ours =
            |about: fs::Metadata| about.is_file() && about.len() == Self::GOES.len() as u64;
        let asks = || fs::read_to_string(path).is_ok_and(|text| text == Self::GOES);
        if fs::metadata(path).is_ok_and(is_ours) && asks() { Self::Goes } else { Self::Stays }
    }
}

/// Asks the hub on this folder, or the next one, to forget a host, whose file goes at once.
///
/// # Errors
/// Nothing was asked, or the file is still there, which the hub then removes.
pub fn delete(state_dir: &Path, id: &HostId, past: Past) -> io::Result<()> {
    let folder = make_folder(state_dir, FOLDER)?;
    let draft = write_draft(&folder, past.text())?;
    fs::rename(draft, folder.join(format!("{id}.{DELETED}")))?;
    killed_at("asked to delete");
    unless_missing(fs::remove_file(Record::path(state_dir, id)))
}

/// Says that a host is forgotten.
///
/// # Errors
/// It will be forgotten once more.
pub fn delete_done(state_dir: &Path, id: &HostId) -> io::Result<()> {
    unless_missing(fs::remove_file(state_dir.join(FOLDER).join(format!("{id}.{DELETED}"))))
}

/// Whether a host is to be forgotten and is not yet.
pub fn is_deleted(state_dir: &Path, id: &HostId) -> bool {
    state_dir.join(FOLDER).join(format!("{id}.{DELETED}")).exists()
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
