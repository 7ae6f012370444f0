//! What the owner decided about the database that readings go to.

use std::path::PathBuf;
use std::time::Duration;

use crate::http::Address;

/// Where readings go, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it answers.
    pub address: Address,
    /// Where in it.
    pub target: Target,
    /// 1.x: with whose password; `None` for a token by itself, or for none.
    pub user: Option<String>,
    /// The password or token, read again whenever it was refused; `None` for none.
    pub token_file: Option<PathBuf>,
    /// PEM file of the authorities that count; `None` for those of the web.
    pub ca_file: Option<PathBuf>,
    /// Tags of every point beside the host's.
    pub tags: Vec<(String, String)>,
    /// How long what came may wait until it is on the disk and on its way.
    pub interval: Duration,
    /// Bytes of one request, packed.
    pub batch_bytes: usize,
    /// Bytes that the queue on the disk may have.
    pub queue_bytes: u64,
    /// The queue's folder.
    pub folder: PathBuf,
    /// The past is read from there, so that every figure is written as it was read, also those that
    /// telegraf's measurements have in a form of their own.
    pub is_history: bool,
    /// What answers questions; `None` to find out.
    pub engine: Option<Engine>,
}

/// Where in a database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// InfluxDB 1.x and what speaks as it does.
    Database {
        /// Its name.
        name: String,
        /// `None` for the database's own.
        retention_policy: Option<String>,
    },
    /// InfluxDB 2.x and 3.
    Bucket {
        /// Whose.
        org: String,
        /// Its name, which is the database's in questions too.
        bucket: String,
    },
}

/// Who answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// In InfluxQL.
    Influxdb,
    /// In MetricsQL.
    VictoriaMetrics,
}

impl Settings {
    /// The database that questions name.
    pub(super) fn database(&self) -> &str {
        match &self.target {
            Target::Database { name, .. } => name,
            Target::Bucket { bucket, .. } => bucket,
        }
    }
}
