//! What a protocol has to do beside its connection, over one of its own, once.

use super::Request;

/// A request of its own to the same server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// What is asked for. With a body it is a POST, and the answer's status is all that is wanted;
    /// without one, a WebSocket.
    pub request: Request,
    /// What is said on the WebSocket before it is closed.
    pub text: Option<String>,
}
