//! One session, from CONNECTED to its end: whatever happens first is done first.

use std::sync::Arc;

use kinglet_proto::wire::stomp::{Command, Reader, Version, Writer};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};
use tracing::info;

use super::entry::{Admitted, Guest, PROTOCOL_ERROR, admit, error};
use super::line::{Broken, Incoming, Line};
use super::parting::{Parting, Step};
use super::periods::Periods;
use super::publisher::Publisher;
use super::request::{Ask, Request};
use super::viewer::Viewer;
use crate::clock;
use crate::fleet::{Pace, Reason, Verdict};
use crate::hub::seat::Seat;
use crate::hub::sessions::End;
use crate::hub::{Hub, Outgoing};
use crate::limits::{STOMP_BATCH, STOMP_MESSAGE_MAX};
use crate::server::caller::Caller;
use crate::sink::topics::{Announcements, Heard, Round, Topics};
use crate::turn::end_turn;

/// What all sessions share.
#[derive(Clone)]
pub(super) struct Stomp {
    pub(super) hub: Arc<Hub>,
    pub(super) topics: Arc<Topics>,
}

/// Serves a connection to its end.
pub(super) async fn serve(stomp: &Stomp, line: Line, guest: Guest) {
    let caller = guest.caller.clone();
    let Some((mut line, admitted)) = admit(&stomp.hub, line, guest).await else { return };
    line.set_cap(STOMP_MESSAGE_MAX);
    let name = format!("stomp-{}", stomp.hub.next_id());
    let noted = match caller.stranger() {
        None => Some(0),
        Some(_) => stomp.hub.stomp_sessions.note(clock::now().instant),
    };
    let version = admitted.version.name();
    match noted {
        Some(0) => info!("{name}: connected from {caller}, version {version}"),
        Some(more) => info!(
            "{name}: connected from {caller}, version {version}; {more} other sessions began since \
             the last line"
        ),
        None => {}
    }
    stomp.hub.stomp_sessions.begin();
    let mut session = Session::new(stomp, line, admitted, caller);
    let Parting { end, goodbye } = session.run(&name).await;
    stomp.hub.stomp_sessions.end(end);
    let words = goodbye.as_ref().map_or("", |(_, words)| words);
    let said = if words.is_empty() { String::new() } else { format!(": {words}") };
    if noted.is_some() {
        info!("{name}: {end}{said}");
    }
    if let Some((code, words)) = goodbye {
        session.line.close(code, &words).await;
    }
}

/// One session.
struct Session<'a> {
    stomp: &'a Stomp,
    caller: Caller,
    line: Line,
    reader: Reader,
    version: Version,
    is_viewer: bool,
    receipt: Option<String>,
    viewer: Viewer,
    /// What is told to viewers, and a place among them, from the first subscription on.
    heard: Option<(Heard, Seat<'a>)>,
    publisher: Publisher,
    pace: Pace,
    beats: Periods,
}

/// What happened first.
enum Event {
    Told(Result<Announcements, RecvError>),
    Incoming(Incoming),
    Round(Result<Arc<Round>, RecvError>),
    Outgoing(Option<Outgoing>),
    Deadline,
    Due,
}

impl<'a> Session<'a> {
    fn new(stomp: &'a Stomp, line: Line, admitted: Admitted, caller: Caller) -> Self {
        let Admitted { version, connect, tokens, is_viewer, receipt, reader } = admitted;
        let now = clock::now().instant;
        Self {
            stomp,
            line,
            reader,
            version,
            is_viewer,
            receipt,
            viewer: Viewer::new(version, &stomp.hub.auth, &tokens),
            heard: None,
            publisher: Publisher::new(stomp.hub.clone(), tokens, caller.neighbour()),
            caller,
            pace: Pace::subscriber(now),
            beats: Periods::new(connect.beats, Instant::now()),
        }
    }

    async fn run(&mut self, name: &str) -> Parting {
        match self.talk(name).await {
            Err(parting) => parting,
            Ok(never) => match never {},
        }
    }

    async fn talk(&mut self, name: &str) -> Result<std::convert::Infallible, Parting> {
        self.greet(name).await?;
        self.take_frames().await?;
        loop {
            match self.next_event().await {
                Event::Told(Ok(told)) => self.announce(&told).await?,
                Event::Round(Ok(round)) => self.viewer.take_round(&round),
                Event::Told(Err(RecvError::Lagged(_)))
                | Event::Round(Err(RecvError::Lagged(_))) => {
                    return Err(Reason::TooSlow.into());
                }
                Event::Told(Err(RecvError::Closed)) | Event::Round(Err(RecvError::Closed)) => {
                    return Err(Reason::Stopping.into());
                }
                Event::Incoming(incoming) => self.take(incoming).await?,
                Event::Outgoing(Some(Outgoing::Answer(_))) => {}
                Event::Outgoing(Some(Outgoing::Close(reason))) => {
                    return Err(self.leave(reason).await);
                }
                Event::Outgoing(None) => return Err(Reason::Stopping.into()),
                Event::Deadline => self.keep_time().await?,
                Event::Due => self.write_round().await?,
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        let deadline = self.deadline();
        let is_idle = self.viewer.is_idle();
        let (told, rounds) = match &mut self.heard {
            Some((Heard { events, rounds }, _)) => (Some(events), Some(rounds)),
            None => (None, None),
        };
        tokio::select! {
            biased;
            told = recv(told) => Event::Told(told),
            incoming = self.line.next() => Event::Incoming(incoming),
            outgoing = self.publisher.outgoing() => Event::Outgoing(outgoing),
            () = sleep_until(deadline) => Event::Deadline,
            () = std::future::ready(()), if !is_idle => Event::Due,
            round = recv(rounds), if is_idle => Event::Round(round),
        }
    }

    /// CONNECTED, and the receipt of who asked for one with its first frame.
    async fn greet(&mut self, name: &str) -> Step {
        let mut text = String::new();
        let server = concat!("kinglet-hub/", env!("CARGO_PKG_VERSION"));
        Writer::new(&mut text, self.version, Command::Connected)
            .header("version", self.version.name())
            .header("heart-beat", &self.beats.agreed.to_string())
            .header("server", server)
            .header("session", name)
            .end();
        self.feed(text).await?;
        let receipt = self.receipt.take();
        self.confirm(receipt).await
    }

    async fn take(&mut self, incoming: Incoming) -> Step {
        match incoming {
            Incoming::Message(bytes) => {
                self.beats.handle_message(Instant::now());
                self.reader.push(&bytes);
                if bytes.iter().all(u8::is_ascii_whitespace) {
                    self.take_sign().await?;
                }
                self.take_frames().await
            }
            Incoming::Sign => {
                self.beats.handle_sign(Instant::now());
                self.take_sign().await
            }
            Incoming::TooLarge => Err(self.fault("message too large", None).await),
            Incoming::NotSockJs => Err(self.fault("not a frame of SockJS", None).await),
            // The goodbye is answered with the same.
            Incoming::Closed => {
                Err(Parting { end: End::Closed, goodbye: Some((1000, String::new())) })
            }
            Incoming::Lost => Err(Broken.into()),
        }
    }

    /// The client is there. One that says only that, again and again, is too fast, too.
    async fn take_sign(&mut self) -> Step {
        self.publisher.hear();
        match self.pace.take(clock::now().instant) {
            Verdict::Take | Verdict::Refuse(_) | Verdict::Drop => Ok(()),
            Verdict::Close => Err(self.leave(Reason::TooFast).await),
        }
    }

    /// Does what the frames that are whole ask for.
    async fn take_frames(&mut self) -> Step {
        loop {
            let request = match self.reader.next_frame() {
                Ok(Some(frame)) => Request::read(&frame, self.version),
                Ok(None) => return Ok(()),
                Err(fault) => return Err(self.fault(&fault.to_string(), None).await),
            };
            let is_send = matches!(request.asks, Ask::Send { .. });
            match self.pace.take(clock::now().instant) {
                Verdict::Take => self.answer(request).await?,
                // A figure that is lost is followed by the next.
                Verdict::Refuse(_) | Verdict::Drop if is_send => {}
                Verdict::Refuse(_) | Verdict::Drop | Verdict::Close => {
                    return Err(self.leave(Reason::TooFast).await);
                }
            }
        }
    }

    async fn answer(&mut self, request: Request) -> Step {
        let Request { asks, receipt } = request;
        match asks {
            Ask::Subscribe { id, destination, acks } => {
                if !self.is_viewer {
                    return self.refuse("only viewers may subscribe", receipt).await;
                }
                self.subscribe(id, &destination, acks, receipt).await
            }
            Ask::Unsubscribe { id } => {
                self.viewer.unsubscribe(&id);
                self.confirm(receipt).await
            }
            Ask::Send { destination, body } => {
                let was_reporting = self.publisher.is_reporting();
                if let Err(words) = self.publisher.take(&destination, &body) {
                    return self.refuse(words, receipt).await;
                }
                if !was_reporting {
                    self.pace = Pace::publisher(clock::now().instant);
                }
                self.confirm(receipt).await
            }
            Ask::Disconnect => {
                self.confirm(receipt).await?;
                Err(Parting { end: End::Clean, goodbye: Some((1000, String::new())) })
            }
            Ask::Nothing => self.confirm(receipt).await,
            Ask::Refused(words) => self.refuse(words, receipt).await,
            Ask::Connect(_) => Err(self.fault("a second CONNECT", receipt).await),
            Ask::Fault(words) => Err(self.fault(words, receipt).await),
        }
    }

    /// Subscribes, and tells the last that is known at once.
    async fn subscribe(
        &mut self,
        id: String,
        destination: &str,
        acks: bool,
        receipt: Option<String>,
    ) -> Step {
        let Stomp { hub, topics } = self.stomp;
        if self.heard.is_none() {
            let Some(seat) = hub.open_viewer(&self.caller) else {
                return Err(self.leave(Reason::TooManyViewers).await);
            };
            let Some(heard) = topics.watch(self.viewer.sight()) else {
                return Err(Reason::Stopping.into());
            };
            self.heard = Some((heard, seat));
        }
        let subscription = match self.viewer.subscribe(id, destination, acks) {
            Ok(subscription) => subscription,
            Err(words) => return Err(self.fault(words, receipt).await),
        };
        self.confirm(receipt).await?;
        if let Some(wanted) = subscription.wanted() {
            let round = topics.present(hub, wanted);
            self.viewer.take(&round, subscription);
        }
        Ok(())
    }

    async fn announce(&mut self, told: &Announcements) -> Step {
        for told in told.iter() {
            for frame in self.viewer.announce(told) {
                self.write(frame).await?;
            }
        }
        self.flush().await
    }

    /// Writes a part of what is due, and lets others have their turn.
    async fn write_round(&mut self) -> Step {
        let mut written = 0;
        while written < STOMP_BATCH {
            let Some(frames) = self.viewer.poll_frames() else { break };
            // A host of which nothing is told was looked at, too.
            written += frames.len().max(1);
            for frame in frames {
                self.write(frame).await?;
            }
        }
        self.flush().await?;
        end_turn().await;
        Ok(())
    }

    /// When something has to be done though nothing comes.
    fn deadline(&self) -> Instant {
        let beats = self.beats.next();
        let Some(due) = self.publisher.due() else { return beats };
        beats.min(Instant::now() + due.since(clock::now().instant))
    }

    async fn keep_time(&mut self) -> Step {
        let now = Instant::now();
        if self.publisher.due().is_some_and(|due| due <= clock::now().instant) {
            self.publisher.finish();
        }
        if self.beats.is_lost(now) {
            let parting = self.fault("nothing was heard for too long", None).await;
            return Err(Parting { end: End::Lost, ..parting });
        }
        if self.beats.is_beat_due(now) {
            self.feed("\n".to_owned()).await?;
        }
        if self.beats.ask(now) {
            self.line.ask().await?;
        }
        Ok(())
    }

    /// Says that a frame was handled, to who asked for that.
    async fn confirm(&mut self, receipt: Option<String>) -> Step {
        let Some(receipt) = receipt else { return Ok(()) };
        let mut text = String::new();
        Writer::new(&mut text, self.version, Command::Receipt).header("receipt-id", &receipt).end();
        self.feed(text).await
    }

    /// What there is not is answered; the session goes on, and what it subscribed to with it.
    async fn refuse(&mut self, words: &str, receipt: Option<String>) -> Step {
        self.feed(error(words, self.version, receipt.as_deref())).await
    }

    /// What makes no sense is answered, and the end.
    async fn fault(&mut self, words: &str, receipt: Option<String>) -> Parting {
        match self.refuse(words, receipt).await {
            Ok(()) => {
                Parting { end: End::Closed, goodbye: Some((PROTOCOL_ERROR, words.to_owned())) }
            }
            Err(parting) => parting,
        }
    }

    /// Says in STOMP's words why the hub closes.
    async fn leave(&mut self, reason: Reason) -> Parting {
        match self.refuse(&reason.to_string(), None).await {
            Ok(()) => reason.into(),
            Err(parting) => parting,
        }
    }

    async fn feed(&mut self, text: String) -> Step {
        self.write(text).await?;
        self.flush().await
    }

    async fn write(&mut self, text: String) -> Step {
        self.beats.handle_sent(Instant::now());
        Ok(self.line.feed(text).await?)
    }

    async fn flush(&mut self) -> Step {
        Ok(self.line.flush().await?)
    }
}

/// The next of a queue that may not be there yet.
async fn recv<T: Clone>(queue: Option<&mut Receiver<T>>) -> Result<T, RecvError> {
    match queue {
        Some(queue) => queue.recv().await,
        None => std::future::pending().await,
    }
}
