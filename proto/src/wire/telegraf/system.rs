//! The three points of `system`, and `kernel` and `processes`.

use super::{Access, Field, Series, count, float, no_tag, one_row, only_row, settled};

pub(super) static LOAD: Series = of_host("system", LOAD_FIELDS);
pub(super) static UPTIME: Series =
    of_host("system", &[count("uptime", |s, _| s.uptime, |s, _, v| s.uptime = Some(v))]);
pub(super) static UPTIME_FORMAT: Series = of_host(
    "system",
    &[Field { name: "uptime_format", access: Access::Text(|s, _| s.uptime.map(in_words)) }],
);
pub(super) static KERNEL: Series = of_host("kernel", KERNEL_FIELDS);
/// What `/proc` tells without a look at each process.
pub(super) static PROCESSES: Series = of_host("processes", PROCESSES_FIELDS);

const LOAD_FIELDS: &[Field] = &[
    float(
        "load1",
        |s, _| s.load_average.map(|it| it.one),
        |s, _, v| {
            s.load_average.get_or_insert_default().one = v;
        },
    ),
    float(
        "load5",
        |s, _| s.load_average.map(|it| it.five),
        |s, _, v| {
            s.load_average.get_or_insert_default().five = v;
        },
    ),
    float(
        "load15",
        |s, _| s.load_average.map(|it| it.fifteen),
        |s, _, v| {
            s.load_average.get_or_insert_default().fifteen = v;
        },
    ),
    count(
        "n_cpus",
        |s, _| s.cpu.cores.map(u64::from),
        |s, _, v| {
            s.cpu.cores = u32::try_from(v).ok();
        },
    ),
    count(
        "n_physical_cpus",
        |s, _| s.detail.get()?.physical_cores,
        |s, _, v| {
            s.detail.get_mut().physical_cores = Some(v);
        },
    ),
    count("n_users", |s, _| s.users, |s, _, v| s.users = Some(v)),
    count(
        "n_unique_users",
        |s, _| s.detail.get()?.distinct_users,
        |s, _, v| {
            s.detail.get_mut().distinct_users = Some(v);
        },
    ),
];

/// A figure of our own part of the same name.
macro_rules! counter {
    ($name:literal, $field:ident) => {
        count(
            $name,
            |s, _| s.kernel?.$field,
            |s, _, v| {
                s.kernel.get_or_insert_default().$field = Some(v);
            },
        )
    };
}

const KERNEL_FIELDS: &[Field] = &[
    counter!("boot_time", boot_time),
    counter!("context_switches", context_switches),
    counter!("interrupts", interrupts),
    counter!("processes_forked", forks),
];

/// A figure of `processes` that is not always known.
macro_rules! processes {
    ($name:literal, $field:ident) => {
        count(
            $name,
            |s, _| s.processes?.$field,
            |s, _, v| {
                s.processes.get_or_insert_default().$field = Some(v);
            },
        )
    };
}

const PROCESSES_FIELDS: &[Field] = &[
    processes!("total", total),
    count(
        "running",
        |s, _| s.processes.map(|it| it.running),
        |s, _, v| {
            s.processes.get_or_insert_default().running = v;
        },
    ),
    counter!("blocked", blocked),
    processes!("sleeping", sleeping),
    processes!("stopped", stopped),
    processes!("zombies", zombies),
    processes!("total_threads", threads),
];

/// One point of the whole host.
const fn of_host(measurement: &'static str, fields: &'static [Field]) -> Series {
    Series {
        measurement,
        tags: &[],
        fields,
        rows: one_row,
        tag: no_tag,
        find: only_row,
        settle: settled,
    }
}

/// As telegraf words it: `1 day,  3:05`.
fn in_words(seconds: u64) -> String {
    let (days, minutes) = (seconds / 86_400, seconds / 60);
    let (hours, minutes) = (minutes / 60 % 24, minutes % 60);
    match days {
        0 => format!("{hours:2}:{minutes:02}"),
        1 => format!("1 day, {hours:2}:{minutes:02}"),
        days => format!("{days} days, {hours:2}:{minutes:02}"),
    }
}
