//! The configuration is read anew: what is another is begun anew, and all else goes on.

use std::borrow::Cow;

use kinglet_proto::alert::Watch;
use kinglet_proto::occurrence::Occurrence;
use kinglet_proto::quoted::Escaped;
use kinglet_proto::session::Input;
use kinglet_proto::time::Now;
use nix::poll::PollFlags;

use super::{Loop, interval, sampler};
use crate::clock;
use crate::config::Config;
use crate::drive::{self, Peer};
use crate::limits::{CHANGES_MAX, FIRST_WINDOW};
use crate::options::ConfigError;
use crate::probe::Probes;

/// How it is read.
pub(super) type Load<'a> = &'a dyn Fn() -> Result<Config, ConfigError>;

/// The configuration in force, and how it is read anew.
pub(super) struct Reloading<'a> {
    config: Cow<'a, Config>,
    load: Load<'a>,
}

impl<'a> Reloading<'a> {
    pub(super) const fn new(config: &'a Config, load: Load<'a>) -> Self {
        Self { config: Cow::Borrowed(config), load }
    }
}

impl Loop<'_> {
    /// Reads the configuration anew. What is wrong with it is said, and the old one kept.
    pub(super) fn reload(&mut self, now: Now) {
        let Some(Reloading { config: old, load }) = self.reload.take() else { return };
        let config = match load() {
            Ok(new) if !new.servers.is_empty() => {
                self.change(&old, &new, now);
                Cow::Owned(new)
            }
            Ok(_) => {
                log::error!("the configuration names no server: what was before stays in force");
                old
            }
            Err(error) => {
                for line in error.to_string().lines() {
                    log::error!("{}", Escaped(line));
                }
                log::error!("the configuration cannot be used: what was before stays in force");
                old
            }
        };
        self.reload = Some(Reloading { config, load });
    }

    fn change(&mut self, old: &Config, new: &Config, now: Now) {
        for warning in new.warnings.iter().filter(|warning| !old.warnings.contains(warning)) {
            log::warn!("{warning}");
        }
        let mut changes = old.changes_to(new);
        let keys: Vec<_> = changes.iter().map(|change| change.key.as_str()).collect();
        match keys.as_slice() {
            [] => log::info!("the configuration was read again: nothing in it is another"),
            keys => log::info!("the configuration was read again: {} changed", keys.join(", ")),
        }
        let detail = self.peers.iter().any(Peer::wants_detail);
        let servers_changed = self.change_servers(old, new, now);
        let interval = interval(&self.peers[..new.servers.len()]);
        // A budget goes by the time from sample to sample.
        let is_paced_anew = interval != self.interval && new.collect.budget.is_some();
        let is_told_anew = detail != self.peers.iter().any(Peer::wants_detail);
        if old.collect != new.collect || is_told_anew || is_paced_anew {
            self.sampler = sampler(new, &self.peers, interval, now);
        }
        if old.alerts != new.alerts {
            let mut watch = Watch::new(&new.alerts, clock::built());
            self.watch.open().for_each(|alert| watch.adopt(&alert.id, now));
            self.watch = watch;
        }
        if servers_changed || old.probing.to_string() != new.probing.to_string() {
            self.probes = Probes::start(&new.probing, drive::seed, now.instant);
        }
        self.interval = interval;
        self.sample_at = self.sample_at.min(now.instant.plus(FIRST_WINDOW));
        changes.truncate(CHANGES_MAX);
        if !changes.is_empty() {
            let told = [Occurrence::Reloaded(changes)];
            for peer in &mut self.peers {
                peer.feed(Input::Happened(&told), now);
            }
        }
    }

    /// Says goodbye to servers that are no longer named or otherwise spoken to, and begins with
    /// those that are new; whether there were any. Who leaves stands behind all others until it is
    /// done.
    fn change_servers(&mut self, old: &Config, new: &Config, now: Now) -> bool {
        let is_anew = old.host != new.host || old.probing.from_server != new.probing.from_server;
        let mut before: Vec<_> = self.peers.drain(..).map(Some).collect();
        let leaving = before.split_off(old.servers.len());
        let mut is_changed = old.servers.len() != new.servers.len();
        for (place, server) in new.servers.iter().enumerate() {
            let same =
                |at: &usize| !is_anew && before[*at].is_some() && old.servers[*at].is(server);
            let kept = (0..before.len()).find(same);
            is_changed |= kept != Some(place);
            let peer = kept.and_then(|at| before[at].take()).unwrap_or_else(|| {
                let mut peer = Peer::new(server, new);
                if old.servers.iter().any(|known| known.url.to_string() == server.url.to_string()) {
                    peer.resume();
                }
                peer
            });
            self.peers.push(peer);
        }
        for mut peer in before.into_iter().flatten() {
            peer.feed(Input::Stop, now);
            self.peers.push(peer);
        }
        self.peers.extend(leaving.into_iter().flatten());
        self.fit();
        is_changed
    }

    /// Lets go of who has said goodbye.
    pub(super) fn part(&mut self) {
        let Some(Reloading { config, .. }) = &self.reload else { return };
        let named = config.servers.len();
        if self.stop_at.is_none() && self.peers.len() > named {
            let leaving = self.peers.split_off(named);
            self.peers.extend(leaving.into_iter().filter(|peer| !peer.is_done()));
            self.fit();
        }
    }

    /// A place for what poll(2) says of each.
    fn fit(&mut self) {
        let waited_on = self.sources.len() + self.peers.len() + 1;
        self.ready.clear();
        self.ready.resize(waited_on, PollFlags::empty());
    }
}
