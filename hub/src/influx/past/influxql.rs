//! Questions in InfluxQL: of InfluxDB 1.x, and of 2.x and 3 by the path they have kept for it.

use kinglet_proto::host::HostId;
use serde::Deserialize;
use serde_json::Value;

use super::series::{All, Readings, Step};
use super::{Ask, Language, Past, Range};
use crate::history::QueryError;
use crate::http::escaped;
use crate::influx::settings::Target;
use crate::limits::POINTS_MAX;

/// InfluxQL.
pub(super) struct InfluxQl;

impl Language for InfluxQl {
    fn readings(&self, ask: &Ask<'_>, range: Range) -> Result<All<Readings>, QueryError> {
        let what = format!("SELECT {}", identifier(&ask.column.field));
        let end = format!("{} LIMIT {}", group_by(ask, None), POINTS_MAX + 1);
        let rows = rows(ask, &format!("{what} {} {end}", from_where(ask, range)))?;
        let mut all = All::new();
        for (labels, row) in rows {
            let readings: &mut Readings = all.entry(labels).or_default();
            readings.extend(
                row.first()
                    .zip(row.get(1))
                    .and_then(|(at, value)| Some((at.as_u64()?, value.as_f64()?))),
            );
        }
        Ok(all)
    }

    fn steps(&self, ask: &Ask<'_>, range: Range, step: u64) -> Result<All<Vec<Step>>, QueryError> {
        let field = identifier(&ask.column.field);
        let what = ["mean", "min", "max", "first", "last"].map(|what| format!("{what}({field})"));
        let what = what.join(",");
        let by = group_by(ask, Some(step));
        let rows = rows(ask, &format!("SELECT {what} {} {by} fill(none)", from_where(ask, range)))?;
        let mut all = All::new();
        for (labels, row) in rows {
            let number = |at: usize| row.get(at).and_then(Value::as_f64);
            let found = (|| {
                let at = row.first()?.as_u64()?;
                let (mean, min, max) = (number(1)?, number(2)?, number(3)?);
                Some(Step { at, mean, min, max, first: number(4)?, last: number(5)? })
            })();
            let steps: &mut Vec<Step> = all.entry(labels).or_default();
            steps.extend(found);
        }
        Ok(all)
    }

    fn last(&self, ask: &Ask<'_>, range: Range) -> Result<All<f64>, QueryError> {
        let what = format!("SELECT last({})", identifier(&ask.column.field));
        let rows =
            rows(ask, &format!("{what} {} {}", from_where(ask, range), group_by(ask, None)))?;
        let value =
            |(labels, row): (Vec<String>, Vec<Value>)| Some((labels, row.get(1)?.as_f64()?));
        Ok(rows.into_iter().filter_map(value).collect())
    }

    fn knows(&self, past: &Past, host: &HostId) -> Result<bool, QueryError> {
        let order = format!("SHOW TAG VALUES WITH KEY = \"id\" WHERE \"id\" = {}", text(host));
        Ok(!answer(past, &order)?.is_empty())
    }
}

fn from_where(ask: &Ask<'_>, range: Range) -> String {
    let Range { from, to } = range;
    let mut out = format!("FROM {}", identifier(&ask.column.measurement));
    out += &format!(" WHERE \"id\" = {} AND time >= {from}ms AND time < {to}ms", text(ask.host));
    if let Some((name, value)) = ask.metric.labels.first().zip(ask.label) {
        out += &format!(" AND {} = {}", identifier(name), text(value));
    }
    out
}

fn group_by(ask: &Ask<'_>, step: Option<u64>) -> String {
    let step = step.map(|step| format!("time({step}ms)"));
    let labels = ask.metric.labels.iter().map(|name| identifier(name));
    let by = Vec::from_iter(step.into_iter().chain(labels)).join(",");
    if by.is_empty() { by } else { format!("GROUP BY {by}") }
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    results: Vec<Statement>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default)]
    series: Vec<Series>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    tags: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Vec<Value>>,
}

/// A row, and the labels of its series.
type Row = (Vec<String>, Vec<Value>);

fn rows(ask: &Ask<'_>, order: &str) -> Result<Vec<Row>, QueryError> {
    let mut rows = Vec::new();
    for series in answer(ask.past, order)? {
        let Series { tags, values } = series;
        let labels = ask.metric.labels.iter();
        let labels = labels.map(|name| tags.get(*name).cloned().unwrap_or_default());
        let labels: Vec<String> = labels.collect();
        rows.extend(values.into_iter().map(|row| (labels.clone(), row)));
    }
    Ok(rows)
}

fn answer(past: &Past, order: &str) -> Result<Vec<Series>, QueryError> {
    let settings = &past.influx.shared.settings;
    let policy = match &settings.target {
        Target::Database { retention_policy: Some(name), .. } => format!("&rp={}", escaped(name)),
        Target::Database { .. } | Target::Bucket { .. } => String::new(),
    };
    let database = escaped(settings.database());
    let path = format!("/query?db={database}{policy}&epoch=ms&q={}", escaped(order));
    let body = past.get(&path)?;
    let failed = |what: String| QueryError::Failed(what);
    let answer: Answer =
        serde_json::from_slice(&body).map_err(|error| failed(format!("its answer: {error}")))?;
    if let Some(error) = answer.error {
        return Err(failed(error));
    }
    let mut series = Vec::new();
    for statement in answer.results {
        match statement.error {
            // Before the first point there is no database.
            Some(error) if error.starts_with("database not found") => {}
            Some(error) => return Err(failed(error)),
            None => series.extend(statement.series),
        }
    }
    Ok(series)
}
