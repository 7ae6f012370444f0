//! One viewer's connection: what is told to all who chose it, and what it asks for itself.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{Question, Request, decode_request};
use kinglet_proto::viewer::{Choice, ChoiceError, answer, columns};
use kinglet_proto::wire::envelope::{self, Head};
use serde_json::Value;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::notice::introduction;
use super::question::{self, Refusal};
use super::watching::Watching;
use crate::clock;
use crate::fleet::{Pace, Reason, Verdict};
use crate::hub::Hub;
use crate::limits::{PACE_PAUSE, QUESTIONS_WAITING_MAX};
use crate::server::heartbeat::Heartbeat;
use crate::server::viewer::{Ending, Notice, Notices, Seen, send_all, send_waiting};
use crate::server::ws::Socket;
use crate::sink::broadcast::{Live, Past};
use crate::turn::end_turn;

/// A question that is being answered.
type Answering = BoxFuture<'static, Result<Value, Refusal>>;

/// One viewer's connection.
pub(super) struct Viewer {
    hub: Arc<Hub>,
    live: Live,
    /// Hosts this one has not been told of yet.
    past: VecDeque<HostId>,
    choice: Choice,
    /// What a viewer of rows looks at.
    watching: Option<Watching>,
    pace: Pace,
    heartbeat: Heartbeat,
    /// One at a time, in the order in which they came.
    answering: Option<Answering>,
    waiting: VecDeque<Question>,
}

/// What happened first.
enum Event {
    Live(Result<Notices, RecvError>),
    Past,
    Answered(Result<Value, Refusal>),
    Frame(Option<Message>),
    PingDue,
}

impl Viewer {
    /// One who hears messages of this type, or all; or has rows of what it will say.
    pub(super) fn new(hub: Arc<Hub>, live: Live, only: Option<&'static str>, rows: bool) -> Self {
        let heartbeat = Heartbeat::new(hub.viewer_ping);
        Self {
            hub,
            past: if rows { VecDeque::new() } else { live.hosts().into() },
            watching: rows.then(|| Watching::new(live.shared())),
            live,
            choice: Choice::new(only),
            pace: Pace::viewer(clock::now().instant),
            heartbeat,
            answering: None,
            waiting: VecDeque::new(),
        }
    }

    /// Serves the connection to its end.
    pub(super) async fn serve(mut self, socket: &mut Socket, id: &str) -> Ending {
        let hello = envelope::connected(self.head(), id, Some(self.live.hosts().len()));
        let rows = self.watching.is_some().then(|| columns(self.head()));
        let mut sent = send_all(socket, [hello].into_iter().chain(rows)).await;
        loop {
            if let Err(ending) = sent {
                return ending;
            }
            let event = tokio::select! {
                biased;
                live = self.live.recv() => Event::Live(live),
                answered = finish(&mut self.answering) => Event::Answered(answered),
                frame = socket.next() => Event::Frame(frame.and_then(Result::ok)),
                () = self.heartbeat.due() => Event::PingDue,
                () = std::future::ready(()), if self.is_behind() => Event::Past,
            };
            sent = match event {
                Event::Live(Ok(notices)) => self.send_live(socket, notices).await,
                Event::Live(Err(RecvError::Lagged(_))) => self.resync(socket).await,
                Event::Live(Err(RecvError::Closed)) => Err(Some(Reason::Stopping)),
                Event::Past => self.send_past(socket).await,
                Event::Answered(answered) => self.send_answer(socket, answered).await,
                Event::Frame(Some(frame)) => self.take(socket, &frame).await,
                Event::Frame(None) => Err(None),
                Event::PingDue => self.heartbeat.ask(socket).await,
            };
        }
    }

    fn head(&self) -> Head {
        self.live.broadcast().head()
    }

    async fn send_live(&mut self, socket: &mut Socket, first: Notices) -> Result<(), Ending> {
        let Self { live, watching, choice, .. } = self;
        let sight = live.sight();
        let mut lagged = false;
        let waiting = || match live.try_recv() {
            Err(TryRecvError::Lagged(_)) if watching.is_some() => {
                lagged = true;
                Err(TryRecvError::Empty)
            }
            next => next,
        };
        let pick = |notice: &Notice| pick(notice, choice, watching.as_ref());
        send_waiting(socket, first, sight, pick, waiting).await?;
        if lagged { self.resync(socket).await } else { Ok(()) }
    }

    /// Whether something of what is there is yet to be told.
    fn is_behind(&self) -> bool {
        !self.past.is_empty() || self.watching.as_ref().is_some_and(Watching::is_behind)
    }

    /// Messages were lost: who has rows is told all hosts anew, who has not must come again.
    async fn resync(&mut self, socket: &mut Socket) -> Result<(), Ending> {
        let Some(watching) = &mut self.watching else { return Err(Some(Reason::TooSlow)) };
        let word = watching.resync(&self.live, &mut self.past);
        send_all(socket, [word]).await
    }

    /// Tells of hosts, as the board has them.
    async fn send_past(&mut self, socket: &mut Socket) -> Result<(), Ending> {
        if let Some(watching) = &mut self.watching {
            let notices = watching.past(&self.live, &mut self.past);
            let picked = notices.iter().filter_map(|notice| watching.pick(notice, &self.choice));
            let texts: Vec<_> = picked.map(|text| text.as_str().to_owned()).collect();
            send_all(socket, texts).await?;
            end_turn().await;
            return Ok(());
        }
        let Some(id) = self.past.front() else { return Ok(()) };
        let past = self.live.past(id);
        if matches!(past, Past::Later) {
            return Ok(());
        }
        self.past.pop_front();
        match past {
            Past::State(host) => {
                let notices = introduction(&host, self.live.broadcast()).into_iter();
                let notices: Notices = notices.map(|notice| (Seen::Everybody, notice)).collect();
                let (sight, none) = (self.live.sight(), || Err(TryRecvError::Empty));
                let choice = &self.choice;
                let pick = |notice: &Notice| pick(notice, choice, None);
                send_waiting(socket, notices, sight, pick, none).await?;
                // There may be thousands of hosts, and nobody else shall wait for all of them.
                end_turn().await;
                Ok(())
            }
            Past::Gone | Past::Later => Ok(()),
        }
    }

    async fn send_answer(
        &mut self,
        socket: &mut Socket,
        answered: Result<Value, Refusal>,
    ) -> Result<(), Ending> {
        self.answering = None;
        if let Some(question) = self.waiting.pop_front() {
            self.ask(question);
        }
        let text = match answered {
            Ok(data) => answer(self.head(), &data),
            Err((code, why)) => envelope::error(self.head(), code, &why, None),
        };
        send_all(socket, [text]).await
    }

    /// Takes one frame in.
    async fn take(&mut self, socket: &mut Socket, frame: &Message) -> Result<(), Ending> {
        self.heartbeat.hear();
        let verdict = self.pace.take(clock::now().instant);
        let is_message = matches!(frame, Message::Text(_) | Message::Binary(_));
        let text = match verdict {
            Verdict::Close => return Err(Some(Reason::TooFast)),
            Verdict::Drop => return Ok(()),
            // Control frames are answered below us.
            Verdict::Take | Verdict::Refuse(_) if !is_message => return Ok(()),
            Verdict::Take => self.read(frame),
            Verdict::Refuse(_) => Some(self.too_fast()),
        };
        match text {
            Some(text) => send_all(socket, [text]).await,
            None => Ok(()),
        }
    }

    /// Does what a message asks for; what is to be said to it at once.
    fn read(&mut self, frame: &Message) -> Option<String> {
        let chosen = |chosen: Result<(), ChoiceError>| chosen.map_err(|error| error.to_string());
        let done = match wants(frame) {
            Ok(Request::Ping) => return Some(envelope::pong(self.head())),
            Ok(Request::Subscribe(events, filters)) => {
                chosen(self.choice.subscribe(events, filters))
            }
            Ok(Request::Unsubscribe(events)) => chosen(self.choice.unsubscribe(events)),
            Ok(Request::Watch(hosts)) => match &mut self.watching {
                Some(watching) => watching
                    .change(&hosts, &self.live, &mut self.past)
                    .map_err(|error| error.to_string()),
                None => Err("only who has rows can watch: ask for kinglet.page.v1".to_owned()),
            },
            Ok(Request::Data(_)) if self.waiting.len() >= QUESTIONS_WAITING_MAX => {
                return Some(self.too_fast());
            }
            Ok(Request::Data(question)) if self.answering.is_some() => {
                self.waiting.push_back(question);
                Ok(())
            }
            Ok(Request::Data(question)) => {
                self.ask(question);
                Ok(())
            }
            Ok(Request::Unknown) => Err("unknown type".to_owned()),
            Err(why) => Err(why),
        };
        done.err().map(|why| envelope::error(self.head(), "INVALID_MESSAGE", &why, None))
    }

    fn ask(&mut self, question: Question) {
        self.answering =
            Some(Box::pin(question::answer(self.hub.clone(), question, self.live.sight())));
    }

    fn too_fast(&self) -> String {
        let ms = u64::try_from(PACE_PAUSE.as_millis()).ok();
        let why = "more messages than the pace allows";
        envelope::error(self.head(), "RATE_LIMIT_EXCEEDED", why, ms)
    }
}

/// What a viewer is sent of a message.
fn pick(notice: &Notice, choice: &Choice, watching: Option<&Watching>) -> Option<Utf8Bytes> {
    match watching {
        Some(watching) => watching.pick(notice, choice),
        None => choice.takes(&notice.topic).then(|| notice.text.clone()),
    }
}

/// The answer that is under way; never, where there is none.
async fn finish(answering: &mut Option<Answering>) -> Result<Value, Refusal> {
    match answering {
        Some(answering) => answering.await,
        None => pending().await,
    }
}

/// What a viewer's message asks for, or why it is none.
fn wants(frame: &Message) -> Result<Request, String> {
    let Message::Text(text) = frame else { return Err("messages are text".to_owned()) };
    if text.is_empty() {
        return Err("empty, or larger than 64 KiB".to_owned());
    }
    decode_request(text).map_err(|error| error.to_string())
}
