//! One visit to one server: every step of the way, as it is taken, on the terminal.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use kinglet_host::Sampler;
use kinglet_proto::limits::RING_BYTES_MAX;
use kinglet_proto::output::Seat;
use kinglet_proto::session::{Event, Input, start};
use kinglet_proto::time::{Instant, WallTime};

use super::advice::advice;
use super::paper::{Line, Outcome, Paper};
use super::probe::{Probe, is_running};
use crate::clock;
use crate::config::{Config, Server};
use crate::drive::{Drive, Observer};
use crate::limits::{CHECK_TIMEOUT, CLOCKS_APART, FIRST_WINDOW};
use crate::link::{LinkError, LinkEvent, Progress, Source, Target, each, name_servers};

/// Goes through all steps to one of its addresses; whether the server took a report.
pub(super) fn visit(
    server: &Server,
    target: Target,
    config: &Config,
    paper: &mut Paper<impl Write>,
) -> io::Result<bool> {
    let begun = clock::now().instant;
    let (give_up_at, sample_at) = (begun.plus(CHECK_TIMEOUT), begun.plus(FIRST_WINDOW));
    let session = start(server.protocol, server.account(&config.host), server.interval, 0);
    let collect = config.collect.clone().with_detail(session.wants_detail());
    let mut sampler = Sampler::new(&config.roots, &collect);
    sampler.collect(clock::now());
    let seat = session.seat();
    let is_told_apart = matches!(seat, None | Some(Seat::Probed | Seat::Beside));
    let is_taken = !is_told_apart && is_running(&config.roots.proc);
    let mut told = Told::new(paper, server, &target, begun);
    if is_taken && seat == Some(Seat::ByConnection) {
        told.step = Step::Connect;
        told.leave_out();
        return Ok(told.end());
    }
    let probe = Probe { session, says_so: seat == Some(Seat::Probed) };
    let mut drive = Drive::new(probe, target, told);
    while drive.observer.verdict.is_none() {
        let now = clock::now();
        if give_up_at <= now.instant {
            let limit = CHECK_TIMEOUT.as_secs();
            drive.observer.fail(format!("no answer within {limit} s"), None);
        } else if is_taken && drive.observer.wants_report() {
            drive.observer.leave_out();
        } else if drive.observer.wants_report() && sample_at <= now.instant {
            sampler.collect(now);
            drive.observer.begin_report();
            drive.feed(Input::Sampled(sampler.sample_mut()), now);
            // Whoever answers this has read the report before it.
            drive.ping(now);
        }
        drive.turn(now.instant.plus(FIRST_WINDOW))?;
    }
    if let Some(end) = drive.certificate_end() {
        let (days, until) = (end.days_from(clock::now().wall), end);
        drive.observer.note("certificate", format_args!("good until {until}, {days} days"));
    }
    drive.observer.try_each();
    if drive.observer.report_bytes > 0 && drive.observer.verdict == Some(true) {
        drive.observer.reach(drive.conversation.session.reach());
    }
    drive.feed(Input::Stop, clock::now());
    while !drive.is_done() {
        drive.turn(clock::now().instant.plus(FIRST_WINDOW))?;
    }
    Ok(drive.observer.end())
}

/// The step under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Resolve,
    Connect,
    Proxy,
    Tls,
    Upgrade,
    Authenticate,
    Report,
}

/// What is printed of the visit so far.
struct Told<'a, W> {
    paper: &'a mut Paper<W>,
    secure: bool,
    is_tunnelled: bool,
    /// There is no connection to be granted: the first report is the first thing said.
    is_asked: bool,
    step: Step,
    begun: Instant,
    is_reported: bool,
    report_bytes: usize,
    verdict: Option<bool>,
    /// What the name stands for.
    addresses: Vec<SocketAddr>,
    /// Where connections come from.
    source: Option<Source>,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Authenticate => "authenticate",
            Self::Report => "first report",
        }
    }
}

impl<'a, W: Write> Told<'a, W> {
    fn new(paper: &'a mut Paper<W>, server: &Server, target: &Target, begun: Instant) -> Self {
        Self {
            paper,
            secure: target.url.tls,
            is_tunnelled: target.proxy.is_some(),
            is_asked: server.protocol.is_request_and_response(),
            step: Step::Resolve,
            begun,
            is_reported: false,
            report_bytes: 0,
            verdict: None,
            addresses: Vec::new(),
            source: server.egress.source.clone(),
        }
    }

    /// Whether the way to the first report is free, and none has gone.
    fn wants_report(&self) -> bool {
        (self.step == Step::Report || self.is_asked) && !self.is_reported
    }

    /// Counts from here on: what was said before, of the host or of what happened, is no report.
    const fn begin_report(&mut self) {
        (self.is_reported, self.report_bytes) = (true, 0);
    }

    /// What comes after TCP, or after the proxy.
    const fn after_way(&self) -> Step {
        if self.secure { Step::Tls } else { self.after_line() }
    }

    /// What comes after it, and after TLS.
    const fn after_line(&self) -> Step {
        if self.is_asked { Step::Report } else { Step::Upgrade }
    }

    fn pass(&mut self, detail: &str, next: Step) {
        let now = clock::now().instant;
        let took = u64::try_from(now.since(self.begun).as_millis()).unwrap_or(u64::MAX);
        let line = Line::new(self.step.name(), Outcome::Ok, detail.to_owned());
        self.paper.line(line.took(took));
        (self.step, self.begun) = (next, now);
    }

    fn fail(&mut self, detail: String, advice: Option<&'static str>) {
        if self.verdict.is_none() {
            let line = Line::new(self.step.name(), Outcome::Failed, detail);
            self.paper.line(line.advised(advice));
            self.verdict = Some(false);
        }
    }

    /// Goes no farther: the agent that runs here would lose its place to us.
    fn leave_out(&mut self) {
        let why = "the agent that runs here would lose its place at this server";
        self.paper.line(Line::new(self.step.name(), Outcome::LeftOut, why.to_owned()));
        self.verdict = Some(true);
    }

    fn reach(&mut self, reach: Option<Duration>) {
        let kept = RING_BYTES_MAX / 1024;
        match reach.map(|reach| reach.as_secs() / 60) {
            Some(minutes) => self.note(
                "an outage",
                format_args!("of {minutes} min is bridged: {kept} KiB of such samples wait"),
            ),
            None => {
                self.note("an outage", format_args!("leaves a gap: it takes no sample later"));
            }
        }
    }

    /// Which of several addresses answer: a way to one may be good while that to another is not.
    fn try_each(&mut self) {
        if self.is_tunnelled || self.addresses.len() < 2 {
            return;
        }
        for (address, reached) in each(&self.addresses, self.source.as_ref()) {
            match reached {
                Ok(took) => self.note(
                    "address",
                    format_args!("{} answers in {} ms", address.ip(), took.as_millis()),
                ),
                Err(fault) => self.note("address", format_args!("{}: {fault}", address.ip())),
            }
        }
    }

    /// Whom a name was asked of that has no address.
    fn tell_name_servers(&mut self, fault: &LinkError) {
        if matches!(fault, LinkError::Resolve(..)) {
            let asked: Vec<_> = name_servers().iter().map(|it| it.ip().to_string()).collect();
            self.note("name servers", format_args!("{}", asked.join(", ")));
        }
    }

    /// How far the clocks of the two are apart.
    fn compare(&mut self, theirs: WallTime) {
        let ours = clock::now().wall.unix_millis() / 1000;
        let theirs = theirs.unix_millis() / 1000;
        let (apart, way) = (ours.abs_diff(theirs), if ours > theirs { "ahead" } else { "behind" });
        if apart <= CLOCKS_APART.as_secs() {
            return self.note("clock", format_args!("as the server's, within a second or two"));
        }
        let said = format!("this host's is {apart} s {way} of the server's");
        let what =
            "set one of them right (NTP): certificates and the times of samples depend on it";
        self.paper.line(Line::new("clock", Outcome::Note, said).advised(Some(what)));
    }

    fn note(&mut self, what: &'static str, words: Arguments<'_>) {
        self.paper.line(Line::new(what, Outcome::Note, words.to_string()));
    }

    fn end(self) -> bool {
        self.verdict.unwrap_or_default()
    }
}

impl<W: Write> Observer for Told<'_, W> {
    fn handle_sent(&mut self, text: &str) {
        if self.is_asked && !text.is_empty() {
            self.report_bytes = text.len(); // asked once more, it is the same report
        } else if self.step == Step::Report {
            self.report_bytes += text.len();
        }
    }

    fn handle_link(&mut self, event: &LinkEvent) {
        match event {
            LinkEvent::Progress(Progress::Resolved(addresses, missing)) => {
                let list = addresses.iter().map(|address| address.ip().to_string());
                let list: Vec<_> = list.chain(missing.iter().cloned()).collect();
                if self.step == Step::Resolve {
                    self.pass(&list.join(", "), Step::Connect);
                }
                self.addresses.clone_from(addresses);
            }
            LinkEvent::Progress(Progress::Connected(address, ours)) => {
                if self.step == Step::Resolve {
                    let is_one = format!("not needed: {} is an address", address.ip());
                    self.pass(&is_one, Step::Connect);
                }
                let next = if self.is_tunnelled { Step::Proxy } else { self.after_way() };
                let ours = ours.map(|ours| format!(" from {}", ours.ip())).unwrap_or_default();
                self.pass(&format!("{address}{ours}"), next);
            }
            LinkEvent::Progress(Progress::Tunnelled) => {
                self.pass("has made the way", self.after_way());
            }
            LinkEvent::Progress(Progress::Secured(summary)) => {
                self.pass(summary, self.after_line());
            }
            LinkEvent::Progress(Progress::Dated(date)) => self.compare(*date),
            LinkEvent::Opened => self.pass("to WebSocket", Step::Authenticate),
            LinkEvent::Pong if self.is_reported && self.verdict.is_none() => {
                let took = format!("{} bytes, and the server is still there", self.report_bytes);
                self.pass(&took, Step::Report);
                self.verdict = Some(true);
            }
            LinkEvent::Closed(error) => {
                if self.step == Step::Resolve && !matches!(error, LinkError::Resolve(..)) {
                    self.step = Step::Connect;
                }
            }
            LinkEvent::Answered(_)
            | LinkEvent::Text(_)
            | LinkEvent::Pong
            | LinkEvent::Blocked
            | LinkEvent::Drained => {}
        }
    }

    fn handle_event(&mut self, event: &Event, fault: Option<&LinkError>) {
        match (event, fault) {
            (Event::Up { .. }, _) if self.is_asked => {
                self.pass(&format!("{} bytes, and they are stored", self.report_bytes), self.step);
                self.verdict = Some(true);
            }
            (Event::Up { .. }, _) => self.pass("accepted", Step::Report),
            (Event::SamplesRejected { words, .. }, _) => self.fail(words.clone(), None),
            (Event::Down { .. } | Event::Refused { .. }, Some(fault)) => {
                self.fail(fault.to_string(), advice(fault));
                self.tell_name_servers(fault);
            }
            (Event::Down { reason, .. } | Event::Refused { reason, .. }, None) => {
                self.fail(reason.to_string(), None);
            }
            (
                Event::DuplicateId { .. }
                | Event::CommandRefused { .. }
                | Event::Unserved { .. }
                | Event::ServerError { .. }
                | Event::NotTaken { .. }
                | Event::RateLimited { .. }
                | Event::BackfillRejected { .. },
                _,
            ) => self.note("note", format_args!("{event}")),
        }
    }
}
