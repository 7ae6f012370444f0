//! Sees by one sample after the other what happened between them.
//!
//! The first sample is what all is compared with: an agent that was started anew repeats nothing.
//! What a sample lacks is compared with the next that has it, so that nothing of a pause is lost.

use std::fmt::Display;

use super::{IS_BUILT, Occurrence, State, Status};
use crate::limits::{STATUS_HOLD, STATUS_LOOKS, STATUS_SETTLE, WRITABLE_MAX};
use crate::sample::Sample;
use crate::time::{Instant, Now};

/// Whether a sample has what a collector is there for.
type Has = fn(&Sample) -> bool;

/// Collectors that have a part of the sample of their own.
const PARTS: [(&str, Has); 17] = [
    ("cpu", |sample| sample.cpu.usage.is_some()),
    ("kernel", |sample| sample.kernel.is_some()),
    ("memory", |sample| sample.memory.total.is_some()),
    ("filesystems", |sample| !sample.filesystems.is_empty()),
    ("disks", |sample| !sample.disks.is_empty()),
    ("network", |sample| sample.network.total_rx.is_some()),
    ("sockets", |sample| sample.sockets.is_some()),
    ("pressure", |sample| sample.pressure.is_some()),
    ("sensors", |sample| {
        !sample.temperatures.is_empty()
            || !sample.fans.is_empty()
            || sample.battery.is_some()
            || sample.power.is_some()
    }),
    ("wireless", |sample| !sample.wireless.is_empty()),
    ("softnet", |sample| sample.softnet.is_some()),
    ("leases", |sample| sample.leases.is_some()),
    ("qdiscs", |sample| !sample.qdiscs.is_empty()),
    ("wireguard", |sample| !sample.wireguard.is_empty()),
    ("containers", |sample| sample.containers_running.is_some()),
    ("processes", |sample| !sample.top.is_empty()),
    ("units", |sample| sample.units.is_some()),
];

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Observer {
    began: Option<Instant>,
    /// Counters, as they stood in the last sample that had them.
    oom_kills: Option<u64>,
    undervoltages: Option<u64>,
    throttlings: Option<u64>,
    /// Mount points under which one could write.
    writable: Vec<String>,
    components: Vec<Component>,
    occurrences: Vec<Occurrence>,
}

#[derive(Debug)]
struct Component {
    name: &'static str,
    has: Has,
    /// Whether something was wrong since the last look, and what.
    is_troubled: bool,
    reason: String,
    /// The state that was told, or begun with.
    told: State,
    /// Another one, since when it is so, and for how many looks.
    other: Option<(State, Instant, u32)>,
}

impl Observer {
    /// A collector cannot read something; to be said before each look as long as it is so.
    pub fn note_trouble(&mut self, name: &'static str, reason: &dyn Display) {
        if !IS_BUILT {
            return;
        }
        let component = self.component(name, |_| true);
        component.is_troubled = true;
        if component.reason.is_empty() {
            component.reason = reason.to_string();
        }
    }

    /// Looks at a sample; what happened since the one before.
    pub fn observe(&mut self, sample: &Sample, now: Now) -> &[Occurrence] {
        self.occurrences.clear();
        if IS_BUILT {
            self.count(sample);
            self.look_for_read_only(sample);
            self.look_at_components(sample, now);
        }
        &self.occurrences
    }

    fn count(&mut self, sample: &Sample) {
        let kills = sample.kernel.and_then(|kernel| kernel.oom_kills);
        if let Some(killed) = growth(&mut self.oom_kills, kills) {
            self.occurrences.push(Occurrence::OomKill(killed));
        }
        let power = sample.power.as_ref();
        let times = power.map(|power| power.undervoltage_count);
        if growth(&mut self.undervoltages, times).is_some() {
            self.occurrences.push(Occurrence::Undervoltage);
        }
        let times = power.and_then(|power| power.throttled_count);
        if growth(&mut self.throttlings, times).is_some() {
            self.occurrences.push(Occurrence::Throttled);
        }
    }

    fn look_for_read_only(&mut self, sample: &Sample) {
        let mut count = 0;
        for mount in &sample.filesystems {
            let known = self.writable.iter().position(|known| *known == mount.mount_point);
            match (mount.read_only, known) {
                (true, Some(at)) => {
                    self.occurrences.push(Occurrence::ReadOnly(self.writable.swap_remove(at)));
                }
                (false, None) if self.writable.len() < WRITABLE_MAX => {
                    self.writable.push(mount.mount_point.clone());
                    count += 1;
                }
                (false, Some(_)) => count += 1,
                (true | false, None) => {}
            }
        }
        // What is mounted there later is another one.
        if self.writable.len() > count {
            let is_there =
                |name: &String| sample.filesystems.iter().any(|m| m.mount_point == *name);
            self.writable.retain(is_there);
        }
    }

    fn look_at_components(&mut self, sample: &Sample, now: Now) {
        if self.began.is_none() {
            for (name, has) in PARTS {
                self.component(name, has).has = has;
            }
        }
        let began = *self.began.get_or_insert(now.instant);
        let is_settled = now.instant.since(began) >= STATUS_SETTLE;
        for component in &mut self.components {
            self.occurrences.extend(component.look(sample, is_settled, now));
        }
    }

    fn component(&mut self, name: &'static str, has: Has) -> &mut Component {
        let known = self.components.iter().position(|component| component.name == name);
        let at = known.unwrap_or_else(|| {
            let (is_troubled, reason, told, other) = (false, String::new(), State::Running, None);
            self.components.push(Component { name, has, is_troubled, reason, told, other });
            self.components.len() - 1
        });
        &mut self.components[at]
    }
}

impl Component {
    /// Its other state, once that has held.
    fn look(&mut self, sample: &Sample, is_settled: bool, now: Now) -> Option<Occurrence> {
        let state = match (std::mem::take(&mut self.is_troubled), (self.has)(sample)) {
            (true, _) => State::Degraded,
            (false, true) => State::Running,
            (false, false) => State::Absent,
        };
        if state != State::Degraded {
            self.reason = String::new();
            if !is_settled {
                self.told = state; // sensors and rates come a little later than the rest
            }
        }
        if state == self.told {
            self.other = None;
            return None;
        }
        let (since, looks) = match self.other {
            Some((other, since, looks)) if other == state => (since, looks + 1),
            Some(_) | None => (now.instant, 1),
        };
        self.other = Some((state, since, looks));
        if looks < STATUS_LOOKS || now.instant.since(since) < STATUS_HOLD {
            return None;
        }
        (self.told, self.other) = (state, None);
        let (component, reason) = (self.name, self.reason.clone());
        Some(Occurrence::Status(Status { component, state, reason, at: now.wall }))
    }
}

/// By how much a counter grew since it was last there.
fn growth(before: &mut Option<u64>, now: Option<u64>) -> Option<u64> {
    let now = now?;
    let grown = before.map_or(0, |before| now.saturating_sub(before));
    *before = Some(now);
    (grown > 0).then_some(grown)
}

#[cfg(test)]
mod tests;
