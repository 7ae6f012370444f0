//! What can go wrong with a store.

use std::fmt;

use rusqlite::ErrorCode;

use super::varint::Damaged;

/// Why a store cannot be used.
#[derive(Debug)]
pub enum StoreError {
    /// A later version of the hub has written it; its version, and the last one known here.
    Newer(usize, usize),
    /// It is a database, and not one of ours.
    NotOurs,
    /// What is in it makes no sense.
    Damaged,
    /// Nothing was ever kept of this host.
    NoSuchHost,
    /// Another program has it.
    InUse,
    /// Something of the system failed.
    Io(std::io::Error),
    /// The database says no.
    Database(rusqlite::Error),
}

impl StoreError {
    /// Whether the file is to be given up.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged => true,
            Self::Database(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ),
            Self::Newer(..) | Self::NotOurs | Self::NoSuchHost | Self::InUse | Self::Io(_) => false,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(found, known) => write!(
                f,
                "a later version of kinglet-hub has written it (version {found}, {known} is known \
                 here): it is left as it is"
            ),
            Self::NotOurs => f.write_str("not a history of kinglet-hub"),
            Self::Damaged => f.write_str("damaged"),
            Self::NoSuchHost => f.write_str("nothing was ever kept of this host"),
            Self::InUse => f.write_str("a running hub has it"),
            Self::Io(error) => error.fmt(f),
            Self::Database(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => f.write_str("no space left"),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    f.write_str("damaged")
                }
                Some(_) | None => error.fmt(f),
            },
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Damaged> for StoreError {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}
