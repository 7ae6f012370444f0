//! What a subscription asks of the fleet's figures. Pure.

use std::sync::Arc;

use kinglet_proto::sample::Sample;
use kinglet_proto::sample::metric::Figure;
use kinglet_proto::viewer::destination::{self, Figures, Pattern};

use crate::fleet::{Sight, Snapshot};
use crate::server::metric_name::{self, Asked, Series};

/// Figures of hosts.
#[derive(Debug)]
pub(crate) struct Wanted {
    pattern: Pattern,
    host: Option<String>,
    /// It asks for all hosts: nothing is left to compare.
    is_of_all: bool,
    /// What is asked for by name; `None` for what the pattern takes.
    named: Option<Named>,
    /// The same for all who ask for the same of a host.
    key: Arc<str>,
    sight: Sight,
}

#[derive(Debug)]
struct Named {
    name: String,
    asked: Vec<Asked>,
    /// What stands in where a host has none of it.
    otherwise: Vec<Asked>,
}

impl Wanted {
    /// What a pattern asks for; `None` where it means no figure that there can be, or none that
    /// may be shown.
    pub(crate) fn new(pattern: Pattern, public: bool) -> Option<Self> {
        let Figures { host, metric } = pattern.figures()?;
        let named = match metric {
            Some(name) => Some(Named::new(name, public)?),
            None => None,
        };
        let of_all = |named: &Named| pattern.text() == destination::metric("*", &named.name);
        let is_of_all = named.as_ref().is_some_and(of_all);
        let key = named.as_ref().map_or(pattern.text(), |named| &named.name).into();
        let sight = Sight::All;
        Some(Self { pattern, host, is_of_all, named, key, sight })
    }

    /// The same of who sees so much.
    pub(crate) fn with_sight(self, sight: Sight) -> Self {
        Self { sight, ..self }
    }

    /// Whether who asks sees a host.
    pub(super) fn sees(&self, host: &Snapshot) -> bool {
        self.sight.sees(host)
    }

    /// The one host it asks for; `None` for several.
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// What tells it from what others ask of a host.
    pub(super) fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether figures of this host are asked for at all.
    pub(crate) fn takes_host(&self, host: &str) -> bool {
        match (&self.host, &self.named) {
            (Some(own), _) => own == host,
            (None, _) if self.is_of_all => true,
            // The pattern of a host is told by any figure of it that would be taken.
            (None, Some(named)) => self.pattern.takes(&destination::metric(host, &named.name)),
            (None, None) => true,
        }
    }

    /// The names and numbers of what is asked for, in the order of the table.
    pub(super) fn read(&self, host: &str, sample: &Sample, public: bool) -> Vec<(String, f64)> {
        let Some(named) = &self.named else {
            let mut found = Vec::new();
            sample.read(|figure| {
                let name = figure.to_string();
                let is_hidden = public && figure.metric.private;
                if !is_hidden && self.pattern.takes(&destination::metric(host, &name)) {
                    found.push((name, figure.value.get()));
                }
            });
            return found;
        };
        named.read(sample)
    }
}

impl Named {
    fn new(name: String, public: bool) -> Option<Self> {
        let asked = metric_name::read(&name);
        let is_hidden = public && asked.iter().any(|asked| asked.metric.private);
        if asked.is_empty() || is_hidden {
            return None;
        }
        let others = asked.iter().flat_map(|asked| asked.otherwise);
        let otherwise = others.flat_map(|name| metric_name::read(name)).collect();
        Some(Self { name, asked, otherwise })
    }

    fn read(&self, sample: &Sample) -> Vec<(String, f64)> {
        if let [Asked { series: Series::Every, .. }] = &self.asked[..] {
            return find(sample, &self.asked);
        }
        let mut found = find(sample, &self.asked);
        if found.is_empty() {
            found = find(sample, &self.otherwise);
            found.truncate(1);
        }
        // Where another project's name stands for several of ours it is their sum.
        let sum = found.iter().map(|(_, value)| value).sum();
        if found.is_empty() { found } else { vec![(self.name.clone(), sum)] }
    }
}

/// The figures that are asked for, by the names of their series.
fn find(sample: &Sample, asked: &[Asked]) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    sample.read(|figure| {
        if let Some(asked) = asked.iter().find(|asked| is_asked(figure, asked)) {
            found.push((figure.to_string(), figure.value.get() * asked.scale));
        }
    });
    found
}

fn is_asked(figure: &Figure<'_>, asked: &Asked) -> bool {
    figure.metric.number == asked.metric.number
        && match &asked.series {
            Series::Only | Series::Every => true,
            Series::One(label) => {
                figure.labels.first().is_some_and(|first| first.value.to_string() == *label)
            }
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Sample {
        serde_json::from_value(json!({
            "cpu": {"usage": 12.5},
            "network": {"total_rx": 1, "total_tx": 2},
            "disks": [{"name":"sda","total":10}, {"name":"sdb","total":20}],
            "filesystems": [{"mount_point":"/srv","free":7}],
            "uptime": 60,
        }))
        .unwrap()
    }

    fn read(destination: &str) -> Vec<(String, f64)> {
        let Some(wanted) = Wanted::new(Pattern::new(destination), false) else { return Vec::new() };
        assert!(wanted.takes_host("pi"), "{destination}");
        wanted.read("pi", &sample(), false)
    }

    #[test]
    fn names_of_ours_of_micrometer_and_of_the_realtime_page_are_known() {
        for (name, value) in [
            ("cpu.usage", 12.5),
            ("cpu_percent", 12.5),
            ("system.cpu.usage", 0.125),
            ("process.uptime", 60.0),
            ("disk.free", 7.0),
            ("disk.total", 10.0),
            ("network_io", 3.0),
            ("disks.sdb.total", 20.0),
        ] {
            let found = read(&format!("/topic/metric/pi/{name}[VALUE]"));
            assert_eq!(found, [(name.to_owned(), value)], "{name}");
            assert_eq!(read(&format!("/topic/metric/*/{name}")), found, "{name}");
        }
        for name in ["jvm.memory.used", "cpu", "memory.total", "disks.sdc.total"] {
            assert_eq!(read(&format!("/topic/metric/pi/{name}[VALUE]")), [], "{name}");
        }
    }

    #[test]
    fn patterns_take_what_fits_them() {
        let names = |text| Vec::from_iter(read(text).into_iter().map(|(name, _)| name));
        let all = names("/topic/metric/**");
        assert_eq!(all.len(), 10, "{all:?}");
        assert_eq!(names("/topic/metric/pi/**"), all);
        assert_eq!(
            names("/topic/metric/pi/disks.*[VALUE]"),
            ["disks.sda.total", "disks.sdb.total"]
        );
        assert_eq!(
            names("/topic/metric/p*/disks.{disk}.total"),
            ["disks.sda.total", "disks.sdb.total"]
        );
        let other = Wanted::new(Pattern::new("/topic/metric/n*/cpu.usage"), false).unwrap();
        assert!(!other.takes_host("pi") && other.takes_host("nas"));
    }

    #[test]
    fn what_is_private_is_not_told_to_everybody() {
        let private = kinglet_proto::sample::table::METRICS.iter().find(|metric| metric.private);
        if let Some(metric) = private {
            let pattern = Pattern::new(&destination::metric("pi", metric.name));
            assert!(Wanted::new(pattern.clone(), true).is_none());
            assert!(Wanted::new(pattern, false).is_some());
        }
    }
}
