//! One container: the files of its group, and what they said last.

use kinglet_proto::percent::{Percent, scaled};
use kinglet_proto::sample::Container;
use kinglet_proto::time::Instant;

use super::groups::{File, Found, Version};
use crate::collect::rate::{Width, growth, per_second};
use crate::kernel::{cgroup, net_dev};
use crate::limits::NAMES_TRIES;
use crate::read::{Buffer, HotFile, Root};

/// It and its files.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) found: Found,
    /// What its engine calls it, where that was asked.
    pub(super) name: Option<String>,
    /// So often its engine named others and not it.
    pub(super) tries: u8,
    cpu: HotFile,
    /// What of its number is a microsecond.
    cpu_unit: u64,
    memory: HotFile,
    memory_detail: HotFile,
    freezer: HotFile,
    limit: Option<u64>,
    /// The interfaces of one of its processes; `None` where those are the host's, or not to be
    /// seen.
    net: Option<HotFile>,
    before: Option<(Instant, Counted)>,
}

/// What is counted: microseconds, and bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    cpu: Option<u64>,
    rx: Option<u64>,
    tx: Option<u64>,
}

impl Watched {
    pub(super) fn new(sys: &Root, version: Version, found: Found) -> Self {
        let file = |file| sys.file(version.file(file, &found.path));
        Self {
            cpu: file(File::Cpu),
            cpu_unit: if version == Version::Two { 1 } else { 1000 },
            memory: file(File::Memory),
            memory_detail: file(File::MemoryDetail),
            freezer: file(File::Freezer),
            limit: None,
            net: None,
            before: None,
            found,
            name: None,
            tries: 0,
        }
    }

    /// Whether what it is called in its group is an id.
    pub(super) fn has_id(&self) -> bool {
        !["lxc", "machine"].contains(&self.found.engine)
    }

    /// Whether an engine may know what it is called.
    pub(super) fn lacks_name(&self) -> bool {
        self.has_id() && self.name.is_none() && self.tries < NAMES_TRIES
    }

    /// Reads what rarely changes: its limit, and which process has its interfaces.
    pub(super) fn look(
        &mut self,
        sys: &Root,
        proc: &Root,
        version: Version,
        of_host: Option<u64>,
        buffer: &mut Buffer,
    ) {
        let limit = sys.read(version.file(File::MemoryLimit, &self.found.path), buffer);
        self.limit = limit.and_then(cgroup::parse_limit);
        if self.net.is_some() {
            return;
        }
        let process = version.first_process(sys, &self.found.path, buffer);
        let file = process.map(|pid| format!("{pid}/net/dev"));
        // Each network namespace has files of its own: the same file is the host's.
        let is_own = |file: &String| proc.inode(file).is_some_and(|it| Some(it) != of_host);
        self.net = file.filter(is_own).map(|file| proc.file(file));
    }

    /// Reads its figures; `false` where it is gone, or the process with its interfaces is.
    pub(super) fn read(
        &mut self,
        now: Instant,
        cores: Option<u64>,
        buffer: &mut Buffer,
        row: &mut Container,
    ) -> bool {
        let key: &[u8] = if self.cpu_unit == 1 { b"usage_usec" } else { b"" };
        let parse = |text: &[u8]| match key {
            b"" => cgroup::parse_number(text),
            key => cgroup::parse_keyed(text, key),
        };
        let cpu = self.cpu.read(now, buffer).and_then(parse).map(|used| used / self.cpu_unit);
        row.frozen = self.freezer.read(now, buffer).is_some_and(cgroup::parse_frozen);
        self.read_memory(now, buffer, row);
        let had_net = self.net.is_some();
        let (rx, tx) = self.read_net(now, buffer).unzip();
        let counted = Counted { cpu, rx, tx };
        let before = self.before.replace((now, counted));
        let (at, before) = before.unwrap_or((now, Counted::default()));
        let elapsed = now.since(at);
        let grown = |before: Option<u64>, after: Option<u64>| {
            before.zip(after).and_then(|(before, after)| growth(before, after, Width::Wide))
        };
        let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let used = grown(before.cpu, cpu).filter(|_| elapsed_us > 0);
        let share = |(used, cores)| Percent::of(used, elapsed_us.saturating_mul(cores));
        row.cpu_percent = used.zip(cores).map(share);
        row.cpu_cores = used.map(|used| hundredths(scaled(used, 100, elapsed_us)));
        (row.rx_bytes, row.tx_bytes) = (rx, tx);
        row.rx_speed = grown(before.rx, rx).and_then(|bytes| per_second(bytes, elapsed));
        row.tx_speed = grown(before.tx, tx).and_then(|bytes| per_second(bytes, elapsed));
        cpu.is_some() && had_net == rx.is_some()
    }

    fn read_memory(&mut self, now: Instant, buffer: &mut Buffer, row: &mut Container) {
        let used = self.memory.read(now, buffer).and_then(cgroup::parse_number);
        // What can be dropped at once is no use of memory: engines count so too.
        let idle = self.memory_detail.read(now, buffer).and_then(|text| {
            let total = cgroup::parse_keyed(text, b"total_inactive_file");
            total.or_else(|| cgroup::parse_keyed(text, b"inactive_file"))
        });
        row.memory_used = used.map(|used| used.saturating_sub(idle.unwrap_or(0)));
        row.memory_limit = self.limit;
        let share = |(used, limit)| Percent::of(used, limit);
        row.memory_percent = row.memory_used.zip(self.limit).map(share);
    }

    /// Bytes that passed its interfaces, in and out.
    fn read_net(&mut self, now: Instant, buffer: &mut Buffer) -> Option<(u64, u64)> {
        let file = self.net.as_mut()?;
        let text = file.read(now, buffer);
        let sum = text.map(|text| {
            let others = net_dev::parse(text).filter(|each| each.name != b"lo");
            others.fold((0, 0), |(rx, tx): (u64, u64), each| {
                (rx.saturating_add(each.rx_bytes), tx.saturating_add(each.tx_bytes))
            })
        });
        // While it is open the kernel keeps the whole namespace, after the container's end too.
        file.close();
        if sum.is_none() {
            self.net = None;
        }
        sum
    }
}

fn hundredths(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / 100.0
}
