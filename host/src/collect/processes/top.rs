//! Who takes most: of each kind a few, in order.

use crate::limits::PROCESSES_TOLD;

/// What a process had used when it was last seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) pid: u32,
    /// When it began, in ticks from boot: with the number it tells processes apart.
    pub(super) start: u64,
    /// Ticks of processors it has used since.
    pub(super) ticks: u64,
}

/// One that takes much.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Taker {
    pub(super) pid: u32,
    /// Ticks used since the walk before; `None` where it was not there.
    pub(super) used: Option<u64>,
    /// Resident bytes.
    pub(super) memory: u64,
    name: [u8; 15],
    name_bytes: usize,
}

impl Taker {
    pub(super) fn name(&self) -> &[u8] {
        self.name.get(..self.name_bytes).unwrap_or_default()
    }
}

/// Those who take most of the processor, and those who take most of memory.
#[derive(Debug, Default)]
pub(super) struct Top {
    busy: Vec<Taker>,
    large: Vec<Taker>,
}

impl Top {
    pub(super) fn clear(&mut self) {
        self.busy.clear();
        self.large.clear();
    }

    pub(super) fn see(&mut self, pid: u32, name: &[u8], used: Option<u64>, memory: u64) {
        let mut taker = Taker { pid, used, memory, ..Taker::default() };
        taker.name_bytes = name.len().min(taker.name.len());
        taker.name.iter_mut().zip(name).for_each(|(to, byte)| *to = *byte);
        put(&mut self.busy, taker, |taker| taker.used.unwrap_or(0));
        put(&mut self.large, taker, |taker| taker.memory);
    }

    /// All of them, the busiest first; who takes much of both is there once.
    pub(super) fn rows(&mut self) -> &[Taker] {
        let (busy, large) = (&mut self.busy, &self.large);
        for taker in large {
            if busy.iter().all(|other| other.pid != taker.pid) {
                busy.push(*taker);
            }
        }
        busy
    }
}

/// Keeps those of the greatest figures, in order; nothing is no figure.
fn put(list: &mut Vec<Taker>, taker: Taker, figure: fn(&Taker) -> u64) {
    if figure(&taker) == 0 {
        return;
    }
    let at = list.partition_point(|other| figure(other) >= figure(&taker));
    if at < PROCESSES_TOLD {
        list.truncate(PROCESSES_TOLD - 1);
        list.insert(at, taker);
    }
}
