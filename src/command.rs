//! What `kinglet` does when called, a file per command.

pub mod check;
pub mod enroll;
pub mod run;
pub mod sample;
mod table;

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
