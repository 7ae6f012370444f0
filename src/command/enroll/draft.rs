//! A file that is there whole or not at all: written beside its place, then renamed.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// A file about to be written.
pub(super) struct Draft {
    file: File,
    beside: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Opens a new file beside `path`, so that what cannot be written is known before there is
    /// anything to write. `mode` is for a new file; an old one keeps its mode and its owner.
    pub(super) fn open(path: &Path, mode: u32) -> io::Result<Self> {
        // Behind a link is the file that is meant.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().ok_or_else(|| io::Error::other("not the name of a file"))?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let beside = path.with_file_name(hidden);
        let old = path.metadata().ok().filter(|old| old.len() > 0);
        let mode = old.as_ref().map_or(mode, |old| old.mode() & 0o777);
        // Nobody else may read it from its first moment on; it gets its own mode at the end.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let draft = Self { file, beside, path };
        if let Some(old) = old {
            let new = draft.file.metadata()?;
            if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
                fchown(&draft.file, Some(old.uid()), Some(old.gid()))?;
            }
        }
        draft.file.set_permissions(Permissions::from_mode(mode))?;
        Ok(draft)
    }

    /// Writes the text and puts the file in its place.
    pub(super) fn finish(mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()?;
        fs::rename(&self.beside, &self.path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After the rename there is nothing to remove.
        let _ = fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("kinglet-draft-{}", std::process::id()));
        let path = folder.join("new/token");
        let mode = || path.metadata().unwrap().mode() & 0o777;
        drop(Draft::open(&path, 0o600).unwrap());
        let left = fs::read_dir(folder.join("new")).unwrap().count();
        assert_eq!((path.exists(), left), (false, 0));
        Draft::open(&path, 0o600).unwrap().finish("one").unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode()), ("one", 0o600));

        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let link = folder.join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        Draft::open(&link, 0o600).unwrap().finish("two").unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode()), ("two", 0o640));
        assert!(link.symlink_metadata().unwrap().is_symlink());
        fs::remove_dir_all(&folder).unwrap();
    }
}
