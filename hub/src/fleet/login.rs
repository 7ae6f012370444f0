//! Connections that show who they are by their first message.

use std::time::Duration;

use kinglet_proto::answer::{Answer, LoginError};
use kinglet_proto::host::HostId;
use kinglet_proto::limits::AUTH_TIMEOUT;
use kinglet_proto::time::Now;

use super::{ConnectionId, Fleet, Reason};
use crate::limits::VISITORS_MAX;

impl Fleet {
    /// One that has shown nothing yet.
    pub(super) fn visit(&mut self, connection: ConnectionId, now: Now) {
        if self.visitors.len() >= VISITORS_MAX {
            return self.close(connection, Reason::TooManyVisitors);
        }
        let deadline = now.instant.plus(AUTH_TIMEOUT);
        self.visitors.insert(connection, deadline);
        self.check_by(deadline);
    }

    /// What its message was good for.
    pub(super) fn log_in(
        &mut self,
        connection: ConnectionId,
        host: Result<HostId, LoginError>,
        now: Now,
    ) {
        self.hear(connection, now);
        let taken = host.and_then(|host| {
            let granted = match self.agents.get(&connection) {
                Some(joined) => *joined == host,
                None => {
                    self.visitors.contains_key(&connection) && self.join(connection, &host, now)
                }
            };
            if granted { Ok(()) } else { Err(LoginError::Refused) }
        });
        self.send(connection, Answer::Login(taken));
        let reason = match taken {
            Ok(()) => return,
            Err(LoginError::Refused) => Reason::LoginRefused,
            Err(LoginError::BadId(_)) => Reason::BadId,
        };
        if self.visitors.remove(&connection).is_some() {
            self.close(connection, reason);
        }
    }

    /// It would be a new host, of which there were enough for now.
    pub(super) fn put_off(&mut self, connection: ConnectionId, after: Duration, now: Now) {
        self.hear(connection, now);
        self.send(connection, Answer::TooManyNew(after));
        if self.visitors.remove(&connection).is_some() {
            self.close(connection, Reason::TooManyNew);
        }
    }
}
