//! The connection of one session: messages in WebSocket frames, bare or wrapped by SockJS.

use futures_util::{SinkExt, StreamExt};
use kinglet_proto::limits::WRITE_TIMEOUT;
use kinglet_proto::wire::sockjs;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::server::ws::{self, Socket};

/// How messages are wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Not at all.
    Plain,
    /// As SockJS does.
    SockJs,
}

/// One connection.
pub(super) struct Line {
    socket: Socket,
    framing: Framing,
}

/// What comes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A message, whole.
    Message(Bytes),
    /// A sign of life below the messages.
    Sign,
    /// A message was too large, and is gone.
    TooLarge,
    /// What came is none of SockJS's frames.
    NotSockJs,
    /// The client closes.
    Closed,
    /// The connection broke.
    Lost,
}

/// The connection is of no more use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl Line {
    pub(super) fn new(socket: Socket, framing: Framing) -> Self {
        Self { socket, framing }
    }

    /// Lets messages of this size in from now on.
    pub(super) fn set_cap(&mut self, bytes: usize) {
        self.socket.get_mut().set_cap(bytes, None);
    }

    /// Says that it is there, where the framing has a word for it.
    pub(super) async fn open(&mut self) -> Result<(), Broken> {
        match self.framing {
            Framing::Plain => Ok(()),
            Framing::SockJs => {
                self.write(Message::text(sockjs::OPEN)).await?;
                self.flush().await
            }
        }
    }

    /// What comes next. It may be asked for again before it has come.
    pub(super) async fn next(&mut self) -> Incoming {
        let message = match self.socket.next().await {
            Some(Ok(message)) => message,
            Some(Err(_)) | None => return Incoming::Lost,
        };
        if self.socket.get_mut().take_skipped().is_some() {
            return Incoming::TooLarge;
        }
        match message {
            Message::Text(text) => match self.framing {
                Framing::Plain => Incoming::Message(text.into()),
                Framing::SockJs => sockjs::decode(&text)
                    .map_or(Incoming::NotSockJs, |texts| Incoming::Message(texts.concat().into())),
            },
            Message::Binary(bytes) => Incoming::Message(bytes),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Incoming::Sign,
            Message::Close(_) => Incoming::Closed,
        }
    }

    /// Hands a message on; it leaves with the next flush at the latest.
    pub(super) async fn feed(&mut self, text: String) -> Result<(), Broken> {
        let text = match self.framing {
            Framing::Plain => text,
            Framing::SockJs => sockjs::message(&text),
        };
        self.write(Message::text(text)).await
    }

    /// Everything handed on leaves.
    pub(super) async fn flush(&mut self) -> Result<(), Broken> {
        within(self.socket.flush()).await
    }

    /// Asks whether the client is there; SockJS has a word of its own for that, too.
    pub(super) async fn ask(&mut self) -> Result<(), Broken> {
        if self.framing == Framing::SockJs {
            self.write(Message::text(sockjs::HEARTBEAT)).await?;
        }
        self.write(Message::Ping(Bytes::new())).await?;
        self.flush().await
    }

    /// Says goodbye.
    pub(super) async fn close(mut self, code: u16, reason: &str) {
        if self.framing == Framing::SockJs {
            let words = if reason.is_empty() { "Go away!" } else { reason };
            let last = Message::text(sockjs::closed(sockjs::GO_AWAY, words));
            // However it ends, the connection is dropped.
            let _ = ws::send(&mut self.socket, last).await;
        }
        ws::close_with(self.socket, code, reason).await;
    }

    async fn write(&mut self, message: Message) -> Result<(), Broken> {
        within(self.socket.feed(message)).await
    }
}

async fn within<E>(step: impl Future<Output = Result<(), E>>) -> Result<(), Broken> {
    match timeout(WRITE_TIMEOUT, step).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Broken),
    }
}
