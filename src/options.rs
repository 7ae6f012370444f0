//! What an owner writes, before it has a meaning: each value with its place.

#[cfg(feature = "file")]
mod document;
mod problem;

#[cfg(feature = "file")]
pub(crate) use document::{Document, Section};
pub use problem::{ConfigError, Place, Problem};
pub(crate) use problem::{Problems, Written, nearest};
