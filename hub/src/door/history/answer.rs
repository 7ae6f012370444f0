//! The answer to a question about the past: its lines, as the JSON they travel in.

use std::collections::BTreeMap;

use kinglet_proto::sample::metric::Metric;
use serde::Serialize;

use super::question::Question;
use crate::history::{History, Line, Query, QueryError};
use crate::limits::{HISTORY_POINTS_MAX, HISTORY_STEP_S_MAX};
use crate::server::metric_name::{Asked, Series, read, series_name};

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Neither the fleet nor the store knows the host.
    UnknownHost,
    /// In words, with the step that fits.
    TooManyPoints(String),
    /// In words.
    Failed(String),
}

/// A series over time, as it travels.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    metric: String,
    labels: BTreeMap<&'static str, String>,
    step: u32,
    points: Vec<(u64, f64, f64, f64)>,
}

/// Asks the store and writes down what it says: one object, or a list where several were asked
/// for. May wait for a disk. A host of the fleet of which nothing is kept has empty lines.
pub(super) fn answer(
    question: &Question,
    history: &dyn History,
    in_fleet: bool,
) -> Result<String, Refusal> {
    let mut told = Vec::new();
    let mut size = Size::default();
    for asked in &question.asked {
        for line in lines(question, history, asked, in_fleet)? {
            size.add(&line);
            // What would be refused is only measured.
            if size.points <= HISTORY_POINTS_MAX {
                told.push(tell(question, asked, line));
            }
        }
    }
    if size.points > HISTORY_POINTS_MAX {
        return Err(too_many(size.fitting_step()));
    }
    let json = match told.first() {
        Some(first) if question.is_of_one() => serde_json::to_string(first),
        _ => serde_json::to_string(&told),
    };
    json.map_err(|error| Refusal::Failed(error.to_string()))
}

fn too_many(fits: u32) -> Refusal {
    let text = format!(
        "step is too small for this range: more than {HISTORY_POINTS_MAX} points; step={fits} fits"
    );
    Refusal::TooManyPoints(text)
}

/// What was asked for by one name; the first of its substitutes where there is none of it.
fn lines(
    question: &Question,
    history: &dyn History,
    asked: &Asked,
    in_fleet: bool,
) -> Result<Vec<Line>, Refusal> {
    let label = match &asked.series {
        Series::One(label) => Some(label.as_str()),
        Series::Only | Series::Every => None,
    };
    let mut lines = query(question, history, asked.metric, label, in_fleet)?;
    for substitute in asked.otherwise.iter().flat_map(|name| read(name)) {
        if !lines.is_empty() {
            break;
        }
        lines = query(question, history, substitute.metric, None, in_fleet)?;
        lines.truncate(1);
    }
    if lines.is_empty() && asked.series != Series::Every {
        let labels = label.map(str::to_owned).into_iter().collect();
        let step_s = question.step_s.unwrap_or(1);
        lines.push(Line { metric: asked.metric, labels, step_s, points: Vec::new() });
    }
    Ok(lines)
}

fn query(
    question: &Question,
    history: &dyn History,
    metric: &'static Metric,
    label: Option<&str>,
    in_fleet: bool,
) -> Result<Vec<Line>, Refusal> {
    let Question { id: host, from, to, step_s, .. } = question;
    let query = Query { host, metric, label, from: *from, to: *to, step_s: *step_s };
    match history.lines(&query) {
        Ok(lines) => Ok(lines),
        Err(QueryError::UnknownHost) if in_fleet => Ok(Vec::new()),
        Err(QueryError::UnknownHost) => Err(Refusal::UnknownHost),
        Err(QueryError::TooManyPoints(fits)) => Err(too_many(fits)),
        Err(error @ QueryError::Failed(_)) => Err(Refusal::Failed(error.to_string())),
    }
}

fn tell<'a>(question: &'a Question, asked: &Asked, line: Line) -> Told<'a> {
    let Line { metric, labels, step_s, points } = line;
    let name = asked.alias.map(str::to_owned);
    let scale = |value: f64| value * asked.scale;
    Told {
        id: &question.id,
        metric: name.unwrap_or_else(|| series_name(metric, &labels)),
        labels: metric.labels.iter().copied().zip(labels).collect(),
        step: step_s,
        points: points
            .into_iter()
            .map(|point| (point.at_ms, scale(point.mean), scale(point.min), scale(point.max)))
            .collect(),
    }
}

/// How much an answer is.
#[derive(Default)]
struct Size {
    lines: usize,
    points: usize,
    /// When the first and the last point of any line begin; `None` without points.
    span_ms: Option<(u64, u64)>,
}

impl Size {
    fn add(&mut self, line: &Line) {
        self.lines += 1;
        self.points += line.points.len();
        for point in &line.points {
            let (first, last) = self.span_ms.unwrap_or((point.at_ms, point.at_ms));
            self.span_ms = Some((first.min(point.at_ms), last.max(point.at_ms)));
        }
    }

    /// A round step, in seconds, with which lines of this span are few enough points together, be
    /// they without a gap.
    fn fitting_step(&self) -> u32 {
        let (first, last) = self.span_ms.unwrap_or_default();
        // A span has one bucket more than it is long when it begins within one.
        let each = (HISTORY_POINTS_MAX / self.lines.max(1)).saturating_sub(1).max(1);
        let each = u64::try_from(each).unwrap_or(u64::MAX);
        let least = (last - first).div_ceil(1000).div_ceil(each).max(2);
        let round = [2, 5, 10, 15, 30, 60, 300, 900].into_iter().find(|step| *step >= least);
        let step = round.unwrap_or_else(|| least.next_multiple_of(3600));
        u32::try_from(step).unwrap_or(HISTORY_STEP_S_MAX).min(HISTORY_STEP_S_MAX)
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::host::HostId;
    use kinglet_proto::time::WallTime;

    use super::*;
    use crate::history::{Event, EventQuery, Point, State};
    use crate::server::metric_name::read_list;

    /// Two disks and a processor, a point for each step of the range; nothing of `/`.
    struct Kept;

    impl History for Kept {
        fn lines(&self, query: &Query<'_>) -> Result<Vec<Line>, QueryError> {
            let step_s = query.step_s.unwrap_or(1);
            let step = u64::from(step_s) * 1000;
            let from = query.from.unix_millis().next_multiple_of(step);
            let at = (from..query.to.unix_millis()).step_by(usize::try_from(step).unwrap());
            let point = |at_ms| Point { at_ms, mean: 50.0, min: 25.0, max: 75.0 };
            let points: Vec<_> = at.map(point).collect();
            let line =
                |labels| Line { metric: query.metric, labels, step_s, points: points.clone() };
            match query.metric.name {
                _ if query.host.as_str() != "pi" => Err(QueryError::UnknownHost),
                "uptime" => Err(QueryError::TooManyPoints(7)),
                "users" => Err(QueryError::Failed("no disk".to_owned())),
                "cpu.usage" => Ok(vec![line(Vec::new())]),
                name if name.starts_with("disks.") => {
                    let disks =
                        ["sda", "sdb"].iter().filter(|d| query.label.is_none_or(|l| l == **d));
                    Ok(disks.map(|disk| line(vec![(*disk).to_owned()])).collect())
                }
                _ => Ok(Vec::new()),
            }
        }

        fn events(&self, _: &EventQuery<'_>) -> Result<Vec<Event>, QueryError> {
            Ok(Vec::new())
        }

        fn state(&self) -> State {
            State::default()
        }
    }

    fn ask(id: &str, names: &str, seconds: u64, step_s: Option<u32>) -> Result<String, Refusal> {
        let asked = read_list(names).into_iter().flat_map(|(_, asked)| asked).collect();
        let id = HostId::parse(id).unwrap();
        let to = WallTime::from_unix_millis(seconds * 1000);
        let question = Question { id, asked, from: WallTime::default(), to, step_s };
        answer(&question, &Kept, question.id.as_str() == "new")
    }

    #[test]
    fn a_line_is_an_object_and_several_are_a_list() {
        let cpu = r#"{"id":"pi","metric":"cpu.usage","labels":{},"step":60,"points":[[0,50.0,25.0,75.0],[60000,50.0,25.0,75.0]]}"#;
        assert_eq!(ask("pi", "cpu.usage", 61, Some(60)).unwrap(), cpu);
        assert_eq!(
            ask("pi", "disks.sda.used", 1, None).unwrap(),
            r#"{"id":"pi","metric":"disks.sda.used","labels":{"disk":"sda"},"step":1,"points":[[0,50.0,25.0,75.0]]}"#
        );
        assert_eq!(
            ask("pi", "disks.{disk}.used", 0, Some(9)).unwrap(),
            r#"[{"id":"pi","metric":"disks.sda.used","labels":{"disk":"sda"},"step":9,"points":[]},{"id":"pi","metric":"disks.sdb.used","labels":{"disk":"sdb"},"step":9,"points":[]}]"#
        );
        let both = ask("pi", "cpu.usage,cpu.usage", 61, Some(60)).unwrap();
        assert_eq!(both, format!("[{cpu},{cpu}]"));
    }

    #[test]
    fn the_names_of_others_go_by_their_names_and_scales() {
        assert_eq!(
            ask("pi", "system.cpu.usage", 1, None).unwrap(),
            r#"{"id":"pi","metric":"system.cpu.usage","labels":{},"step":1,"points":[[0,0.5,0.25,0.75]]}"#
        );
        assert_eq!(
            ask("pi", "disk_usage_percent", 1, None).unwrap(),
            r#"{"id":"pi","metric":"disk_usage_percent","labels":{"disk":"sda"},"step":1,"points":[[0,50.0,25.0,75.0]]}"#
        );
    }

    #[test]
    fn where_nothing_is_kept_the_line_is_empty() {
        let empty = |metric: &str, labels: &str| {
            format!(r#"{{"id":"new","metric":"{metric}","labels":{labels},"step":1,"points":[]}}"#)
        };
        assert_eq!(ask("new", "cpu.usage", 1, None).unwrap(), empty("cpu.usage", "{}"));
        let disk = empty("disks.sdc.used", r#"{"disk":"sdc"}"#);
        assert_eq!(ask("new", "disks.sdc.used", 1, None).unwrap(), disk);
        assert_eq!(ask("new", "disks.{disk}.used", 1, None).unwrap(), "[]");
        assert_eq!(ask("gone", "cpu.usage", 1, None), Err(Refusal::UnknownHost));
    }

    #[test]
    fn what_is_too_much_is_told_a_step_that_fits() {
        let fits = |refusal| match refusal {
            Err(Refusal::TooManyPoints(text)) => {
                text.rsplit("step=").next().unwrap().split(' ').next().unwrap().parse().unwrap()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(fits(ask("pi", "uptime", 1, None)), 7, "the store's");
        assert!(ask("pi", "cpu.usage", 10_000, None).is_ok());
        for (names, seconds) in [
            ("cpu.usage", 10_001),
            ("cpu.usage,disks.{disk}.used", 3_335),
            ("cpu.usage,cpu.usage,cpu.usage,disks.{disk}.used", 86_400),
            ("cpu.usage,disks.{disk}.used", 30 * 86_400),
        ] {
            let step = fits(ask("pi", names, seconds, None));
            assert!(ask("pi", names, seconds, Some(step)).is_ok(), "{names} {seconds}: {step}");
        }
    }

    #[test]
    fn a_store_that_fails_is_told_of() {
        let failed = Err(Refusal::Failed("the history cannot be read: no disk".to_owned()));
        assert_eq!(ask("pi", "users", 1, None), failed);
    }
}
