//! What lies in a folder of the owner's, as the text that reading it gives: a line for each file,
//! by which it is seen whether one is another than before.
//!
//! ```text
//! 1795161600000000000 262144 118 backup.prom
//! (changed, nanoseconds since 1970; inode; bytes; name)
//! ```

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::kernel::text;
use crate::limits::FOLDER_ENTRIES_MAX;

/// One file of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// What it is known by.
    pub(crate) stamp: Stamp,
    pub(crate) name: &'a str,
}

/// What is another once a file was written, or another was put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    /// When it was written, nanoseconds since 1970.
    pub(crate) modified: u64,
    pub(crate) inode: u64,
    pub(crate) bytes: u64,
}

/// What reading gave, or in place of the error that it is a folder the list of it.
pub(super) fn or_list<'b>(
    result: io::Result<&'b [u8]>,
    path: &Path,
    list: &'b mut Vec<u8>,
) -> io::Result<&'b [u8]> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            *list = self::list(path)?;
            Ok(list)
        }
        other => other,
    }
}

/// Lists a folder; links are followed. What is no file, or has a name that is no plain text, is
/// left out.
fn list(folder: &Path) -> io::Result<Vec<u8>> {
    let mut out = String::new();
    for entry in fs::read_dir(folder)?.take(FOLDER_ENTRIES_MAX) {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|name| !name.contains('\n')) else { continue };
        let Ok(meta) = fs::metadata(folder.join(name)) else { continue };
        if meta.is_file() {
            let (seconds, nanos) = (meta.mtime().max(0), meta.mtime_nsec());
            let modified = seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
            // A `String` takes all that is written.
            let _ = writeln!(out, "{modified} {} {} {name}", meta.ino(), meta.size());
        }
    }
    Ok(out.into_bytes())
}

/// Reads such a list.
pub(crate) fn entries(list: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    text::lines(list).filter_map(|line| {
        let mut fields = text::fields(line);
        let mut number = || fields.number();
        let stamp = Stamp { modified: number()?, inode: number()?, bytes: number()? };
        let name = fields.rest().strip_prefix(b" ")?;
        Some(Entry { stamp, name: std::str::from_utf8(name).ok()? })
    })
}
