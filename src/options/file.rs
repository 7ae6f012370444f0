//! The configuration file: which it is, and its text.

use std::fs::File;
use std::io::{self, Read};

use kinglet_proto::limits::CONFIG_BYTES_MAX;

use super::{Given, Place, Problems, Table, Text};

/// The configuration file of a packaged installation.
const PACKAGED: &str = "/etc/kinglet/kinglet.toml";

impl Given {
    /// The path of the file in force, and where it is named.
    pub(crate) fn file(&self) -> Text<'_> {
        let packaged = Text { value: PACKAGED, place: &Place::Missing };
        self.text(Table::Top, "config").unwrap_or(packaged)
    }

    /// Reads the file in force. Only the packaged one may be missing.
    pub(crate) fn read_file(&self, problems: &mut Problems) -> Self {
        let Text { value: path, place } = self.file();
        match text_of(path) {
            Ok(text) => return Self::read(path, &text, problems),
            Err(error) if error.kind() == io::ErrorKind::NotFound && *place == Place::Missing => {}
            Err(error) => problems.add(place, format!("cannot read {path}: {error}")),
        }
        Self::default()
    }
}

/// A configuration file's text, if it is not longer than one can be.
pub(crate) fn text_of(path: &str) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(CONFIG_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    if text.len() > CONFIG_BYTES_MAX {
        let fault = format!("it has more than {CONFIG_BYTES_MAX} bytes");
        return Err(io::Error::other(fault));
    }
    Ok(text)
}
