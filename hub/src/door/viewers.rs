//! `/ws` and `/ws-frontend`: one task for each viewer.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use kinglet_proto::host::HostId;
use kinglet_proto::ingest;
use kinglet_proto::limits::{FRAME_IN_MAX, WRITE_TIMEOUT};
use kinglet_proto::viewer;
use kinglet_proto::wire::envelope;
use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::clock;
use crate::fleet::{Pace, Reason, Verdict};
use crate::hub::{Channel, Hub};
use crate::limits::VIEWER_BATCH;
use crate::server::token::Credentials;
use crate::server::ws::{self, Socket, Upgrade};

/// `GET /ws`.
pub(crate) async fn panel(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Response {
    open(hub, &headers, &uri, upgrade, Channel::Panel)
}

/// `GET /ws-frontend`.
pub(crate) async fn frontend(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Response {
    open(hub, &headers, &uri, upgrade, Channel::Frontend)
}

/// A refused viewer gets its upgrade too: a browser shows its script nothing of a 401.
fn open(
    hub: Arc<Hub>,
    headers: &HeaderMap,
    uri: &Uri,
    upgrade: Upgrade,
    channel: Channel,
) -> Response {
    let Credentials { token, id, protocol } = Credentials::read(headers, uri);
    let allowed = hub.auth.viewer(token.as_deref());
    upgrade.serve(protocol, FRAME_IN_MAX, move |mut socket| async move {
        let _open = hub.open_socket();
        if !allowed {
            refuse(&hub, &mut socket, channel).await;
            return ws::close(socket, Reason::NotAllowed).await;
        }
        let Some((_seat, live)) = hub.open_viewer(channel) else {
            return ws::close(socket, Reason::TooManyViewers).await;
        };
        let pace = Pace::viewer(clock::now().instant);
        let viewer = Viewer { hub: &hub, channel, live, past: VecDeque::new(), pace };
        if let Some((socket, reason)) = viewer.serve(socket, id).await {
            ws::close(socket, reason).await;
        }
    })
}

async fn refuse(hub: &Hub, socket: &mut Socket, channel: Channel) {
    if channel == Channel::Frontend {
        return;
    }
    let failed = envelope::refused(hub.head(), "AUTH_FAILED", "a valid token is needed");
    let text = "the token is missing or wrong";
    let wrong = envelope::error(hub.head(), "AUTHENTICATION_FAILED", text, None);
    for text in [failed, wrong] {
        if ws::send(socket, Message::text(text)).await.is_err() {
            return;
        }
    }
}

/// One viewer's connection.
struct Viewer<'a> {
    hub: &'a Hub,
    channel: Channel,
    /// What all viewers of the channel are told from now on.
    live: Receiver<Utf8Bytes>,
    /// Hosts this one has not been told of yet.
    past: VecDeque<HostId>,
    pace: Pace,
}

/// What happened first.
enum Event {
    Live(Result<Utf8Bytes, RecvError>),
    Past,
    Frame(Option<Message>),
}

impl Viewer<'_> {
    /// Serves the connection to its end; with the socket when there is still someone to say
    /// goodbye to.
    async fn serve(mut self, mut socket: Socket, id: Option<String>) -> Option<(Socket, Reason)> {
        if self.channel == Channel::Panel {
            let hello = self.greet(id);
            ws::send(&mut socket, Message::text(hello)).await.ok()?;
        }
        loop {
            let event = tokio::select! {
                biased;
                live = self.live.recv() => Event::Live(live),
                frame = socket.next() => Event::Frame(frame.and_then(Result::ok)),
                () = std::future::ready(()), if !self.past.is_empty() => Event::Past,
            };
            let sent = match event {
                Event::Live(Ok(text)) => self.send_live(&mut socket, text).await,
                Event::Live(Err(RecvError::Lagged(_))) => Err(Some(Reason::TooSlow)),
                Event::Live(Err(RecvError::Closed)) => Err(Some(Reason::Stopping)),
                Event::Past => self.send_past(&mut socket).await,
                Event::Frame(frame) => self.answer(&mut socket, &frame?).await,
            };
            match sent {
                Ok(()) => {}
                Err(None) => return None,
                Err(Some(reason)) => return Some((socket, reason)),
            }
        }
    }

    fn greet(&mut self, id: Option<String>) -> String {
        let id = id.unwrap_or_else(|| format!("viewer-{}", self.hub.next_id()));
        let snapshots =
            self.hub.with_fleet(|fleet, _| fleet.snapshots().map(|host| host.id).collect());
        self.past = snapshots;
        envelope::connected(self.hub.head(), &id, Some(self.past.len()))
    }

    /// Sends a message and all that wait behind it with one flush.
    async fn send_live(&mut self, socket: &mut Socket, text: Utf8Bytes) -> Result<(), Ending> {
        let mut next = Some(text);
        let mut left = VIEWER_BATCH;
        while let Some(text) = next {
            feed(socket, Message::Text(text)).await?;
            left -= 1;
            let waiting = if left == 0 { Err(TryRecvError::Empty) } else { self.live.try_recv() };
            next = match waiting {
                Ok(text) => Some(text),
                Err(TryRecvError::Empty | TryRecvError::Closed) => None,
                Err(TryRecvError::Lagged(_)) => return Err(Some(Reason::TooSlow)),
            };
        }
        flush(socket).await
    }

    /// Tells of one host, as it is now; nothing older waits in the live queue at this moment.
    async fn send_past(&mut self, socket: &mut Socket) -> Result<(), Ending> {
        let Some(id) = self.past.pop_front() else { return Ok(()) };
        let Some(snapshot) = self.hub.with_fleet(|fleet, _| fleet.snapshot(&id)) else {
            return Ok(());
        };
        let (head, host) = (|| self.hub.head(), snapshot.host());
        let public = self.hub.auth.public();
        let mut texts = vec![viewer::added(head(), &host), viewer::status(head(), &host)];
        texts.extend(
            snapshot
                .sample
                .as_ref()
                .map(|sample| viewer::metrics(head(), &id, viewer::Metrics { sample, public })),
        );
        for text in texts {
            feed(socket, Message::text(text)).await?;
        }
        flush(socket).await
    }

    async fn answer(&mut self, socket: &mut Socket, frame: &Message) -> Result<(), Ending> {
        let is_message = matches!(frame, Message::Text(_) | Message::Binary(_));
        if self.channel == Channel::Frontend || !is_message {
            // Control frames are answered below us; `/ws-frontend` takes no messages.
            return match self.pace.take(clock::now().instant) {
                Verdict::Close => Err(Some(Reason::TooFast)),
                Verdict::Take | Verdict::Refuse(_) | Verdict::Drop => Ok(()),
            };
        }
        let verdict = self.pace.take(clock::now().instant);
        let head = || self.hub.head();
        let text = match verdict {
            Verdict::Take => Some(match wants(frame) {
                Wanted::Pong => envelope::pong(head()),
                Wanted::Unknown(why) => envelope::error(head(), "INVALID_MESSAGE", why, None),
            }),
            Verdict::Refuse(retry_after) => {
                let ms = u64::try_from(retry_after.as_millis()).ok();
                let why = "more messages than the pace allows";
                Some(envelope::error(head(), "RATE_LIMIT_EXCEEDED", why, ms))
            }
            Verdict::Drop | Verdict::Close => None,
        };
        match (verdict, text) {
            (Verdict::Close, _) => Err(Some(Reason::TooFast)),
            (_, Some(text)) => ws::send(socket, Message::text(text)).await.map_err(|()| None),
            (_, None) => Ok(()),
        }
    }
}

/// Why a viewer's connection ends: with a word, or because it is gone.
type Ending = Option<Reason>;

/// What a viewer's message asks for.
enum Wanted {
    Pong,
    Unknown(&'static str),
}

fn wants(frame: &Message) -> Wanted {
    let Message::Text(text) = frame else { return Wanted::Unknown("messages are text") };
    match ingest::decode(text) {
        Ok(ingest::Message::Ping) => Wanted::Pong,
        Ok(_) => Wanted::Unknown("unknown type"),
        Err(_) if text.is_empty() => Wanted::Unknown("empty, or larger than 64 KiB"),
        Err(_) => Wanted::Unknown("not a JSON object with a type"),
    }
}

async fn feed(socket: &mut Socket, message: Message) -> Result<(), Ending> {
    within(socket.feed(message)).await
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
