//! What stands in for `document` in a build without the feature `file`: any file is a problem.

use super::{Given, Place, Problems};

impl Given {
    /// Reads nothing and says so, lest an owner believes in what is written there.
    pub(crate) fn read(file: &str, _text: &str, problems: &mut Problems) -> Self {
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
    use crate::options::Table;

    #[test]
    fn a_file_is_told_that_nobody_reads_it() {
        let mut problems = Problems::default();
        let given = Given::read("/etc/kinglet/kinglet.toml", "interval = \"1m\"", &mut problems);
        assert!(given.text(Table::Top, "interval").is_none());
        let told = problems.finish(Some(())).unwrap_err().to_string();
        assert!(told.starts_with("/etc/kinglet/kinglet.toml:1: this build"), "{told}");
        assert!(told.contains("KINGLET_") && !told.contains("interval"), "{told}");
    }
}
