//! `/ws-frontend`: the documented SimpleServerStatus object of a host, the moment it has reported.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt;
use kinglet_proto::limits::FRAME_IN_MAX;
use kinglet_proto::viewer::{Topic, server_info};
use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::tungstenite::Message;

use super::Routes;
use crate::clock;
use crate::fleet::{Pace, Reading, Reason, Update, Verdict};
use crate::hub::Hub;
use crate::server::caller::Caller;
use crate::server::heartbeat::Heartbeat;
use crate::server::session::ended;
use crate::server::sight;
use crate::server::token::Credentials;
use crate::server::viewer::{Audience, Ending, Notice, Notices, send_waiting};
use crate::server::ws::{self, Socket, Upgrade};
use crate::sink::Sinks;
use crate::sink::broadcast::{Broadcast, Kind, Live};

/// What its viewers share.
#[derive(Clone)]
struct Frontend {
    hub: Arc<Hub>,
    broadcast: Arc<Broadcast>,
    kind: Kind,
}

pub(super) fn routes(hub: &Arc<Hub>, sinks: &Sinks) -> Routes {
    let Some(broadcast) = sinks.get::<Broadcast>() else { return Routes::new() };
    let kind = broadcast.add_kind(encode);
    let frontend = Frontend { hub: hub.clone(), broadcast, kind };
    vec![("/ws-frontend", get(open).with_state(frontend))]
}

/// The object for a new reading; there is none for anything else.
fn encode(update: &Update, _: &Broadcast) -> Vec<Notice> {
    match update {
        Update::Reading(Reading { newest: true, host, sample, .. }) => {
            let text = server_info(&host.host(), host.label.ip.as_deref(), sample).into();
            let topic = Topic::new("server_info", Vec::new());
            vec![Notice { text, topic, audience: Audience::Chosen }]
        }
        Update::Reading(_)
        | Update::Status(_)
        | Update::Added(_)
        | Update::Removed(_)
        | Update::Told(_)
        | Update::Aggregates(_) => Vec::new(),
    }
}

/// A refused viewer gets its upgrade too: a browser shows its script nothing of a 401.
async fn open(
    State(Frontend { hub, broadcast, kind }): State<Frontend>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Response {
    let Credentials { token, protocol, .. } = Credentials::read(&headers, &uri);
    let allowed = hub.auth.viewer(token.as_deref());
    let sight = sight::with_token(&hub.auth, token.as_deref());
    upgrade.serve(protocol, FRAME_IN_MAX, move |mut socket| async move {
        let _open = hub.open_socket();
        if !allowed {
            return ws::close(socket, Reason::NotAllowed).await;
        }
        let Some(_seat) = hub.open_viewer(&caller) else {
            return ws::close(socket, Reason::TooManyViewers).await;
        };
        let Some(live) = broadcast.watch(kind, sight) else {
            return ws::close(socket, Reason::Stopping).await;
        };
        let heartbeat = Heartbeat::new(hub.viewer_ping);
        let ending = tokio::select! {
            ending = serve(&mut socket, live, heartbeat) => ending,
            () = ended(&hub.auth, token.as_deref()) => Some(Reason::NotAllowed),
        };
        if let Some(reason) = ending {
            ws::close(socket, reason).await;
        }
    })
}

/// What happened first.
enum Event {
    Live(Result<Notices, RecvError>),
    Frame(Option<Message>),
    PingDue,
}

/// Serves the connection to its end.
async fn serve(socket: &mut Socket, mut live: Live, mut heartbeat: Heartbeat) -> Ending {
    let mut pace = Pace::viewer(clock::now().instant);
    loop {
        let event = tokio::select! {
            biased;
            live = live.recv() => Event::Live(live),
            frame = socket.next() => Event::Frame(frame.and_then(Result::ok)),
            () = heartbeat.due() => Event::PingDue,
        };
        match event {
            Event::Live(Ok(notices)) => {
                let whole = |notice: &Notice| Some(notice.text.clone());
                let sight = live.sight();
                let sent = send_waiting(socket, notices, sight, whole, || live.try_recv());
                if let Err(ending) = sent.await {
                    return ending;
                }
            }
            Event::Live(Err(RecvError::Lagged(_))) => return Some(Reason::TooSlow),
            Event::Live(Err(RecvError::Closed)) => return Some(Reason::Stopping),
            Event::Frame(None) => return None,
            Event::PingDue => {
                if let Err(ending) = heartbeat.ask(socket).await {
                    return ending;
                }
            }
            // Control frames are answered below us, and messages are not taken here.
            Event::Frame(Some(_)) => {
                heartbeat.hear();
                if pace.take(clock::now().instant) == Verdict::Close {
                    return Some(Reason::TooFast);
                }
            }
        }
    }
}
