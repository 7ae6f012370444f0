//! `/ws/telegraf`: one message for each batch, text or not, lines or JSON.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use futures_util::StreamExt;
use kinglet_proto::ingest::telegraf::{Batch, Precision};
use kinglet_proto::limits::{FRAME_IN_MAX, PONG_TIMEOUT};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tracing::{debug, warn};

use super::Door;
use super::reporters::{Reporters, Taken};
use super::speaker::Speaker;
use crate::clock;
use crate::fleet::{Pace, Reason, Verdict};
use crate::hub::outbox::Outbox;
use crate::hub::{Hub, Outgoing};
use crate::limits::{POINTS_INLINE_MAX, TELEGRAF_PING_INTERVAL};
use crate::server::caller::Caller;
use crate::server::deny::deny;
use crate::server::ws::{self, Socket, Upgrade};

/// `GET /ws/telegraf`.
pub(super) async fn open(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<Upgrade, Response>,
) -> Response {
    let Door { hub, reporters, .. } = door;
    let Some(speaker) = Speaker::read(&hub.auth, caller.neighbour(), &headers, &uri) else {
        hub.complain(format_args!("telegraf at {caller} was refused: wrong token"));
        return deny(StatusCode::UNAUTHORIZED, "unauthorized", "wrong token");
    };
    caller.vouch();
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(response) => return response,
    };
    upgrade.serve(None, FRAME_IN_MAX, move |mut socket| async move {
        let _open = hub.open_socket();
        // A thousand points are more than a frame of ours.
        socket.get_mut().set_cap(FRAME_IN_MAX, Some(hub.large_messages()));
        // By this the hub says that it stops.
        let (connection, outbox) = hub.open_agent();
        let pace = Pace::agent(clock::now().instant);
        let feed =
            Feed { hub: hub.clone(), reporters, speaker: Arc::new(speaker), pace, noted: false };
        let ended = feed.serve(socket, outbox).await;
        hub.close_agent(connection);
        if let Some((socket, reason)) = ended {
            ws::close(socket, reason).await;
        }
    })
}

/// One connection.
struct Feed {
    hub: Arc<Hub>,
    reporters: Arc<Reporters>,
    speaker: Arc<Speaker>,
    pace: Pace,
    /// Something wrong was logged.
    noted: bool,
}

/// What happened first.
enum Event {
    Outgoing(Option<Outgoing>),
    Frame(Option<Message>),
    PingDue,
}

impl Feed {
    /// Serves the connection to its end; with the socket when there is still someone to say
    /// goodbye to.
    async fn serve(mut self, mut socket: Socket, mut outbox: Outbox) -> Option<(Socket, Reason)> {
        let mut heard_at = Instant::now();
        let mut ping_at = heard_at + TELEGRAF_PING_INTERVAL;
        loop {
            let event = tokio::select! {
                biased;
                outgoing = outbox.recv() => Event::Outgoing(outgoing),
                frame = socket.next() => Event::Frame(frame.and_then(Result::ok)),
                () = sleep_until(ping_at) => Event::PingDue,
            };
            match event {
                Event::Outgoing(Some(Outgoing::Answer(_))) => {}
                Event::Outgoing(Some(Outgoing::Close(reason))) => return Some((socket, reason)),
                Event::Outgoing(None) => return Some((socket, Reason::Stopping)),
                Event::Frame(frame) => {
                    heard_at = Instant::now();
                    let skipped = socket.get_mut().take_skipped();
                    if let Some(reason) = self.take(frame?, skipped).await {
                        return Some((socket, reason));
                    }
                }
                Event::PingDue if heard_at.elapsed() > PONG_TIMEOUT => {
                    return Some((socket, Reason::Silent));
                }
                Event::PingDue => {
                    ping_at = Instant::now() + TELEGRAF_PING_INTERVAL;
                    ws::send(&mut socket, Message::Ping(Bytes::new())).await.ok()?;
                }
            }
        }
    }

    /// Takes one frame in; `Some` when it was one too many.
    async fn take(&mut self, frame: Message, skipped: Option<u64>) -> Option<Reason> {
        match self.pace.take(clock::now().instant) {
            Verdict::Take => {}
            Verdict::Refuse(_) | Verdict::Drop => return None,
            Verdict::Close => return Some(Reason::TooFast),
        }
        match frame {
            _ if skipped.is_some() => {
                let bytes = skipped.unwrap_or_default();
                self.note(&format!("a batch of {bytes} bytes was skipped, it is too large"));
            }
            Message::Text(text) => self.read(text.into()).await,
            Message::Binary(bytes) => self.read(bytes).await,
            // tungstenite has answered them.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
        None
    }

    /// What takes long is not for a task among others.
    async fn read(&mut self, bytes: Bytes) {
        let is_short = bytes.len() <= POINTS_INLINE_MAX;
        let (reporters, speaker) = (self.reporters.clone(), self.speaker.clone());
        let take = move || {
            let text = str::from_utf8(&bytes)
                .map_err(|_| "a message is no UTF-8: data_format is influx or json".to_owned())?;
            let batch = Batch::lines_or_json(text, Precision::Guessed);
            let batch = batch.map_err(|error| error.to_string())?;
            Ok(reporters.take(&speaker, batch))
        };
        let taken = if is_short {
            take()
        } else {
            spawn_blocking(take).await.unwrap_or_else(|error| Err(error.to_string()))
        };
        match taken {
            Ok(taken) => self.tell(&taken),
            Err(fault) => self.note(&fault),
        }
    }

    /// Nothing is answered here: what is wrong the log says, once for each connection.
    fn tell(&mut self, taken: &Taken) {
        if let Some(fault) = &taken.fault {
            self.note(&format!("{} points were passed over: {fault}", taken.rejected));
        }
    }

    fn note(&mut self, text: &str) {
        debug!("telegraf: {text}");
        if !self.noted && self.hub.may_complain() {
            self.noted = true;
            let host = self.speaker.host.as_ref().map_or("(any)", |host| host.as_str());
            warn!("telegraf of host {host:?}: {text}");
        }
    }
}
