//! `/stomp` and `/ws/stomp`: STOMP over WebSocket, and SockJS below `/stomp` for pages that know
//! nothing else. Viewers subscribe to topics, agents send what they read.
//!
//! Of SockJS there is WebSocket alone. Its other transports are for proxies that let no WebSocket
//! through, and would need a session that outlives its connections.

mod entry;
mod line;
mod parting;
mod periods;
mod publisher;
mod request;
mod session;
mod viewer;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use entry::Guest;
use kinglet_proto::wire::stomp::SUBPROTOCOLS;
use line::{Framing, Line};
use serde_json::json;
use session::Stomp;

use super::Routes;
use crate::guard::Foreign;
use crate::hub::Hub;
use crate::limits::VISITOR_FRAME_MAX;
use crate::server::caller::Caller;
use crate::server::deny::foreign;
use crate::server::gate::is_own_page;
use crate::server::session::ended;
use crate::server::token::Credentials;
use crate::server::ws::Upgrade;
use crate::sink::Sinks;
use crate::sink::topics::Topics;

pub(super) fn routes(hub: &Arc<Hub>, sinks: &Sinks) -> Routes {
    let Some(topics) = sinks.get::<Topics>() else { return Routes::new() };
    let stomp = Stomp { hub: hub.clone(), topics };
    let plain = || -> MethodRouter { get(open_plain).with_state(stomp.clone()) };
    vec![
        ("/stomp", plain()),
        ("/ws/stomp", plain()),
        ("/stomp/websocket", plain()),
        ("/stomp/info", get(info).with_state(stomp.clone())),
        ("/stomp/{server}/{session}/websocket", get(open_sockjs).with_state(stomp.clone())),
    ]
}

/// What SockJS asks first. Pages that may open a WebSocket may ask: those of the hub, and those
/// that its owner names.
async fn info(State(stomp): State<Stomp>, headers: HeaderMap, uri: Uri) -> Response {
    if !is_own_page(&stomp.hub.gate, &headers, &uri) {
        return foreign(Foreign::Page);
    }
    let mut entropy = [0; 4];
    // Without it two pages could choose the same session's name, which says nothing here.
    let _ = getrandom::fill(&mut entropy);
    let body = json!({
        "websocket": true,
        "cookie_needed": false,
        "origins": ["*:*"],
        "entropy": u32::from_ne_bytes(entropy),
    });
    let told = [
        ("content-type", "application/json; charset=UTF-8"),
        ("cache-control", "no-store, no-cache, must-revalidate, max-age=0"),
        ("vary", "origin"),
    ];
    let mut response = (told, body.to_string()).into_response();
    let all = HeaderValue::from_static("*");
    let origin = headers.get(ORIGIN).cloned();
    let answer = response.headers_mut();
    // SockJS asks with credentials, and a browser then wants its origin by name.
    if origin.is_some() {
        answer.insert("access-control-allow-credentials", HeaderValue::from_static("true"));
    }
    answer.insert("access-control-allow-origin", origin.unwrap_or(all));
    response
}

async fn open_plain(
    State(stomp): State<Stomp>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Response {
    open(stomp, caller, &headers, &uri, upgrade, Framing::Plain)
}

async fn open_sockjs(
    State(stomp): State<Stomp>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Upgrade,
) -> Response {
    open(stomp, caller, &headers, &uri, upgrade, Framing::SockJs)
}

fn open(
    stomp: Stomp,
    caller: Caller,
    headers: &HeaderMap,
    uri: &Uri,
    upgrade: Upgrade,
    framing: Framing,
) -> Response {
    let Credentials { token, id, .. } = Credentials::read(headers, uri);
    let session = token.clone();
    let guest = Guest { caller, token, id };
    upgrade.serve(subprotocol(headers), VISITOR_FRAME_MAX, move |socket| async move {
        let hub = stomp.hub.clone();
        let _open = hub.open_socket();
        tokio::select! {
            () = session::serve(&stomp, Line::new(socket, framing), guest) => {}
            () = ended(&hub.auth, session.as_deref()) => {}
        }
    })
}

/// The first that is offered and known: some clients fail on one that they did not offer, or on
/// none of several that they know.
fn subprotocol(headers: &HeaderMap) -> Option<&'static str> {
    let lists = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
    let mut offered =
        lists.iter().filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    offered.find_map(|offered| {
        SUBPROTOCOLS.into_iter().find(|known| offered.trim().eq_ignore_ascii_case(known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_subprotocol_that_is_known_is_agreed_on() {
        for (offered, agreed) in [
            (&["v12.stomp, v11.stomp, v10.stomp"][..], Some("v12.stomp")),
            (&["v10.stomp", "v11.stomp"], Some("v10.stomp")),
            (&["bearer.t, v11.stomp"], Some("v11.stomp")),
            (&["mqtt"], None),
            (&[], None),
        ] {
            let lists =
                offered.iter().map(|list| (SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(list)));
            let mut headers = HeaderMap::new();
            for (name, list) in lists {
                headers.append(name, list);
            }
            assert_eq!(subprotocol(&headers), agreed, "{offered:?}");
        }
    }
}
