//! Servers for one agent, written in the order in which things happen.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

/// Longest wait for anything that is expected to happen soon.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listening socket on loopback.
pub struct Server {
    listener: TcpListener,
}

/// What the agent showed at the door.
#[derive(Debug, Clone, Default)]
pub struct Door {
    pub path_and_query: String,
    headers: Vec<(String, String)>,
}

impl Door {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// A connection the agent made.
pub struct Visit<S> {
    pub door: Door,
    pub socket: WebSocket<S>,
}

impl Server {
    pub fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    /// At a port that one had before.
    pub fn at(port: u16) -> Self {
        Self { listener: TcpListener::bind(("127.0.0.1", port)).unwrap() }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// The next connection; panics when none comes.
    pub fn accept(&self) -> TcpStream {
        self.accept_within(PATIENCE).expect("the agent connects")
    }

    /// The next connection, if one comes in time.
    pub fn accept_within(&self, limit: Duration) -> Option<TcpStream> {
        self.listener.set_nonblocking(true).unwrap();
        let began = now();
        while began.elapsed() < limit {
            if let Ok((stream, _)) = self.listener.accept() {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                return Some(stream);
            }
            pause(Duration::from_millis(5));
        }
        None
    }

    /// The next connection, upgraded.
    pub fn visit(&self) -> Visit<TcpStream> {
        upgrade(self.accept())
    }

    /// The next connection, over TLS and upgraded.
    pub fn visit_tls(
        &self,
        config: Arc<ServerConfig>,
    ) -> Visit<StreamOwned<ServerConnection, TcpStream>> {
        let connection = ServerConnection::new(config).unwrap();
        upgrade(StreamOwned::new(connection, self.accept()))
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }
}

pub fn upgrade<S: Read + Write>(stream: S) -> Visit<S> {
    let mut door = Door::default();
    #[expect(clippy::result_large_err, reason = "the library asks for it")]
    let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        door.path_and_query = request.uri().path_and_query().unwrap().to_string();
        door.headers = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        Ok(response)
    };
    let socket = tungstenite::accept_hdr(stream, look).expect("the upgrade is good");
    Visit { door, socket }
}

impl<S: Read + Write> Visit<S> {
    /// The next text frame as JSON; answers Pings on the way.
    pub fn frame(&mut self) -> Value {
        loop {
            match self.socket.read().expect("a frame comes") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                frame @ (Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => {
                    panic!("a text frame was expected, not {frame:?}")
                }
            }
        }
    }

    /// The next text frame of this `type`.
    pub fn frame_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.frame();
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The close frame that ends the connection; what comes before it is not looked at.
    pub fn close_frame(&mut self) -> Option<CloseFrame> {
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => return frame,
                Ok(_) => {}
                Err(error) => panic!("a close frame was expected, not {error}"),
            }
        }
    }

    pub fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test of real time reads the real clock")]
pub fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a test of real time waits for it")]
pub fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
