//! The file itself: who has it, whose it is, and where it goes when it is damaged.

use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::geteuid;

use super::database::Database;
use super::error::StoreError;
use super::index::Index;

/// Makes the file, where there is none, for its owner alone; what SQLite puts beside it has the
/// same mode.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::File::options();
    options.create(true).append(true).mode(0o600).open(path)?;
    Ok(())
}

/// What root writes belongs to who has the folder, or the hub could not use it, and to nobody else.
pub(super) fn give_to_folder_owner(path: &Path) -> Result<(), StoreError> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    if let (true, Some(folder)) = (geteuid().is_root(), path.parent()) {
        let owner = std::fs::metadata(folder)?;
        std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

/// Keeps others from writing to the file for as long as it is held.
pub(super) fn lock(path: &Path) -> Result<Flock<std::fs::File>, StoreError> {
    let path = path.with_extension("lock");
    let file = std::fs::File::options().create(true).append(true).open(&path)?;
    if file.metadata()?.uid() == geteuid().as_raw() {
        give_to_folder_owner(&path)?;
    }
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| {
        let is_held = error == Errno::EWOULDBLOCK;
        if is_held { StoreError::InUse } else { StoreError::Io(error.into()) }
    })
}

/// A file, and what is known of it; a new one where the old is damaged.
pub(super) fn open_or_replace(path: &Path, now: u64) -> Result<(Database, Index), StoreError> {
    let open = || {
        let database = Database::open(path)?;
        let index = Index::restore(&database, now)?;
        Ok((database, index))
    };
    match open() {
        Err(error) if StoreError::is_damage(&error) => {
            let aside = move_aside(path, "damaged", now)?;
            tracing::error!(
                "{} is damaged: it is kept as {}, and a new history begins",
                path.display(),
                aside.display()
            );
            open()
        }
        opened => opened,
    }
}

/// Renames the file and what belongs to it; its new name.
pub(super) fn move_aside(path: &Path, why: &str, now: u64) -> Result<PathBuf, StoreError> {
    let with = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let aside = with(&format!(".{why}-{}", now / 1000));
    std::fs::rename(path, &aside)?;
    for end in ["-wal", "-shm"] {
        // Without the file they belong to they mean nothing, and would be taken for the new one's.
        let mut name = aside.as_os_str().to_owned();
        name.push(end);
        match std::fs::rename(with(end), name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(aside)
}
