//! What stands in for what is called by hand in a build without the feature `terminal`.

use std::fmt;
use std::io;

use super::Outcome;

/// What was asked for is not part of this build.
#[derive(Debug)]
pub struct LeftOut(&'static str);

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this build of kinglet was made without {}: install a release build", self.0)
    }
}

impl std::error::Error for LeftOut {}

impl LeftOut {
    /// For the exit code.
    pub fn outcome(&self) -> Outcome {
        Outcome::Misconfigured
    }
}

/// `kinglet check`, left out.
pub mod check {
    use super::{LeftOut, Outcome, io};
    use crate::config::Config;
    use crate::options::Given;

    /// Says so.
    pub fn alerts(_config: &Config, _given: &Given) -> io::Result<Outcome> {
        Err(io::Error::other(LeftOut("the command check")))
    }

    /// Says so.
    pub fn check(_given: &Given, _config_only: bool, _json: bool) -> io::Result<Outcome> {
        Err(io::Error::other(LeftOut("the command check")))
    }
}

/// `kinglet enroll`, left out.
pub mod enroll {
    use super::{LeftOut, io};
    use crate::options::Given;

    /// Says so.
    pub fn run(_given: &Given, _out: &mut impl io::Write) -> Result<(), LeftOut> {
        Err(LeftOut("the command enroll"))
    }
}

/// `--print-config`, left out.
pub mod print_config {
    use super::{LeftOut, Outcome, io};
    use crate::config::Config;

    /// Says so.
    pub fn print(_config: &Config) -> io::Result<Outcome> {
        Err(io::Error::other(LeftOut("--print-config")))
    }
}

/// The table of `kinglet sample`, left out.
pub mod table {
    use kinglet_proto::sample::Sample;

    use super::{LeftOut, io};

    /// Says so.
    pub fn write(_out: &mut impl io::Write, _sample: &Sample, _bold: bool) -> io::Result<()> {
        Err(io::Error::other(LeftOut("the table of sample, which has --json")))
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::output::LEFT_OUT;
    use kinglet_proto::sample::Sample;

    use super::*;
    use crate::config::Config;
    use crate::options::{Entry, Given, Place};

    #[test]
    fn each_names_what_is_missing() {
        let given = Given::default();
        let mut out = Vec::new();
        let told = check::check(&given, true, false).unwrap_err().to_string();
        assert!(told.contains("without the command check"), "{told}");
        let told = table::write(&mut out, &Sample::default(), false).unwrap_err().to_string();
        assert!(told.contains("--json"), "{told}");
        let error = enroll::run(&given, &mut out).unwrap_err();
        assert!(error.to_string().contains("without the command enroll"), "{error}");
        assert_eq!(error.outcome(), Outcome::Misconfigured);
        assert!(out.is_empty());
    }

    #[test]
    fn a_protocol_that_is_missing_is_told_from_one_that_nobody_knows() {
        let told = |protocol: &str| {
            let mut given = Given::default();
            for (flag, value) in [("url", "wss://hub.example"), ("protocol", protocol)] {
                let (flag, entry) = Entry::of_flag(flag).unwrap();
                given.set(entry, value.to_owned(), Place::Flag(flag));
            }
            Config::load(&given).unwrap_err().to_string()
        };
        for name in LEFT_OUT {
            let (told, due) = (told(name), format!("was made without {name}: install a release"));
            assert!(told.contains(&due), "{told}");
        }
        assert!(told("telnet").contains("is not one of kinglet"), "{}", told("telnet"));
    }
}
