//! `mem`, and the two points of `swap`.

use super::{Field, Series, count, float, no_tag, one_row, only_row, settled, share};
use crate::percent::Percent;
use crate::sample::Sample;

pub(super) static MEM: Series = Series {
    measurement: "mem",
    tags: &[],
    fields: MEM_FIELDS,
    rows: one_row,
    tag: no_tag,
    find: only_row,
    settle: settled,
};

pub(super) static SWAP: Series = Series {
    measurement: "swap",
    tags: &[],
    fields: &[
        count("total", |s, _| s.memory.swap_total, |s, _, v| s.memory.swap_total = Some(v)),
        count("used", |s, _| s.memory.swap_used, |s, _, v| s.memory.swap_used = Some(v)),
        count("free", |s, _| swap_free(s), |_, _, _| {}),
        float("used_percent", |s, _| swap_used_percent(s), |_, _, _| {}),
    ],
    rows: one_row,
    tag: no_tag,
    find: only_row,
    settle: settled,
};

/// Bytes since boot.
pub(super) static SWAPPING: Series = Series {
    measurement: "swap",
    tags: &[],
    fields: &[
        count(
            "in",
            |s, _| s.kernel?.pages_swapped_in.map(bytes),
            |s, _, v| s.kernel.get_or_insert_default().pages_swapped_in = Some(v / PAGE),
        ),
        count(
            "out",
            |s, _| s.kernel?.pages_swapped_out.map(bytes),
            |s, _, v| s.kernel.get_or_insert_default().pages_swapped_out = Some(v / PAGE),
        ),
    ],
    rows: one_row,
    tag: no_tag,
    find: only_row,
    settle: settled,
};

/// A figure that is in meminfo and in no frame.
macro_rules! line {
    ($name:literal, $field:ident) => {
        count(
            $name,
            |sample, _| sample.detail.get()?.memory.$field,
            |sample, _, value| sample.detail.get_mut().memory.$field = Some(value),
        )
    };
}

const MEM_FIELDS: &[Field] = &[
    count("total", |s, _| s.memory.total, |s, _, v| s.memory.total = Some(v)),
    count("available", |s, _| s.memory.available, |s, _, v| s.memory.available = Some(v)),
    count("used", |s, _| s.memory.used, |s, _, v| s.memory.used = Some(v)),
    count("free", |s, _| s.memory.free, |s, _, v| s.memory.free = Some(v)),
    count("cached", |s, _| s.memory.cached, |s, _, v| s.memory.cached = Some(v)),
    count("buffered", |s, _| s.memory.buffers, |s, _, v| s.memory.buffers = Some(v)),
    line!("active", active),
    line!("inactive", inactive),
    line!("slab", slab),
    line!("sreclaimable", slab_reclaimable),
    line!("sunreclaim", slab_unreclaimable),
    line!("shared", shared),
    line!("mapped", mapped),
    line!("page_tables", page_tables),
    line!("dirty", dirty),
    line!("write_back", write_back),
    line!("write_back_tmp", write_back_tmp),
    line!("commit_limit", commit_limit),
    line!("committed_as", committed),
    count("swap_total", |s, _| s.memory.swap_total, |s, _, v| s.memory.swap_total = Some(v)),
    count("swap_free", |s, _| swap_free(s), set_swap_free),
    line!("swap_cached", swap_cached),
    float(
        "used_percent",
        |s, _| of_total(s, s.memory.used),
        |s, _, v| {
            s.memory.usage_percent = Some(Percent::new(v));
        },
    ),
    float("available_percent", |s, _| of_total(s, s.memory.available), |_, _, _| {}),
];

/// telegraf takes every page for one of 4 KiB, and so do those who read what it writes.
const PAGE: u64 = 4096;

const fn bytes(pages: u64) -> u64 {
    pages.saturating_mul(PAGE)
}

fn of_total(sample: &Sample, part: Option<u64>) -> Option<f64> {
    Some(share(part?, sample.memory.total?))
}

fn swap_free(sample: &Sample) -> Option<u64> {
    sample.memory.swap_total?.checked_sub(sample.memory.swap_used?)
}

/// telegraf writes `mem` whole: the total stands before it or comes with `swap`.
fn set_swap_free(sample: &mut Sample, _: usize, free: u64) {
    sample.memory.swap_used = sample.memory.swap_total.and_then(|total| total.checked_sub(free));
}

fn swap_used_percent(sample: &Sample) -> Option<f64> {
    Some(share(sample.memory.swap_used?, sample.memory.swap_total?))
}
