//! Answers: which resolution for which part of the range, and all of it put together.

use std::collections::BTreeMap;

use kinglet_proto::sample::metric::Kind;

use super::bucket::{Bucket, Buckets, Rise, add, start_of};
use super::database::{Database, Folded};
use super::error::StoreError;
use super::raw::{column_of, series_of};
use super::rolled;
use super::row::unpack;
use super::series::SeriesId;
use super::sheet::Sheet;
use super::tier::Tier;
use crate::history::{Point, QueryError, step_that_fits};
use crate::limits::POINTS_MAX;

/// A question about some series of one host and one metric.
pub(super) struct Question<'a> {
    pub(super) db: &'a Database,
    pub(super) host: u32,
    /// The rows of the log that may be in no block.
    pub(super) tail: &'a [i64],
    pub(super) series: &'a [SeriesId],
    pub(super) kind: Kind,
    /// Milliseconds since 1970, the end not included.
    pub(super) from: u64,
    pub(super) to: u64,
}

/// What one series was, point by point.
pub(super) type Answer = BTreeMap<SeriesId, Vec<Point>>;

/// Readings of some series in the order of time.
type Readings = BTreeMap<SeriesId, Vec<(u64, f64)>>;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    Query(QueryError),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Question<'_> {
    /// The answer at this step, in seconds, or at the finest there is; with that step.
    pub(super) fn answer(&self, step_s: Option<u32>) -> Result<(u32, Answer), Failure> {
        let range = self.to.saturating_sub(self.from);
        let too_many = || Failure::Query(QueryError::TooManyPoints(step_that_fits(range)));
        if let Some(step) = step_s
            && range.div_ceil(u64::from(step.max(1)) * 1000) > POINTS_MAX as u64
        {
            return Err(too_many());
        }
        let folded = self.db.folded_of(self.host)?;
        let step_s = match step_s {
            Some(step) => step.max(1),
            None => self.finest(folded)?,
        };
        let answer = self.at_step(u64::from(step_s) * 1000, folded)?;
        if answer.values().any(|points| points.len() > POINTS_MAX) {
            return Err(too_many());
        }
        Ok((step_s, answer))
    }

    /// All there is in the range: the readings as they came, and where they are gone the finest
    /// points.
    pub(super) fn readings_or_finest(&self) -> Result<Answer, StoreError> {
        self.at_step(Tier::Raw.step(), self.db.folded_of(self.host)?)
    }

    /// The finest step that there is from the first moment on of which anything is kept.
    fn finest(&self, folded: Folded) -> Result<u32, StoreError> {
        let mut firsts = Vec::new();
        for tier in [Tier::Raw, Tier::Minute, Tier::Quarter, Tier::Hour] {
            firsts.push((tier, self.db.first_block(self.host, tier)?));
        }
        let all = firsts.iter().filter_map(|(_, first)| *first).min();
        let Some(first) = all.map(|first| first.max(self.from)) else { return Ok(1) };
        let reaches = |(tier, begins): &&(Tier, Option<u64>)| {
            begins.is_some_and(|begins| tier.block_of(begins) <= first)
                || (*tier == Tier::Raw && first >= folded.rolled_at)
        };
        let tier = firsts.iter().find(reaches).map_or(Tier::Hour, |(tier, _)| *tier);
        Ok(u32::try_from(tier.step() / 1000).unwrap_or(u32::MAX))
    }

    fn at_step(&self, step: u64, folded: Folded) -> Result<Answer, StoreError> {
        let (readings_from, parts) = self.parts(step, folded)?;
        let mut buckets: BTreeMap<SeriesId, Buckets> = BTreeMap::new();
        for (tier, from, to) in parts {
            for (_, bytes) in self.db.blocks(self.host, tier, tier.block_of(from), to)? {
                for (series, rolled) in rolled::decode(&bytes, |id| self.series.contains(&id))? {
                    let into = buckets.entry(series).or_default();
                    let wanted = rolled.range(from..to);
                    wanted.for_each(|(at, bucket)| add(into, *at, *bucket, step, self.kind));
                }
            }
        }
        // What came too late for its hour waits in the log.
        let late = self.tail_readings(self.from, readings_from, folded)?;
        let readings = self.readings(readings_from, self.to, folded)?;
        let mut answer = Answer::new();
        let parts = [(self.from, late), (readings_from, readings)];
        let each = parts.iter().flat_map(|(from, all)| all.iter().map(move |one| (*from, one)));
        for (from, (series, readings)) in each {
            if step == Tier::Raw.step() {
                let wanted = readings.iter().filter(|(at, _)| *at >= from);
                let points = wanted.map(|(at, v)| point(start_of(*at, step), Bucket::of(*v)));
                answer.entry(*series).or_default().extend(points);
            } else {
                self.roll(readings, from, step, buckets.entry(*series).or_default());
            }
        }
        for (series, buckets) in buckets {
            let points = answer.entry(series).or_default();
            points.extend(buckets.into_iter().map(|(at, bucket)| point(at, bucket)));
        }
        answer.values_mut().for_each(|points| points.sort_by_key(|point| point.at_ms));
        answer.retain(|_, points| !points.is_empty());
        Ok(answer)
    }

    fn roll(&self, readings: &[(u64, f64)], from: u64, step: u64, into: &mut Buckets) {
        let mut rise = Rise::new(self.kind, None);
        for (at, value) in readings {
            let bucket = rise.take(*value);
            if *at >= from {
                add(into, *at, bucket, step, self.kind);
            }
        }
    }

    /// From when on readings answer, and which resolution answers which part before it: the
    /// coarsest that has every moment of the step, and where that is not kept any more the finest
    /// that is.
    fn parts(&self, step: u64, folded: Folded) -> Result<(u64, Vec<Part>), StoreError> {
        let fits = |tier: &Tier| step.is_multiple_of(tier.step());
        let fitting = Tier::ROLLED.into_iter().rfind(fits);
        let readings_from = match fitting {
            Some(_) => folded.rolled_at,
            None => {
                let first = self.db.first_block(self.host, Tier::Raw)?;
                first.unwrap_or(folded.rolled_at).min(folded.rolled_at)
            }
        };
        let readings_from = readings_from.clamp(self.from, self.to);
        let (mut to, mut parts) = (readings_from, Vec::new());
        let finest = fitting.unwrap_or(Tier::Minute);
        for tier in Tier::ROLLED.into_iter().filter(|tier| *tier >= finest) {
            let Some(first) = self.db.first_block(self.host, tier)? else { continue };
            let from = first.max(self.from);
            if from < to {
                parts.push((tier, from, to));
                to = from;
            }
        }
        Ok((readings_from, parts))
    }

    /// The readings of a part of the range in the order of time; of counters those of an hour
    /// before it too, for what they rose by at its beginning.
    fn readings(&self, from: u64, to: u64, folded: Folded) -> Result<Readings, StoreError> {
        if from >= to {
            return Ok(Readings::new());
        }
        let from = match self.kind {
            Kind::Counter => from.saturating_sub(Tier::Raw.span()),
            Kind::Gauge => from,
        };
        let mut readings = self.tail_readings(from, to, folded)?;
        let wanted = |series: SeriesId| self.series.contains(&series);
        for (_, bytes) in self.db.blocks(self.host, Tier::Raw, Tier::Raw.block_of(from), to)? {
            let sheet = Sheet::decode(&bytes, |column| series_of(column).is_some_and(wanted))?;
            for series in self.series {
                let Some(cells) = sheet.columns.get(&column_of(*series)) else { continue };
                let cells = sheet.times.iter().zip(cells);
                let values = cells.filter_map(|(at, cell)| Some((*at, (*cell)?)));
                let into = readings.entry(*series).or_default();
                into.extend(values.filter(|(at, _)| (from..to).contains(at)));
            }
        }
        readings.values_mut().for_each(|readings| readings.sort_by_key(|(at, _)| *at));
        Ok(readings)
    }

    /// The readings of a part of the range that are in no block yet, in the order of time.
    fn tail_readings(&self, from: u64, to: u64, folded: Folded) -> Result<Readings, StoreError> {
        let mut readings = Readings::new();
        if from >= to {
            return Ok(readings);
        }
        for id in self.tail {
            let Some(row) = self.db.log_row(*id)? else { continue };
            if !(from..to).contains(&row.at) || folded.has(row.id, row.at) {
                continue;
            }
            for (series, value) in unpack(&row.figures, |series| self.series.contains(&series))? {
                readings.entry(series).or_default().push((row.at, value));
            }
        }
        readings.values_mut().for_each(|readings| readings.sort_by_key(|(at, _)| *at));
        Ok(readings)
    }
}

/// One resolution for a part of the range.
type Part = (Tier, u64, u64);

fn point(at_ms: u64, bucket: Bucket) -> Point {
    Point { at_ms, mean: bucket.mean, min: bucket.min, max: bucket.max }
}
