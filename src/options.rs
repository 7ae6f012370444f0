//! Every setting of the agent, stated once: a row of [`KEYS`] is all that is to be known of one
//! before it is read.
//!
//! By this table flags, environment and file become what is [`Given`], each value with its place;
//! what it means is `config`'s. `tests/documents.rs` makes `--help`, man pages, completions and
//! README's tables from it, and holds the packaged configuration to it.

mod command;
#[cfg(feature = "file")]
mod document;
mod file;
mod given;
mod key;
mod layers;
#[cfg(not(feature = "file"))]
mod no_document;
mod problem;

pub use command::{COMMANDS, Command, CommandRow, SWITCHES, Switch};
#[cfg(feature = "terminal")]
pub(crate) use file::text_of;
pub use given::Given;
pub(crate) use given::{Block, Text};
pub(crate) use key::Entry;
pub use key::{Form, KEYS, Key, Table, collectors, keys_of};
pub use problem::{ConfigError, Place, Problem};
pub(crate) use problem::{Problems, nearest};

/// What `--help` prints.
pub const HELP: &str = include_str!("options/help.txt");
