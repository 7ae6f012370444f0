//! Latency probes: how far away a few places are, and how much gets lost on the way there.
//!
//! Here is what needs no socket: what a target is, when its turn comes, what a server may ask for,
//! the packet of a ping, and what many attempts say together. Who makes the attempts tells the
//! [`Plan`] of each, and puts what it knows into every sample.

mod address;
pub mod echo;
mod plan;
mod target;
mod window;

pub use address::is_private;
pub use plan::{Bounds, Done, Outcome, Plan};
pub use target::{BadTarget, Kind, Target, Wanted};
pub use window::Window;
