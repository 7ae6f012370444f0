//! The hosts that telegraf reports: each is connected to the fleet like an agent, whichever way its
//! batches come, and stays so until it is silent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::telegraf::{Batch, Host, host_id};
use kinglet_proto::time::WallTime;
use kinglet_proto::wire::line_protocol::Point;
use tracing::warn;

use super::speaker::Speaker;
use crate::clock;
use crate::fleet::{ConnectionId, Input, Pace, Verdict};
use crate::hub::admission::Denial;
use crate::hub::outbox::Outbox;
use crate::hub::{Hub, Outgoing};

/// What is known of them.
pub(super) struct Reporters {
    hub: Arc<Hub>,
    known: Mutex<BTreeMap<HostId, Reporter>>,
}

/// One of them.
struct Reporter {
    connection: ConnectionId,
    outbox: Outbox,
    host: Host,
    pace: Pace,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Taken {
    /// Points that were taken in.
    pub(super) points: usize,
    /// Points that could not be read, or name no host.
    pub(super) rejected: usize,
    /// What is wrong with the first of them.
    pub(super) fault: Option<String>,
    /// The first host that this token is not good for.
    pub(super) refused: Option<String>,
    /// The first host for which there is no place: an agent reports as it, or there are too many.
    pub(super) no_place: Option<HostId>,
    /// A host would be new, of which there were enough; when the batch may come again.
    pub(super) too_many_new: Option<Duration>,
    /// A host's pace was too fast.
    pub(super) too_fast: bool,
}

impl Reporters {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub, known: Mutex::default() }
    }

    /// Takes a batch in, host by host.
    pub(super) fn take(&self, speaker: &Speaker, batch: Batch<'_>) -> Taken {
        let mut taken =
            Taken { rejected: batch.rejected, fault: batch.fault.clone(), ..Taken::default() };
        for (tag, points) in batch.by_host() {
            let id = match &tag {
                Some(tag) => host_id(tag),
                None => speaker.host.clone(),
            };
            let Some(id) = id else {
                taken.rejected += points.len();
                taken.fault.get_or_insert("a point has no tag `host`".to_owned());
                continue;
            };
            let pass = speaker.pass(&self.hub.auth, &id);
            match pass.map(|pass| self.hub.admit(&pass, speaker.from)) {
                Some(Ok(())) => self.hear(id, tag.as_deref(), &points, &mut taken),
                Some(Err(Denial::TooManyNew(after))) => {
                    taken.too_many_new.get_or_insert(after);
                }
                Some(Err(Denial::Anothers)) | None => {
                    self.refuse(&id);
                    taken.refused.get_or_insert(id.to_string());
                }
            }
        }
        taken
    }

    fn refuse(&self, id: &HostId) {
        if self.hub.may_complain() {
            warn!("telegraf was refused: its token is not good for host {:?}", id.as_str());
        }
    }

    fn hear(&self, id: HostId, tag: Option<&str>, points: &[Point<'_>], taken: &mut Taken) {
        let now = clock::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = &mut *known;
        if known.get_mut(&id).is_none_or(|reporter| reporter.is_closed()) {
            let Some(reporter) = self.join(&id, known.remove(&id)) else {
                taken.no_place.get_or_insert(id);
                return;
            };
            // Who was silent long enough to be closed gives up its place.
            known.retain(|_, other| !other.is_closed());
            known.insert(id.clone(), reporter);
        }
        let Some(reporter) = known.get_mut(&id) else { return };
        if reporter.pace.take(now.instant) != Verdict::Take {
            taken.too_fast = true;
            return;
        }
        taken.points += points.len();
        reporter.report(&self.hub, tag.unwrap_or(&id), points, now.wall);
    }

    /// A place in the fleet; `None` where there is none. What was known of it so far goes along.
    fn join(&self, id: &HostId, before: Option<Reporter>) -> Option<Reporter> {
        if self.hub.with_fleet(|fleet, _| fleet.is_reporting(id)) {
            if self.hub.may_complain() {
                warn!("host {id}: an agent reports, and what telegraf says of it is passed over");
            }
            return None;
        }
        let (connection, outbox) = self.hub.open_agent();
        self.hub.handle_input(Input::Joined { connection, host: id.clone(), greet: false });
        let host = before.map(|before| before.host).unwrap_or_default();
        let pace = Pace::agent(clock::now().instant);
        let mut reporter = Reporter { connection, outbox, host, pace };
        (!reporter.is_closed()).then_some(reporter)
    }
}

impl Reporter {
    /// Whether the fleet has said goodbye to it. What else it says is for who listens.
    fn is_closed(&mut self) -> bool {
        loop {
            match self.outbox.try_recv() {
                Some(Outgoing::Answer(_)) => {}
                Some(Outgoing::Close(_)) => {
                    self.outbox.close();
                    return true;
                }
                None => return self.outbox.is_closed(),
            }
        }
    }

    fn report(&mut self, hub: &Hub, name: &str, points: &[Point<'_>], now: WallTime) {
        for message in self.host.take(name, points, now) {
            hub.handle_input(Input::Received(self.connection, message));
        }
    }
}
