//! WebSocket frames over a transport: tungstenite, driven without blocking, with small buffers.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::str::Utf8Error;
use std::sync::Arc;

use kinglet_proto::limits::FRAME_IN_MAX;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Bytes, Error, Message, Utf8Bytes, WebSocket};

use crate::limits::{READ_BUFFER_BYTES, TEXT_KEPT_BYTES_MAX, WRITE_BUFFER_BYTES_MAX};
use crate::link::error::LinkError;
use crate::link::transport::Transport;

/// An open WebSocket.
pub(super) struct Channel {
    socket: WebSocket<Transport>,
    host: String,
    /// Frames lie in the write buffer that the transport would not take yet.
    unsent: bool,
    /// Room of the last text, for the next one.
    text: Kept,
}

/// A text that tungstenite and we hold together until it is a frame.
///
/// A report given away whole was two pages taken from the kernel and given back each time: musl
/// keeps none of that size when all of them are free.
#[derive(Clone, Default)]
struct Kept(Arc<Vec<u8>>);

impl Kept {
    fn fill(&mut self, text: &str) -> Result<Utf8Bytes, Utf8Error> {
        let room = Arc::make_mut(&mut self.0);
        if room.capacity() > TEXT_KEPT_BYTES_MAX {
            *room = Vec::new();
        }
        room.clear();
        room.extend_from_slice(text.as_bytes());
        Utf8Bytes::try_from(Bytes::from_owner(self.clone()))
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What a server sent, as far as a session cares.
pub(super) enum Heard {
    /// A text frame.
    Text(Utf8Bytes),
    /// The answer to a Ping.
    Pong,
    /// Anything that is answered below or means nothing here.
    Other,
}

impl Channel {
    /// Begins after the upgrade; `tail` is what came behind the response head.
    pub(super) fn new(transport: Transport, tail: Vec<u8>, host: &str) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
            .max_message_size(Some(FRAME_IN_MAX))
            .max_frame_size(Some(FRAME_IN_MAX));
        let socket = WebSocket::from_partially_read(transport, tail, Role::Client, Some(config));
        Self { socket, host: host.to_owned(), unsent: false, text: Kept::default() }
    }

    /// The stream below.
    pub(super) fn transport(&self) -> &Transport {
        self.socket.get_ref()
    }

    /// Tells that poll(2) found the socket readable.
    pub(super) fn set_readable(&mut self) {
        self.socket.get_mut().set_readable();
    }

    /// Whether bytes wait for the socket to become writable.
    pub(super) fn has_unsent(&self) -> bool {
        self.unsent || self.transport().wants_write()
    }

    /// Sends a text frame, or queues it when the socket is full.
    pub(super) fn send_text(&mut self, text: &str) -> Result<(), LinkError> {
        let text = self.text.fill(text).unwrap_or_else(|_| Utf8Bytes::from(text));
        self.send(Message::Text(text))
    }

    /// Sends a Ping.
    pub(super) fn send_ping(&mut self) -> Result<(), LinkError> {
        self.send(Message::Ping(Bytes::new()))
    }

    /// Sends a close frame.
    pub(super) fn send_close(&mut self, code: u16) -> Result<(), LinkError> {
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::default() };
        self.send(Message::Close(Some(frame)))
    }

    /// Writes what waits, as far as the socket takes it.
    pub(super) fn flush(&mut self) -> Result<(), LinkError> {
        let flushed = self.socket.flush();
        self.settle(flushed)
    }

    /// The next message; `None` when there is none yet.
    pub(super) fn receive(&mut self) -> Result<Option<Heard>, LinkError> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(Some(Heard::Text(text))),
            Ok(Message::Pong(_)) => Ok(Some(Heard::Pong)),
            Ok(Message::Close(frame)) => {
                // The answer to the close frame is worth one attempt.
                let _ = self.socket.flush();
                let (code, reason) = frame.map_or((1005, String::new()), |frame| {
                    (u16::from(frame.code), frame.reason.as_str().to_owned())
                });
                Err(LinkError::Closed(code, reason))
            }
            Ok(Message::Binary(_) | Message::Ping(_) | Message::Frame(_)) => {
                self.flush().map(|()| Some(Heard::Other))
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(self.fault(error)),
        }
    }

    fn send(&mut self, message: Message) -> Result<(), LinkError> {
        let sent = self.socket.send(message);
        self.settle(sent)
    }

    /// A full socket is not a fault: the bytes wait.
    fn settle(&mut self, result: Result<(), Error>) -> Result<(), LinkError> {
        match result {
            Ok(()) => {
                self.unsent = false;
                Ok(())
            }
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                self.unsent = true;
                Ok(())
            }
            // The session sends nothing new while bytes wait, so this is a ping too many.
            Err(Error::WriteBufferFull(_)) => Ok(()),
            Err(error) => Err(self.fault(error)),
        }
    }

    fn fault(&self, error: Error) -> LinkError {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "there are more variants when another crate of the build turns features on"
        )]
        match error {
            Error::Io(error) => LinkError::from_io(error, &self.host),
            Error::ConnectionClosed | Error::AlreadyClosed => LinkError::Ended,
            Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
                LinkError::Ended
            }
            Error::Capacity(_) => {
                LinkError::Protocol(format!("a frame of more than {FRAME_IN_MAX} bytes"))
            }
            other => LinkError::Protocol(other.to_string()),
        }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get_ref().as_fd()
    }
}
