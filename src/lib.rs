//! The Kinglet agent: samples a Linux host and reports to the dashboards of its owner.
//!
//! It executes nothing, listens on nothing and writes nothing to disk, but for
//! [`command::enroll`], which its owner calls by hand, and the file that he names for traffic.

pub mod arguments;
pub mod clock;
pub mod command;
pub mod config;
mod drive;
pub mod limits;
pub mod link;
pub mod options;
#[cfg_attr(not(feature = "probe"), path = "no_probe.rs")]
mod probe;
pub mod run;
mod source;
pub mod supervisor;
