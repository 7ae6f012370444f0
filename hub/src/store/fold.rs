//! Rows of the log become blocks by host and hour, and hours become points of minutes, quarters
//! and hours. Each host has its minute of the hour, so that the work is even.

use std::collections::{BTreeMap, BTreeSet};

use kinglet_proto::sample::metric::Kind;

use super::bucket::{Rise, add, start_of};
use super::database::{Database, Folded, LogRow};
use super::error::StoreError;
use super::raw;
use super::rolled::{self, Rolled, kind_of};
use super::row::Row;
use super::series::SeriesId;
use super::tail::Tail;
use super::tier::{DAY, Retention, Tier};

/// One host that is folded.
pub(super) struct Fold<'a> {
    pub(super) db: &'a Database,
    pub(super) kinds: &'a [Kind],
    pub(super) retention: &'a Retention,
    pub(super) host: u32,
    /// Milliseconds since 1970.
    pub(super) now: u64,
}

/// The minute of the hour at which a host is folded.
pub(super) fn due_at(host: u32, hour: u64) -> u64 {
    hour + u64::from(host % 60) * Tier::Minute.step()
}

impl Fold<'_> {
    /// Puts all that is from before this hour into blocks. `last_id` is the last row there is.
    /// What is left, and how far it went.
    pub(super) fn run(
        &self,
        tail: &Tail,
        folded: Folded,
        last_id: i64,
    ) -> Result<(Tail, Folded), StoreError> {
        let hour = start_of(self.now, Tier::Raw.span());
        // Whole hours, for rows of one may say what is different from another of it.
        let ahead = hour + 2 * Tier::Raw.span();
        let mut hours: BTreeMap<u64, Vec<LogRow>> = BTreeMap::new();
        let (mut left, mut odd) = (Vec::new(), Vec::new());
        for id in tail.ids() {
            let Some(row) = self.db.log_row(id)? else { continue };
            if row.at >= hour && row.at < ahead {
                left.push(id);
                continue;
            }
            if row.at >= ahead {
                // It would hold up the log until its time comes: the clock was wrong then.
                odd.push(id);
            }
            hours.entry(start_of(row.at, Tier::Raw.span())).or_default().push(row);
        }
        odd.into_iter().try_for_each(|id| self.db.remove_log_row(id))?;
        let mut folded = Folded { id: last_id, at: folded.at.max(hour), ..folded };
        if folded.rolled_at == 0 {
            folded.rolled_at = start_of(folded.at, DAY);
        }
        let mut late = BTreeSet::new();
        for (hour, rows) in hours {
            let rows = rows.iter().map(raw::row).collect::<Result<Vec<_>, _>>()?;
            if hour + Tier::Raw.span() + self.retention.of(Tier::Raw) <= self.now {
                self.roll_expired(hour, &rows)?;
            } else {
                self.add_to_block(hour, rows)?;
                if hour < folded.rolled_at {
                    late.insert(hour);
                }
            }
        }
        self.roll(&Vec::from_iter(late))?;
        let today = start_of(folded.at, DAY);
        while folded.rolled_at < today {
            let hours = self.db.blocks(self.host, Tier::Raw, folded.rolled_at, today)?;
            let Some((first, _)) = hours.first() else {
                folded.rolled_at = today;
                break;
            };
            let day = start_of(*first, DAY);
            let hours: Vec<u64> =
                hours.iter().map(|(hour, _)| *hour).filter(|hour| *hour < day + DAY).collect();
            self.roll(&hours)?;
            folded.rolled_at = day + DAY;
        }
        self.forget(folded.rolled_at)?;
        self.db.set_folded(self.host, folded)?;
        Ok((left.into_iter().collect(), folded))
    }

    fn add_to_block(&self, hour: u64, mut rows: Vec<Row>) -> Result<(), StoreError> {
        if let Some(block) = self.db.block(self.host, Tier::Raw, hour)? {
            rows.extend(raw::decode(&block)?);
        }
        let (cells, seen) = raw::encode(rows);
        self.db.set_block(self.host, Tier::Raw, hour, &seen.encode(), &cells)
    }

    /// Makes the points of these hours anew from their readings. The hours are of one day, or
    /// few.
    fn roll(&self, hours: &[u64]) -> Result<(), StoreError> {
        let mut minutes = Rolled::new();
        let mut rises: BTreeMap<SeriesId, Rise> = BTreeMap::new();
        let mut last_hour = None;
        for hour in hours {
            let before = hour.checked_sub(Tier::Raw.span());
            if last_hour != before || last_hour.is_none() {
                rises = self.rises_before(*hour)?;
            }
            last_hour = Some(*hour);
            if let Some(block) = self.db.block(self.host, Tier::Raw, *hour)? {
                self.roll_rows(&raw::decode(&block)?, &mut rises, &mut minutes);
            }
        }
        for tier in Tier::ROLLED {
            self.put(tier, &minutes, hours)?;
        }
        Ok(())
    }

    /// What the counters were before this hour, if they were read within a day.
    fn rises_before(&self, hour: u64) -> Result<BTreeMap<SeriesId, Rise>, StoreError> {
        let blocks = self.db.blocks(self.host, Tier::Raw, hour.saturating_sub(DAY), hour)?;
        let Some((_, block)) = blocks.last() else { return Ok(BTreeMap::new()) };
        let last = raw::last_figures(block)?;
        let rise = |(series, value): (SeriesId, f64)| {
            (series, Rise::new(kind_of(self.kinds, series), Some(value)))
        };
        Ok(last.into_iter().map(rise).collect())
    }

    fn roll_rows(&self, rows: &[Row], rises: &mut BTreeMap<SeriesId, Rise>, minutes: &mut Rolled) {
        for row in rows {
            for (series, value) in &row.figures {
                let kind = kind_of(self.kinds, *series);
                let rise = rises.entry(*series).or_insert_with(|| Rise::new(kind, None));
                let buckets = minutes.entry(*series).or_default();
                add(buckets, row.at, rise.take(*value), Tier::Minute.step(), kind);
            }
        }
    }

    /// Readings that come when those of their time are gone: their points are merged into what is
    /// there. How much a counter rose over the gap is not known any more.
    fn roll_expired(&self, hour: u64, rows: &[Row]) -> Result<(), StoreError> {
        let mut sorted = rows.to_vec();
        sorted.sort_by_key(|row| row.at);
        let mut minutes = Rolled::new();
        self.roll_rows(&sorted, &mut BTreeMap::new(), &mut minutes);
        for tier in Tier::ROLLED {
            if hour + self.retention.of(tier) > self.now {
                self.put(tier, &minutes, &[])?;
            }
        }
        Ok(())
    }

    /// Puts points into the blocks of a resolution. Those of the hours named are made anew, all
    /// others merged.
    fn put(&self, tier: Tier, minutes: &Rolled, anew: &[u64]) -> Result<(), StoreError> {
        let mut blocks: BTreeMap<u64, Rolled> = BTreeMap::new();
        for (series, buckets) in minutes {
            let kind = kind_of(self.kinds, *series);
            for (at, bucket) in buckets {
                let block = blocks.entry(tier.block_of(*at)).or_default();
                add(block.entry(*series).or_default(), *at, *bucket, tier.step(), kind);
            }
        }
        for (at, new) in blocks {
            let mut there = match self.db.block(self.host, tier, at)? {
                Some(bytes) => rolled::decode(&bytes, |_| true)?,
                None => Rolled::new(),
            };
            for buckets in there.values_mut() {
                buckets.retain(|time, _| !anew.contains(&start_of(*time, Tier::Hour.step())));
            }
            for (series, buckets) in new {
                let kind = kind_of(self.kinds, series);
                let old = there.entry(series).or_default();
                buckets.iter().for_each(|(time, new)| add(old, *time, *new, tier.step(), kind));
            }
            there.retain(|_, buckets| !buckets.is_empty());
            let cells = rolled::encode(&there, self.kinds);
            self.db.set_block(self.host, tier, at, &[], &cells)?;
        }
        Ok(())
    }

    /// Forgets what is older than its resolution is kept, of readings only what is in the coarser
    /// ones.
    fn forget(&self, rolled_at: u64) -> Result<(), StoreError> {
        let keep = |tier: Tier| self.now.saturating_sub(self.retention.of(tier) + tier.span());
        self.db.cut_blocks(self.host, Tier::Raw, keep(Tier::Raw).min(rolled_at))?;
        for tier in Tier::ROLLED {
            self.db.cut_blocks(self.host, tier, keep(tier))?;
        }
        Ok(())
    }
}
