//! From a name to a connected socket.

mod ask;
mod message;
pub(super) mod race;
mod resolv_conf;
pub(super) mod resolve;
