//! Which figures of a sample are sent: each is a message, so only those that somebody wants.

use crate::sample::metric::{Figure, LabelValue};
use crate::sample::table::METRICS;

/// What a dashboard of a fleet shows of each host.
const USUAL: [&str; 20] = [
    "cpu.usage",
    "cpu.user",
    "cpu.system",
    "cpu.iowait",
    "memory.total",
    "memory.used",
    "memory.available",
    "memory.usage_percent",
    "memory.swap_total",
    "memory.swap_used",
    "disks.{disk}.usage_percent",
    "network.rx_speed",
    "network.tx_speed",
    "network.total_rx",
    "network.total_tx",
    "uptime",
    "load_average.one",
    "load_average.five",
    "load_average.fifteen",
    "processes.total",
];

/// For each metric of the table, by its number, which of its series are sent.
#[derive(Debug)]
pub(super) struct Wanted(Vec<Rows>);

#[derive(Debug, Clone)]
enum Rows {
    None,
    All,
    /// Those with one of these labels.
    Some(Vec<String>),
}

impl Default for Wanted {
    fn default() -> Self {
        Self::named(USUAL).unwrap_or_else(|_| Self(Vec::new()))
    }
}

impl Wanted {
    /// Those with these names: `cpu.usage`, `disks.sda.used`, `disks.{disk}.used` for every disk.
    /// A name that no figure can have is an error.
    pub(super) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut rows = vec![Rows::None; METRICS.len()];
        for name in names {
            let (number, label) = find(name).ok_or(name)?;
            match (&mut rows[number], label) {
                (row, None) => *row = Rows::All,
                (Rows::All, Some(_)) => {}
                (Rows::Some(labels), Some(label)) => labels.push(label.to_owned()),
                (row @ Rows::None, Some(label)) => *row = Rows::Some(vec![label.to_owned()]),
            }
        }
        Ok(Self(rows))
    }

    /// Whether this figure is among them.
    pub(super) fn has(&self, figure: &Figure<'_>) -> bool {
        match self.0.get(usize::from(figure.metric.number)) {
            None | Some(Rows::None) => false,
            Some(Rows::All) => true,
            Some(Rows::Some(labels)) => match figure.labels.first().map(|label| label.value) {
                Some(LabelValue::Text(text)) => labels.iter().any(|label| label == text),
                Some(LabelValue::Number(number)) => {
                    labels.iter().any(|label| label.parse() == Ok(number))
                }
                None => false,
            },
        }
    }
}

/// The place of a metric in the table, and the label that its name has here.
fn find(name: &str) -> Option<(usize, Option<&str>)> {
    let whole = METRICS.iter().position(|metric| metric.name == name).map(|at| (at, None));
    whole.or_else(|| {
        METRICS.iter().enumerate().find_map(|(at, metric)| {
            let (before, rest) = metric.name.split_once('{')?;
            let (_, behind) = rest.split_once('}')?;
            let label = name.strip_prefix(before)?.strip_suffix(behind)?;
            (!label.is_empty()).then_some((at, Some(label)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture;

    fn sent(names: &[&str]) -> Vec<String> {
        let wanted = Wanted::named(names.iter().copied()).unwrap();
        let mut sent = Vec::new();
        fixture::pi().read(|figure| {
            if wanted.has(figure) {
                sent.push(figure.to_string());
            }
        });
        sent
    }

    #[test]
    fn every_usual_name_is_one_of_the_table() {
        for name in USUAL {
            assert!(matches!(find(name), Some((_, None))), "{name}");
        }
        assert_eq!(Wanted::default().0.iter().filter(|rows| matches!(rows, Rows::All)).count(), 20);
    }

    #[test]
    fn a_name_means_one_series_or_all_of_a_metric() {
        assert_eq!(sent(&["cpu.usage"]), ["cpu.usage"]);
        assert_eq!(
            sent(&["cpu.1.usage", "cpu.3.usage", "cpu.9.usage"]),
            ["cpu.1.usage", "cpu.3.usage"]
        );
        assert_eq!(sent(&["filesystems.{mount_point}.total"]).len(), 2);
        let boot = "filesystems./boot/firmware.total";
        assert_eq!(sent(&[boot, "filesystems./nowhere.total"]), [boot]);
        assert_eq!(sent(&[boot, "filesystems.{mount_point}.total", boot]).len(), 2);
        assert_eq!(sent(&["disks.mmcblk0.total"]), ["disks.mmcblk0.total"]);
    }

    #[test]
    fn a_name_that_no_figure_can_have_is_an_error() {
        for name in ["", "cpu", "cpu.usge", "disks..used", "cpu.usage ", "disks.sda.usd", "{disk}"]
        {
            assert_eq!(Wanted::named([name]).unwrap_err(), name);
        }
    }
}
