//! Main memory, swap and zram.

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::detail::MemoryDetail;
use kinglet_proto::sample::{Memory, Sample};
use kinglet_proto::time::Instant;

use super::schedule::Schedule;
use super::{Change, Collector};
use crate::kernel::block;
use crate::kernel::meminfo::{self, MORE, Meminfo, More, Places};
use crate::kernel::named::Place;
use crate::limits::INVENTORY_INTERVAL;
use crate::read::{Buffer, HotFile, Root};
use crate::setup::Setup;

/// Reads memory figures.
#[derive(Debug)]
pub(super) struct MemoryCollector {
    file: HotFile,
    places: Places,
    /// Where the lines of the detail stood; `None` where nobody wants it.
    more: Option<[Place; MORE.len()]>,
    zram: Vec<HotFile>,
    zram_due: Schedule,
    sys: Root,
}

impl MemoryCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            file: setup.proc.file("meminfo"),
            places: Places::default(),
            more: setup.detail.then(Default::default),
            zram: Vec::new(),
            zram_due: Schedule::every(INVENTORY_INTERVAL),
            sys: setup.sys.clone(),
        }
    }

    fn read_zram(&mut self, now: Instant, buffer: &mut Buffer) -> Option<u64> {
        if self.zram_due.is_due(now) {
            let is_used = |name: &String| {
                // One that was never given a size is a module loaded, not swap.
                name.starts_with("zram")
                    && self.sys.number(format!("block/{name}/disksize"), buffer) != Some(0)
            };
            let mut names = self.sys.names("block");
            names.retain(is_used);
            let file = |name: &String| self.sys.file(format!("block/{name}/mm_stat"));
            self.zram = names.iter().map(file).collect();
        }
        let mut used = None;
        for file in &mut self.zram {
            if let Some(bytes) = file.read(now, buffer).and_then(block::parse_mm_stat) {
                used = Some(bytes.saturating_add(used.unwrap_or(0)));
            }
        }
        used
    }
}

impl Collector for MemoryCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let zram_used = self.read_zram(now, buffer);
        let text = self.file.read(now, buffer).unwrap_or_default();
        let meminfo = meminfo::parse(text, &mut self.places);
        sample.memory = Memory { zram_used, ..account(&meminfo) };
        if let Some(places) = &mut self.more {
            sample.detail.get_mut().memory = detail(meminfo::parse_more(text, places));
        }
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Late {
            self.zram_due.hurry();
        }
    }
}

fn detail(more: More) -> MemoryDetail {
    let [active, inactive, slab, slab_reclaimable, slab_unreclaimable, shared, rest @ ..] = more;
    let [mapped, page_tables, dirty, write_back, write_back_tmp, rest @ ..] = rest;
    let [commit_limit, committed, swap_cached] = rest;
    MemoryDetail {
        active,
        inactive,
        slab,
        slab_reclaimable,
        slab_unreclaimable,
        shared,
        mapped,
        page_tables,
        dirty,
        write_back,
        write_back_tmp,
        commit_limit,
        committed,
        swap_cached,
    }
}

/// What is available, and what follows from it; nothing ever exceeds the total.
fn account(meminfo: &Meminfo) -> Memory {
    let cached =
        meminfo.cached.map(|cached| cached.saturating_add(meminfo.slab_reclaimable.unwrap_or(0)));
    // LXC hands out the host's MemAvailable with the container's MemTotal, and some containers and
    // kernels a zero while memory is free: then it says nothing.
    let is_empty = meminfo.free.is_none_or(|free| free == 0);
    let is_ours = |available: &u64| {
        meminfo.total.is_none_or(|total| *available <= total) && (*available > 0 || is_empty)
    };
    let available = meminfo.available.filter(is_ours).or_else(|| estimate(meminfo));
    let available = available.zip(meminfo.total).map(|(available, total)| available.min(total));
    let used = meminfo.total.zip(available).map(|(total, available)| total - available);
    let swap = meminfo.swap_total.zip(meminfo.swap_free);
    Memory {
        total: meminfo.total,
        used,
        free: meminfo.free,
        available,
        usage_percent: used.zip(meminfo.total).map(|(used, total)| Percent::of(used, total)),
        buffers: meminfo.buffers,
        cached,
        swap_total: meminfo.swap_total,
        swap_used: swap.map(|(total, free)| total.saturating_sub(free)),
        zram_used: None,
    }
}

/// Before Linux 3.14, and where the kernel's own figure is none: what is free or can be dropped, as
/// `free` reckoned it.
fn estimate(meminfo: &Meminfo) -> Option<u64> {
    let droppable = [meminfo.buffers, meminfo.cached, meminfo.slab_reclaimable];
    let sum = droppable.iter().flatten().fold(meminfo.free?, |sum, part| sum.saturating_add(*part));
    Some(sum.saturating_sub(meminfo.shmem.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounted(text: &[u8]) -> Memory {
        account(&meminfo::parse(text, &mut Places::default()))
    }

    fn kib(number: u64) -> Option<u64> {
        Some(number * 1024)
    }

    #[test]
    fn used_is_what_is_not_available() {
        let memory = accounted(
            b"MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\nCached: 20 kB\n\
              SwapTotal: 100 kB\nSwapFree: 60 kB\nSReclaimable: 5 kB\n",
        );
        assert_eq!((memory.used, memory.available, memory.cached), (kib(750), kib(250), kib(25)));
        assert_eq!(memory.usage_percent, Some(Percent::of(3, 4)));
        assert_eq!((memory.swap_total, memory.swap_used), (kib(100), kib(40)));
    }

    #[test]
    fn before_linux_3_14_available_is_estimated() {
        let memory = accounted(
            b"MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 200 kB\nShmem: 30 kB\n\
              SReclaimable: 20 kB\n",
        );
        assert_eq!((memory.available, memory.used), (kib(340), kib(660)));
    }

    #[test]
    fn nothing_available_is_not_believed_while_memory_is_free() {
        let zero = accounted(
            b"MemTotal: 1000 kB\nMemFree: 300 kB\nMemAvailable: 0 kB\nBuffers: 50 kB\n\
              Cached: 200 kB\nShmem: 30 kB\nSReclaimable: 20 kB\n",
        );
        assert_eq!((zero.available, zero.used, zero.free), (kib(540), kib(460), kib(300)));
        let full =
            accounted(b"MemTotal: 1000 kB\nMemFree: 0 kB\nMemAvailable: 0 kB\nCached: 90 kB\n");
        assert_eq!((full.available, full.used), (kib(0), kib(1000)), "there is none");
    }

    #[test]
    fn a_container_never_underflows() {
        let lxc = accounted(
            b"MemTotal: 100 kB\nMemFree: 25 kB\nMemAvailable: 900 kB\nCached: 10 kB\n\
              SwapTotal: 0 kB\nSwapFree: 7 kB",
        );
        assert_eq!((lxc.available, lxc.used, lxc.swap_used), (kib(35), kib(65), kib(0)));
        let absurd = accounted(b"MemTotal: 100 kB\nMemFree: 900 kB\n");
        assert_eq!((absurd.available, absurd.used), (kib(100), kib(0)));
        assert_eq!(account(&Meminfo::default()), Memory::default(), "nothing known, nothing said");
        let three_lines = accounted(b"MemTotal: 0 kB\nMemFree: 0 kB\n");
        assert_eq!(three_lines.usage_percent, Some(Percent::default()));
    }
}
