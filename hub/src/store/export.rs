//! The history from outside the hub: written out as text, copied while the hub runs, put back while
//! it does not.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use kinglet_proto::host::HostId;
use kinglet_proto::sample::metric::Metric;
use serde::Serialize;

use super::database::Database;
use super::error::StoreError;
use super::file::{give_to_folder_owner, lock, move_aside};
use super::index::Index;
use super::read::Question;
use super::tier::Tier;
use crate::clock;
use crate::history::Point;
use crate::limits::CLOCK_AHEAD_MAX;

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// A line of names, then a line for each point.
    Csv,
    /// A JSON object for each point.
    JsonLines,
}

/// One point as it is written out.
#[derive(Serialize)]
struct Line<'a> {
    unix_ms: u64,
    metric: &'static str,
    labels: BTreeMap<&'static str, &'a str>,
    mean: f64,
    min: f64,
    max: f64,
}

/// Writes what is kept of metrics of a host, from the first moment to the last, an hour's readings
/// at a time: an export of any length needs the memory of one hour. Where the readings are gone
/// already the finest points there are stand for them.
///
/// # Errors
/// The file cannot be read, or nothing was ever kept of this host ([`StoreError::NoSuchHost`]).
pub fn export(
    path: &Path,
    host: &HostId,
    metrics: &[&'static Metric],
    range: (u64, u64),
    format: ExportFormat,
    out: &mut impl Write,
) -> Result<(), StoreError> {
    let mut database = Database::open_to_read(path)?;
    if format == ExportFormat::Csv {
        out.write_all(b"unix_ms,metric,labels,mean,min,max\n")?;
    }
    database.read(|db| {
        let now = clock::now().wall.unix_millis();
        let index = Index::restore(db, now)?;
        let number = index.hosts.find(host.as_str()).ok_or(StoreError::NoSuchHost)?;
        let tail = index.state(number).map(|state| state.tail.ids()).unwrap_or_default();
        let first = first_kept(db, number, &tail)?;
        let (mut from, to) = (range.0.max(first), range.1.min(now + CLOCK_AHEAD_MAX));
        while from < to {
            let next = (Tier::Raw.block_of(from) + Tier::Raw.span()).min(to);
            for metric in metrics {
                let series = index.series.of(metric, None);
                let (kind, tail, series) = (metric.kind, &tail[..], &series[..]);
                let question = Question { db, host: number, tail, series, kind, from, to: next };
                for (id, points) in question.readings_or_finest()? {
                    let labels = index.series.get(id).map(|series| series.labels.as_slice());
                    for point in points {
                        write(out, format, metric, labels.unwrap_or_default(), point)?;
                    }
                }
            }
            from = next;
        }
        Ok(())
    })
}

/// When the first of what is kept of a host was.
fn first_kept(db: &Database, host: u32, tail: &[i64]) -> Result<u64, StoreError> {
    let mut first = u64::MAX;
    for tier in [Tier::Raw, Tier::Minute, Tier::Quarter, Tier::Hour] {
        first = first.min(db.first_block(host, tier)?.unwrap_or(u64::MAX));
    }
    for id in tail {
        first = first.min(db.log_row(*id)?.map_or(u64::MAX, |row| row.at));
    }
    Ok(first)
}

fn write(
    out: &mut impl Write,
    format: ExportFormat,
    metric: &'static Metric,
    labels: &[String],
    point: Point,
) -> Result<(), StoreError> {
    let Point { at_ms: unix_ms, mean, min, max } = point;
    let labels: BTreeMap<_, _> =
        metric.labels.iter().copied().zip(labels.iter().map(String::as_str)).collect();
    match format {
        ExportFormat::JsonLines => {
            let line = Line { unix_ms, metric: metric.name, labels, mean, min, max };
            serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
        ExportFormat::Csv => {
            let pairs = labels.iter().map(|(name, value)| format!("{name}={value}"));
            let labels = quoted(&Vec::from_iter(pairs).join(";"));
            writeln!(out, "{unix_ms},{},{labels},{mean},{min},{max}", metric.name)?;
        }
    }
    Ok(())
}

/// A field of a CSV file (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Copies the history as it is now into a new file, while the hub runs or not.
///
/// # Errors
/// The history cannot be read, or the new file not be written; one that is there already is left
/// as it is.
pub fn backup(path: &Path, into: &Path) -> Result<(), StoreError> {
    if into.exists() {
        let kind = std::io::ErrorKind::AlreadyExists;
        return Err(std::io::Error::new(kind, "it is there already").into());
    }
    Database::open_to_read(path)?.copy_to(into)
}

/// Puts a backup in the place of the history; what was there is kept beside it, under the name
/// that is returned.
///
/// # Errors
/// The backup is damaged or none, a hub runs ([`StoreError::InUse`]), or a file cannot be written:
/// then nothing has changed.
pub fn restore(path: &Path, from: &Path) -> Result<Option<PathBuf>, StoreError> {
    let backup = Database::open_to_read(from)?;
    backup.check_all()?;
    let _lock = lock(path)?;
    let draft = path.with_extension("restoring");
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    backup.copy_to(&draft)?;
    give_to_folder_owner(&draft)?;
    let aside = match path.exists() {
        true => Some(move_aside(path, "replaced", clock::now().wall.unix_millis())?),
        false => None,
    };
    std::fs::rename(&draft, path)?;
    Ok(aside)
}
