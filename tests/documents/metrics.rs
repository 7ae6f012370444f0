//! docs/metrics.md: made wholly, from the table of metrics.

use kinglet_proto::sample::metric::{Kind, Metric, Unit};
use kinglet_proto::sample::table::METRICS;

const HEAD: &str = "\
# Metrics

Every figure that a sample can hold, as `kinglet sample --json`, dashboards and databases have it.
This page is made from the code by `tests/documents.rs`; the sentences are those of
`proto/src/sample`.

A name is the way to the value in the sample. Where there is one for each disk, mount, interface or
sensor, the label in braces stands in the name for it: `disks.{disk}.used` is `disks.sda.used` on
disk `sda`. What a host cannot give is absent, never zero. A gauge goes up and down. A counter only
goes up, from zero at the host's boot where nothing else is said: one that is smaller than before
has begun anew. What is a second, or a share of time, is so since the sample before; the first has
none. What is private is shown only to viewers who have a token.

What only its owner switches on costs nothing until then, and this much beside a report's 190,000
instructions and 19 system calls (x86_64, wss, as `bench/footprint` counts):

| collector | instructions a report | system calls |
|---|---|---|
| none, with a `[budget]` that is kept | none that can be measured | two every twelve reports |
| none, while a `[budget]` is not kept | 7,500 | one for each collector |
| `containers`, three of them | 16,900, most for writing them | 13 every ten seconds |
| `containers.socket`, three of them | 190,000 every five minutes | 7 every five minutes |
| `custom`, two files with ten figures | 23,500, most for writing them | 12 every ten seconds |
| `processes`, 87 of them | 860,000 every 30 seconds | 370 every 30 seconds |
| `router` | 4,300 | one; three every 30 seconds for each file of leases |
| `router`, one queue | 3,500 more | 8 every ten seconds |
| `router`, one peer of WireGuard | 3,100 more | 7 every ten seconds |
| `router`, one Wi-Fi interface with two stations | 2,400 more | 6 every ten seconds |
| `smart`, an NVMe and a SATA disk | 6,600, for writing them | 70 every ten minutes |
| `traffic`, one way out | 14,200 | none; six every ten minutes with a `state_file` |
| `units`, two failed | 9,700, most for writing them | six every 30 seconds, three without |
";

/// The page.
pub(crate) fn page() -> String {
    let mut text = HEAD.to_owned();
    let mut last = "";
    for metric in &METRICS {
        if block(metric) != last {
            last = block(metric);
            text += &format!("\n## {last}\n\n{}{TABLE}", labels(metric));
        }
        text += &row(metric);
    }
    text
}

const TABLE: &str = "| metric | unit | kind | what it is | seen by |\n|---|---|---|---|---|\n";

/// What a metric's name begins with.
fn block(metric: &Metric) -> &'static str {
    metric.name.split('.').next().unwrap_or_default()
}

/// The labels beside the one in the name.
fn labels(metric: &Metric) -> String {
    let beside: Vec<_> = metric.labels.iter().skip(1).map(|label| format!("`{label}`")).collect();
    if beside.is_empty() {
        String::new()
    } else {
        format!("Labels beside the name: {}.\n\n", beside.join(", "))
    }
}

fn row(metric: &Metric) -> String {
    let unit = match metric.unit.sign() {
        "" if metric.unit == Unit::Switch => "0 or 1",
        "" => "count",
        sign => sign,
    };
    let kind = match metric.kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
    };
    let seen = if metric.private { "private" } else { "public" };
    format!("| `{}` | {unit} | {kind} | {} | {seen} |\n", metric.name, metric.help())
}
