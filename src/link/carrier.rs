//! How a byte stream carries messages.

pub(super) mod handshake;
pub(super) mod upgrade;
pub(super) mod websocket;
