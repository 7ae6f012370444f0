//! What a link tells.

use std::net::SocketAddr;

use kinglet_proto::time::WallTime;
use tungstenite::Utf8Bytes;

use super::carrier::head::RetryAfter;
use super::error::LinkError;

/// Something that happened on a link.
#[derive(Debug)]
pub enum LinkEvent {
    /// A step on the way is done.
    Progress(Progress),
    /// The WebSocket is open.
    Opened,
    /// The server answered the request under way.
    Answered(Answered),
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

/// An HTTP answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// When the server wants to be asked again, if it says so.
    pub retry_after: Option<RetryAfter>,
    /// The beginning of its body.
    pub body: String,
}

/// A step of a connection that is done.
#[derive(Debug)]
pub enum Progress {
    /// The name has these addresses, and what failed while they were looked up, in words.
    Resolved(Vec<SocketAddr>, Vec<String>),
    /// TCP is connected to this one, from that one of ours where the kernel says so.
    Connected(SocketAddr, Option<SocketAddr>),
    /// The proxy that TCP is connected to has made the way to the server.
    Tunnelled,
    /// TLS is up: version and cipher suite, and whether a certificate of ours was shown.
    Secured(String),
    /// By the clock of the server, or of what answers for it, it is this time.
    Dated(WallTime),
}
