//! What `fuzz/` reads configurations by: a text in place of a file.

use std::path::Path;

use super::{Config, Fault, enrolled, line_of};

/// Reads a text as the hub's file would be read; what is wrong comes with its line.
pub fn parse(text: &str) -> Result<Config, (usize, String)> {
    super::parse(text).map_err(|fault| told(text, fault))
}

/// Reads a text as the file of an enrolled host with this id would be read.
pub fn parse_host(text: &str, id: &str) -> Result<(), (usize, String)> {
    let host = enrolled::parse(text, Path::new(&format!("{id}.toml")));
    host.map(drop).map_err(|fault| told(text, fault))
}

fn told(text: &str, Fault { at, what }: Fault) -> (usize, String) {
    (line_of(text, at), what)
}
