//! From a name to a connected socket.

pub(super) mod race;
pub(super) mod resolve;
