//! What doors share: the frames of a WebSocket, the credentials and parameters a request shows, how
//! one is refused or answered, what names of metrics mean, how a viewer is written to.

pub(crate) mod caller;
mod capped;
pub(crate) mod cookie;
pub(crate) mod decision;
pub(crate) mod deny;
pub(crate) mod gate;
pub(crate) mod heartbeat;
pub(crate) mod json;
pub(crate) mod kept;
pub(crate) mod keys;
pub(crate) mod metric_name;
pub(crate) mod operator;
pub(crate) mod packed;
pub(crate) mod parameters;
pub(crate) mod session;
pub(crate) mod sight;
pub(crate) mod token;
pub(crate) mod viewer;
pub(crate) mod ws;

#[cfg(fuzzing)]
pub use capped::fuzz::filtered;
