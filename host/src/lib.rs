//! How Kinglet reads a Linux host: what the kernel's files say, and the sample made of it.
//!
//! No connection, no clock and no configuration: a caller says where the files lie, what to collect
//! and what time it is.

pub mod collect;
mod filter;
pub mod kernel;
pub mod limits;
mod read;
mod sampler;
mod setup;
mod stat_file;
#[cfg(feature = "traffic")]
mod state;
mod storage;

pub use filter::Filter;
pub use sampler::{Options, Sampler};
pub use setup::{Filters, Meter, Roots, Router, Wanted};
pub use storage::statfs::{Ask, Origin, Space};
