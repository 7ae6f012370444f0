//! How a viewer is written to: many messages with one flush, each within its time.

use std::sync::Arc;

use futures_util::SinkExt;
use kinglet_proto::host::HostId;
use kinglet_proto::limits::WRITE_TIMEOUT;
use kinglet_proto::viewer::Topic;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::ws::Socket;
use crate::fleet::{Reason, Sight};
use crate::limits::viewers::VIEWER_BATCH;

/// Why a viewer's connection ends: with a word, or because it is gone.
pub(crate) type Ending = Option<Reason>;

/// One message, written once and shared by all viewers who hear it.
pub(crate) struct Notice {
    /// The message.
    pub(crate) text: Utf8Bytes,
    /// What it is about.
    pub(crate) topic: Topic,
    /// Who it is for, of those who look at rows.
    pub(crate) audience: Audience,
}

/// Which viewers of rows a message is for.
pub(crate) enum Audience {
    /// Whoever has chosen it.
    Chosen,
    /// Who looks at all fields of this host.
    Whole(HostId),
    /// Who looks at one of these hosts. The message has the rows of all of them.
    Rows(Arc<[HostRow]>),
}

/// The row of one host, as JSON.
#[derive(Clone)]
pub(crate) struct HostRow {
    /// Its host.
    pub(crate) id: HostId,
    /// Whether it stands for all that is known, and not for what changed.
    pub(crate) whole: bool,
    /// Its number, and its values behind their columns.
    pub(crate) text: String,
}

/// By whom what a notice is about is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Everybody.
    Everybody,
    /// Who sees what is hidden.
    Insiders,
    /// Who does not.
    Strangers,
}

impl Seen {
    /// Whether who sees so much belongs to it.
    pub(crate) fn has(self, sight: Sight) -> bool {
        match self {
            Self::Everybody => true,
            Self::Insiders => sight == Sight::All,
            Self::Strangers => sight == Sight::Public,
        }
    }
}

/// What one update says to viewers of one kind.
pub(crate) type Notices = Arc<[(Seen, Notice)]>;

/// Sends of these notices, and those that wait behind them, [`VIEWER_BATCH`] at most, what the
/// viewer takes of each.
pub(crate) async fn send_waiting(
    socket: &mut Socket,
    first: Notices,
    sight: Sight,
    pick: impl Fn(&Notice) -> Option<Utf8Bytes>,
    mut waiting: impl FnMut() -> Result<Notices, TryRecvError>,
) -> Result<(), Ending> {
    let mut next = Some(first);
    let mut left = VIEWER_BATCH;
    while let Some(notices) = next {
        let mine = notices.iter().filter(|(seen, _)| seen.has(sight));
        for text in mine.filter_map(|(_, notice)| pick(notice)) {
            feed(socket, text).await?;
        }
        left -= 1;
        next = match if left == 0 { Err(TryRecvError::Empty) } else { waiting() } {
            Ok(notices) => Some(notices),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
            Err(TryRecvError::Lagged(_)) => return Err(Some(Reason::TooSlow)),
        };
    }
    flush(socket).await
}

/// Sends these messages.
pub(crate) async fn send_all(
    socket: &mut Socket,
    texts: impl IntoIterator<Item = String>,
) -> Result<(), Ending> {
    for text in texts {
        feed(socket, text.into()).await?;
    }
    flush(socket).await
}

async fn feed(socket: &mut Socket, text: Utf8Bytes) -> Result<(), Ending> {
    within(socket.feed(Message::Text(text))).await
}

async fn flush(socket: &mut Socket) -> Result<(), Ending> {
    within(socket.flush()).await
}

async fn within<T, E>(step: impl Future<Output = Result<T, E>>) -> Result<(), Ending> {
    match timeout(WRITE_TIMEOUT, step).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}
