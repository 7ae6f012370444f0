//! What `kinglet` does when called, a file per command.

#[cfg(feature = "terminal")]
pub mod check;
#[cfg(feature = "terminal")]
pub mod enroll;
#[cfg(not(feature = "terminal"))]
mod left_out;
#[cfg(feature = "terminal")]
pub mod print_config;
pub mod run;
pub mod sample;
#[cfg(feature = "terminal")]
mod table;

#[cfg(not(feature = "terminal"))]
pub use left_out::{check, enroll, print_config, table};

/// What who reports to nobody is told.
const NO_SERVER: &str = if cfg!(feature = "file") {
    "nobody to report to. Name a server in /etc/kinglet/kinglet.toml ([[server]] and its url), \
     or in a file that --config or KINGLET_CONFIG names, or by --url or KINGLET_URL"
} else {
    "nobody to report to: name a server by --url or KINGLET_URL"
};

/// How a command ended, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it should: 0.
    Good,
    /// A server cannot be reached or refuses: 1.
    Unreachable,
    /// The configuration is wrong: 2.
    Misconfigured,
}
