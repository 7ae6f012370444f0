//! `[sink.influxdb]`: the database that readings go to, and that the history may be read from.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::history::read;
use super::{Fault, fault};
use crate::http::Address;
use crate::influx::{Engine, Settings, Target, is_own_tag};
use crate::limits::{
    INFLUX_BATCH_BYTES, INFLUX_BATCH_BYTES_MAX, INFLUX_BATCH_BYTES_MIN, INFLUX_INTERVAL,
    INFLUX_INTERVAL_MAX, INFLUX_QUEUE_BYTES, INFLUX_QUEUE_BYTES_MAX, INFLUX_QUEUE_BYTES_MIN,
    INFLUX_TAGS_MAX,
};

/// The queue's folder below the state folder.
const FOLDER: &str = "influxdb-queue";

/// What goes elsewhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSinks {
    influxdb: Option<Spanned<RawInfluxdb>>,
}

impl RawSinks {
    /// Whether anything goes to a database.
    pub(super) fn is_any(&self) -> bool {
        self.influxdb.is_some()
    }
}

/// The table as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInfluxdb {
    url: Spanned<String>,
    database: Option<String>,
    retention_policy: Option<String>,
    org: Option<String>,
    bucket: Option<String>,
    user: Option<Spanned<String>>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    engine: Option<Spanned<String>>,
    tags: Option<Spanned<BTreeMap<String, String>>>,
    interval: Option<Spanned<String>>,
    batch_bytes: Option<Spanned<u64>>,
    queue_bytes: Option<Spanned<u64>>,
}

/// What it means; `None` where nothing goes to a database. `is_history`: the past is read from
/// there.
pub(super) fn settings(
    raw: Option<RawSinks>,
    state_dir: &Path,
    is_history: bool,
) -> Result<Option<Settings>, Fault> {
    let Some(table) = raw.and_then(|raw| raw.influxdb) else { return Ok(None) };
    let target = target(&table)?;
    let raw = table.into_inner();
    let address = Address::parse(raw.url.get_ref()).ok_or_else(|| {
        fault(&raw.url, "`url` must be http:// or https://, a host and a port, without credentials")
    })?;
    if let Some(user) = &raw.user
        && raw.token_file.is_none()
    {
        return Err(fault(user, "`user` needs its password in a `token_file`"));
    }
    let interval = read(
        "interval",
        raw.interval.as_ref(),
        INFLUX_INTERVAL,
        Duration::from_secs(1)..=INFLUX_INTERVAL_MAX,
        "\"1s\" to \"60s\"",
    )?;
    let batch = INFLUX_BATCH_BYTES_MIN as u64..=INFLUX_BATCH_BYTES_MAX as u64;
    let batch = bytes("batch_bytes", raw.batch_bytes.as_ref(), INFLUX_BATCH_BYTES as u64, batch)?;
    let queue = INFLUX_QUEUE_BYTES_MIN..=INFLUX_QUEUE_BYTES_MAX;
    Ok(Some(Settings {
        address,
        target,
        user: raw.user.map(Spanned::into_inner),
        token_file: raw.token_file,
        ca_file: raw.ca_file,
        tags: tags(raw.tags)?,
        interval,
        batch_bytes: usize::try_from(batch).unwrap_or(INFLUX_BATCH_BYTES),
        queue_bytes: bytes("queue_bytes", raw.queue_bytes.as_ref(), INFLUX_QUEUE_BYTES, queue)?,
        folder: state_dir.join(FOLDER),
        is_history,
        engine: raw.engine.as_ref().map(engine).transpose()?,
    }))
}

fn target(table: &Spanned<RawInfluxdb>) -> Result<Target, Fault> {
    let say = "say where in it: `database` (1.x, VictoriaMetrics), or `org` and `bucket` (2.x, 3)";
    let RawInfluxdb { database, retention_policy, org, bucket, .. } = table.get_ref();
    match (database, retention_policy, org, bucket) {
        (Some(name), retention_policy, None, None) => {
            Ok(Target::Database { name: name.clone(), retention_policy: retention_policy.clone() })
        }
        (None, None, Some(org), Some(bucket)) => {
            Ok(Target::Bucket { org: org.clone(), bucket: bucket.clone() })
        }
        _ => Err(fault(table, say)),
    }
}

fn engine(text: &Spanned<String>) -> Result<Engine, Fault> {
    match text.get_ref().as_str() {
        "influxdb" => Ok(Engine::Influxdb),
        "victoriametrics" => Ok(Engine::VictoriaMetrics),
        _ => Err(fault(text, "`engine` must be \"influxdb\" or \"victoriametrics\"")),
    }
}

/// Names and values.
type Tags = Vec<(String, String)>;

fn tags(tags: Option<Spanned<BTreeMap<String, String>>>) -> Result<Tags, Fault> {
    let Some(tags) = tags else { return Ok(Tags::new()) };
    if let Some(name) = tags.get_ref().keys().find(|name| name.is_empty() || is_own_tag(name)) {
        return Err(fault(&tags, &format!("`tags` cannot have \"{name}\": points have their own")));
    }
    if tags.get_ref().len() > INFLUX_TAGS_MAX {
        return Err(fault(&tags, &format!("`tags` has more than {INFLUX_TAGS_MAX}")));
    }
    Ok(tags.into_inner().into_iter().collect())
}

fn bytes(
    name: &str,
    number: Option<&Spanned<u64>>,
    usual: u64,
    allowed: RangeInclusive<u64>,
) -> Result<u64, Fault> {
    let Some(number) = number else { return Ok(usual) };
    let (least, most) = (*allowed.start(), *allowed.end());
    let what = format!("`{name}` must be {least} to {most} bytes");
    if allowed.contains(number.get_ref()) {
        Ok(*number.get_ref())
    } else {
        Err(fault(number, &what))
    }
}
