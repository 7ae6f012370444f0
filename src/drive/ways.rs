//! The addresses of one server, of which one is in use: which is dialled next, and when the first
//! is tried again.
//!
//! - An attempt that fails moves on to the next address, at the back-off's pace; behind the last
//!   comes the first. One that asks not to be asked for a while is passed over until then.
//! - After a connection that proved good the round begins with the first.
//! - While reports flow over a later address, the first is tried now and then, over a link of its
//!   own: the one in use is let go when the first has granted the upgrade, and not before. Where
//!   each report is a request of its own there is nothing to let go, and one of them goes there.

use std::time::Duration;

use kinglet_proto::limits::PROVEN_AFTER;
use kinglet_proto::output::Request;
use kinglet_proto::rng::Rng;
use kinglet_proto::session::Reason;
use kinglet_proto::time::{Instant, WallTime};
use nix::poll::{PollFd, PollFlags};

use super::peer::seed;
use crate::link::{Link, LinkEvent, Target};

/// A link for each address, and which of them is in use.
pub(super) struct Ways {
    /// In the order in which their owner wants them; at least one.
    links: Vec<Link>,
    /// Before when each asked not to be asked.
    not_before: Vec<Instant>,
    at: usize,
    /// Since when reports flow.
    up_since: Option<Instant>,
    trial: Trial,
    /// Time between two trials.
    return_after: Duration,
    rng: Rng,
    /// What the last attempt showed at the door, where there is another.
    request: Request,
    /// Each report is a request of its own.
    is_asked: bool,
    /// What happened on a link before the conversation went over to it.
    early: Option<LinkEvent>,
}

/// How it stands with the first address while another is in use.
enum Trial {
    /// It is not wanted.
    Off,
    Due(Instant),
    Running,
    /// It is open: the next dial gets it.
    Open(LinkEvent),
}

impl Ways {
    /// Ways to one server; `return_after` counts where there are several.
    pub(super) fn new(targets: Vec<Target>, return_after: Duration) -> Self {
        debug_assert!(!targets.is_empty());
        Self {
            not_before: vec![Instant::default(); targets.len()],
            rng: Rng::new(if targets.len() > 1 { seed() } else { 0 }),
            links: targets.into_iter().map(Link::new).collect(),
            at: 0,
            up_since: None,
            trial: Trial::Off,
            return_after,
            request: Request::default(),
            is_asked: false,
            early: None,
        }
    }

    /// The link in use.
    pub(super) fn link(&mut self) -> &mut Link {
        &mut self.links[self.at]
    }

    /// Where it leads.
    pub(super) fn target(&self) -> &Target {
        self.links[self.at].target()
    }

    pub(super) fn dial(&mut self, request: Request, now: Instant) {
        if let Trial::Open(event) = std::mem::replace(&mut self.trial, Trial::Off) {
            self.early = Some(event);
            return;
        }
        if self.links.len() > 1 {
            self.request = request.clone();
        }
        self.link().dial(request, now);
    }

    /// Whether there was a connection for it.
    pub(super) fn ask(&mut self, request: Request, now: Instant) -> bool {
        self.is_asked = true;
        if matches!(self.trial, Trial::Due(at) if at <= now) {
            self.trial = Trial::Off;
            self.go_to(0, now);
        }
        self.link().ask(request, now)
    }

    pub(super) fn hang_up(&mut self, code: u16, now: Instant) {
        self.end_trial(now);
        self.link().hang_up(code, now);
    }

    pub(super) fn poll_event(&mut self) -> Option<LinkEvent> {
        self.early.take().or_else(|| self.link().poll_event())
    }

    /// Reports flow.
    pub(super) fn handle_up(&mut self, now: Instant) {
        self.up_since = Some(now);
        if self.at > 0 {
            self.plan_trial(now);
        }
    }

    /// The connection is lost, or an attempt failed: another address is next.
    pub(super) fn handle_down(&mut self, now: Instant) {
        self.end_trial(now);
        let was_good = self.up_since.take().is_some_and(|since| since.plus(PROVEN_AFTER) <= now);
        let (count, from) = (self.links.len(), if was_good { 0 } else { self.at + 1 });
        let mut order = (from..from + count).map(|place| place % count);
        let next = order.find(|place| self.not_before[*place] <= now);
        let soonest = || (0..count).min_by_key(|place| self.not_before[*place]);
        self.go_to(next.or_else(soonest).unwrap_or(0), now);
    }

    /// The server does not want to be asked at this address for a while; for how long at none.
    pub(super) fn handle_busy(&mut self, pause: Duration, now: Instant) -> Option<Duration> {
        self.not_before[self.at] = now.plus(pause);
        let soonest = self.not_before.iter().min().copied().unwrap_or_default();
        (soonest > now).then(|| soonest.since(now))
    }

    /// Tries the first address when that is due; whether the conversation is to go over to it.
    pub(super) fn poll_return(&mut self, now: Instant) -> bool {
        if matches!(self.trial, Trial::Due(at) if at <= now) && !self.is_asked {
            self.trial = Trial::Running;
            let request = self.request.clone();
            self.links[0].dial(request, now);
        }
        while let Trial::Running = self.trial
            && let Some(event) = self.links[0].poll_event()
        {
            match event {
                LinkEvent::Opened => {
                    let [first, from] = [&self.links[0], &self.links[self.at]].map(Link::target);
                    log::info!("{}: is there again; going back to it from {}", first.url, from.url);
                    self.trial = Trial::Open(event);
                    self.link().hang_up(Reason::Moved.close_code(), now);
                    (self.at, self.up_since) = (0, None);
                    return true;
                }
                LinkEvent::Closed(error) => {
                    log::debug!("{}: tried again: {error}", self.links[0].target().url);
                    self.plan_trial(now);
                }
                LinkEvent::Progress(_)
                | LinkEvent::Answered(_)
                | LinkEvent::Text(_)
                | LinkEvent::Pong
                | LinkEvent::Blocked
                | LinkEvent::Drained => {}
            }
        }
        false
    }

    /// A fleet that lost its hub does not come back to it in one moment.
    fn plan_trial(&mut self, now: Instant) {
        let jitter = Duration::from_secs(self.rng.below(self.return_after.as_secs() / 5 + 1));
        let planned = now.plus(self.return_after).plus(jitter);
        self.trial = Trial::Due(planned.max(self.not_before[0]));
    }

    fn end_trial(&mut self, now: Instant) {
        if let Trial::Running = std::mem::replace(&mut self.trial, Trial::Off) {
            self.links[0].hang_up(Reason::Moved.close_code(), now);
        }
    }

    /// Uses this address from here on.
    fn go_to(&mut self, place: usize, now: Instant) {
        if place != self.at && self.is_asked {
            self.link().hang_up(Reason::Moved.close_code(), now);
        }
        self.at = place;
    }

    /// Whether nothing is under way any more, on none of them.
    pub(super) fn is_idle(&self) -> bool {
        self.links.iter().all(Link::is_idle)
    }

    pub(super) fn bytes_sent(&self) -> u64 {
        self.links.iter().map(Link::bytes_sent).sum()
    }

    pub(super) fn certificate_end(&self) -> Option<WallTime> {
        self.links[self.at].certificate_end()
    }

    pub(super) fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.links.iter().for_each(|link| link.register(fds));
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let trial = match self.trial {
            Trial::Due(at) if !self.is_asked => Some(at),
            Trial::Due(_) | Trial::Off | Trial::Running | Trial::Open(_) => None,
        };
        self.links.iter().filter_map(Link::deadline).chain(trial).min()
    }

    /// One of them is ready: the others find nothing to do.
    pub(super) fn advance(&mut self, ready: PollFlags, now: Instant) {
        self.links.iter_mut().for_each(|link| link.advance(ready, now));
    }

    pub(super) fn check_address(&mut self) {
        self.links.iter_mut().for_each(Link::check_address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::ServerUrl;

    fn ways(count: usize) -> Ways {
        let url = |at| ServerUrl::parse(&format!("ws://127.0.0.{at}:9")).unwrap();
        let target = |at| Target::straight(url(at), None);
        Ways::new((1..=count).map(target).collect(), Duration::from_secs(300))
    }

    fn second(second: u64) -> Instant {
        Instant::from_millis(second * 1000)
    }

    #[test]
    fn attempts_go_round_and_after_a_good_connection_begin_with_the_first() {
        let mut ways = ways(3);
        let mut next = |up: Option<u64>, down: u64| {
            if let Some(up) = up {
                ways.handle_up(second(up));
            }
            ways.handle_down(second(down));
            ways.at
        };
        assert_eq!([next(None, 1), next(None, 2), next(None, 3), next(None, 4)], [1, 2, 0, 1]);
        // It was up, but not for long.
        assert_eq!(next(Some(10), 39), 2);
        assert_eq!(next(Some(40), 70), 0);
        // The first itself was good: it may be back in a moment.
        assert_eq!(next(Some(80), 110), 0);
        assert_eq!(next(None, 113), 1);
    }

    #[test]
    fn who_is_busy_is_passed_over_until_all_are() {
        let mut ways = ways(2);
        let pause = Duration::from_secs(100);
        assert_eq!(ways.handle_busy(pause, second(0)), None);
        ways.handle_down(second(0));
        ways.handle_down(second(5));
        assert_eq!(ways.at, 1, "the first wants a pause");
        assert_eq!(ways.handle_busy(pause, second(10)), Some(Duration::from_secs(90)));
        ways.handle_down(second(10));
        assert_eq!(ways.at, 0, "it is the first to be asked again");
        ways.handle_down(second(111));
        assert_eq!(ways.at, 1);
        let mut alone = super::tests::ways(1);
        assert_eq!(alone.handle_busy(pause, second(0)), Some(pause));
    }

    #[test]
    fn the_first_is_tried_while_a_later_one_is_good_and_no_sooner() {
        let mut ways = ways(2);
        ways.handle_up(second(0));
        assert_eq!(ways.deadline(), None, "there is none before it");
        ways.handle_down(second(1));
        assert_eq!(ways.deadline(), None, "first comes a good one");
        ways.handle_up(second(5));
        let due = ways.deadline().unwrap();
        assert!(due >= second(305) && due <= second(365), "{due:?}");
        ways.handle_busy(Duration::from_secs(900), second(6));
        ways.handle_down(second(6));
        assert_eq!((ways.at, ways.deadline()), (0, None));
    }
}
