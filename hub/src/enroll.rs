//! Invitations, and the hosts that came by one: files in the hub's state folder.
//!
//! ```text
//! state_dir/                0700, and everything below it for the hub's user alone
//!   invitations/<sha256>    an invitation, named by the hash of its code
//!   invitations/<sha256>.used
//!   hosts.d/<id>.toml       what the owner decided of a host; of an enrolled one its token's hash
//!   hosts.d/<id>.deleted    asks the hub to forget a host, and is gone when that is done
//!   hosts.d/.<sha256>       the same before it has its name: of the invitation of this hash
//!   roster.json             who was ever there, of `sink::roster`
//! ```
//!
//! No code and no token is in any of them. What must happen once happens by link(2) or rename(2),
//! so two hubs on one folder, or two hosts with one code, cannot both succeed. Times are arguments.

pub mod code;
pub mod host;
pub mod invitation;
pub mod record;
pub mod unfinished;

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

/// Makes a folder of the state, and the state's own above it; they belong to the state's owner.
pub(crate) fn make_folder(state_dir: &Path, name: &str) -> io::Result<PathBuf> {
    let folder = state_dir.join(name);
    let mut private = DirBuilder::new();
    private.mode(0o700).recursive(true);
    private.create(&folder)?;
    give(&folder, state_dir)?;
    Ok(folder)
}

/// Writes a whole file under a name that nobody else uses; it is for its owner alone.
pub(crate) fn write_draft(folder: &Path, text: &str) -> io::Result<PathBuf> {
    let mut name = [0; 8];
    getrandom::fill(&mut name).map_err(|error| io::Error::other(error.to_string()))?;
    write_as(&format!(".{:016x}", u64::from_ne_bytes(name)), folder, text)
}

/// The same under this name, where there is none of it yet.
fn write_as(name: &str, folder: &Path, text: &str) -> io::Result<PathBuf> {
    let path = folder.join(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| give(&path, folder))
        .and_then(|()| file.sync_all());
    match written {
        Ok(()) => Ok(path),
        Err(error) => {
            // The error that counts is the one before.
            let _ = fs::remove_file(&path);
            Err(error)
        }
    }
}

/// Gives a path to the owner of another: root invites, and the hub's user must read it.
fn give(path: &Path, like: &Path) -> io::Result<()> {
    let (mine, theirs) = (fs::metadata(path)?, fs::metadata(like)?);
    if (mine.uid(), mine.gid()) == (theirs.uid(), theirs.gid()) {
        return Ok(());
    }
    chown(path, Some(theirs.uid()), Some(theirs.gid()))
}

/// A text as TOML writes it: JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
