//! The Kinglet agent: samples a Linux host and reports to the dashboards of its owner.

pub mod collect;
pub mod kernel;
