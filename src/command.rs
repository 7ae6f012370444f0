//! What `kinglet` does when called, a file per command.

#[cfg(feature = "terminal")]
pub mod check;
#[cfg(feature = "terminal")]
pub mod enroll;
#[cfg(not(feature = "terminal"))]
mod left_out;
pub mod run;
pub mod sample;
#[cfg(feature = "terminal")]
mod table;

#[cfg(not(feature = "terminal"))]
pub use left_out::{check, enroll, table};

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
