//! The thread that writes: all that waits in one transaction, and between two of them hosts are
//! folded. What cannot be written waits for the next try.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::sample::metric::Kind;
use tracing::{error, info, warn};

use super::bucket::start_of;
use super::database::{Database, LogRow, Names};
use super::error::StoreError;
use super::file::open_or_replace;
use super::fold::{Fold, due_at};
use super::index::{Base, Index, Waiting};
use super::queue::Commit;
use super::raw;
use super::row::{Seat, difference};
use super::tier::Tier;
use super::{Shared, held};
use crate::clock;
use crate::history::{Kept, Tell};
use crate::limits::{EVENTS_KEPT_MAX, FILL_MAX, FOLDS_AT_ONCE, KEEP_EVENTS, SAME_WITHIN};

/// The writing thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    tell: Tell,
    /// The last hour each host was folded in.
    folded: HashMap<u32, u64>,
    /// The last minute that was cleaned up after.
    cleaned: u64,
    /// The file is damaged, and there is no new one yet.
    given_up: bool,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, tell: Tell) -> Self {
        Self { shared, tell, folded: HashMap::new(), cleaned: 0, given_up: false }
    }

    /// Writes until told to stop; what waits then is written.
    pub(super) fn run(mut self) {
        let mut began = clock::now().instant;
        loop {
            let due = began.plus(self.shared.settings.commit_interval);
            let stops = self.wait(due.since(clock::now().instant));
            began = clock::now().instant;
            self.turn(clock::now().wall.unix_millis());
            if stops {
                return;
            }
        }
    }

    /// Waits for what is left of the interval; true when it is time to stop.
    fn wait(&self, left: Duration) -> bool {
        let queue = held(&self.shared.queue);
        let waited = self.shared.wake.wait_timeout_while(queue, left, |queue| !queue.stop);
        waited.map_or(true, |(queue, _)| queue.stop)
    }

    /// Writes what waits, and folds what is due at `now`, milliseconds since 1970.
    pub(super) fn turn(&mut self, now: u64) {
        // First, for what waits has the numbers of the file.
        if let Err(error) = self.mend(now) {
            return self.fail(&error, now);
        }
        let (commit, number, lost) = held(&self.shared.queue).take();
        if let Err(error) = self.commit(&commit) {
            held(&self.shared.queue).put_back(commit, number, lost);
            return self.fail(&error, now);
        }
        if lost {
            warn!("the history had no room for all readings: agents send them again");
            (self.tell)(Kept::Lost);
        }
        (self.tell)(Kept::UpTo(number));
        match self.forget().and_then(|()| self.tidy(now)) {
            Ok(()) => self.heal(),
            Err(error) => self.fail(&error, now),
        }
    }

    /// Forgets hosts in the file: what was on its way there is there.
    pub(super) fn forget(&mut self) -> Result<(), StoreError> {
        while let Some((id, number)) = self.shared.forget_next()? {
            number.map(|number| self.folded.remove(&number));
            (self.tell)(Kept::Forgotten(id));
        }
        Ok(())
    }

    fn heal(&self) {
        if held(&self.shared.failing).take().is_some() {
            info!("the history is written again");
        }
    }

    /// Says once what is wrong. A file that is damaged is given up for a new one.
    fn fail(&mut self, error: &StoreError, now: u64) {
        let words = error.to_string();
        let told = held(&self.shared.failing).replace(words.clone());
        if told.as_ref() != Some(&words) {
            error!("the history cannot be written: {words}; it is tried again and again");
        }
        if error.is_damage() {
            self.given_up = true;
            if let Err(error) = self.mend(now) {
                error!("no new history can be begun: {error}");
            }
        }
    }

    /// Begins a new file in the place of one that was given up. Until that succeeds nothing is
    /// written, and nothing said to be safe.
    fn mend(&mut self, now: u64) -> Result<(), StoreError> {
        let (true, Some(path)) = (self.given_up, &self.shared.settings.path) else { return Ok(()) };
        let mut database = held(&self.shared.database);
        // The old file is closed before it is moved.
        *database = Database::open_in_memory()?;
        let (new, restored) = open_or_replace(path, now)?;
        *database = new;
        held(&self.shared.readers).begin_anew();
        // What waits has the numbers of the old file; what comes has those of the new one.
        let mut index = held(&self.shared.index);
        *index = restored;
        held(&self.shared.queue).forget();
        drop(index);
        self.folded.clear();
        self.given_up = false;
        Ok(())
    }

    /// Writes what waits; all of it, or nothing.
    fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        if commit.rows.is_empty() && commit.events.is_empty() {
            return Ok(());
        }
        let mut database = held(&self.shared.database);
        let fresh = Fresh::of(&held(&self.shared.index));
        let new = self.only_new(&database, &commit.rows)?;
        let (rows, bases) = self.differences(&new)?;
        database.write(|db| {
            fresh.write(db)?;
            db.add_log_rows(&rows)?;
            for event in &commit.events {
                db.add_event(event.host, event.at, &event.kind, &event.data)?;
            }
            Ok(())
        })?;
        let mut index = held(&self.shared.index);
        fresh.saved(&mut index);
        for row in new {
            let id = index.next_id;
            index.next_id += 1;
            let state = index.state_mut(row.host);
            state.tail.push(id);
            row.place.into_iter().for_each(|seat| state.seen.add(seat));
        }
        for (host, base) in bases {
            index.state_mut(host).base = Some(base);
        }
        Ok(())
    }

    /// The rows as they are written: the first live one of a host's hour whole, the next as what is
    /// different from it, and all others whole. With them what is the base from now on.
    fn differences(
        &self,
        new: &[&Waiting],
    ) -> Result<(Vec<LogRow>, HashMap<u32, Base>), StoreError> {
        let index = held(&self.shared.index);
        let mut bases: HashMap<u32, Base> = HashMap::new();
        let mut rows = Vec::with_capacity(new.len());
        for (id, row) in (index.next_id..).zip(new) {
            let Waiting { host, at, place, .. } = **row;
            let hour = start_of(at, Tier::Raw.span());
            let kept = || index.state(host).and_then(|state| state.base.as_ref());
            let base = bases.get(&host).or_else(kept).filter(|base| base.hour == hour);
            let (base, figures) = match base {
                Some(base) if row.live => (Some(base.id), difference(&base.figures, &row.figures)?),
                Some(_) | None => (None, row.figures.clone()),
            };
            if row.live && base.is_none() {
                let figures = figures.clone();
                bases.insert(host, Base { id, hour, figures });
            }
            rows.push(LogRow { id, host, at, place, base, figures });
        }
        Ok((rows, bases))
    }

    /// What has not been written before.
    fn only_new<'a>(
        &self,
        database: &Database,
        rows: &'a [Waiting],
    ) -> Result<Vec<&'a Waiting>, StoreError> {
        let mut known: HashMap<u32, Known> = HashMap::new();
        let mut new = Vec::with_capacity(rows.len());
        let mut coming: HashMap<u32, Vec<&Waiting>> = HashMap::new();
        let mut spans: HashMap<u32, (u64, u64)> = HashMap::new();
        for row in rows {
            let span = spans.entry(row.host).or_insert((row.at, row.at));
            *span = (span.0.min(row.at), span.1.max(row.at));
        }
        for row in rows {
            let before = coming.entry(row.host).or_default();
            let in_file = row.labelled || {
                let index = held(&self.shared.index);
                let state = index.state(row.host);
                row.place.is_some_and(|seat| state.is_some_and(|state| state.seen.has(seat)))
            };
            if before.iter().any(|other| row.is_again(other.at, other.place, Some(&other.figures)))
            {
                continue;
            }
            if in_file {
                let known = match known.entry(row.host) {
                    std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        let span = spans.get(&row.host).copied().unwrap_or((row.at, row.at));
                        entry.insert(self.known(database, row.host, span)?)
                    }
                };
                if known.has(row) {
                    continue;
                }
            }
            before.push(row);
            new.push(row);
        }
        Ok(new)
    }

    /// What the file has of a host around this time, first and last.
    fn known(
        &self,
        database: &Database,
        host: u32,
        (from, to): (u64, u64),
    ) -> Result<Known, StoreError> {
        let around = SAME_WITHIN.max(FILL_MAX);
        let (from, to) = (from.saturating_sub(around), to.saturating_add(around));
        let tail = held(&self.shared.index).state(host).map(|state| state.tail.clone());
        let mut known = Known::default();
        for id in tail.unwrap_or_default().ids() {
            if let Some(row) = database.log_row(id)?.filter(|row| (from..=to).contains(&row.at)) {
                known.rows.push((row.at, row.place, Some(row.figures)));
            }
        }
        for (_, block) in database.blocks(host, Tier::Raw, Tier::Raw.block_of(from), to + 1)? {
            let places = raw::decode_places(&block)?.into_iter();
            known.rows.extend(places.map(|(at, place)| (at, place, None)));
        }
        known.rows.sort_by_key(|row| row.0);
        Ok(known)
    }

    /// Folds some of the hosts whose minute has come, and cleans up after them once a minute: after
    /// a start it is the turn of all, and what comes meanwhile is not to wait for them.
    fn tidy(&mut self, now: u64) -> Result<(), StoreError> {
        let hour = start_of(now, Tier::Raw.span());
        let (hosts, kinds) = {
            let index = held(&self.shared.index);
            (index.all(), index.kinds())
        };
        let is_due =
            |host: &u32| due_at(*host, hour) <= now && self.folded.get(host) != Some(&hour);
        let due: Vec<u32> = hosts.into_iter().filter(is_due).take(FOLDS_AT_ONCE).collect();
        self.fold(&due, &kinds, now)?;
        let minute = start_of(now, Tier::Minute.step());
        if self.cleaned != minute {
            self.cleaned = minute;
            self.cut(now)?;
        }
        Ok(())
    }

    /// Folds these hosts in one transaction, which writes the pages that they share once.
    fn fold(&mut self, hosts: &[u32], kinds: &[Kind], now: u64) -> Result<(), StoreError> {
        if hosts.is_empty() {
            return Ok(());
        }
        let retention = &self.shared.settings.retention;
        let mut database = held(&self.shared.database);
        let folded = database.write(|db| {
            let mut folded = Vec::with_capacity(hosts.len());
            for host in hosts {
                let (state, last_id) = {
                    let index = held(&self.shared.index);
                    (index.state(*host).cloned().unwrap_or_default(), index.next_id - 1)
                };
                let fold = Fold { db, kinds, retention, host: *host, now };
                folded.push((*host, fold.run(&state.tail, state.folded, last_id)?));
                let queue = held(&self.shared.queue);
                if queue.stop || queue.is_urgent() {
                    break; // The rest have their turn when that is written.
                }
            }
            Ok(folded)
        })?;
        let mut index = held(&self.shared.index);
        for (host, (tail, folded)) in folded {
            let state = index.state_mut(host);
            (state.tail, state.folded) = (tail, folded);
            self.folded.insert(host, start_of(now, Tier::Raw.span()));
        }
        Ok(())
    }

    /// Takes out of the log what is in blocks; and once an hour old events.
    fn cut(&self, now: u64) -> Result<(), StoreError> {
        let is_hour = start_of(now, Tier::Minute.step()) == start_of(now, Tier::Raw.span());
        let needed = held(&self.shared.index).first_needed();
        let mut database = held(&self.shared.database);
        database.write(|db| {
            db.turn_log(needed, start_of(now, Tier::Raw.span()))?;
            if !is_hour {
                return Ok(());
            }
            let kept = u64::try_from(KEEP_EVENTS.as_millis()).unwrap_or(u64::MAX);
            db.cut_events(now.saturating_sub(kept), EVENTS_KEPT_MAX)?;
            db.cut_alerts(now)
        })
    }
}

impl Waiting {
    /// Whether this is what was there before, sent again.
    fn is_again(&self, at: u64, place: Option<Seat>, figures: Option<&[u8]>) -> bool {
        if let Some(length) = self.fills {
            return (self.at..self.at + length).contains(&at);
        }
        if self.labelled && self.place.is_none() {
            return self.at == at;
        }
        let same_place = self.place.is_some() && self.place == place;
        let same_figures = figures.is_none_or(|figures| figures == self.figures);
        same_place && at.abs_diff(self.at) < SAME_WITHIN && (!self.live || same_figures)
    }
}

/// What is there of one host, in the order of time.
#[derive(Default)]
struct Known {
    rows: Vec<(u64, Option<Seat>, Option<Vec<u8>>)>,
}

impl Known {
    fn has(&self, row: &Waiting) -> bool {
        let from = self.rows.partition_point(|known| known.0 + SAME_WITHIN < row.at);
        let near = self.rows.iter().skip(from);
        let around = row.fills.unwrap_or(SAME_WITHIN);
        let mut near = near.take_while(|known| known.0 <= row.at + around);
        near.any(|(at, place, figures)| row.is_again(*at, *place, figures.as_deref()))
    }
}

/// Names that are not in the file yet.
struct Fresh {
    hosts: Vec<(u32, String)>,
    boots: Vec<(u32, String)>,
    series: Vec<(u32, Arc<str>)>,
}

impl Fresh {
    fn of(index: &Index) -> Self {
        let series = index.series.fresh().iter().map(|(id, key)| (id.0, key.clone()));
        Self {
            hosts: index.hosts.fresh().to_vec(),
            boots: index.boots.fresh().to_vec(),
            series: series.collect(),
        }
    }

    fn write(&self, db: &Database) -> Result<(), StoreError> {
        let names = |table: Names, names: &[(u32, String)]| {
            names.iter().try_for_each(|(id, name)| db.add_name(table, *id, name))
        };
        names(Names::Host, &self.hosts)?;
        names(Names::Boot, &self.boots)?;
        self.series.iter().try_for_each(|(id, key)| db.add_name(Names::Series, *id, key))
    }

    fn saved(&self, index: &mut Index) {
        index.hosts.saved(self.hosts.len());
        index.boots.saved(self.boots.len());
        index.series.saved(self.series.len());
        for (host, _) in &self.hosts {
            index.state_mut(*host);
        }
    }
}
