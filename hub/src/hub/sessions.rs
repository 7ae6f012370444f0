//! The STOMP sessions of a hub, counted: how many there were, and how each ended.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use kinglet_proto::time::Instant;
use serde::Serialize;

use crate::guard::Complaints;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client said DISCONNECT.
    Clean,
    /// One of both closed the WebSocket without that: a page was left, or the hub had a reason.
    Closed,
    /// The connection broke, or nothing came over it any more.
    Lost,
}

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    connected: AtomicU64,
    clean: AtomicU64,
    closed: AtomicU64,
    lost: AtomicU64,
    /// Those of strangers that are noted in the log.
    noted: Mutex<Complaints>,
}

/// The counts at one moment. Each session that is over is in one of the last three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Counted {
    /// Sessions that were let in.
    pub(crate) connected: u64,
    pub(crate) clean: u64,
    pub(crate) closed: u64,
    pub(crate) lost: u64,
}

impl Sessions {
    /// Whether a stranger's session is noted in the log, as the first of a minute are; with how
    /// many were not since the last that was.
    pub(crate) fn note(&self, now: Instant) -> Option<u64> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).hear(now)
    }

    /// One was let in.
    pub(crate) fn begin(&self) {
        self.connected.fetch_add(1, Ordering::Relaxed);
    }

    /// One of those is over.
    pub(crate) fn end(&self, how: End) {
        let count = match how {
            End::Clean => &self.clean,
            End::Closed => &self.closed,
            End::Lost => &self.lost,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts now.
    pub(crate) fn counted(&self) -> Counted {
        let [connected, clean, closed, lost] =
            [&self.connected, &self.clean, &self.closed, &self.lost]
                .map(|count| count.load(Ordering::Relaxed));
        Counted { connected, clean, closed, lost }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::Closed => "closed",
            Self::Lost => "lost",
        })
    }
}
