//! `cpu`: where the time of all processors, and of each, went in the last interval.
//!
//! A sample that came over a wire has no such shares. What it says instead is written under the
//! names that fit: both kinds of interrupts as `usage_irq`, guests within `usage_user`, and of each
//! core only what it was not busy.

use std::borrow::Cow;

use super::{Field, Series, float};
use crate::limits::INGEST_LIST_MAX;
use crate::percent::Percent;
use crate::sample::detail::CpuShares;
use crate::sample::{Cpu, Sample};
use crate::wire::line_protocol::Point;

/// The tag's value for all processors together; `cpu3` is one of them.
const ALL: &str = "cpu-total";
const ONE: &str = "cpu";

pub(super) static CPU: Series =
    Series { measurement: "cpu", tags: &["cpu"], fields: FIELDS, rows, tag, find, settle };

/// A share, and what stands for it in a sample without shares.
macro_rules! share {
    ($name:literal, $field:ident, $plain:expr) => {
        float(
            $name,
            |sample, row| match shares_of(sample, row) {
                Some(shares) => Some(shares.$field),
                None => plain(sample, row, $plain),
            },
            |sample, row, value| {
                if let Some(shares) = sample.detail.get_mut().cpus.get_mut(row) {
                    shares.$field = value;
                }
            },
        )
    };
}

const FIELDS: &[Field] = &[
    share!("usage_user", user, |cpu| cpu.user),
    share!("usage_system", system, |cpu| cpu.system),
    float("usage_idle", idle, |sample, row, value| {
        if let Some(shares) = sample.detail.get_mut().cpus.get_mut(row) {
            shares.idle = value;
        }
    }),
    share!("usage_nice", nice, |cpu| cpu.nice),
    share!("usage_iowait", iowait, |cpu| cpu.iowait),
    share!("usage_irq", irq, |cpu| cpu.irq),
    share!("usage_softirq", softirq, |_| None),
    share!("usage_steal", steal, |cpu| cpu.steal),
    share!("usage_guest", guest, |_| None),
    share!("usage_guest_nice", guest_nice, |_| None),
];

fn shares_of(sample: &Sample, row: usize) -> Option<&CpuShares> {
    sample.detail.get()?.cpus.get(row)
}

/// Of a sample without shares: all processors are the first row.
fn plain(sample: &Sample, row: usize, of: fn(&Cpu) -> Option<Percent>) -> Option<f64> {
    if row == 0 { of(&sample.cpu).map(Percent::get) } else { None }
}

fn idle(sample: &Sample, row: usize) -> Option<f64> {
    if let Some(shares) = shares_of(sample, row) {
        return Some(shares.idle);
    }
    let usage = match row.checked_sub(1) {
        Some(core) => sample.cpu.per_core.get(core).copied(),
        None => sample.cpu.usage,
    };
    let iowait = if row == 0 { sample.cpu.iowait.unwrap_or_default() } else { Percent::default() };
    usage.map(|usage| Percent::new(100.0 - usage.get() - iowait.get()).get())
}

fn rows(sample: &Sample) -> usize {
    match sample.detail.get() {
        Some(figures) => figures.cpus.len(),
        None => 1 + sample.cpu.per_core.len(),
    }
}

fn tag<'a>(sample: &'a Sample, row: usize, _: &str) -> Option<Cow<'a, str>> {
    let core = match (shares_of(sample, row), row.checked_sub(1)) {
        (Some(shares), _) => shares.core,
        (None, None) => None,
        (None, Some(place)) => {
            let number = sample.cpu.core_numbers.get(place).copied();
            number.or_else(|| u32::try_from(place).ok())
        }
    };
    Some(core.map_or(Cow::Borrowed(ALL), |core| Cow::Owned(format!("{ONE}{core}"))))
}

fn find(sample: &mut Sample, point: &Point<'_>) -> Option<usize> {
    let name = point.tag("cpu")?;
    let core = match name.strip_prefix(ONE)? {
        "-total" => None,
        number => Some(number.parse().ok()?),
    };
    let cpus = &mut sample.detail.get_mut().cpus;
    if let Some(row) = cpus.iter().position(|cpu| cpu.core == core) {
        return Some(row);
    }
    // One more than cores: all of them together.
    let has_room = cpus.len() <= INGEST_LIST_MAX;
    has_room.then(|| {
        cpus.push(CpuShares { core, ..CpuShares::default() });
        cpus.len() - 1
    })
}

/// What our own fields say of it.
fn settle(sample: &mut Sample, row: usize) {
    let Some(shares) = shares_of(sample, row).copied() else { return };
    if shares.core.is_some() {
        return settle_cores(sample);
    }
    let cpu = &mut sample.cpu;
    cpu.usage = Some(usage(&shares));
    cpu.user = Some(Percent::new(shares.user + shares.guest));
    cpu.system = Some(Percent::new(shares.system));
    cpu.nice = Some(Percent::new(shares.nice + shares.guest_nice));
    cpu.iowait = Some(Percent::new(shares.iowait));
    cpu.irq = Some(Percent::new(shares.irq + shares.softirq));
    cpu.steal = Some(Percent::new(shares.steal));
}

fn settle_cores(sample: &mut Sample) {
    let Some(figures) = sample.detail.get() else { return };
    let of_core = |shares: &CpuShares| shares.core.map(|core| (core, usage(shares)));
    let mut cores: Vec<(u32, Percent)> = figures.cpus.iter().filter_map(of_core).collect();
    cores.sort_unstable_by_key(|(core, _)| *core);
    let cpu = &mut sample.cpu;
    cpu.cores = u32::try_from(cores.len()).ok();
    cpu.per_core = cores.iter().map(|(_, usage)| *usage).collect();
    let is_plain = cores.iter().zip(0..).all(|((core, _), place)| *core == place);
    cpu.core_numbers = if is_plain { Vec::new() } else { cores.iter().map(|it| it.0).collect() };
}

fn usage(shares: &CpuShares) -> Percent {
    Percent::new(100.0 - shares.idle - shares.iowait)
}
