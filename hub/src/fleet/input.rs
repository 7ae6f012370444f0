//! What the fleet hears, as plain values.

use std::time::Duration;

use kinglet_proto::answer::LoginError;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{Label, Message};

use super::ConnectionId;

/// Something happened to an agent's connection, or time went by.
#[derive(Debug)]
pub enum Input {
    /// A connection that has shown no credential yet; it may by its first message.
    Visited(ConnectionId),
    /// A connection that may report as this host.
    Joined {
        /// The connection.
        connection: ConnectionId,
        /// The host its credentials are for.
        host: HostId,
        /// It speaks the envelope and expects to be told that it is connected.
        greet: bool,
    },
    /// Credentials came in a message; with the host they are good for.
    LoggedIn(ConnectionId, Result<HostId, LoginError>),
    /// Credentials came in a message that would make a new host, of which there were enough; the
    /// agent may try again after this.
    TooManyNew(ConnectionId, Duration),
    /// A frame without a message in it: a Ping, a Pong, or one that made no sense.
    Heard(ConnectionId),
    /// A message.
    Received(ConnectionId, Message),
    /// A message came too soon; the agent may try again after this.
    TooFast(ConnectionId, Duration),
    /// Its agent says that it ends: it was stopped, or its host is shut down.
    Parted(ConnectionId),
    /// The connection is gone.
    Left(ConnectionId),
    /// A host was enrolled, with what the owner calls it. Who reported as it so far may not.
    Enrolled(HostId, Label),
    /// The owner calls a host this from now on, be it known or not.
    Labelled(HostId, Label),
    /// No token is good for a host any more.
    Revoked(HostId),
    /// A host is not the owner's any more: nothing of it stays.
    Deleted(HostId),
    /// Every reading up to this number is safe.
    Kept(u64),
    /// Some readings that were not safe are lost.
    Lost,
    /// An alert of the hub's own about this host, as the `data` of its message.
    Alert(HostId, String),
    /// A deadline may have passed.
    Tick,
}
