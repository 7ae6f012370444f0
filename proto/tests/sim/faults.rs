//! What befalls agents, server and the network between them, and how it ends.

use kinglet_proto::session::{Input, Loss};

use super::{HOSTS, Happening, TROUBLE_MS, Weather, World};
use crate::agent::{Agent, Link, ToServer, Who};

impl World {
    /// One of the things that befall agents.
    pub(super) fn fault(&mut self) {
        if self.now >= TROUBLE_MS {
            return;
        }
        self.faults += 1;
        let id = usize::try_from(self.rng.below(HOSTS as u64)).unwrap_or_default();
        let lasting = 1_000 + self.rng.below(120_000);
        let weather = match self.rng.below(17) {
            0 | 1 => Weather::BlackHole,
            2 | 3 => Weather::Stall,
            4 => Weather::NoName,
            5 => Weather::Refused,
            6 => Weather::Mute,
            16 => Weather::Busy,
            other => return self.sudden(other, id),
        };
        if self.weather[id] == Weather::Clear {
            self.weather[id] = weather;
            self.at(self.now + lasting, Happening::Clear(id));
        }
    }

    /// The faults that do not last.
    fn sudden(&mut self, which: u64, id: usize) {
        match which {
            7 => self.cut(id, Loss::Broken),
            8 => self.cut(id, Loss::Closed), // as a proxy does
            9 => {
                let step = self.rng.below(2_000_000_000_000);
                self.agents[id].wall_offset =
                    i64::try_from(step).unwrap_or_default() - 1_700_000_000_000;
            }
            10 => {
                let until = self.now + self.rng.below(600_000);
                self.agents[id].asleep_until = self.agents[id].asleep_until.max(until);
            }
            11 => {
                let with_host = self.rng.below(2) == 0;
                if let Link::Open(conn) = self.agents[id].link {
                    if with_host {
                        self.pipes.remove(&conn); // the power went
                    } else {
                        self.leave(id, conn);
                    }
                }
                self.restart(id, with_host);
            }
            12 => {
                if self.agents[HOSTS].stopped {
                    self.restart(HOSTS, true);
                    let until = self.now + 5_000 + self.rng.below(150_000);
                    self.at(until.min(TROUBLE_MS), Happening::Stop(HOSTS));
                }
            }
            13 => {
                if let Link::Open(conn) = self.agents[id].link {
                    self.server.flood(conn, self.now + self.rng.below(30_000));
                }
            }
            _ => {
                // A restart: every connection ends, and for a while nobody answers.
                self.server_down_until = self.now + self.rng.below(30_000);
                self.server.restart(self.now);
                for id in 0..self.agents.len() {
                    self.cut(id, Loss::Broken);
                }
            }
        }
        if self.rng.below(3) == 0 && self.agents[id].asleep_until <= self.now {
            self.feed(id, Input::NetworkChanged);
        }
    }

    fn cut(&mut self, id: usize, loss: Loss) {
        if let Link::Open(conn) = self.agents[id].link {
            let answers = self.server.closed(conn, self.now);
            self.answer(answers);
            self.at(self.now, Happening::Closed(id, conn, loss));
        }
    }

    /// The weather clears; a link that stalled sends what it holds.
    pub(super) fn clear(&mut self, id: usize) {
        let before = std::mem::replace(&mut self.weather[id], Weather::Clear);
        if before != Weather::Stall || self.agents[id].asleep_until > self.now {
            // A host that sleeps cannot send: what it holds goes when it wakes.
            if before == Weather::Stall {
                self.weather[id] = Weather::Stall;
                let until = self.agents[id].asleep_until;
                self.at(until, Happening::Clear(id));
            }
            return;
        }
        let held: Vec<ToServer> = self.agents[id].buffer.drain(..).collect();
        let blocked = std::mem::take(&mut self.agents[id].blocked);
        for frame in held {
            self.send(id, frame);
        }
        if blocked {
            self.feed(id, Input::Drained);
        }
    }

    pub(super) fn heal(&mut self) {
        self.server_down_until = 0;
        for id in 0..self.agents.len() {
            self.clear(id);
        }
    }

    /// Another life, of the agent alone or of the whole host: nothing of the one before is left.
    fn restart(&mut self, id: usize, with_host: bool) {
        self.last_life += 1;
        let before = &self.agents[id];
        let life = self.last_life;
        let (boot, booted_at) =
            if with_host { (life, self.now) } else { (before.who.boot, before.booted_at) };
        let who = Who { life, boot, ..before.who.clone() };
        let asleep_until = before.asleep_until;
        self.agents[id] = Agent::new(who, before.cadence, self.rng.next(), booted_at);
        self.agents[id].asleep_until = asleep_until;
        self.begin(id, self.now + 1_000);
    }
}
