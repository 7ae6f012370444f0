//! Secrets of sessions, and a file that is its folder's owner's.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;
use std::{fs, io};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// A secret of 256 random bits; `None` without randomness.
pub(super) fn new() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(HEXLOWER.encode(&bytes))
}

/// What of a secret is in the file.
pub(super) fn hash(secret: &str) -> String {
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(secret.as_bytes())))
}

/// Gives a path to the owner of another: root adds users, and the hub's user must read them.
pub(super) fn give(path: &Path, like: &Path) -> io::Result<()> {
    let (mine, theirs) = (fs::metadata(path)?, fs::metadata(like)?);
    if (mine.uid(), mine.gid()) == (theirs.uid(), theirs.gid()) {
        return Ok(());
    }
    chown(path, Some(theirs.uid()), Some(theirs.gid()))
}
