//! What of a sample has a place in Komari's report and basic info.

use std::borrow::Cow;

use crate::limits::{KOMARI_COUNT_MAX, KOMARI_LOAD_MAX, KOMARI_PATIENCE, KOMARI_TEXT_CHARS_MAX};
use crate::sample::{Filesystem, LoadAverage, Sample};
use crate::wire::go;
use crate::wire::komari::{BasicInfo, Connections, Cpu, Load, Network, Report, Space};

/// The traffic told so far. The server counts what a total rises from one report to the next: one
/// report without a total makes the next one count all of it.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// A report was made.
    begun: bool,
    /// Samples that were passed over for want of their counters.
    passed_over: u32,
    /// The last totals known, sent and received.
    last: Option<(u64, u64)>,
    /// What of them is not to be counted: where they stood when they appeared late.
    before: (u64, u64),
}

impl Traffic {
    /// Whether a report can be made of the sample: the first one waits for its counters, though
    /// not for ever, since the owner may have switched a collector off.
    pub(super) fn takes(&mut self, sample: &Sample) -> bool {
        let known = sample.uptime.is_some() && sample.cpu.usage.is_some();
        if self.begun || known && totals(sample).is_some() || self.passed_over == KOMARI_PATIENCE {
            return true;
        }
        self.passed_over += 1;
        false
    }

    /// The totals to be told: never less known than before.
    fn tell(&mut self, sample: &Sample) -> (u64, u64) {
        let now = totals(sample);
        if self.begun && self.last.is_none() {
            self.before = now.unwrap_or_default();
        }
        self.begun = true;
        self.last = now.or(self.last);
        let (up, down) = self.last.unwrap_or_default();
        if up < self.before.0 || down < self.before.1 {
            self.before = (0, 0); // the counters began anew
        }
        (up - self.before.0, down - self.before.1)
    }
}

/// The reading, complete: what the host does not give is zero.
pub(super) fn report<'a>(sample: &Sample, traffic: &mut Traffic, message: &'a str) -> Report<'a> {
    let (up, down) = traffic.tell(sample);
    let LoadAverage { one, five, fifteen } = sample.load_average.unwrap_or_default();
    let (memory, network) = (&sample.memory, &sample.network);
    let sockets = sample.sockets.unwrap_or_default();
    Report {
        cpu: Cpu { usage: sample.cpu.usage.unwrap_or_default() },
        ram: space(memory.total, memory.used),
        swap: space(memory.swap_total, memory.swap_used),
        load: Load { load1: load(one), load5: load(five), load15: load(fifteen) },
        disk: disk(sample),
        network: Network {
            up: count(network.tx_speed),
            down: count(network.rx_speed),
            total_up: count(Some(up)),
            total_down: count(Some(down)),
        },
        connections: Connections {
            // Its own agent counts what waits for its end as well.
            tcp: count(Some(sockets.tcp.saturating_add(sockets.tcp_time_wait))),
            udp: count(Some(sockets.udp)),
        },
        uptime: count(sample.uptime),
        process: count(sample.processes.and_then(|processes| processes.total)),
        message,
    }
}

/// What changes rarely; `whole` with what older servers do not know.
pub(super) fn basic_info(sample: &Sample, whole: bool) -> BasicInfo<'_> {
    let address = |of: fn(&str) -> bool| {
        sample.ip_addresses.iter().map(String::as_str).find(|address| of(address))
    };
    BasicInfo {
        os: system(sample),
        kernel_version: whole.then(|| clip(&sample.os.kernel)),
        version: concat!("kinglet ", env!("CARGO_PKG_VERSION")),
        arch: clip(go::arch(&sample.os.arch.0)),
        cpu_name: clip(&sample.cpu.brand),
        cpu_cores: sample.cpu.cores.unwrap_or_default(),
        cpu_physical_cores: whole.then_some(0),
        mem_total: count(sample.memory.total),
        swap_total: count(sample.memory.swap_total),
        disk_total: disk(sample).total,
        virtualization: "",
        gpu_name: "",
        ipv4: address(|address| !address.contains(':')).unwrap_or_default(),
        ipv6: address(|address| address.contains(':')).unwrap_or_default(),
    }
}

/// `Debian 12`: the page knows a system by its name, and has an icon for it.
fn system(sample: &Sample) -> Cow<'_, str> {
    let (name, version) = (sample.os.name.as_str(), sample.os.version.as_str());
    let mut rest = name.chars();
    let Some(first) = rest.next() else { return "Linux".into() };
    let whole = format!("{}{} {version}", first.to_uppercase(), rest.as_str());
    clip(whole.trim_end()).to_owned().into()
}

/// Space of this host's own disks, each once: not what is mounted over a network or is a view.
fn disk(sample: &Sample) -> Space {
    let own = || sample.filesystems.iter().filter(|fs| is_local(fs));
    let (mut total, mut used) = (0_u64, 0_u64);
    for (at, fs) in own().enumerate() {
        if own().take(at).all(|before| before.device != fs.device) {
            total = total.saturating_add(fs.total.unwrap_or_default());
            used = used.saturating_add(fs.used.unwrap_or_default());
        }
    }
    space(Some(total), Some(used))
}

fn is_local(fs: &Filesystem) -> bool {
    let has_disk = fs.device.starts_with("/dev/") || fs.fstype == "zfs";
    !fs.view && (has_disk || fs.mount_point == "/")
}

fn totals(sample: &Sample) -> Option<(u64, u64)> {
    sample.network.total_tx.zip(sample.network.total_rx)
}

fn space(total: Option<u64>, used: Option<u64>) -> Space {
    Space { total: count(total), used: count(used) }
}

fn count(number: Option<u64>) -> u64 {
    number.unwrap_or_default().min(KOMARI_COUNT_MAX)
}

fn load(average: f64) -> f64 {
    if average.is_finite() { average.clamp(0.0, KOMARI_LOAD_MAX) } else { 0.0 }
}

/// A text that fits its column.
fn clip(text: &str) -> &str {
    let end = text.char_indices().nth(KOMARI_TEXT_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    &text[..end]
}
