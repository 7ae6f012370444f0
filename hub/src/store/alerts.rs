//! Alerts, silences and who was there, in tables of their own: few rows, written one by one.

use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
use rusqlite::Row;

use super::database::{Database, signed, unsigned};
use super::error::StoreError;
use crate::alert::{Change, Entry, Kept, Said, Seen, Silence};
use crate::history::EventQuery;
use crate::limits::{ALERTS_KEPT_MAX, KEEP_ALERTS};

impl Database {
    /// Writes what changed.
    pub(super) fn keep_alerts(&self, changes: &[Change]) -> Result<(), StoreError> {
        changes.iter().try_for_each(|change| self.keep_alert(change))
    }

    fn keep_alert(&self, change: &Change) -> Result<(), StoreError> {
        let time = |at: WallTime| signed(at.unix_millis());
        match change {
            Change::Alert(Entry { host, id, since, until, said }) => {
                let sql = "INSERT OR REPLACE INTO alert (host, id, since, until, said)
                           VALUES (?, ?, ?, ?, ?)";
                let row = (host.as_str(), id, time(*since), until.map(time), text(said));
                self.sql.prepare_cached(sql)?.execute(row)?;
            }
            Change::Silence(silence) => {
                let sql = "INSERT OR REPLACE INTO silence (id, said) VALUES (?, ?)";
                self.sql.prepare_cached(sql)?.execute((signed(silence.id), text(silence)))?;
            }
            Change::NoSilence(id) => {
                self.sql.execute("DELETE FROM silence WHERE id = ?", [signed(*id)])?;
            }
            Change::Host(Seen { host, away, told }) => {
                let sql = "INSERT OR REPLACE INTO watched (host, away, boot, number)
                           VALUES (?, ?, ?, ?)";
                let (boot, number) = told.as_ref().map(|(boot, n)| (boot, signed(*n))).unzip();
                let row = (host.as_str(), away.map(time), boot, number);
                self.sql.prepare_cached(sql)?.execute(row)?;
            }
            Change::NoHost(host) => {
                self.sql.execute("DELETE FROM watched WHERE host = ?", [host.as_str()])?;
            }
        }
        Ok(())
    }

    /// What is open, silent and there. A row that makes no sense is left out.
    pub(super) fn kept_alerts(&self) -> Result<Kept, StoreError> {
        let sql = "SELECT host, id, since, until, said FROM alert WHERE until IS NULL";
        let open = self.entries(sql, ())?;
        let mut statement = self.sql.prepare("SELECT id, said FROM silence ORDER BY id")?;
        let silences = statement.query_map((), |row| {
            let (id, said) = (unsigned(row, 0)?, row.get::<_, String>(1)?);
            Ok(serde_json::from_str::<Silence>(&said).ok().map(|silence| Silence { id, ..silence }))
        })?;
        let silences = silences.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let mut statement = self.sql.prepare("SELECT host, away, boot, number FROM watched")?;
        let hosts = statement.query_map((), |row| {
            let (host, away) = (row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?);
            let away = away.map(|at| WallTime::from_unix_millis(at.unsigned_abs()));
            let (boot, number) = (row.get::<_, Option<String>>(2)?, row.get::<_, Option<i64>>(3)?);
            let told = boot.zip(number.map(i64::unsigned_abs));
            Ok(HostId::parse(&host).ok().map(|host| Seen { host, away, told }))
        })?;
        let hosts = hosts.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(Kept { open, silences, hosts })
    }

    /// Alerts that are over, newest first.
    pub(super) fn past_alerts(&self, query: &EventQuery<'_>) -> Result<Vec<Entry>, StoreError> {
        let sql = "SELECT host, id, since, until, said FROM alert WHERE until IS NOT NULL
                   AND since >= ?1 AND since < ?2 AND (?3 IS NULL OR host = ?3)
                   ORDER BY since DESC, id LIMIT ?4";
        let (from, to) = (query.from.unix_millis(), query.to.unix_millis());
        let host = query.host.map(|host| host.as_str());
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        self.entries(sql, (signed(from), signed(to), host, limit))
    }

    /// Forgets what was over long ago, and all but the newest so many.
    pub(super) fn cut_alerts(&self, now: u64) -> Result<(), StoreError> {
        let kept = u64::try_from(KEEP_ALERTS.as_millis()).unwrap_or(u64::MAX);
        let sql = "DELETE FROM alert WHERE until IS NOT NULL AND (since < ?1 OR since <
                   (SELECT since FROM alert ORDER BY since DESC LIMIT 1 OFFSET ?2))";
        let most = i64::try_from(ALERTS_KEPT_MAX).unwrap_or(i64::MAX);
        self.sql.prepare_cached(sql)?.execute((signed(now.saturating_sub(kept)), most))?;
        Ok(())
    }

    fn entries(&self, sql: &str, of: impl rusqlite::Params) -> Result<Vec<Entry>, StoreError> {
        let mut statement = self.sql.prepare_cached(sql)?;
        let rows = statement.query_map(of, entry)?;
        Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let (host, said) = (row.get::<_, String>(0)?, row.get::<_, String>(4)?);
    let said = serde_json::from_str::<Said>(&said).ok();
    let until = row.get::<_, Option<i64>>(3)?;
    let time = WallTime::from_unix_millis;
    let (id, since) = (row.get(1)?, time(unsigned(row, 2)?));
    let until = until.map(|until| time(until.unsigned_abs()));
    let named = HostId::parse(&host).ok().zip(said);
    Ok(named.map(|(host, said)| Entry { host, id, since, until, said }))
}

/// What is said, as JSON; numbers that are none are no fault of ours.
fn text<T: serde::Serialize>(said: &T) -> String {
    serde_json::to_string(said).unwrap_or_default()
}
