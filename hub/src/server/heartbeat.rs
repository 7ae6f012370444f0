//! Whether a viewer is still there: it is pinged, which browsers answer by themselves (RFC 6455
//! section 5.5.2), and one that was silent for one and a half times as long is gone. A machine that
//! fell asleep with the page open would otherwise hold its seat until a write fails.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::viewer::Ending;
use super::ws::{Socket, send};

/// What was heard of one viewer, and when it is asked.
pub(crate) struct Heartbeat {
    every: Duration,
    ping_at: Instant,
    gone_at: Instant,
}

impl Heartbeat {
    /// Of one that has just come.
    pub(crate) fn new(every: Duration) -> Self {
        let now = Instant::now();
        Self { every, ping_at: now + every, gone_at: now + every * 3 / 2 }
    }

    /// It said something.
    pub(crate) fn hear(&mut self) {
        self.gone_at = Instant::now() + self.every * 3 / 2;
    }

    /// Ready when there is something to do.
    pub(crate) async fn due(&self) {
        sleep_until(self.ping_at.min(self.gone_at)).await;
    }

    /// Asks whether it is there; an error when it is not.
    pub(crate) async fn ask(&mut self, socket: &mut Socket) -> Result<(), Ending> {
        let now = Instant::now();
        if now >= self.gone_at {
            return Err(None);
        }
        self.ping_at = now + self.every;
        send(socket, Message::Ping(Bytes::new())).await.map_err(|()| None)
    }
}
