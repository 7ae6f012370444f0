//! How Kinglet reads a Linux host: what the kernel's files say, and the sample made of it.
//!
//! No connection, no clock and no configuration: a caller says where the files lie, what to collect
//! and what time it is.

#[cfg(feature = "alerts")]
mod boot;
#[cfg_attr(not(feature = "budget"), path = "no_budget.rs")]
mod budget;
pub mod collect;
mod filter;
mod health;
pub mod kernel;
pub mod limits;
#[cfg(feature = "router")]
mod links;
mod processor;
mod read;
mod sampler;
mod schedule;
mod setup;
mod stat_file;
#[cfg(feature = "traffic")]
mod state;
mod storage;

#[cfg(feature = "alerts")]
pub use boot::boot_cause;
/// Why this host was started anew: nobody is told in this build.
#[cfg(not(feature = "alerts"))]
pub const fn boot_cause(_: &Roots) -> Option<kinglet_proto::host::BootCause> {
    None
}
pub use filter::Filter;
pub use health::Trouble;
pub use sampler::{Options, Sampler};
pub use setup::{Budget, Filters, Meter, Roots, Router, Wanted};
pub use storage::statfs::{Ask, Origin, Space};
