//! What was told and what waits, in a file: after a restart no alert is told twice, and none is
//! forgotten. One JSON object, written whole beside the old one and put in its place.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::desk::Memory;
use crate::enroll::write_draft;
use crate::limits::NOTIFY_FILE_BYTES_MAX;

/// Its name in the state's folder.
pub(super) const NAME: &str = "notify.json";

/// By the channel's name.
pub(super) type Memories = BTreeMap<String, Memory>;

/// What stands in a file; nothing where there is none, as before the first alert.
///
/// # Errors
/// It cannot be read, or is not whole.
pub(super) fn read(path: &Path) -> io::Result<Memories> {
    let mut text = String::new();
    match fs::File::open(path) {
        Ok(file) => file.take(NOTIFY_FILE_BYTES_MAX).read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Memories::new()),
        Err(error) => return Err(error),
    };
    Ok(serde_json::from_str(&text)?)
}

/// Puts the text in the place of the file.
///
/// # Errors
/// The old file is as it was.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new().mode(0o700).recursive(true).create(folder)?;
    fs::rename(write_draft(folder, text)?, path)
}
