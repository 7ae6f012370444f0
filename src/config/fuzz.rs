//! What `fuzz/` reads a configuration by: a text in place of a file.

use super::Config;
use crate::options::{ConfigError, Given, Problems};

/// Reads a text as the file of this name would be read.
pub fn parse(file: &str, text: &str) -> Result<Config, ConfigError> {
    let mut problems = Problems::default();
    let given = Given::read(file, text, &mut problems);
    let config = Config::understand(&given, &mut problems);
    problems.finish(Some(config))
}
