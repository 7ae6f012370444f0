//! `/ws/agent` and `/ws-report`: one task for each agent's connection.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt;
use kinglet_proto::alert::book::Greeting;
use kinglet_proto::answer::{Answer, LoginError, Welcome};
use kinglet_proto::host::{HostId, HostIdError};
use kinglet_proto::ingest::{self, DecodeError};
use kinglet_proto::limits::{FRAME_IN_MAX, PING_INTERVAL};
use kinglet_proto::wire::envelope::{Head, PROBE_HEADER};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tracing::{debug, warn};

use super::Routes;
use crate::auth::{Grant, Pass};
use crate::clock;
use crate::fleet::{ConnectionId, Input, Pace, Reason, Verdict};
use crate::hub::admission::Denial;
use crate::hub::outbox::Outbox;
use crate::hub::{Hub, Outgoing};
use crate::limits::{PROBE_TIMEOUT, SKIPPED_NOTE_PAUSE, VISITOR_FRAME_MAX};
use crate::server::caller::Caller;
use crate::server::deny::{deny, too_many_new};
use crate::server::token::Credentials;
use crate::server::ws::{self, Socket, Upgrade};
use crate::sink::Sinks;

/// Which of the two paths an agent came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    /// `/ws/agent`: messages with a type; the hub answers and pings.
    Agent,
    /// `/ws-report`: bare objects; the hub only listens.
    Report,
}

/// How a connection was let in.
enum Entry {
    /// As this host; told so when it named itself as the envelope's clients do.
    Host(Pass, bool),
    /// To log in by its first message.
    Visitor,
}

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![
        ("/ws/agent", get(agent).with_state(hub.clone())),
        ("/ws-report", get(report).with_state(hub.clone())),
    ]
}

/// `GET /ws/agent`.
async fn agent(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<Upgrade, Response>,
) -> Response {
    let Credentials { token, id, protocol, .. } = Credentials::read(&headers, &uri);
    let id = match host_id(id) {
        Ok(id) => id,
        Err(error) => return refuse_id(&hub, &caller, error),
    };
    let entry = match token {
        None => Entry::Visitor,
        Some(token) => match hub.auth.agent(&token, id.as_ref()) {
            Grant::Host(pass) => Entry::Host(pass, id.is_some()),
            Grant::AnyHost => Entry::Visitor,
            Grant::Refused => return refuse(&hub, &caller, id.as_ref()),
        },
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(response) => return response,
    };
    match entry {
        Entry::Host(pass, _) if headers.contains_key(PROBE_HEADER) => {
            if hub.is_anothers(&pass) {
                return turn_away(&hub, &caller, &pass.host, Denial::Anothers);
            }
            caller.vouch();
            probe(hub, upgrade, protocol, pass.host)
        }
        Entry::Host(..) | Entry::Visitor => {
            open(hub, caller, upgrade, protocol, Channel::Agent, entry)
        }
    }
}

/// `GET /ws-report`.
async fn report(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    upgrade: Result<Upgrade, Response>,
) -> Response {
    let Credentials { token, id, protocol, .. } = Credentials::read(&headers, &uri);
    let id = match host_id(id) {
        Ok(id) => id,
        Err(error) => return refuse_id(&hub, &caller, error),
    };
    let pass = match hub.auth.agent(&token.unwrap_or_default(), id.as_ref()) {
        Grant::Host(pass) => pass,
        Grant::AnyHost | Grant::Refused => return refuse(&hub, &caller, id.as_ref()),
    };
    match upgrade {
        Ok(upgrade) => {
            open(hub, caller, upgrade, protocol, Channel::Report, Entry::Host(pass, false))
        }
        Err(response) => response,
    }
}

fn host_id(id: Option<String>) -> Result<Option<HostId>, HostIdError> {
    id.map(HostId::try_from).transpose()
}

/// 401 before the upgrade. The answer is the same for a wrong token and for an unknown host.
fn refuse(hub: &Hub, caller: &Caller, id: Option<&HostId>) -> Response {
    let id = id.map_or("(none)", HostId::as_str);
    hub.complain(format_args!("agent at {caller} was refused: wrong token for host {id:?}"));
    deny(StatusCode::UNAUTHORIZED, "unauthorized", "wrong token, or no such host")
}

/// The same where the token is good, but not for this host, or not now.
fn turn_away(hub: &Hub, caller: &Caller, id: &HostId, denial: Denial) -> Response {
    if let Some(words) = denial.words() {
        let id = id.as_str();
        hub.complain(format_args!("agent at {caller} was refused as {id:?}: {words}"));
    }
    match denial {
        Denial::Anothers => {
            deny(StatusCode::UNAUTHORIZED, "unauthorized", "wrong token, or no such host")
        }
        Denial::TooManyNew(after) => too_many_new(after),
    }
}

/// 400 before the upgrade: no token would help, so it is not said to be wrong.
fn refuse_id(hub: &Hub, caller: &Caller, error: HostIdError) -> Response {
    hub.complain(format_args!("agent at {caller} was refused: {error}"));
    deny(StatusCode::BAD_REQUEST, "bad_id", &error.to_string())
}

/// Lets a host see that it is let in, and leaves its agent in its place.
fn probe(
    hub: Arc<Hub>,
    upgrade: Upgrade,
    protocol: Option<&'static str>,
    host: HostId,
) -> Response {
    upgrade.serve(protocol, FRAME_IN_MAX, move |mut socket| async move {
        let _open = hub.open_socket();
        let welcome = Box::new(Welcome { host, alerts: Greeting::default() });
        let greeting = Answer::Connected(welcome).encode(Head { id: 1, wall: clock::now().wall });
        if ws::send(&mut socket, Message::text(greeting)).await.is_ok() {
            // What it says is read, by which its Pings are answered, and forgotten.
            let hear = async { while let Some(Ok(_)) = socket.next().await {} };
            let _ = timeout(PROBE_TIMEOUT, hear).await;
        }
    })
}

fn open(
    hub: Arc<Hub>,
    caller: Caller,
    upgrade: Upgrade,
    protocol: Option<&'static str>,
    channel: Channel,
    entry: Entry,
) -> Response {
    if let Entry::Host(pass, _) = &entry {
        if let Err(denial) = hub.admit(pass, caller.neighbour()) {
            return turn_away(&hub, &caller, &pass.host, denial);
        }
        caller.vouch();
    }
    let frame_max = match &entry {
        Entry::Host(..) => FRAME_IN_MAX,
        Entry::Visitor => VISITOR_FRAME_MAX,
    };
    upgrade.serve(protocol, frame_max, move |socket| async move {
        let _open = hub.open_socket();
        let (connection, outbox) = hub.open_agent();
        let host = match &entry {
            Entry::Host(pass, _) => Some(pass.host.clone()),
            Entry::Visitor => None,
        };
        hub.handle_input(match entry {
            Entry::Host(Pass { host, token: _ }, greet) => {
                Input::Joined { connection, host, greet }
            }
            Entry::Visitor => Input::Visited(connection),
        });
        let agent = Agent {
            hub: &hub,
            caller,
            connection,
            channel,
            host,
            pace: Pace::agent(clock::now().instant),
            answers: 0,
            summed: false,
            noted_at: None,
        };
        let ended = agent.serve(socket, outbox).await;
        hub.close_agent(connection);
        if let Some((socket, reason)) = ended {
            ws::close(socket, reason).await;
        }
    })
}

/// One agent's connection.
struct Agent<'a> {
    hub: &'a Hub,
    caller: Caller,
    connection: ConnectionId,
    channel: Channel,
    /// Who it is; `None` before its login.
    host: Option<HostId>,
    pace: Pace,
    answers: u64,
    /// The sums it keeps itself have come.
    summed: bool,
    /// When a message that was skipped was last noted.
    noted_at: Option<Instant>,
}

/// What happened first.
enum Event {
    Outgoing(Option<Outgoing>),
    Frame(Option<Message>),
    PingDue,
}

impl Agent<'_> {
    /// Serves the connection to its end; with the socket when there is still someone to say
    /// goodbye to.
    async fn serve(mut self, mut socket: Socket, mut outbox: Outbox) -> Option<(Socket, Reason)> {
        let mut ping_at = Instant::now() + PING_INTERVAL;
        let mut before = None;
        loop {
            let event = tokio::select! {
                biased;
                outgoing = outbox.recv() => Event::Outgoing(outgoing),
                frame = ws::next(&mut socket, &mut before) => Event::Frame(frame),
                () = sleep_until(ping_at), if self.channel == Channel::Agent => Event::PingDue,
            };
            match event {
                Event::Outgoing(Some(Outgoing::Answer(answer))) => {
                    let text = self.encode(&answer);
                    ws::send(&mut socket, Message::text(text)).await.ok()?;
                }
                Event::Outgoing(Some(Outgoing::Close(reason))) => return Some((socket, reason)),
                Event::Outgoing(None) => return Some((socket, Reason::Stopping)),
                Event::Frame(frame) => {
                    let frame = before.insert(frame?);
                    if let Some(reason) = self.take(&mut socket, frame) {
                        return Some((socket, reason));
                    }
                }
                Event::PingDue => {
                    ping_at = Instant::now() + PING_INTERVAL;
                    ws::send(&mut socket, Message::Ping(Bytes::new())).await.ok()?;
                }
            }
        }
    }

    fn encode(&mut self, answer: &Answer) -> String {
        self.answers += 1;
        answer.encode(Head { id: self.answers, wall: clock::now().wall })
    }

    /// Takes one frame in; `Some` when it was one too many.
    fn take(&mut self, socket: &mut Socket, frame: &Message) -> Option<Reason> {
        match self.pace.take(clock::now().instant) {
            Verdict::Take => self.read(socket, frame),
            Verdict::Refuse(retry_after) if self.channel == Channel::Agent => {
                self.hub.handle_input(Input::TooFast(self.connection, retry_after));
            }
            Verdict::Refuse(_) | Verdict::Drop => {}
            Verdict::Close => return Some(Reason::TooFast),
        }
        None
    }

    fn read(&mut self, socket: &mut Socket, frame: &Message) {
        if let Some(bytes) = socket.get_mut().take_skipped() {
            self.note_skipped(bytes);
        }
        let text = match frame {
            Message::Text(text) => text,
            Message::Close(Some(CloseFrame { code: CloseCode::Away, .. })) => {
                return self.hub.handle_input(Input::Parted(self.connection));
            }
            // tungstenite has answered them. Binary says nothing we know.
            Message::Ping(_)
            | Message::Pong(_)
            | Message::Close(_)
            | Message::Binary(_)
            | Message::Frame(_) => {
                return self.hub.handle_input(Input::Heard(self.connection));
            }
        };
        let message = match self.channel {
            Channel::Agent => ingest::decode(text),
            Channel::Report => ingest::decode_server_info(text)
                .map(|report| ingest::Message::Report(Box::new(report))),
        };
        self.hub.handle_input(match message {
            Ok(ingest::Message::Login(login)) => self.log_in(socket, &login),
            // The first are of the time before this connection. What they grow by since then has
            // come as reports.
            Ok(ingest::Message::Aggregates(_)) if self.summed => Input::Heard(self.connection),
            Ok(message @ ingest::Message::Aggregates(_)) => {
                self.summed = true;
                socket.get_mut().set_cap(FRAME_IN_MAX, None);
                Input::Received(self.connection, message)
            }
            Ok(message) => Input::Received(self.connection, message),
            Err(error) => self.misunderstood(error),
        });
    }

    fn log_in(&mut self, socket: &mut Socket, login: &ingest::Login) -> Input {
        let (host, denial) = match self.judge(login) {
            Ok(pass) => match self.hub.admit(&pass, self.caller.neighbour()) {
                Ok(()) => (Ok(pass.host), None),
                Err(Denial::TooManyNew(after)) => return Input::TooManyNew(self.connection, after),
                Err(denial) => (Err(LoginError::Refused), denial.words()),
            },
            Err(error) => (Err(error), None),
        };
        match &host {
            Ok(id) => {
                self.host = Some(id.clone());
                self.caller.vouch();
                let places = (!self.summed).then(|| self.hub.large_messages());
                socket.get_mut().set_cap(FRAME_IN_MAX, places);
            }
            Err(error) => {
                let (caller, id) = (&self.caller, &login.server_id);
                let why = denial.map_or_else(|| error.to_string(), str::to_owned);
                self.hub.complain(format_args!("agent at {caller} was refused as {id:?}: {why}"));
            }
        }
        Input::LoggedIn(self.connection, host)
    }

    fn judge(&self, login: &ingest::Login) -> Result<Pass, LoginError> {
        let id = HostId::parse(&login.server_id).map_err(LoginError::BadId)?;
        match self.hub.auth.agent(&login.token, Some(&id)) {
            Grant::Host(pass) => Ok(pass),
            Grant::AnyHost | Grant::Refused => Err(LoginError::Refused),
        }
    }

    /// One line an hour of each connection: what is skipped once is sent again and again.
    fn note_skipped(&mut self, bytes: u64) {
        let now = Instant::now();
        if self.noted_at.is_some_and(|at| now < at + SKIPPED_NOTE_PAUSE) || !self.hub.may_complain()
        {
            return;
        }
        self.noted_at = Some(now);
        let host = self.host.as_ref().map_or("(none)", HostId::as_str);
        warn!("host {host:?}: a message of {bytes} bytes was skipped, it is too large");
    }

    fn misunderstood(&self, error: DecodeError) -> Input {
        debug!("message on connection {}: {error}", self.connection.0);
        Input::Heard(self.connection)
    }
}
