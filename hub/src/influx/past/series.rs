//! What a database says of a series, step by step, and the points that are made of it.

use std::collections::BTreeMap;

use kinglet_proto::sample::metric::Kind;

use crate::history::Point;

/// Something of each series, by the values of its labels.
pub(super) type All<T> = BTreeMap<Vec<String>, T>;

/// Moments, milliseconds since 1970, and what was read then.
pub(super) type Readings = BTreeMap<u64, f64>;

/// What was read in one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// When it began, milliseconds since 1970.
    pub(super) at: u64,
    pub(super) mean: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) first: f64,
    pub(super) last: f64,
}

/// Readings as they came; two of one second are one point.
pub(super) fn readings_as_points(all: All<Readings>) -> All<Vec<Point>> {
    let point = |(at, value): (u64, f64)| Point {
        at_ms: at - at % 1000,
        mean: value,
        min: value,
        max: value,
    };
    let each = all.into_iter().filter(|(_, readings)| !readings.is_empty());
    each.map(|(labels, readings)| (labels, readings.into_iter().map(point).collect())).collect()
}

/// Readings in the order of time as steps.
pub(super) fn steps_of(readings: &Readings, step: u64) -> Vec<Step> {
    let mut steps: Vec<(Step, f64)> = Vec::new();
    for (at, value) in readings {
        let (at, value) = (at - at % step, *value);
        match steps.last_mut() {
            Some((last, count)) if last.at == at => {
                *count += 1.0;
                last.mean += (value - last.mean) / *count;
                last.min = last.min.min(value);
                last.max = last.max.max(value);
                last.last = value;
            }
            Some(_) | None => {
                let all =
                    Step { at, mean: value, min: value, max: value, first: value, last: value };
                steps.push((all, 1.0));
            }
        }
    }
    steps.into_iter().map(|(step, _)| step).collect()
}

/// Steps in the order of time as points; `before` is the reading before the first of them.
pub(super) fn points_of(kind: Kind, mut before: Option<f64>, steps: &[Step]) -> Vec<Point> {
    let mut points = Vec::with_capacity(steps.len());
    for step in steps {
        let (mean, min, max) = match kind {
            Kind::Gauge => (step.mean, step.min, step.max),
            Kind::Counter => {
                let rise = rise(before.replace(step.last), step);
                (rise, rise, rise)
            }
        };
        points.push(Point { at_ms: step.at, mean, min, max });
    }
    points
}

/// How much a counter rose in a step. One that fell began anew, and what it shows it has risen
/// since. A step that has less than its first, or more than its last, has such a fall in it; what
/// it showed right before is then its highest.
fn rise(before: Option<f64>, step: &Step) -> f64 {
    let to_first = match before {
        None => 0.0,
        Some(before) if step.first < before => step.first,
        Some(before) => step.first - before,
    };
    let fell = step.min < step.first || step.max > step.last;
    let within = if fell { step.max - step.first + step.last } else { step.last - step.first };
    to_first + within
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(all: &[(u64, f64)]) -> Readings {
        all.iter().copied().collect()
    }

    fn rises(before: Option<f64>, all: &[(u64, f64)]) -> Vec<f64> {
        let steps = steps_of(&readings(all), 60_000);
        points_of(Kind::Counter, before, &steps).iter().map(|point| point.mean).collect()
    }

    #[test]
    fn a_gauge_has_its_mean_and_its_extremes() {
        let steps = steps_of(&readings(&[(0, 1.0), (59_999, 3.0), (60_000, 7.0)]), 60_000);
        let points = points_of(Kind::Gauge, None, &steps);
        let point = |at_ms, mean, min, max| Point { at_ms, mean, min, max };
        assert_eq!(points, [point(0, 2.0, 1.0, 3.0), point(60_000, 7.0, 7.0, 7.0)]);
    }

    #[test]
    fn a_counter_has_what_it_rose_by_over_a_restart_too() {
        let all = [(0, 110.0), (30_000, 130.0), (60_000, 20.0), (90_000, 25.0)];
        assert_eq!(rises(Some(100.0), &all), [30.0, 25.0]);
        assert_eq!(rises(None, &all), [20.0, 25.0]);
        let within = [(0, 110.0), (10_000, 150.0), (20_000, 5.0), (30_000, 9.0)];
        assert_eq!(rises(Some(100.0), &within), [59.0]);
        // Where it shows more than before again, a part of it is not seen.
        let far = [(0, 110.0), (10_000, 5.0), (20_000, 200.0)];
        assert_eq!(rises(None, &far), [290.0]);
    }

    #[test]
    fn two_readings_of_one_second_are_told_as_they_came() {
        let all = All::from([
            (Vec::new(), readings(&[(1_000, 1.0), (2_500, 2.0)])),
            (vec!["x".to_owned()], Readings::new()),
        ]);
        let points = readings_as_points(all);
        assert_eq!(points.len(), 1);
        let at: Vec<_> = points[&Vec::new()].iter().map(|point| point.at_ms).collect();
        assert_eq!(at, [1_000, 2_000]);
    }
}
