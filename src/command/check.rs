//! `kinglet check`: what is wrong, in the owner's words.
//!
//! The configuration is read as `run` reads it; then each server is dialled with the same link and
//! the same session, and every step is printed with its outcome. A first report really goes out.

use std::io::{self, Write};
use std::time::Duration;

use kinglet_host::collect::Collector;
use kinglet_proto::output::{Dialect, upgrade};
use kinglet_proto::quoted::Quoted;
use kinglet_proto::session::{Event, Input, Output, Session};
use kinglet_proto::time::Instant;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Outcome;
use crate::clock;
use crate::config::{Config, Server, Settings};
use crate::limits::{CHECK_TIMEOUT, FIRST_WINDOW};
use crate::link::{Link, LinkError, LinkEvent, Progress, Target};

/// Checks the configuration and, unless `config_only`, the way to each server.
pub fn check(settings: &Settings, config_only: bool) -> io::Result<Outcome> {
    let mut out = io::stdout().lock();
    let config = match Config::load(settings) {
        Ok(config) => config,
        Err(error) => {
            writeln!(out, "{error}")?;
            return Ok(Outcome::Misconfigured);
        }
    };
    if config.servers.is_empty() {
        writeln!(out, "no server to report to is configured: add a [[server]] block, or --url")?;
        return Ok(Outcome::Misconfigured);
    }
    let (name, id) = (Quoted(&config.host.name), &config.host.id);
    writeln!(out, "configuration good; this host is {name} ({id})")?;
    for warning in &config.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    if clock::is_unset() {
        writeln!(out, "warning: the clock is not set: {}", clock::now().wall)?;
    }
    if config_only {
        return Ok(Outcome::Good);
    }
    let mut outcome = Outcome::Good;
    for server in &config.servers {
        writeln!(out, "\n{} ({})", server.url, server.protocol)?;
        if !Visit::new(server, &config).run(&mut out)? {
            outcome = Outcome::Unreachable;
        }
    }
    Ok(outcome)
}

/// One visit to one server.
struct Visit {
    collector: Collector,
    session: Session,
    link: Link,
    begun: Instant,
    step: Step,
    step_begun: Instant,
    secure: bool,
    fault: Option<LinkError>,
    report_bytes: usize,
    verdict: Option<bool>,
}

/// The step under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Resolve,
    Connect,
    Tls,
    Upgrade,
    Authenticate,
    Report,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Authenticate => "authenticate",
            Self::Report => "first report",
        }
    }
}

impl Visit {
    fn new(server: &Server, config: &Config) -> Self {
        let (id, token) = (server.server_id.clone(), &server.token);
        let path = &server.url.path_and_query;
        let asked = upgrade(server.protocol, server.auth, &config.host, id.as_deref(), token, path);
        let dialect = Dialect::new(server.protocol, config.host.clone(), id, token.clone());
        let begun = clock::now().instant;
        let mut collector = Collector::new(&config.roots, &config.collect);
        collector.collect(clock::now());
        Self {
            collector,
            session: Session::new(dialect, server.interval, 0),
            link: Link::new(Target {
                url: server.url.clone(),
                trust: server.trust.clone(),
                upgrade: asked,
            }),
            begun,
            step: Step::Resolve,
            step_begun: begun,
            secure: server.url.tls,
            fault: None,
            report_bytes: 0,
            verdict: None,
        }
    }

    /// Goes through all steps; whether the server took a report.
    fn run(mut self, out: &mut impl Write) -> io::Result<bool> {
        let mut sampled = false;
        loop {
            let now = clock::now();
            self.session.handle_input(Input::Tick, now);
            if self.step == Step::Report && !sampled && self.begun.plus(FIRST_WINDOW) <= now.instant
            {
                sampled = true;
                self.collector.collect(now);
                self.session.handle_input(Input::Sampled(self.collector.sample_mut()), now);
            }
            self.settle(out)?;
            if self.verdict.is_none() && self.begun.plus(CHECK_TIMEOUT) <= now.instant {
                let limit = CHECK_TIMEOUT.as_secs();
                self.fail(out, &format!("no answer within {limit} s"))?;
            }
            if let Some(verdict) = self.verdict {
                return self.leave().map(|()| verdict);
            }
            self.wait(FIRST_WINDOW)?;
        }
    }

    /// Says goodbye, and waits until that has left.
    fn leave(mut self) -> io::Result<()> {
        let now = clock::now();
        self.link.hang_up(1001, now.instant);
        while !self.link.is_idle() {
            self.wait(FIRST_WINDOW)?;
        }
        Ok(())
    }

    fn wait(&mut self, longest: Duration) -> io::Result<()> {
        let now = clock::now().instant;
        let until = self.link.deadline().unwrap_or(now.plus(longest)).min(now.plus(longest));
        let mut fds: Vec<PollFd<'_>> = Vec::new();
        self.link.register(&mut fds);
        poll(&mut fds, PollTimeout::try_from(until.since(now)).unwrap_or(PollTimeout::ZERO))?;
        let ready =
            fds.iter().filter_map(PollFd::revents).fold(PollFlags::empty(), PollFlags::union);
        self.link.advance(ready, clock::now().instant);
        Ok(())
    }

    /// Moves outputs and events until there are no more.
    fn settle(&mut self, out: &mut impl Write) -> io::Result<()> {
        loop {
            self.drain(out)?;
            let Some(event) = self.link.poll_event() else { return Ok(()) };
            self.hear(event, out)?;
        }
    }

    fn drain(&mut self, out: &mut impl Write) -> io::Result<()> {
        loop {
            let now = clock::now().instant;
            let told = match self.session.poll_output() {
                Output::Wait(_) => return Ok(()),
                Output::Dial => {
                    self.link.dial(now);
                    continue;
                }
                Output::Text(text) => {
                    self.link.send_text(text, now);
                    if self.step == Step::Report {
                        self.report_bytes = text.len();
                        // Whoever answers this has read the report before it.
                        self.link.ping(now);
                    }
                    continue;
                }
                Output::Ping => {
                    self.link.ping(now);
                    continue;
                }
                Output::HangUp(reason) => {
                    self.link.hang_up(reason.close_code(), now);
                    continue;
                }
                Output::Event(event) => event,
            };
            match (&told, self.fault.take()) {
                (Event::Up { .. }, _) => self.pass(out, "accepted", Step::Report)?,
                (Event::Down { .. } | Event::Refused { .. }, Some(fault)) => {
                    self.fail(out, &fault.to_string())?;
                }
                (Event::Down { reason, .. } | Event::Refused { reason, .. }, None) => {
                    self.fail(out, &reason.to_string())?;
                }
                (
                    Event::DuplicateId { .. }
                    | Event::CommandRefused { .. }
                    | Event::ServerError { .. }
                    | Event::RateLimited { .. }
                    | Event::BackfillRejected { .. },
                    _,
                ) => writeln!(out, "  note          {told}")?,
            }
        }
    }

    fn hear(&mut self, event: LinkEvent, out: &mut impl Write) -> io::Result<()> {
        let now = clock::now();
        match event {
            LinkEvent::Progress(Progress::Resolved(addresses)) => {
                let list: Vec<_> =
                    addresses.iter().map(|address| address.ip().to_string()).collect();
                self.pass(out, &list.join(", "), Step::Connect)?;
            }
            LinkEvent::Progress(Progress::Connected(address)) => {
                if self.step == Step::Resolve {
                    self.pass(out, "an address needs none", Step::Connect)?;
                }
                let next = if self.secure { Step::Tls } else { Step::Upgrade };
                self.pass(out, &address.to_string(), next)?;
            }
            LinkEvent::Progress(Progress::Secured(summary)) => {
                self.pass(out, &summary, Step::Upgrade)?;
            }
            LinkEvent::Opened => {
                self.pass(out, "to WebSocket", Step::Authenticate)?;
                self.session.handle_input(Input::Opened, now);
            }
            LinkEvent::Text(text) => self.session.handle_input(Input::Text(&text), now),
            LinkEvent::Pong if self.report_bytes > 0 && self.verdict.is_none() => {
                let took = format!("{} bytes, and the server is still there", self.report_bytes);
                self.pass(out, &took, Step::Report)?;
                self.verdict = Some(true);
            }
            LinkEvent::Pong => self.session.handle_input(Input::Pong, now),
            LinkEvent::Blocked | LinkEvent::Drained => {}
            LinkEvent::Closed(error) => {
                let loss = error.loss();
                if self.step == Step::Resolve && !matches!(error, LinkError::Resolve(..)) {
                    self.step = Step::Connect;
                }
                self.fault = Some(error);
                self.session.handle_input(Input::Closed(loss), now);
            }
        }
        Ok(())
    }

    fn pass(&mut self, out: &mut impl Write, detail: &str, next: Step) -> io::Result<()> {
        let now = clock::now().instant;
        let took = now.since(self.step_begun).as_millis();
        let step = self.step.name();
        writeln!(out, "  {step:12}  ok      {detail} ({took} ms)")?;
        self.step = next;
        self.step_begun = now;
        Ok(())
    }

    fn fail(&mut self, out: &mut impl Write, detail: &str) -> io::Result<()> {
        if self.verdict.is_none() {
            writeln!(out, "  {:12}  FAILED  {detail}", self.step.name())?;
            self.verdict = Some(false);
        }
        Ok(())
    }
}
