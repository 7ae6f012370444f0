//! `export`, `backup` and `restore`: the history from outside a running hub.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kinglet_hub::config;
use kinglet_hub::store::{self, ExportFormat, StoreError};
use kinglet_proto::host::HostId;
use kinglet_proto::sample::metric::Metric;
use kinglet_proto::sample::table::METRICS;
use kinglet_proto::time::WallTime;

use super::{CONFIG_FILE, Failure};

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    config: PathBuf,
    /// Whose
    #[arg(long, value_name = "ID")]
    host: String,
    /// Of what: `cpu.usage`, `disks.{disk}.used`; repeated for more, absent for everything
    #[arg(long, value_name = "NAME")]
    metric: Vec<String>,
    /// From here on: 2026-01-31T12:00:00Z, or milliseconds since 1970
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to here, this moment not included
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Comma-separated values, names first
    Csv,
    /// A JSON object a line
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    config: PathBuf,
    /// The new file
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    config: PathBuf,
    /// The backup
    file: PathBuf,
}

pub(super) fn export(wanted: &Export) -> Result<(), Failure> {
    let wrong = |what: String| Failure::History(what);
    let host = HostId::parse(&wanted.host).map_err(|error| wrong(format!("--host: {error}")))?;
    let metrics = match &wanted.metric[..] {
        [] => METRICS.iter().collect(),
        names => names.iter().map(|name| metric(name)).collect::<Result<Vec<_>, _>>()?,
    };
    let range = (
        wanted.from.as_deref().map_or(Ok(0), |text| time("--from", text))?,
        wanted.to.as_deref().map_or(Ok(u64::MAX / 2), |text| time("--to", text))?,
    );
    let format = match wanted.format {
        Format::Csv => ExportFormat::Csv,
        Format::Jsonl => ExportFormat::JsonLines,
    };
    let path = file_of(&wanted.config)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let done = store::export(&path, &host, &metrics, range, format, &mut out);
    match done.and_then(|()| Ok(out.flush()?)) {
        // Who reads has seen enough.
        Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(|error| Failure::Store(path, error)),
    }
}

pub(super) fn backup(wanted: &Backup) -> Result<(), Failure> {
    let path = file_of(&wanted.config)?;
    store::backup(&path, &wanted.file).map_err(|error| {
        let is_copy = matches!(error, StoreError::Io(_));
        Failure::Store(if is_copy { wanted.file.clone() } else { path }, error)
    })
}

pub(super) fn restore(wanted: &Restore) -> Result<(), Failure> {
    let path = file_of(&wanted.config)?;
    let aside = store::restore(&path, &wanted.file).map_err(|error| {
        let is_history = matches!(error, StoreError::InUse);
        Failure::Store(if is_history { path } else { wanted.file.clone() }, error)
    })?;
    let line = match aside {
        Some(aside) => format!("restored; what was there is {}\n", aside.display()),
        None => "restored\n".to_owned(),
    };
    io::stdout().write_all(line.as_bytes()).map_err(Failure::Io)
}

/// Where the configuration says the history is.
pub(super) fn file_of(config: &std::path::Path) -> Result<PathBuf, Failure> {
    let config = config::read(config).map_err(Failure::Config)?;
    if config.influxdb.is_some_and(|influxdb| influxdb.is_history) {
        let there = "the history is in the database of [sink.influxdb]: its own tools have it";
        return Err(Failure::History(there.to_owned()));
    }
    let none = "this hub has no history on disk: [store] path is \"memory\"";
    config.store.path.ok_or_else(|| Failure::History(none.to_owned()))
}

fn metric(name: &str) -> Result<&'static Metric, Failure> {
    METRICS.iter().find(|metric| metric.name == name).ok_or_else(|| {
        Failure::History(format!(
            "--metric {name:?}: no such metric; docs/metrics.md and /api/metrics have them all"
        ))
    })
}

/// Milliseconds since 1970.
fn time(flag: &str, text: &str) -> Result<u64, Failure> {
    let number = text.parse().ok();
    number.or_else(|| WallTime::parse(text).map(WallTime::unix_millis)).ok_or_else(|| {
        Failure::History(format!(
            "{flag} {text:?}: a time is 2026-01-31T12:00:00Z, or milliseconds since 1970"
        ))
    })
}
