//! Kinglet's pure core, shared by the agent, the hub and the tests.
//!
//! Nothing in this crate reads a clock, a file, a socket or randomness: what it needs to know it is
//! told, and what it wants done it says. So everything here can be tested without waiting.

pub mod alert;
pub mod answer;
pub mod backoff;
pub mod delivery;
pub mod enroll;
pub mod host;
pub mod ingest;
pub mod limits;
pub mod occurrence;
pub mod output;
pub mod pattern;
pub mod percent;
pub mod probe;
pub mod quoted;
pub mod rng;
pub mod sample;
pub mod secret;
pub mod session;
pub mod time;
pub mod viewer;
pub mod wire;
pub mod zone;
