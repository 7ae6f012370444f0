//! `stomp`: brokers that speak STOMP over WebSocket, Spring's, RabbitMQ and ActiveMQ, and our hub.
//!
//! ```text
//! > CONNECT accept-version:1.2,1.1,1.0 host:/ login:kinglet passcode:t heart-beat:0,0
//! < CONNECTED version:1.2 heart-beat:0,0
//! > SEND destination:/topic/metric/pi-1/cpu.usage[VALUE] content-type:application/json
//! >   {"name":"cpu.usage[VALUE]","description":null,"unit":null,
//! >    "value":{"value":12.5,"timestamp":1795161600000}}
//! > DISCONNECT receipt:bye
//! < RECEIPT receipt-id:bye
//! ```
//!
//! A message for each metric that the owner wants, under a destination of its own, or the whole
//! sample in one. Where a broker reads a stream, several go in one message of WebSocket. No receipt
//! is asked for but the last: Spring's broker answers none, so none can prove anything. Nor are
//! beats exchanged where nobody asks for them: there are interceptors that fail on the first, and
//! every broker answers a Ping. A broker that refuses a destination says so each time; the owner
//! reads it once.

mod choice;
mod wanted;

use std::ops::Range;
use std::time::Duration;

use choice::{Choice, Mode};

use super::{Account, Auth, Heard, Output, Protocol, Request, Seat, Stamp, trim};
use crate::limits::{FRAME_OUT_MAX, INTERVAL_MAX, STOMP_FRAME_MAX, STOMP_MESSAGE_MAX};
use crate::sample::metric::Figure;
use crate::sample::{Report, Sample};
use crate::time::{Now, WallTime};
use crate::wire::frame::{Frame, clean};
use crate::wire::stomp::{
    self, ACCEPT_VERSION, Beats, Command, Reader, SUBPROTOCOLS, Version, Writer,
};

/// The row of the table.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "stomp",
    schemes: &["wss", "ws"],
    path: "/stomp",
    auths: &Auth::ALL,
    needs_token: false,
    interval_max: INTERVAL_MAX,
    check: |account| Choice::read(account).map(|_| ()),
    new: |account| Box::new(Stomp::new(account)),
};

/// What all that is sent is.
const JSON: &str = "application/json";
/// What Spring says before it closes, as it does when a beat is missing.
const SESSION_CLOSED: &str = "Session closed.";

/// What one connection has agreed on.
#[derive(Debug)]
struct Stomp {
    account: Account,
    choice: Choice,
    reader: Reader,
    /// `None` before the broker's CONNECTED.
    connected: Option<Connected>,
    /// Why something was not taken, as it was told last.
    told: String,
    text: Text,
}

#[derive(Debug, Clone, Copy)]
struct Connected {
    version: Version,
    beats: Beats,
    /// Frames may lie in messages as they like.
    takes_a_stream: bool,
}

/// Brokers that were seen to read frames from a stream, however it is cut, by what they call
/// themselves. ActiveMQ reads the first frame of each message and forgets what is behind it.
const STREAMED: [&str; 2] = ["RabbitMQ", "kinglet"];

/// Texts under way, for their room.
#[derive(Debug, Default)]
struct Text {
    name: String,
    destination: String,
    body: String,
}

impl Output for Stomp {
    fn id(&self) -> &str {
        self.account.id()
    }

    /// With a login the token is its passcode, and stays out of the request.
    fn request(&self) -> Request {
        let (account, token) = (&self.account, self.account.token.expose());
        let request = account.request(PROTOCOL.path);
        let request = request.header("Sec-WebSocket-Protocol", &SUBPROTOCOLS.join(", "));
        if self.choice.login.is_some() || token.is_empty() {
            return request;
        }
        match account.auth {
            Auth::Header => request.header("Authorization", &format!("Bearer {token}")),
            Auth::Query => request.pair("token", token),
        }
    }

    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize> {
        match self.choice.mode {
            Mode::Metrics => self.encode_metrics(sample, stamp.now.wall, out),
            Mode::Sample => self.encode_sample(sample, out),
        }
        0..out.len()
    }

    fn hear(&mut self, text: &str) -> Heard {
        self.reader.push(text.as_bytes());
        self.hear_rest().unwrap_or(Heard::Nothing)
    }

    fn hear_rest(&mut self) -> Option<Heard> {
        let frame = match self.reader.next_frame() {
            Ok(frame) => frame?,
            Err(fault) => {
                self.handle_lost();
                return Some(Heard::Over(format!("the server does not speak STOMP: {fault}")));
            }
        };
        Some(match frame.command {
            Command::Connected => {
                let connected = Connected::read(&frame);
                self.reader.set_version(connected.version);
                self.connected = Some(connected);
                Heard::LoggedIn { unserved: None }
            }
            Command::Error => {
                let (message, words) = words(&frame);
                self.handle_error(message, words)
            }
            // There is no other that was asked for.
            Command::Receipt => Heard::Goodbye,
            Command::Message
            | Command::Connect
            | Command::Stomp
            | Command::Send
            | Command::Subscribe
            | Command::Unsubscribe
            | Command::Ack
            | Command::Nack
            | Command::Begin
            | Command::Commit
            | Command::Abort
            | Command::Disconnect => Heard::Nothing,
        })
    }

    /// A few long messages cost less than one for each frame.
    fn end_of_message(&self, text: &str) -> usize {
        if self.connected.is_some_and(|connected| connected.takes_a_stream) {
            text.floor_char_boundary(STOMP_MESSAGE_MAX)
        } else {
            text.find('\0').map_or(text.len(), |at| at + 1)
        }
    }

    /// A broker serves whoever connects.
    fn seat(&self) -> Seat {
        Seat::Beside
    }

    fn handle_lost(&mut self) {
        self.reader = Reader::new(STOMP_FRAME_MAX);
        self.connected = None;
    }

    fn has_login(&self) -> bool {
        true
    }

    fn unanswered(&self) -> &'static str {
        "the broker ignored CONNECT: no answer"
    }

    fn encode_login(&self, out: &mut String) {
        let choice = &self.choice;
        let mut frame = Writer::new(out, Version::V10, Command::Connect)
            .header("accept-version", ACCEPT_VERSION)
            .header("host", &choice.vhost)
            .header("heart-beat", &choice.beats.to_string());
        if let Some(login) = &choice.login {
            frame = frame.header("login", login);
            frame = frame.header("passcode", self.account.token.expose());
        }
        for (name, value) in &choice.headers {
            frame = frame.header(name, value);
        }
        frame.end();
    }

    fn heartbeat_interval(&self) -> Option<Duration> {
        self.choice.beats.period(self.connected?.beats)
    }

    fn encode_heartbeat(&mut self, _now: Now, out: &mut String) {
        out.push('\n');
    }

    fn give_up_heartbeat(&mut self) -> bool {
        std::mem::take(&mut self.choice.beats) != Beats::default()
    }

    /// Brokers were seen to wait for three periods.
    fn silence_max(&self) -> Option<Duration> {
        let period = self.connected?.beats.period(self.choice.beats)?;
        Some(period * 11 / 4)
    }

    fn has_goodbye(&self) -> bool {
        self.connected.is_some()
    }

    fn encode_goodbye(&mut self, out: &mut String) {
        Writer::new(out, self.version(), Command::Disconnect).header("receipt", "bye").end();
    }
}

impl Stomp {
    fn new(account: Account) -> Self {
        let choice = Choice::read(&account).unwrap_or_else(|_| Choice::usual(&account));
        let reader = Reader::new(STOMP_FRAME_MAX);
        let (told, text) = (String::new(), Text::default());
        Self { account, choice, reader, connected: None, told, text }
    }

    fn version(&self) -> Version {
        self.connected.map_or(Version::V10, |connected| connected.version)
    }

    /// A message for each figure that is wanted, as far as the report has room.
    fn encode_metrics(&mut self, sample: &Sample, wall: WallTime, out: &mut String) {
        let version = self.version();
        let (choice, text) = (&self.choice, &mut self.text);
        out.clear();
        sample.read(|figure| {
            if choice.metrics.has(figure) {
                let begin = out.len();
                text.encode(figure, wall);
                choice.destination.fill(&text.name, &mut text.destination);
                Writer::new(out, version, Command::Send)
                    .header("destination", &text.destination)
                    .body(JSON, &text.body);
                if out.len() > FRAME_OUT_MAX {
                    out.truncate(begin);
                }
            }
        });
    }

    /// One message of the whole sample.
    fn encode_sample(&mut self, sample: &Sample, out: &mut String) {
        let (version, text) = (self.version(), &mut self.text);
        self.choice.destination.fill("", &mut text.destination);
        trim::to_fit(FRAME_OUT_MAX, |rows| {
            let mut body = Frame::new(&mut text.body);
            body.value(&Report { rows, ..Report::whole(sample) });
            body.finish();
            out.clear();
            Writer::new(out, version, Command::Send)
                .header("destination", &text.destination)
                .body(JSON, &text.body);
            (out.len(), ())
        });
    }

    fn handle_error(&mut self, message: String, words: String) -> Heard {
        if self.connected.is_none() {
            return Heard::Refused(words);
        }
        if message == SESSION_CLOSED {
            return Heard::Over("the broker closed the session".to_owned());
        }
        // With a destination for each metric the words differ where their reason does not.
        let is_new = self.told != message;
        self.told = message;
        Heard::NotTaken(is_new.then_some(words))
    }
}

impl Connected {
    /// Without a version it is 1.0, which had no such header.
    fn read(frame: &stomp::Frame<'_>) -> Self {
        let version = frame.header("version").and_then(|version| Version::newest(&version));
        let beats = frame.header("heart-beat").and_then(|beats| Beats::parse(&beats));
        Self {
            version: version.unwrap_or(Version::V10),
            beats: beats.unwrap_or_default(),
            // Spring's has no name.
            takes_a_stream: frame
                .header("server")
                .is_none_or(|server| STREAMED.iter().any(|name| server.starts_with(name))),
        }
    }
}

impl Text {
    /// Writes a figure's name, and the body of its message.
    fn encode(&mut self, figure: &Figure<'_>, wall: WallTime) {
        use std::fmt::Write as _;
        let Self { name, body, .. } = self;
        name.clear();
        if figure.labels.is_empty() {
            name.push_str(figure.metric.name); // most are, and a formatter costs five times as much
        } else {
            let written = write!(name, "{figure}");
            debug_assert!(written.is_ok(), "writing to memory does not fail");
        }
        name.push_str("[VALUE]");
        let mut frame = Frame::new(body);
        frame.raw("{\"name\":").value(name);
        frame.raw(",\"description\":null,\"unit\":null,\"value\":{\"value\":");
        frame.value(&figure.value.get()).raw(",\"timestamp\":").value(&wall.unix_millis());
        frame.raw("}}");
        frame.finish();
        name.truncate(name.len() - "[VALUE]".len());
    }
}

/// What an ERROR says: its summary, and that with the first line of its body. Behind that line
/// ActiveMQ has the state of its stack.
fn words(frame: &stomp::Frame<'_>) -> (String, String) {
    let message = frame.header("message").unwrap_or_default().into_owned();
    let body = String::from_utf8_lossy(frame.body);
    let words = match (message.as_str(), body.lines().next().unwrap_or_default()) {
        ("", line) => clean(line),
        (summary, line) if line.is_empty() || line == summary => clean(summary),
        (summary, line) => clean(&format!("{summary}: {line}")),
    };
    (message, words)
}

#[cfg(test)]
mod tests;
