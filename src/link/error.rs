//! Why a connection could not be made or was lost, in words its owner can act on.

use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

use kinglet_proto::quoted::Quoted;
use kinglet_proto::session::Loss;
use kinglet_proto::time::WallTime;

use super::carrier::websocket::upgrade::UpgradeError;
use super::egress::Source;
use super::proxy::ProxyError;
use super::tls::fault::explain;
use super::tls::pin::{Pin, WrongPin};

/// The step of a connection that failed, and how.
#[derive(Debug)]
pub enum LinkError {
    /// The name could not be resolved.
    Resolve(String, String),
    /// No address of the name accepted a TCP connection; the last one tried, and why not.
    Connect(SocketAddr, io::Error),
    /// Connections cannot come from where their owner wants them to.
    Source(Source, io::Error),
    /// The proxy made no way to the server.
    Proxy(ProxyError),
    /// Nothing happened for too long.
    TimedOut(Step, Duration),
    /// TLS failed; for certificates the text says what is wrong with them.
    Tls(String),
    /// The server's key is not the pinned one; this is the pin of the key it has.
    Pin(Pin),
    /// The server did not grant the upgrade.
    Upgrade(UpgradeError),
    /// The server closed the connection with this code and reason.
    Closed(u16, String),
    /// The connection broke.
    Broken(io::Error),
    /// The server ended the stream without a close frame.
    Ended,
    /// The server broke the WebSocket protocol, or sent more than it may.
    Protocol(String),
    /// The address this end used is no longer one of this host's.
    AddressGone,
}

/// A step that has its time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// TCP, over all addresses.
    Connect,
    /// The way through a proxy.
    Proxy,
    /// TLS and HTTP.
    Upgrade,
    /// HTTP: TLS, the request and its answer.
    Answer,
    /// Bytes wait and none leaves.
    Write,
}

impl LinkError {
    /// What the loss means for the back-off; `wall` is the host's clock, if it can be right.
    pub fn loss(&self, wall: Option<WallTime>) -> Loss {
        match self {
            Self::Upgrade(UpgradeError::Busy(_, _, Some(after))) => {
                after.pause(wall).map_or(Loss::Broken, Loss::Busy)
            }
            Self::Upgrade(UpgradeError::Refused(_)) => Loss::Refused,
            Self::Upgrade(
                UpgradeError::WebPage | UpgradeError::NotFound | UpgradeError::Status(405),
            ) => Loss::NotThere,
            Self::Closed(code, _) => Loss::of_close_code(Some(*code)),
            Self::Ended => Loss::Ended,
            Self::Upgrade(_)
            | Self::Resolve(..)
            | Self::Connect(..)
            | Self::Source(..)
            | Self::Proxy(_)
            | Self::TimedOut(..)
            | Self::Tls(_)
            | Self::Pin(_)
            | Self::Broken(_)
            | Self::Protocol(_)
            | Self::AddressGone => Loss::Broken,
        }
    }

    /// The error behind a failed read or write: TLS faults travel inside of I/O errors.
    pub(crate) fn from_io(error: io::Error, host: &str) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(error) => match WrongPin::behind(error) {
                Some(WrongPin(shown)) => Self::Pin(*shown),
                None => Self::Tls(explain(error, host)),
            },
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Ended,
            None => Self::Broken(error),
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(host, error) => write!(f, "the name {host} does not resolve: {error}"),
            Self::Connect(address, error) => write!(f, "tcp connect to {address} failed: {error}"),
            Self::Source(source, error) => {
                write!(f, "cannot connect from {source}: {}", source.explain(error))
            }
            Self::Proxy(error) => write!(f, "no way through the proxy: {error}"),
            Self::TimedOut(step, limit) => {
                let step = match step {
                    Step::Connect => "tcp connect",
                    Step::Proxy => "the proxy's way to the server",
                    Step::Upgrade => "tls and upgrade",
                    Step::Answer => "the answer",
                    Step::Write => "write",
                };
                write!(f, "{step} timed out after {} s", limit.as_secs())
            }
            Self::Tls(fault) => write!(f, "tls failed: {fault}"),
            Self::Pin(shown) => write!(
                f,
                "the server's key is not the pinned one: its pin is {shown}; either the hub has \
                 a new key and its owner can tell you so, or somebody is in between"
            ),
            Self::Upgrade(error) => error.fmt(f),
            Self::Closed(code, reason) if reason.is_empty() => {
                write!(f, "the server closed the connection (code {code})")
            }
            Self::Closed(code, reason) => {
                write!(f, "the server closed the connection (code {code}: {})", Quoted(reason))
            }
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Ended => write!(f, "the server ended the connection without a word"),
            Self::Protocol(fault) => write!(f, "the server broke the protocol: {fault}"),
            Self::AddressGone => write!(f, "this host lost the address the connection used"),
        }
    }
}

impl std::error::Error for LinkError {}
