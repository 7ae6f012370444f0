//! What stands in for `file` in a build without that feature: any file is a problem.

use super::raw::RawConfig;
use crate::options::{Place, Problems};

impl RawConfig {
    /// Reads nothing and says so, lest an owner believes in what is written there.
    pub(super) fn read(file: &str, _text: &str, problems: &mut Problems) -> Self {
        let place = Place::File { file: file.to_owned(), line: 1, key: String::new() };
        let fault = "this build of kinglet reads no configuration file: use flags and KINGLET_ \
                     variables (see --help), or install a release build";
        problems.add(&place, fault);
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_that_nobody_reads_it() {
        let mut problems = Problems::default();
        let raw = RawConfig::read("/etc/kinglet/kinglet.toml", "interval = \"1m\"", &mut problems);
        assert!(raw.interval.is_none());
        let told = problems.finish(Some(())).unwrap_err().to_string();
        assert!(told.starts_with("/etc/kinglet/kinglet.toml:1: this build"), "{told}");
        assert!(told.contains("KINGLET_") && !told.contains("interval"), "{told}");
    }
}
