//! What the fleet wants done, as plain values.

use std::fmt;

use kinglet_proto::answer::Answer;
use kinglet_proto::host::HostId;

use super::{ConnectionId, Update};

/// One thing for the shell to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Answer an agent.
    Send(ConnectionId, Answer),
    /// Close an agent's connection and forget it.
    Close(ConnectionId, Reason),
    /// Tell everybody who shows, keeps or passes on what happens.
    Publish(Update),
    /// Tell the owner, in the log.
    Note(Note),
}

/// What the owner may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// An agent logged in.
    Joined(HostId),
    /// A second agent logged in as the same host.
    Duplicate(HostId),
    /// A host fell silent.
    Offline(HostId),
    /// Its agent said goodbye.
    Stopped(HostId),
}

/// Why the hub closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A newer connection reports as the same host.
    Duplicate,
    /// Nothing was heard for too long.
    Silent,
    /// No credentials came in time, or another message came first.
    NoCredentials,
    /// The credentials in the message were wrong.
    LoginRefused,
    /// The message named what cannot be the id of a host.
    BadId,
    /// Too many connections have not logged in yet.
    TooManyVisitors,
    /// A fleet token named more hosts than the hub keeps.
    TooManyHosts,
    /// More new hosts came with a fleet token than may in an hour.
    TooManyNew,
    /// The pace was ignored.
    TooFast,
    /// A viewer did not read as fast as the fleet reports.
    TooSlow,
    /// More viewers than the hub serves.
    TooManyViewers,
    /// A viewer's credentials were wrong.
    NotAllowed,
    /// What it sent could not be kept.
    NotKept,
    /// The hub stops.
    Stopping,
}

impl Reason {
    /// The close code it travels with. Only 1008 makes an agent think that a person must act.
    pub fn code(self) -> u16 {
        match self {
            Self::Duplicate
            | Self::NoCredentials
            | Self::LoginRefused
            | Self::BadId
            | Self::TooFast
            | Self::NotAllowed => 1008,
            Self::Silent | Self::Stopping => 1001,
            Self::TooManyVisitors
            | Self::TooManyHosts
            | Self::TooManyNew
            | Self::TooSlow
            | Self::TooManyViewers
            | Self::NotKept => 1013,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "a newer connection reports as this host",
            Self::Silent => "nothing was heard for too long",
            Self::NoCredentials => "no credentials were shown in time",
            Self::LoginRefused => "wrong server id or token",
            Self::BadId => "no host can have this id",
            Self::TooManyVisitors => "too many connections without credentials",
            Self::TooManyHosts => "too many hosts",
            Self::TooManyNew => "too many new hosts: try again later",
            Self::TooFast => "too many messages",
            Self::TooSlow => "too slow: messages were lost",
            Self::TooManyViewers => "too many viewers",
            Self::NotAllowed => "a token is needed",
            Self::NotKept => "not everything was kept: send it again",
            Self::Stopping => "the hub stops",
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(id) => write!(f, "host {id} reports"),
            Self::Duplicate(id) => {
                write!(f, "host {id} reports on a second connection: the older one is closed")
            }
            Self::Offline(id) => write!(f, "host {id} is offline"),
            Self::Stopped(id) => write!(f, "host {id} is offline: its agent was stopped"),
        }
    }
}
