//! A real hub on loopback and blocking clients for it.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kinglet_hub::auth::TokenHash;
use kinglet_hub::config;
use kinglet_hub::listen::Server;
use serde_json::Value;
use tokio::sync::oneshot;
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Response;
use tungstenite::http::{HeaderName, HeaderValue};
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::{HandshakeError, Message, WebSocket};

pub(crate) const WEB: &str = "web-token-1f0c5d7e9a";
pub(crate) const DB: &str = "db-token-77aa31c2";
pub(crate) const FLEET: &str = "fleet-token-5521d0";
pub(crate) const VIEWER: &str = "viewer-token-90ab";

/// A running hub; it stops when this is dropped.
pub(crate) struct Hub {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    /// Anyone may look.
    pub(crate) fn public() -> Self {
        Self::start("[viewers]\npublic = true\n")
    }

    /// A hub with two hosts, a fleet token and this for the rest of its configuration.
    pub(crate) fn start(rest: &str) -> Self {
        let hash = |token: &str| TokenHash::of(token).to_string();
        Self::configured(&format!(
            "listen = \"127.0.0.1:0\"\n{rest}\n[[host]]\nid = \"web-1\"\nname = \"Web\"\n\
             group = \"production\"\nlocation = \"Berlin\"\ncountry_code = \"DE\"\n\
             token_hash = \"{}\"\n[[host]]\nid = \"db-1\"\ntoken_hash = \"{}\"\n\
             [fleet]\ntoken_hash = \"{}\"\n",
            hash(WEB),
            hash(DB),
            hash(FLEET)
        ))
    }

    /// A hub with this configuration, which lets the system choose the port.
    pub(crate) fn configured(text: &str) -> Self {
        Self::changed(text, |_| {})
    }

    /// The same with what no key can change.
    pub(crate) fn changed(text: &str, change: impl FnOnce(&mut config::Config)) -> Self {
        let path = scratch("hub.toml");
        // Where a test does not ask for one, nothing is remembered, and acknowledged at once.
        let store = if text.contains("[store]") { "" } else { "\n[store]\npath = \"memory\"\n" };
        std::fs::write(&path, format!("{text}{store}")).unwrap();
        let mut config = config::read(&path).unwrap_or_else(|error| panic!("{error}"));
        change(&mut config);
        let (stop, stopped) = oneshot::channel();
        let (send_address, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(config).unwrap();
                send_address.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    /// One that runs in a process of its own.
    pub(crate) const fn elsewhere(address: SocketAddr) -> Self {
        Self { address, stop: None, thread: None }
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// Opens a WebSocket, or returns the HTTP status that refused it.
    pub(crate) fn open(&self, path: &str, headers: &[(&str, &str)]) -> Result<Client, u16> {
        self.open_with_response(path, headers).map(|(client, _)| client)
    }

    /// The same with the answer to the upgrade.
    pub(crate) fn open_with_response(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<(Client, Response), u16> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for &(name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().insert(name, value);
        }
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        match tungstenite::client(request, stream) {
            Ok((socket, response)) => Ok((Client { socket }, response)),
            Err(HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                Err(response.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// An agent of the native protocol.
    pub(crate) fn agent(&self, id: &str, token: &str) -> Client {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &*bearer), ("x-client-id", id)];
        let mut agent = self.open("/ws/agent", &headers).unwrap();
        assert_eq!(agent.json()["data"]["status"], "connected");
        agent
    }

    /// A viewer of `/ws-frontend`.
    pub(crate) fn frontend(&self) -> Client {
        let mut viewer = self.open("/ws-frontend", &[]).unwrap();
        viewer.settle();
        viewer
    }

    /// A viewer of `/ws` that has heard of every host already.
    pub(crate) fn panel(&self) -> Client {
        let mut viewer = self.open("/ws", &[]).unwrap();
        viewer.settle();
        while viewer.try_json(Duration::from_millis(150)).is_some() {}
        viewer
    }

    /// `GET` over plain HTTP: status and body.
    pub(crate) fn http(&self, path: &str, header: &str) -> (u16, String) {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(self.address).unwrap();
        // Long enough for a debug build on a busy machine.
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n{header}\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, if path.starts_with("/api") { body.to_owned() } else { text.clone() })
    }

    /// What `/api/hosts` says of a host.
    pub(crate) fn host(&self, id: &str) -> Value {
        let (_, body) = self.http("/api/hosts", "");
        let all: Value = serde_json::from_str(&body).unwrap();
        let hosts = all["hosts"].as_array().unwrap();
        hosts.iter().find(|host| host["id"] == id).cloned().unwrap_or_default()
    }

    /// Waits until `/api/hosts` says so of a host.
    pub(crate) fn wait_for(&self, id: &str, what: impl Fn(&Value) -> bool) -> Value {
        let deadline = Deadline::in_seconds(10);
        loop {
            let host = self.host(id);
            if what(&host) {
                return host;
            }
            deadline.check(&format!("{id}: {host}"));
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A blocking WebSocket client.
pub(crate) struct Client {
    pub(crate) socket: WebSocket<TcpStream>,
}

impl Client {
    pub(crate) fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    /// The next text message; control frames are passed over.
    pub(crate) fn json(&mut self) -> Value {
        self.try_json(Duration::from_secs(5)).expect("a message")
    }

    /// The next text message, if one comes in time.
    pub(crate) fn try_json(&mut self, within: Duration) -> Option<Value> {
        self.socket.get_ref().set_read_timeout(Some(within)).unwrap();
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(frame)) => panic!("closed: {frame:?}"),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return None;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The next message of this type.
    pub(crate) fn json_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.json();
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Waits until the hub has this client's frames: its answer to a Ping comes after them.
    pub(crate) fn settle(&mut self) {
        self.socket.send(Message::Ping("settle".into())).unwrap();
        while !matches!(self.socket.read().unwrap(), Message::Pong(_)) {}
    }

    /// Reads on to the end: the close frame, or `None` when the connection just ended.
    pub(crate) fn closed(&mut self) -> Option<CloseFrame> {
        self.socket.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => return frame,
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Fails a test that waits too long.
pub(crate) struct Deadline(Instant);

impl Deadline {
    #[expect(clippy::disallowed_methods, reason = "a test measures real time")]
    pub(crate) fn in_seconds(seconds: u64) -> Self {
        Self(Instant::now() + Duration::from_secs(seconds))
    }

    #[expect(clippy::disallowed_methods, reason = "a test measures real time")]
    pub(crate) fn check(&self, what: &str) {
        assert!(Instant::now() < self.0, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What this process holds of the machine's memory, the hub in it included.
pub(crate) fn resident_kb() -> u64 {
    resident_kb_of("self")
}

/// The same of another process.
pub(crate) fn resident_kb_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A path nobody else uses.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name_of_run = format!("{}-{number}", std::process::id());
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name_of_run);
    std::fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

/// A native report.
pub(crate) fn report(seq: u64, usage: f64) -> String {
    format!(
        r#"{{"type":"metrics","id":"m{seq}","data":{{"hostname":"h","cpu":{{"usage":{usage}}},
            "disks":[{{"name":"sda","serial":"SERIAL-1"}}],"network":{{"interfaces":[
            {{"name":"eth0","mac":"02:00:00:00:00:01"}}]}},"ip_addresses":["198.51.100.7"]}},
            "meta":{{"seq":{seq},"boot_id":"b","uptime_ms":1,"age_ms":0}}}}"#
    )
}
