//! What lies under a mount: the table of mounts, how much room each has, and the disks that carry
//! it. No sample is made here.

pub(crate) mod block;
mod kinds;
pub(crate) mod medium;
mod members;
pub(crate) mod mounts;
pub(crate) mod rows;
pub(crate) mod statfs;
