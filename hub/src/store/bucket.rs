//! Many readings as one: mean, lowest and highest of a gauge, the rise of a counter.

use std::collections::BTreeMap;

use kinglet_proto::sample::metric::Kind;

/// What was read during one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bucket {
    /// Readings in it.
    pub(super) count: f64,
    /// Of a counter: how much it rose.
    pub(super) mean: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// Buckets of one series by their beginning, milliseconds since 1970.
pub(super) type Buckets = BTreeMap<u64, Bucket>;

impl Bucket {
    pub(super) fn of(value: f64) -> Self {
        Self { count: 1.0, mean: value, min: value, max: value }
    }

    /// Takes another of the same series in.
    pub(super) fn merge(&mut self, other: Self, kind: Kind) {
        let count = self.count + other.count;
        match kind {
            Kind::Gauge => {
                self.mean += (other.mean - self.mean) * other.count / count;
                self.min = self.min.min(other.min);
                self.max = self.max.max(other.max);
            }
            Kind::Counter => {
                let rise = self.mean + other.mean;
                (self.mean, self.min, self.max) = (rise, rise, rise);
            }
        }
        self.count = count;
    }
}

/// The step a moment is in.
pub(super) const fn start_of(at: u64, step: u64) -> u64 {
    at - at % step
}

/// Puts a bucket where it belongs at this step.
pub(super) fn add(into: &mut Buckets, at: u64, bucket: Bucket, step: u64, kind: Kind) {
    into.entry(start_of(at, step)).and_modify(|there| there.merge(bucket, kind)).or_insert(bucket);
}

/// Turns readings of one series, in the order of time, into what their buckets are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rise {
    kind: Kind,
    before: Option<f64>,
}

impl Rise {
    /// `before`: the reading before the first, if there is one.
    pub(super) fn new(kind: Kind, before: Option<f64>) -> Self {
        Self { kind, before }
    }

    /// One reading as a bucket. A counter that fell began anew, and what it shows it has risen
    /// since.
    pub(super) fn take(&mut self, value: f64) -> Bucket {
        let before = self.before.replace(value);
        match (self.kind, before) {
            (Kind::Gauge, _) => Bucket::of(value),
            (Kind::Counter, None) => Bucket::of(0.0),
            (Kind::Counter, Some(before)) if value < before => Bucket::of(value),
            (Kind::Counter, Some(before)) => Bucket::of(value - before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roll(kind: Kind, before: Option<f64>, readings: &[(u64, f64)]) -> Buckets {
        let mut rise = Rise::new(kind, before);
        let mut buckets = Buckets::new();
        for (at, value) in readings {
            add(&mut buckets, *at, rise.take(*value), 60_000, kind);
        }
        buckets
    }

    #[test]
    fn a_gauge_has_its_mean_and_its_extremes() {
        let readings = [(0, 1.0), (59_999, 3.0), (60_000, 7.0)];
        let buckets = roll(Kind::Gauge, None, &readings);
        let first = Bucket { count: 2.0, mean: 2.0, min: 1.0, max: 3.0 };
        assert_eq!(buckets, [(0, first), (60_000, Bucket::of(7.0))].into());
    }

    #[test]
    fn a_counter_has_what_it_rose_by_over_a_restart_too() {
        let readings = [(0, 110.0), (30_000, 130.0), (60_000, 20.0), (90_000, 25.0)];
        let rises = |before| {
            Vec::from_iter(roll(Kind::Counter, before, &readings).values().map(|b| b.mean))
        };
        assert_eq!(rises(Some(100.0)), [30.0, 25.0]);
        assert_eq!(rises(None), [20.0, 25.0]);
    }

    #[test]
    fn buckets_of_buckets_are_as_if_made_of_the_readings() {
        let readings: Vec<(u64, f64)> = (0..100)
            .map(|at| (at * 1000, f64::from(u32::try_from(at * at % 17).unwrap())))
            .collect();
        let mut at_once = Buckets::new();
        let mut in_steps = Buckets::new();
        for (at, value) in &readings {
            add(&mut at_once, *at, Bucket::of(*value), 60_000, Kind::Gauge);
        }
        let mut fine = Buckets::new();
        for (at, value) in &readings {
            add(&mut fine, *at, Bucket::of(*value), 10_000, Kind::Gauge);
        }
        for (at, bucket) in fine {
            add(&mut in_steps, at, bucket, 60_000, Kind::Gauge);
        }
        for (one, other) in at_once.values().zip(in_steps.values()) {
            assert!((one.mean - other.mean).abs() < 1e-9);
            assert_eq!((one.count, one.min, one.max), (other.count, other.min, other.max));
        }
    }
}
