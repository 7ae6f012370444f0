//! The WebSocket upgrade and the buffers of a connection, set by hand: the defaults would hold
//! 128 KiB for each agent.

use std::future::{Future, poll_fn};

use axum::extract::FromRequestParts;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use kinglet_proto::limits::{CLOSE_TIMEOUT, WRITE_TIMEOUT};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::capped::Capped;
use crate::fleet::Reason;
use crate::limits::{
    FRAME_BUFFER_BYTES, MESSAGE_LARGE_MAX, WRITE_BUFFER_BYTES, WRITE_BUFFER_BYTES_MAX,
};

/// An open WebSocket.
/// In a box: what waits for one has room for it on each of its floors.
pub(crate) type Socket = Box<WebSocketStream<Capped<TokioIo<Upgraded>>>>;

/// A request that asks for a WebSocket.
pub(crate) struct Upgrade {
    key: HeaderValue,
    on_upgrade: OnUpgrade,
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let headers = &parts.headers;
        let asks = names(headers, UPGRADE, "websocket")
            && names(headers, CONNECTION, "upgrade")
            && headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
        let key = headers.get(SEC_WEBSOCKET_KEY).cloned();
        match (asks, key, parts.extensions.remove::<OnUpgrade>()) {
            (true, Some(key), Some(on_upgrade)) => Ok(Self { key, on_upgrade }),
            _ => Err((
                StatusCode::UPGRADE_REQUIRED,
                [(UPGRADE, "websocket"), (SEC_WEBSOCKET_VERSION, "13")],
                "this path speaks WebSocket; behind a proxy, pass on Upgrade and Connection\n",
            )
                .into_response()),
        }
    }
}

/// Whether a header that lists words has this one.
fn names(headers: &HeaderMap, header: HeaderName, word: &str) -> bool {
    let values = headers.get_all(header);
    let mut words =
        values.iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    words.any(|each| each.trim().eq_ignore_ascii_case(word))
}

impl Upgrade {
    /// Answers 101 and serves the socket in a task of its own.
    pub(crate) fn serve<F, Served>(
        self,
        protocol: Option<&'static str>,
        frame_max: usize,
        serve: F,
    ) -> Response
    where
        F: FnOnce(Socket) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send,
    {
        let accept = derive_accept_key(self.key.as_bytes());
        tokio::spawn(async move {
            let Ok(upgraded) = self.on_upgrade.await else { return };
            let stream = Capped::new(TokioIo::new(upgraded), frame_max);
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config()));
            serve(Box::new(socket.await)).await;
        });
        let mut response = (
            StatusCode::SWITCHING_PROTOCOLS,
            [(UPGRADE, "websocket"), (CONNECTION, "upgrade")],
            [(SEC_WEBSOCKET_ACCEPT, accept)],
        )
            .into_response();
        if let Some(protocol) = protocol {
            let protocol = HeaderValue::from_static(protocol);
            response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(FRAME_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        // What is too large for this connection does not come as far as here.
        .max_message_size(Some(MESSAGE_LARGE_MAX))
        .max_frame_size(Some(MESSAGE_LARGE_MAX))
}

/// The next message; `None` when the connection is over.
///
/// The one before is let go when the socket has begun to look for the next: while somebody holds
/// it, tungstenite leaves its buffer to it and begins another of a few bytes, and so one that has
/// nothing to say holds no room for what it said last.
pub(crate) async fn next(socket: &mut Socket, before: &mut Option<Message>) -> Option<Message> {
    poll_fn(|context| {
        let next = socket.poll_next_unpin(context);
        *before = None;
        next.map(|next| next.and_then(Result::ok))
    })
    .await
}

/// Sends one message within the limit; `Err` when the connection is over.
pub(crate) async fn send(socket: &mut Socket, message: Message) -> Result<(), ()> {
    match timeout(WRITE_TIMEOUT, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

/// Says goodbye, waits a moment for the other side to, and drops the connection.
pub(crate) async fn close(socket: Socket, reason: Reason) {
    close_with(socket, reason.code(), &reason.to_string()).await;
}

/// The same with a code and words of one's own.
pub(crate) async fn close_with(mut socket: Socket, code: u16, reason: &str) {
    let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
    let goodbye = async {
        if socket.as_mut().close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    // However it ends, the connection is dropped.
    let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
}
