//! What the loop waits for beside servers.

pub(crate) mod network;
