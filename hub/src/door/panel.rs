//! `/ws` and the three paths below it: the panel messages of vStats and the realtime API. Who comes
//! is greeted with every host, and told what happens from then on.

mod notice;
mod question;
mod viewer;
mod watching;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use kinglet_proto::limits::FRAME_IN_MAX;
use kinglet_proto::wire::envelope;
use viewer::Viewer;

use super::Routes;
use crate::fleet::Reason;
use crate::hub::Hub;
use crate::server::caller::Caller;
use crate::server::session::ended;
use crate::server::sight;
use crate::server::token::Credentials;
use crate::server::viewer::{Ending, send_all};
use crate::server::ws::{self, Socket, Upgrade};
use crate::sink::Sinks;
use crate::sink::broadcast::{Broadcast, Encode, Kind};

/// Each path, the one type its viewers hear beside `connection` (`None` for all), and how an update
/// is written for them.
const PATHS: [(&str, Option<&str>, Encode); 4] = [
    ("/ws", None, notice::everything),
    ("/ws/performance", Some("performance"), notice::performances),
    ("/ws/alerts", Some("alert"), notice::alerts),
    ("/ws/status", Some("status"), notice::statuses),
];

/// What the viewers of one path share.
#[derive(Clone)]
struct Panel {
    hub: Arc<Hub>,
    broadcast: Arc<Broadcast>,
    kind: Kind,
    only: Option<&'static str>,
    /// Who has rows, where they are to be had.
    rows: Option<Kind>,
}

pub(super) fn routes(hub: &Arc<Hub>, sinks: &Sinks) -> Routes {
    let Some(broadcast) = sinks.get::<Broadcast>() else { return Routes::new() };
    let panels = PATHS.map(|(path, only, encode)| {
        let (hub, kind) = (hub.clone(), broadcast.add_kind(encode));
        let rows = only.is_none().then(|| broadcast.add_kind_of_rows(notice::beside_rows));
        let panel = Panel { hub, broadcast: broadcast.clone(), kind, only, rows };
        (path, get(open).with_state(panel))
    });
    panels.into()
}

/// A refused viewer gets its upgrade too: a browser shows its script nothing of a 401.
async fn open(
    State(Panel { hub, broadcast, kind, only, rows }): State<Panel>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Response {
    let Credentials { token, id, protocol, rows: asked } = Credentials::read(&headers, &uri);
    let rows = rows.zip(asked);
    let protocol = rows.map(|(_, protocol)| protocol).or(protocol);
    let allowed = hub.auth.viewer(token.as_deref());
    let sight = sight::with_token(&hub.auth, token.as_deref());
    upgrade.serve(protocol, FRAME_IN_MAX, move |mut socket| async move {
        let _open = hub.open_socket();
        if !allowed {
            if let Some(reason) = refuse(&broadcast, &mut socket).await {
                ws::close(socket, reason).await;
            }
            return;
        }
        let Some(_seat) = hub.open_viewer(&caller) else {
            return ws::close(socket, Reason::TooManyViewers).await;
        };
        let kind = rows.map_or(kind, |(kind, _)| kind);
        let Some(live) = broadcast.watch(kind, sight) else {
            return ws::close(socket, Reason::Stopping).await;
        };
        let id = id.unwrap_or_else(|| format!("viewer-{}", hub.next_id()));
        let viewer = Viewer::new(hub.clone(), live, only, rows.is_some());
        let ending = tokio::select! {
            ending = viewer.serve(&mut socket, &id) => ending,
            () = ended(&hub.auth, token.as_deref()) => Some(Reason::NotAllowed),
        };
        if let Some(reason) = ending {
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
