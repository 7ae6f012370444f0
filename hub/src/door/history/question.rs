//! What is asked of a host's past, read from the request's parameters.

use axum::http::Uri;
use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;

use crate::limits::{HISTORY_METRICS_MAX, HISTORY_STEP_S_MAX, HISTORY_USUAL};
use crate::server::metric_name::{Asked, Series, read_list};
use crate::server::parameters::{Fault, Parameters, quoted};

/// A question.
#[derive(Debug, PartialEq)]
pub(super) struct Question {
    /// Whose past.
    pub(super) id: HostId,
    /// Of what, in the order it was asked for; never empty.
    pub(super) asked: Vec<Asked>,
    /// From here on.
    pub(super) from: WallTime,
    /// Up to here.
    pub(super) to: WallTime,
    /// Seconds that a point stands for; `None` for the finest there is.
    pub(super) step_s: Option<u32>,
}

impl Question {
    /// Reads it; `public` where anyone may look, to whom what is private is unknown.
    pub(super) fn read(id: HostId, uri: &Uri, now: WallTime, public: bool) -> Result<Self, Fault> {
        let parameters = Parameters::read(uri);
        let asked = asked(&parameters, public)?;
        let (from, to) = parameters.range(now, HISTORY_USUAL)?;
        let step = parameters.number("step", 1..=HISTORY_STEP_S_MAX.into(), "whole seconds")?;
        let step_s = step.and_then(|step| step.try_into().ok());
        Ok(Self { id, asked, from, to, step_s })
    }

    /// One series and no list of them is what the question is for.
    pub(super) fn is_of_one(&self) -> bool {
        matches!(&self.asked[..], [Asked { series: Series::Only | Series::One(_), .. }])
    }
}

fn asked(parameters: &Parameters, public: bool) -> Result<Vec<Asked>, Fault> {
    let mut found = Vec::new();
    for (name, asked) in parameters.all("metric").flat_map(read_list) {
        if asked.is_empty() || public && asked.iter().any(|asked| asked.metric.private) {
            return Err(unknown(name));
        }
        found.extend(asked);
        if found.len() > HISTORY_METRICS_MAX {
            return Err(format!("metric names more than {HISTORY_METRICS_MAX} at once"));
        }
    }
    if found.is_empty() {
        return Err("metric is missing: cpu.usage, or any of /api/metrics".to_owned());
    }
    Ok(found)
}

fn unknown(name: &str) -> Fault {
    format!(
        "metric {} is none: /api/metrics lists them all; a label stands for its braces \
         (disks.sda.used), or the braces for every series",
        quoted(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime::from_unix_millis(1_800_000_000_000);

    fn read(query: &str) -> Result<Question, Fault> {
        let uri = format!("/api/history/pi?{query}").parse().unwrap();
        Question::read(HostId::parse("pi").unwrap(), &uri, NOW, true)
    }

    #[test]
    fn metrics_are_asked_for_in_a_list_or_one_by_one() {
        for (query, names, one) in [
            ("metric=cpu.usage", &["cpu.usage"][..], true),
            ("metric=cpu.usage,uptime", &["cpu.usage", "uptime"], false),
            ("metric=uptime&metric=cpu%2Eusage", &["uptime", "cpu.usage"], false),
            ("metric=disks.sda.used", &["disks.{disk}.used"], true),
            ("metric=disks.%7Bdisk%7D.used", &["disks.{disk}.used"], false),
            ("metric=network_io", &["network.total_tx", "network.total_rx"], false),
            ("metric=filesystems.%2F.used", &["filesystems.{mount_point}.used"], true),
        ] {
            let question = read(query).unwrap();
            let asked: Vec<_> = question.asked.iter().map(|asked| asked.metric.name).collect();
            assert_eq!((&asked[..], question.is_of_one()), (names, one), "{query}");
        }
    }

    #[test]
    fn a_fault_says_what_is_wrong_with_what() {
        let many = format!("metric={}", vec!["uptime"; 65].join(","));
        for (query, words) in [
            ("", "metric is missing: "),
            ("metric=", "metric \"\" is none: "),
            ("metric=cpu.usage,cpu.usge", "metric \"cpu.usge\" is none: "),
            (&many, "metric names more than 64 at once"),
            ("metric=uptime&step=0", "step is whole seconds, 1 to 31622400, not \"0\""),
            ("metric=uptime&step=1.5", "step is whole seconds, 1 to 31622400, not \"1.5\""),
            ("metric=uptime&from=2&to=1", "from must lie before to: "),
        ] {
            let fault = read(query).unwrap_err();
            assert!(fault.starts_with(words), "{query}: {fault}");
        }
    }
}
