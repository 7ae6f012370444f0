//! What a link tells.

use std::net::SocketAddr;

use tungstenite::Utf8Bytes;

use super::error::LinkError;

/// Something that happened on a link.
#[derive(Debug)]
pub enum LinkEvent {
    /// A step on the way is done.
    Progress(Progress),
    /// The WebSocket is open.
    Opened,
    /// The server answered the request that the connection was for, with this HTTP status.
    Answered(u16),
    /// A text frame came.
    Text(Utf8Bytes),
    /// A Pong came.
    Pong,
    /// The socket takes no more: what was sent last waits.
    Blocked,
    /// Everything has left again.
    Drained,
    /// The connection is gone, or was never made. Nothing follows.
    Closed(LinkError),
}

/// A step of a connection that is done.
#[derive(Debug)]
pub enum Progress {
    /// The name has these addresses, and what failed while they were looked up, in words.
    Resolved(Vec<SocketAddr>, Vec<String>),
    /// TCP is connected to this one.
    Connected(SocketAddr),
    /// TLS is up: version and cipher suite.
    Secured(String),
}
