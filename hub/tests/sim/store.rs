//! A disk that takes its time, and now and then loses what it had not written.

use std::collections::{BTreeMap, BTreeSet};

use kinglet_hub::fleet::{Input, Update};

use crate::agent::LIFE;
use crate::world::TROUBLE_MS;

/// What is on it, and what waits for it.
pub(crate) struct Store {
    random: u64,
    /// By the fleet's number: whose life, and which reading of it.
    waiting: BTreeMap<u64, Option<(u64, u64)>>,
    safe: BTreeMap<u64, BTreeSet<u64>>,
    /// It may lose something: this world has faults.
    pub(crate) troubled: bool,
}

impl Store {
    pub(crate) fn new(seed: u64) -> Self {
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self { random, waiting: BTreeMap::new(), safe: BTreeMap::new(), troubled: false }
    }

    /// A reading waits to be written.
    pub(crate) fn take(&mut self, update: &Update) {
        let Update::Reading(reading) = update else { return };
        let life = reading.sample.uptime.map(|uptime| uptime / LIFE);
        let seq = reading.place.as_ref().map(|place| place.seq);
        self.waiting.insert(reading.number, life.zip(seq));
    }

    /// What it says next, if anything. In the end it is quick, for all has to be settled then.
    pub(crate) fn turn(&mut self, now: u64) -> Option<Input> {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let count = u64::try_from(self.waiting.len()).ok()?;
        let settles = now > TROUBLE_MS;
        match self.random % 64 {
            0 if self.troubled && !settles => {
                self.waiting.clear();
                Some(Input::Lost)
            }
            draw if draw < 16 || settles => {
                let some = (self.random >> 8) % (count + 1);
                let written = usize::try_from(if settles { count } else { some }).ok()?;
                let (number, _) = self.waiting.iter().nth(written.checked_sub(1)?)?;
                let number = *number;
                let rest = self.waiting.split_off(&(number + 1));
                for (life, seq) in
                    std::mem::replace(&mut self.waiting, rest).into_values().flatten()
                {
                    self.safe.entry(life).or_default().insert(seq);
                }
                Some(Input::Kept(number))
            }
            _ => None,
        }
    }

    /// The first reading of a life, above this one, that is not on the disk yet.
    pub(crate) fn first_waiting(&self, life: u64, above: u64) -> Option<u64> {
        let of_life = self.waiting.values().flatten().filter(|(of, _)| *of == life);
        let of_life = of_life.map(|(_, seq)| *seq).filter(|seq| *seq > above);
        of_life.filter(|seq| !self.has(life, *seq)).min()
    }

    /// Whether a reading is on the disk.
    pub(crate) fn has(&self, life: u64, seq: u64) -> bool {
        self.safe.get(&life).is_some_and(|seqs| seqs.contains(&seq))
    }

    /// The hub is another: what waited is gone.
    pub(crate) fn restart(&mut self, now: u64) {
        self.troubled |= now > 0;
        self.waiting.clear();
    }
}
