//! What a metric's name means, however a client writes it: the table's (`cpu.usage`), a series'
//! own (`disks.sda.used`), all series of a metric (`disks.{disk}.used`), or the name under which
//! another project's clients know it (`cpu_percent`, `system.cpu.usage`).

use kinglet_proto::sample::metric::{Figure, Label, LabelValue, Metric, Value};
use kinglet_proto::sample::table::METRICS;

/// What is asked for by a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    /// The figure.
    pub(crate) metric: &'static Metric,
    /// Which of its series.
    pub(crate) series: Series,
    /// By what its numbers are multiplied: what we say in percent others say from 0 to 1.
    pub(crate) scale: f64,
    /// The name it was asked by, where that is another project's: what is told goes by it.
    pub(crate) alias: Option<&'static str>,
    /// Where the host has no such series: the first that there is of the first of these.
    pub(crate) otherwise: &'static [&'static str],
}

/// Series of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Series {
    /// There is but one.
    Only,
    /// The one whose first label has this value.
    One(String),
    /// All of them.
    Every,
}

/// The name under which others know a figure.
struct Alias {
    name: &'static str,
    /// Names of ours: one, or more where theirs is an object.
    means: &'static [&'static str],
    scale: f64,
    otherwise: &'static [&'static str],
}

const fn alias(name: &'static str, means: &'static [&'static str], scale: f64) -> Alias {
    Alias { name, means, scale, otherwise: &[] }
}

/// The documented names of the realtime API, then those of Micrometer that a host has an answer to:
/// the process of which they speak is the host, and its own share of the processor the agent's.
const ALIASES: &[Alias] = &[
    alias("cpu_percent", &["cpu.usage"], 1.0),
    alias("memory_percent", &["memory.usage_percent"], 1.0),
    Alias {
        otherwise: &["disks.{disk}.usage_percent", "filesystems.{mount_point}.usage_percent"],
        ..alias("disk_usage_percent", &["filesystems./.usage_percent"], 1.0)
    },
    alias("network_io", &["network.total_tx", "network.total_rx"], 1.0),
    alias("process_count", &["processes.total"], 1.0),
    alias("process.uptime", &["uptime"], 1.0),
    alias("process.cpu.usage", &["agent.cpu_percent"], 0.01),
    alias("system.cpu.count", &["cpu.cores"], 1.0),
    alias("system.cpu.usage", &["cpu.usage"], 0.01),
    alias("system.load.average.1m", &["load_average.one"], 1.0),
    Alias {
        otherwise: &["disks.{disk}.total", "filesystems.{mount_point}.total"],
        ..alias("disk.total", &["filesystems./.total"], 1.0)
    },
    Alias {
        otherwise: &["filesystems.{mount_point}.free"],
        ..alias("disk.free", &["filesystems./.free"], 1.0)
    },
];

/// What a name asks for: more than one thing where another project's stands for several; nothing
/// where no metric has it.
pub(crate) fn read(name: &str) -> Vec<Asked> {
    let Some(alias) = ALIASES.iter().find(|alias| alias.name == name) else {
        return read_own(name).into_iter().collect();
    };
    let several = alias.means.len() > 1;
    let ours = alias.means.iter().filter_map(|name| read_own(name));
    ours.map(|asked| Asked {
        scale: alias.scale,
        alias: (!several).then_some(alias.name),
        otherwise: alias.otherwise,
        ..asked
    })
    .collect()
}

/// The names in a list with commas, each with what it asks for. A comma may stand in a label too:
/// what is no name takes what follows it along.
pub(crate) fn read_list(text: &str) -> Vec<(&str, Vec<Asked>)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, asked, after)) = next(rest) {
        found.push((name, asked));
        match after {
            Some(after) => rest = after,
            None => return found,
        }
    }
    found.push((rest, Vec::new()));
    found
}

/// The shortest name that a list begins with, what it asks for, and what follows its comma. One
/// with a brace that is not closed goes on: labels of the owner's own figures have commas between.
fn next(list: &str) -> Option<(&str, Vec<Asked>, Option<&str>)> {
    let ends = list.match_indices(',').map(|(at, _)| at).chain([list.len()]);
    ends.map(|at| (&list[..at], list.get(at + 1..)))
        .filter(|(name, _)| name.matches('{').count() == name.matches('}').count())
        .map(|(name, after)| (name, read(name), after))
        .find(|(_, asked, _)| !asked.is_empty())
}

/// A name of ours.
fn read_own(name: &str) -> Option<Asked> {
    let whole = METRICS.iter().find(|metric| metric.name == name).map(|metric| {
        (metric, if metric.labels.is_empty() { Series::Only } else { Series::Every })
    });
    let (metric, series) = whole.or_else(|| METRICS.iter().find_map(|metric| one(metric, name)))?;
    Some(Asked { metric, series, scale: 1.0, alias: None, otherwise: &[] })
}

/// The series of this metric that has the name. Labels may have dots: what stands before and behind
/// one decides.
fn one(metric: &'static Metric, name: &str) -> Option<(&'static Metric, Series)> {
    let (before, rest) = metric.name.split_once('{')?;
    let (_, after) = rest.split_once('}')?;
    let label = name.strip_prefix(before)?.strip_suffix(after)?;
    (!label.is_empty()).then(|| (metric, Series::One(label.to_owned())))
}

/// The series' own name.
pub(crate) fn series_name(metric: &'static Metric, labels: &[String]) -> String {
    let pairs = metric.labels.iter().zip(labels);
    let labels: Vec<_> =
        pairs.map(|(&name, value)| Label { name, value: LabelValue::Text(value) }).collect();
    Figure { metric, labels: &labels, value: Value::Integer(0) }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> Vec<(&'static str, Series)> {
        read(name).into_iter().map(|asked| (asked.metric.name, asked.series)).collect()
    }

    fn label(text: &str) -> Series {
        Series::One(text.to_owned())
    }

    #[test]
    fn every_metric_is_known_by_its_own_name_and_each_series_by_its() {
        for metric in &METRICS {
            let series = if metric.labels.is_empty() { Series::Only } else { Series::Every };
            assert_eq!(told(metric.name), [(metric.name, series)]);
            if metric.labels.is_empty() {
                continue;
            }
            for text in ["sda", "/", "eth0.100", "/srv/a.used", "cpu 1, die", "κ", "{disk}x"] {
                let labels = vec![text.to_owned(); metric.labels.len()];
                let name = series_name(metric, &labels);
                assert_eq!(told(&name), [(metric.name, label(text))], "{name}");
            }
        }
    }

    #[test]
    fn what_is_no_name_is_nothing() {
        for name in ["", "cpu", "cpu.", "cpu.usage ", "disks..used", "disks.sda", "Cpu.usage", "{}"]
        {
            assert_eq!(told(name), [], "{name}");
        }
    }

    #[test]
    fn the_names_of_others_mean_ours() {
        for alias in ALIASES {
            let asked = read(alias.name);
            assert_eq!(asked.len(), alias.means.len(), "{}", alias.name);
            assert!(asked.iter().all(|asked| asked.series != Series::Every), "{}", alias.name);
            assert!(alias.otherwise.iter().all(|name| read_own(name).is_some()), "{}", alias.name);
        }
        assert_eq!(told("cpu_percent"), [("cpu.usage", Series::Only)]);
        let disk = ("filesystems.{mount_point}.usage_percent", label("/"));
        assert_eq!(told("disk_usage_percent"), [disk]);
        assert_eq!(
            told("network_io"),
            [("network.total_tx", Series::Only), ("network.total_rx", Series::Only)]
        );
        let [usage] = &read("system.cpu.usage")[..] else { panic!() };
        assert_eq!((usage.scale, usage.alias), (0.01, Some("system.cpu.usage")));
    }

    #[test]
    fn a_list_is_cut_at_commas_between_names() {
        let cut = |text| -> Vec<_> {
            read_list(text).into_iter().map(|(name, asked)| (name, asked.len())).collect()
        };
        assert_eq!(cut("cpu.usage"), [("cpu.usage", 1)]);
        assert_eq!(cut("cpu.usage,network_io"), [("cpu.usage", 1), ("network_io", 2)]);
        let comma = "filesystems./mnt/a,b.used";
        assert_eq!(cut("filesystems./mnt/a,b.used,uptime"), [(comma, 1), ("uptime", 1)]);
        let own = "custom.age{job=\"a\",of=\"b\"}";
        let text = format!("uptime,{own},custom.up");
        assert_eq!(cut(&text), [("uptime", 1), (own, 1), ("custom.up", 1)]);
        let two = "filesystems./a.used,filesystems./b.used";
        assert_eq!(cut(two), [("filesystems./a.used", 1), ("filesystems./b.used", 1)]);
        for (text, last) in [("", ""), ("uptime,", ""), ("uptime,x,y", "x,y"), ("x,,", "x,,")] {
            assert_eq!(cut(text).last(), Some(&(last, 0)), "{text}");
        }
    }
}
