//! `/ws`: the panel messages of vStats. Who comes is greeted with every host, and told what
//! happens from then on.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest;
use kinglet_proto::limits::FRAME_IN_MAX;
use kinglet_proto::viewer::{Metrics, added, metrics, removed, status};
use kinglet_proto::wire::envelope;
use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Routes;
use crate::clock;
use crate::fleet::{Pace, Reading, Reason, Snapshot, Update, Verdict};
use crate::hub::Hub;
use crate::server::token::Credentials;
use crate::server::viewer::{Ending, send_all, send_waiting};
use crate::server::ws::{self, Socket, Upgrade};
use crate::sink::Sinks;
use crate::sink::broadcast::{Broadcast, Kind, Live, Past};
use crate::turn::end_turn;

/// What its viewers share.
#[derive(Clone)]
struct Panel {
    hub: Arc<Hub>,
    broadcast: Arc<Broadcast>,
    kind: Kind,
}

pub(super) fn routes(hub: &Arc<Hub>, sinks: &Sinks) -> Routes {
    let Some(broadcast) = sinks.get::<Broadcast>() else { return Routes::new() };
    let kind = broadcast.add_kind(encode);
    let panel = Panel { hub: hub.clone(), broadcast, kind };
    vec![("/ws", get(open).with_state(panel))]
}

/// The message for an update; `None` for a reading that is not the newest.
fn encode(update: &Update, broadcast: &Broadcast) -> Option<String> {
    let (head, public) = (broadcast.head(), broadcast.public());
    match update {
        Update::Reading(Reading { newest: false, .. })
        | Update::Told(_)
        | Update::Aggregates(_) => None,
        Update::Reading(Reading { host, sample, .. }) => {
            Some(metrics(head, &host.id, Metrics { sample, public }))
        }
        Update::Status(host) => Some(status(head, &host.host())),
        Update::Added(host) => Some(added(head, &host.host())),
        Update::Removed(id) => Some(removed(head, id)),
    }
}

/// A refused viewer gets its upgrade too: a browser shows its script nothing of a 401.
async fn open(
    State(Panel { hub, broadcast, kind }): State<Panel>,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Response {
    let Credentials { token, id, protocol } = Credentials::read(&headers, &uri);
    let allowed = hub.auth.viewer(token.as_deref());
    upgrade.serve(protocol, FRAME_IN_MAX, move |mut socket| async move {
        let _open = hub.open_socket();
        if !allowed {
            if let Some(reason) = refuse(&broadcast, &mut socket).await {
                ws::close(socket, reason).await;
            }
            return;
        }
        let Some(_seat) = hub.open_viewer() else {
            return ws::close(socket, Reason::TooManyViewers).await;
        };
        let Some(live) = broadcast.watch(kind) else {
            return ws::close(socket, Reason::Stopping).await;
        };
        let id = id.unwrap_or_else(|| format!("viewer-{}", hub.next_id()));
        if let Some(reason) = Viewer::new(live).serve(&mut socket, &id).await {
            ws::close(socket, reason).await;
        }
    })
}

async fn refuse(broadcast: &Broadcast, socket: &mut Socket) -> Ending {
    let failed = envelope::refused(broadcast.head(), "AUTH_FAILED", "a valid token is needed");
    let text = "the token is missing or wrong";
    let wrong = envelope::error(broadcast.head(), "AUTHENTICATION_FAILED", text, None);
    send_all(socket, [failed, wrong]).await.err().unwrap_or(Some(Reason::NotAllowed))
}

/// One viewer's connection.
struct Viewer {
    live: Live,
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

impl Viewer {
    fn new(live: Live) -> Self {
        Self { past: live.hosts().into(), live, pace: Pace::viewer(clock::now().instant) }
    }

    /// Serves the connection to its end.
    async fn serve(mut self, socket: &mut Socket, id: &str) -> Ending {
        let head = self.live.broadcast().head();
        let hello = envelope::connected(head, id, Some(self.past.len()));
        let mut sent = send_all(socket, [hello]).await;
        loop {
            if let Err(ending) = sent {
                return ending;
            }
            let event = tokio::select! {
                biased;
                live = self.live.recv() => Event::Live(live),
                frame = socket.next() => Event::Frame(frame.and_then(Result::ok)),
                () = std::future::ready(()), if !self.past.is_empty() => Event::Past,
            };
            sent = match event {
                Event::Live(Ok(text)) => send_waiting(socket, text, || self.live.try_recv()).await,
                Event::Live(Err(RecvError::Lagged(_))) => Err(Some(Reason::TooSlow)),
                Event::Live(Err(RecvError::Closed)) => Err(Some(Reason::Stopping)),
                Event::Past => self.send_past(socket).await,
                Event::Frame(Some(frame)) => self.answer(socket, &frame).await,
                Event::Frame(None) => Err(None),
            };
        }
    }

    /// Tells of one host, as the board has it.
    async fn send_past(&mut self, socket: &mut Socket) -> Result<(), Ending> {
        let Some(id) = self.past.front() else { return Ok(()) };
        let past = self.live.past(id);
        if matches!(past, Past::Later) {
            return Ok(());
        }
        self.past.pop_front();
        match past {
            Past::State(host) => {
                send_all(socket, self.introduce(&host)).await?;
                // There may be thousands of hosts, and nobody else shall wait for all of them.
                end_turn().await;
                Ok(())
            }
            Past::Gone | Past::Later => Ok(()),
        }
    }

    fn introduce(&self, host: &Snapshot) -> Vec<String> {
        let broadcast = self.live.broadcast();
        let view = host.host();
        let mut texts = vec![added(broadcast.head(), &view), status(broadcast.head(), &view)];
        if let Some(sample) = &host.sample {
            let figures = Metrics { sample, public: broadcast.public() };
            texts.push(metrics(broadcast.head(), &host.id, figures));
        }
        texts
    }

    async fn answer(&mut self, socket: &mut Socket, frame: &Message) -> Result<(), Ending> {
        let verdict = self.pace.take(clock::now().instant);
        let is_message = matches!(frame, Message::Text(_) | Message::Binary(_));
        let head = || self.live.broadcast().head();
        let text = match verdict {
            Verdict::Close => return Err(Some(Reason::TooFast)),
            Verdict::Drop => return Ok(()),
            // Control frames are answered below us.
            Verdict::Take | Verdict::Refuse(_) if !is_message => return Ok(()),
            Verdict::Take => match wants(frame) {
                Wanted::Pong => envelope::pong(head()),
                Wanted::Unknown(why) => envelope::error(head(), "INVALID_MESSAGE", why, None),
            },
            Verdict::Refuse(retry_after) => {
                let ms = u64::try_from(retry_after.as_millis()).ok();
                let why = "more messages than the pace allows";
                envelope::error(head(), "RATE_LIMIT_EXCEEDED", why, ms)
            }
        };
        send_all(socket, [text]).await
    }
}

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
