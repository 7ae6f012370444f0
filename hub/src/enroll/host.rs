//! Enrolled hosts as files, each with the keys of a `[[host]]`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kinglet_proto::host::HostId;

use super::code::Code;
use super::record::Record;
use super::unfinished::killed_at;
use super::{make_folder, write_as};

/// The folder of the enrolled hosts, below the state's.
pub const FOLDER: &str = "hosts.d";

/// Whether there is a file for this id, be it right or wrong.
pub fn is_kept(state_dir: &Path, id: &HostId) -> bool {
    state_dir.join(FOLDER).join(format!("{id}.toml")).exists()
}

/// A host's file that has not got its name yet.
#[derive(Debug)]
pub struct Draft {
    draft: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Writes it; its name is that of the invitation it is for.
    pub fn write(state_dir: &Path, code: &Code, id: &HostId, record: &Record) -> io::Result<Self> {
        let folder = make_folder(state_dir, FOLDER)?;
        let draft = write_as(&format!(".{}", code.file_name()), &folder, &record.text(id))?;
        Ok(Self { draft, path: folder.join(format!("{id}.toml")) })
    }

    /// Keeps the host; false when there is one with this id and it is not to be replaced. However
    /// it ends, the draft is gone.
    pub fn keep(self, replace: bool) -> io::Result<bool> {
        if replace {
            let renamed = fs::rename(&self.draft, &self.path);
            return renamed.map(|()| true).or_else(|error| self.remove().and(Err(error)));
        }
        // Unlike rename(2), link(2) leaves alone what is there.
        let linked = fs::hard_link(&self.draft, &self.path);
        killed_at("linked");
        self.remove()?;
        match linked {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes it back.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.draft)
    }
}
