//! What a host's state must be, told from what was delivered to the hub.

use kinglet_hub::limits::OFFLINE_AFTER;

use crate::agent::{LIFE, Who};
use crate::world::TICK_LATE_MS;

/// How long a gap is waited for; not taken from the limits, so that a change of it is seen.
const PATIENCE_MS: u64 = 60_000;

/// The truth about one host.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// The connection that reports as it.
    pub(crate) current: Option<u64>,
    /// When anything of it was last delivered.
    pub(crate) heard_at: Option<u64>,
    /// The newest sample delivered, by its `uptime`.
    pub(crate) newest: Option<u64>,
    /// What was acknowledged to the agent that reported last.
    acked: Option<Acked>,
}

/// What this hub acknowledged to one life of an agent.
#[derive(Debug)]
struct Acked {
    life: u64,
    /// The first number that came: of those below it the hub cannot know.
    floor: u64,
    /// The newest that came.
    top: u64,
    /// All up to here was acknowledged.
    up_to: u64,
    /// Since when a gap has been waited for.
    gap_since: u64,
    /// The same, of gaps that were given up.
    given_up: u64,
}

/// What viewers must see of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// This sample.
    Sample(u64),
    /// No new one.
    Nothing,
    /// The sample or nothing: it was kept by another agent than the one that reported last, and
    /// the hub tells only roughly when either took it.
    Perhaps(u64),
}

impl Truth {
    /// Whether the host is online; `None` while the hub's tick may be late.
    pub(crate) fn online(&self, now: u64) -> Option<bool> {
        let Some(heard_at) = self.heard_at else { return Some(false) };
        let limit = OFFLINE_AFTER.as_secs() * 1_000;
        match now - heard_at {
            silent if silent < limit => Some(true),
            silent if silent > limit + TICK_LATE_MS => Some(false),
            _ => None,
        }
    }

    /// What viewers must see of a text that `who` sent.
    pub(crate) fn shown(&self, who: &Who, text: &str) -> Shown {
        if text.starts_with(r#"{"type":"system""#) {
            return Shown::Nothing;
        }
        let Some(sample) = last_number(text, "\"uptime\":") else { return Shown::Nothing };
        if who.protocol == "kinglet" {
            let live = last_number(text, "\"age_ms\":") == Some(0);
            return match self.newest {
                Some(newest) if newest / LIFE == who.life => {
                    if sample > newest {
                        Shown::Sample(sample)
                    } else {
                        Shown::Nothing
                    }
                }
                Some(_) if !live => Shown::Perhaps(sample),
                Some(_) | None => Shown::Sample(sample),
            };
        }
        // Of a batch, all older than what is there, the last where there is nothing.
        let late = text.contains("batch_metrics") && self.newest.is_some();
        let sums = text.contains("aggregated_metrics");
        if late || sums { Shown::Nothing } else { Shown::Sample(sample) }
    }
}

impl Truth {
    /// A number came for the first time: no acknowledgement may have covered it already.
    pub(crate) fn deliver(&mut self, life: u64, seq: u64, live: bool, now: u64) {
        if self.newest.is_some_and(|newest| newest / LIFE != life) {
            // After another agent's samples the hub begins with this one's next live one.
            self.acked = None;
            if !live {
                return;
            }
        }
        let acked = match &mut self.acked {
            Some(acked) if acked.life == life => acked,
            other => {
                let (floor, top) = (seq, seq);
                let first = Acked { life, floor, top, up_to: 0, gap_since: now, given_up: 0 };
                return *other = Some(first);
            }
        };
        let promised = seq > acked.floor && seq <= acked.up_to && seq > acked.given_up;
        assert!(!promised, "{seq} comes after it was acknowledged: {acked:?}");
        if !live || seq > acked.top + 1 {
            acked.gap_since = now;
        }
        acked.top = acked.top.max(seq);
    }

    /// Up to here an acknowledgement promises nothing: this hub began after it, and the agent sends
    /// it all the same; or the gap was not filled in time.
    pub(crate) fn not_promised(&self) -> u64 {
        self.acked.as_ref().map_or(u64::MAX, |acked| acked.given_up.max(acked.floor))
    }

    /// An acknowledgement is sent.
    pub(crate) fn acknowledge(&mut self, life: u64, seq: u64, now: u64) {
        if let Some(acked) = self.acked.as_mut().filter(|acked| acked.life == life) {
            acked.up_to = acked.up_to.max(seq);
            if now - acked.gap_since >= PATIENCE_MS {
                acked.given_up = acked.given_up.max(seq);
            }
        }
    }
}

/// The number that follows the last such key.
pub(crate) fn last_number(text: &str, key: &str) -> Option<u64> {
    let rest = &text[text.rfind(key)? + key.len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}
