//! Latency probes: the attempts at targets, over sockets that never block, in the agent's one loop.
//!
//! Whose turn it is and what the attempts say together is decided in [`kinglet_proto::probe`]. A
//! thread for all of this would need a stack, a bell and a queue each way; here are a few more
//! descriptors for poll(2). A name is looked up on a thread as ever, so the slowest name server
//! delays nothing.

mod attempt;
mod echo;

use std::net::SocketAddr;
use std::{io, mem};

use attempt::{Attempt, Way};
use echo::Echo;
use kinglet_proto::limits::{TARGET_TIMEOUT, TARGETS_MAX};
use kinglet_proto::probe::{Done, Kind, Outcome, Plan, Wanted};
use kinglet_proto::sample::Probe;
use kinglet_proto::time::{Instant, WallTime};
use nix::poll::{PollFd, PollFlags};

use crate::clock;
use crate::config::Probing;
use crate::limits::LOOKUPS_HELD_MAX;
use crate::link::{
    Link, LinkEvent, Lookup, ServerUrl, Standing, Target, Trust, begin_connect, outcome_of_connect,
};

/// All probes of this host.
pub(crate) struct Probes {
    plan: Plan,
    echo: Echo,
    under_way: Vec<Attempt>,
    /// Look-ups that were given up while libc still thinks.
    held: Vec<Lookup>,
    /// Whom pages' certificates may come from.
    trust: Option<Trust>,
    /// The owner was told that not all is probed that a server asked for.
    is_told: bool,
}

impl Probes {
    /// Starts what the owner wants probed, or lets servers ask for; `None` where that is nothing.
    pub(crate) fn start(probing: &Probing, seed: impl Fn() -> u64, now: Instant) -> Option<Self> {
        if probing.targets.is_empty() && !probing.from_server {
            return None;
        }
        Some(Self {
            plan: Plan::new(&probing.targets, probing.bounds, seed(), now),
            echo: Echo::new(seed()),
            under_way: Vec::new(),
            held: Vec::new(),
            trust: probing.trust.clone(),
            is_told: false,
        })
    }

    /// When to come back though no socket is ready.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.under_way.iter().map(Attempt::deadline).chain(self.plan.deadline()).min()
    }

    /// Adds the sockets to wait for.
    pub(crate) fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.echo.register(fds);
        self.under_way.iter().for_each(|attempt| attempt.register(fds));
    }

    /// Takes what came, gives up what is too old, and begins what is due; `ready` is what poll(2)
    /// said of all the sockets together.
    pub(crate) fn advance(&mut self, ready: PollFlags, now: Instant) {
        let is_ready = !ready.is_empty();
        let replies = if is_ready { self.echo.receive() } else { [None; 2] };
        for mut attempt in mem::take(&mut self.under_way) {
            let is_old = attempt.deadline() <= now;
            let outcome = match &mut attempt.way {
                Way::Echo(asked) if replies.contains(&Some(*asked)) => Some(attempt.answered()),
                Way::Connect(stream) if is_ready => match outcome_of_connect(stream) {
                    Ok(false) => is_old.then_some(Outcome::Lost),
                    Ok(true) => Some(attempt.answered()),
                    Err(error) => Some(Outcome::Failed(error.to_string())),
                },
                Way::Ask(link) if is_ready => {
                    link.advance(ready, now);
                    match hear(link) {
                        None => is_old.then_some(Outcome::Lost),
                        Some(Ok(())) => {
                            if let Some(days) = link.certificate_end().map(days_left) {
                                self.plan.handle_certificate(attempt.id, days);
                            }
                            Some(attempt.answered())
                        }
                        Some(Err(fault)) => Some(Outcome::Failed(fault)),
                    }
                }
                Way::Echo(_) | Way::Connect(_) | Way::Ask(_) => is_old.then_some(Outcome::Lost),
                Way::LookUp(_) if !is_ready && !is_old => None,
                Way::LookUp(lookup) => match lookup.advance(now) {
                    Standing::Waiting => None,
                    Standing::Found(found, _) => self.turn(&mut attempt, &found, now),
                    Standing::Failed(why) => Some(Outcome::NoAddress(why)),
                },
            };
            match outcome {
                None => self.under_way.push(attempt),
                Some(outcome) => {
                    self.plan.handle_outcome(attempt.id, outcome, now);
                    self.keep_lookup(attempt.way);
                }
            }
        }
        self.begin_due(now);
    }

    /// Takes in what a server wants, of which its owner is told what he does not get.
    pub(crate) fn want(&mut self, server: usize, wanted: Wanted, now: Instant) {
        let refused = self.plan.want(server, wanted, now);
        if refused > 0 && !mem::replace(&mut self.is_told, true) {
            log::warn!(
                "a server asked for {refused} more to probe than are probed: {TARGETS_MAX} at \
                 most, each with a name of its own; told once"
            );
        }
    }

    /// A server's task that is over.
    pub(crate) fn poll_done(&mut self) -> Option<Done> {
        self.plan.poll_done()
    }

    /// Writes what is known of each target, if anything of it is new.
    pub(crate) fn fill(&mut self, probes: &mut Vec<Probe>) {
        self.plan.fill(probes);
    }

    fn begin_due(&mut self, now: Instant) {
        while let Some((id, target, known)) = self.plan.begin(now) {
            let (kind, port, began) = (target.kind, target.port, clock::micros());
            let way = match known.or_else(|| target.host.parse().ok()) {
                Some(address) => self.ask(id, kind, SocketAddr::new(address, port), now),
                None => look_up(&mut self.held, &target.host, port, now),
            };
            let give_up_at = now.plus(TARGET_TIMEOUT);
            match way {
                Ok(way) => self.under_way.push(Attempt { id, kind, began, give_up_at, way }),
                Err(outcome) => self.plan.handle_outcome(id, outcome, now),
            }
        }
    }

    /// The name has addresses: the attempt itself begins, and its time, at the first of them that
    /// this host has a way to.
    fn turn(
        &mut self,
        attempt: &mut Attempt,
        found: &[SocketAddr],
        now: Instant,
    ) -> Option<Outcome> {
        (attempt.began, attempt.give_up_at) = (clock::micros(), now.plus(TARGET_TIMEOUT));
        let first = self.plan.turn(attempt.id).checked_rem(found.len())?;
        let mut outcome = None;
        for address in found.iter().cycle().skip(first).take(found.len()) {
            match self.ask(attempt.id, attempt.kind, *address, now) {
                Ok(way) => {
                    let before = mem::replace(&mut attempt.way, way);
                    self.keep_lookup(before);
                    return None;
                }
                // What the first of them says is the fault of all.
                Err(fault) => outcome = outcome.or(Some(fault)),
            }
        }
        outcome
    }

    fn ask(
        &mut self,
        id: u32,
        kind: Kind,
        address: SocketAddr,
        now: Instant,
    ) -> Result<Way, Outcome> {
        if !self.plan.take_address(id, address.ip(), now) {
            return Err(Outcome::Failed("no server may have a private address probed".to_owned()));
        }
        let asked = match kind {
            Kind::Icmp => self.echo.send(address.ip()).map(Way::Echo),
            Kind::Tcp => begin_connect(address).map(Way::Connect),
            Kind::Http | Kind::Https => self.ask_page(id, address, now),
        };
        asked.map_err(|error| Outcome::Failed(error.to_string()))
    }

    fn ask_page(&mut self, id: u32, address: SocketAddr, now: Instant) -> io::Result<Way> {
        let Some(page) = self.plan.target(id) else { return Err(io::ErrorKind::NotFound.into()) };
        let tls = page.kind == Kind::Https;
        let trust = self.trust.clone().filter(|_| tls);
        if tls && trust.is_none() {
            return Err(io::Error::other("this host knows no certificate authority"));
        }
        let url = ServerUrl {
            scheme: page.kind.name(),
            tls,
            host: page.host.clone(),
            port: page.port,
            path_and_query: page.path.clone(),
        };
        let mut link = Box::new(Link::new(Target::straight(url, trust)));
        link.head(address, now);
        Ok(Way::Ask(link))
    }

    fn keep_lookup(&mut self, way: Way) {
        if let Way::LookUp(lookup) = way
            && lookup.is_held()
        {
            self.held.push(*lookup);
        }
    }
}

/// What a page's server said, once it did.
fn hear(link: &mut Link) -> Option<Result<(), String>> {
    while let Some(event) = link.poll_event() {
        match event {
            // 405 and 501 know no such request, but that is an answer.
            LinkEvent::Answered(answer) => {
                let is_good = matches!(answer.status, 0..400 | 405 | 501);
                return Some(
                    is_good.then_some(()).ok_or_else(|| format!("HTTP {}", answer.status)),
                );
            }
            LinkEvent::Closed(error) => return Some(Err(error.to_string())),
            LinkEvent::Progress(_)
            | LinkEvent::Opened
            | LinkEvent::Text(_)
            | LinkEvent::Pong
            | LinkEvent::Blocked
            | LinkEvent::Drained => {}
        }
    }
    None
}

fn days_left(end: WallTime) -> i32 {
    end.days_from(clock::now().wall)
}

fn look_up(held: &mut Vec<Lookup>, host: &str, port: u16, now: Instant) -> Result<Way, Outcome> {
    held.retain_mut(|lookup| {
        lookup.advance(now);
        lookup.is_held()
    });
    if held.len() >= LOOKUPS_HELD_MAX {
        return Err(Outcome::NoAddress("the name servers do not answer".to_owned()));
    }
    let lookup = Lookup::start(host, port, now).map(Box::new);
    lookup.map(Way::LookUp).map_err(|error| Outcome::NoAddress(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use kinglet_proto::probe::{Bounds, Target as Place};

    use super::*;

    #[test]
    fn an_address_that_this_host_has_no_way_to_is_passed_at_once() {
        let targets = vec![Place::parse("a", "tcp://localhost:9").unwrap()];
        let bounds = Bounds { interval: Duration::from_secs(30), count: 0, private: false };
        let probing = Probing { targets, bounds, from_server: false, ca_file: None, trust: None };
        let mut probes = Probes::start(&probing, || 7, clock::now().instant).unwrap();
        let due = probes.plan.deadline().unwrap();
        let (id, ..) = probes.plan.begin(due).unwrap();
        let way = look_up(&mut Vec::new(), "localhost", 9, due).unwrap();
        let mut attempt = Attempt { id, kind: Kind::Tcp, began: 0, give_up_at: due, way };
        // TCP reaches nobody at a broadcast address, and the kernel says so by itself.
        let nowhere = "255.255.255.255:9".parse().unwrap();
        let here = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let fault = probes.turn(&mut attempt, &[nowhere, nowhere], due);
        assert!(matches!(fault, Some(Outcome::Failed(_))), "{fault:?}");
        assert_eq!(probes.turn(&mut attempt, &[nowhere, here], due), None);
        assert!(matches!(attempt.way, Way::Connect(_)), "the other is asked");
    }
}
