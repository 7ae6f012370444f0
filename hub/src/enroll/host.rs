//! Enrolled hosts as files, each with the keys of a `[[host]]`.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use kinglet_proto::host::HostId;

use super::{make_folder, quoted, write_draft};
use crate::auth::TokenHash;

/// The folder of the enrolled hosts, below the state's.
pub const FOLDER: &str = "hosts.d";

/// Whether there is a file for this id, be it right or wrong.
pub fn is_kept(state_dir: &Path, id: &HostId) -> bool {
    state_dir.join(FOLDER).join(format!("{id}.toml")).exists()
}

/// Keeps a host; false when there is one with this id and it is not to be replaced.
pub fn keep(
    state_dir: &Path,
    id: &HostId,
    name: Option<&str>,
    token: &TokenHash,
    replace: bool,
) -> io::Result<bool> {
    let folder = make_folder(state_dir, FOLDER)?;
    let mut text = format!("id = {}\n", quoted(id));
    if let Some(name) = name {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "name = {}", quoted(name));
    }
    let _ = writeln!(text, "token_hash = {}", quoted(&token.to_string()));
    let draft = write_draft(&folder, &text)?;
    let path = folder.join(format!("{id}.toml"));
    if replace {
        return fs::rename(draft, path).map(|()| true);
    }
    // Unlike rename(2), link(2) leaves alone what is there.
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}
