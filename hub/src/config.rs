//! kinglet-hub.toml: as written, then what it means. An unknown key is an error that names the line
//! and the nearest key there is.

mod alerts;
pub mod drop_ins;
pub mod enrolled;
mod fleet;
#[cfg(fuzzing)]
pub mod fuzz;
mod guard;
mod history;
mod influxdb;
mod notify;
mod oidc;
mod spelling;
pub mod stated;
mod stomp;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drop_ins::{Base, Pieces, pieces};
pub use history::duration;
use kinglet_proto::alert::Rule;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Label;
use kinglet_proto::limits::CONFIG_BYTES_MAX;
use serde::Deserialize;
use toml::Spanned;

use crate::alert;
use crate::auth::{Auth, TokenHash};
use crate::enroll::record::Record;
use crate::fleet::Settings;
use crate::guard as strangers;
use crate::influx;
use crate::oidc::Settings as Oidc;
use crate::store;

/// What the owner decided.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// A certificate of one's own; `None` for plain HTTP, behind a proxy or at home.
    pub tls: Option<TlsFiles>,
    /// Whose tokens are good for what.
    pub auth: Auth,
    /// What the fleet needs to know.
    pub settings: Settings,
    /// Where invitations and enrolled hosts are; `None` when nobody is ever enrolled.
    pub state_dir: Option<PathBuf>,
    /// Where and how long the past is kept.
    pub store: store::Settings,
    /// What the hub watches itself, and when it is quiet.
    pub alerts: alert::Settings,
    /// How often viewers of the STOMP endpoint are told figures.
    pub stomp_every: Duration,
    /// The database that readings go to, and that may keep the past; `None` for none.
    pub influxdb: Option<influx::Settings>,
    /// The provider that people may sign in with; `None` for none.
    pub oidc: Option<Oidc>,
    /// Whom the hub tells of alerts.
    pub notify: Vec<crate::notify::Settings>,
    /// What is granted to strangers.
    pub guard: strangers::Settings,
    /// What it says of rules and receivers, to which files of their own are added.
    pub base: Base,
    /// The same with what those files say.
    pub pieces: Pieces,
    /// What the file itself says of hosts, before what else is decided of them.
    pub stated: stated::Stated,
    /// What is wrong with files of enrolled hosts, which are left out.
    pub faults: Vec<ConfigError>,
}

/// Where the state is when nobody said where.
const STATE_DIR: &str = "/var/lib/kinglet-hub";

/// PEM files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate and those between it and the root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why a configuration cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// The file is larger than any configuration.
    TooLarge(PathBuf),
    /// A line is wrong.
    Line(PathBuf, usize, String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(f, "{}: {error}", path.display()),
            Self::TooLarge(path) => {
                write!(f, "{}: larger than {CONFIG_BYTES_MAX} bytes", path.display())
            }
            Self::Line(path, line, what) => write!(f, "{}:{line}: {what}", path.display()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads a configuration file.
pub fn read(path: &Path) -> Result<Config, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable(path.to_owned(), error);
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > u64::try_from(CONFIG_BYTES_MAX).unwrap_or(u64::MAX) * 64 {
        return Err(ConfigError::TooLarge(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let mut config = parse(&text).map_err(|Fault { at, what }| {
        ConfigError::Line(path.to_owned(), line_of(&text, at), what)
    })?;
    config.base.path = path.to_owned();
    config.stated.place(path, &text);
    enrolled::add_to(&mut config);
    drop_ins::add_to(&mut config);
    Ok(config)
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.bytes().filter(|&byte| byte == b'\n').count() + 1
}

/// A mistake and the byte it begins at.
struct Fault {
    at: usize,
    what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    listen: Option<Spanned<String>>,
    state_dir: Option<PathBuf>,
    #[serde(default)]
    server: guard::RawServer,
    tls: Option<TlsFiles>,
    viewers: Option<Spanned<RawViewers>>,
    #[serde(default)]
    host: Vec<Spanned<RawHost>>,
    #[serde(default)]
    fleet: fleet::RawFleet,
    store: Option<history::RawStore>,
    stomp: Option<stomp::RawStomp>,
    #[serde(default)]
    alerts: alerts::RawAlerts,
    #[serde(default)]
    alert: Vec<Spanned<alerts::RawRule>>,
    #[serde(default)]
    maintenance: Vec<Spanned<alerts::RawWindow>>,
    sink: Option<influxdb::RawSinks>,
    #[serde(default)]
    notify: Vec<Spanned<notify::RawNotify>>,
    oidc: Option<Spanned<oidc::RawOidc>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawViewers {
    public: Option<bool>,
    #[serde(default)]
    users: bool,
    token_hash: Option<Spanned<String>>,
    #[serde(default)]
    origins: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHost {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
    group: Option<Spanned<String>>,
    location: Option<Spanned<String>>,
    country_code: Option<Spanned<String>>,
    token_hash: Option<Spanned<String>>,
    hidden: Option<Spanned<bool>>,
    revoked: Option<Spanned<bool>>,
}

fn parse(text: &str) -> Result<Config, Fault> {
    let raw: RawConfig = toml::from_str(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        what: spelling::explain(error.message()),
    })?;
    let listen = match &raw.listen {
        Some(text) => text.get_ref().parse().map_err(|_| {
            fault(text, "`listen` must be an address and a port, as in \"0.0.0.0:8900\"")
        })?,
        None => SocketAddr::from(([127, 0, 0, 1], 8900)),
    };
    let origins = raw.viewers.as_ref().map_or(&[][..], |viewers| &viewers.get_ref().origins);
    let new_hosts_per_hour = raw.fleet.new_hosts_per_hour()?;
    let guard = guard::settings(&raw.server, origins)?;
    let guard = strangers::Settings { new_hosts_per_hour, ..guard };
    let (viewers, private) = viewers(raw.viewers.as_ref())?;
    let (fleet_tokens, offline_after) = (raw.fleet.tokens()?, raw.fleet.offline_after()?);
    let stated = stated::Stated::read(raw.host, !fleet_tokens.is_empty())?;
    let settings = Settings { offline_after, durable: false, hosts: Vec::new() };
    let auth = Auth::new(BTreeMap::new(), None, viewers).with_operators(raw.alerts.operators()?);
    let auth = auth.with_fleet_tokens(fleet_tokens).with_private(private);
    let alerts = alerts::settings(&raw.alerts, &raw.alert, &raw.maintenance)?;
    let state_dir = raw.state_dir.unwrap_or_else(|| PathBuf::from(STATE_DIR));
    let has_influxdb = raw.sink.as_ref().is_some_and(influxdb::RawSinks::is_any);
    let is_history = history::is_influxdb(raw.store.as_ref(), has_influxdb)?;
    let store = history::settings(raw.store.unwrap_or_default(), &state_dir)?;
    let stomp_every = stomp::every(&raw.stomp.unwrap_or_default())?;
    let influxdb = influxdb::settings(raw.sink, &state_dir, is_history)?;
    let starts = |spans: Vec<std::ops::Range<usize>>| -> Vec<usize> {
        spans.into_iter().map(|span| span.start).collect()
    };
    let rule_lines = starts(raw.alert.iter().map(Spanned::span).collect());
    let receiver_lines = starts(raw.notify.iter().map(Spanned::span).collect());
    let notify = notify::settings(raw.notify)?;
    let name = |rule: &Rule| if rule.own { String::new() } else { rule.name.to_string() };
    let rules = pieces(text, "alert", &rule_lines, &alerts.own, |(_, rule)| name(rule));
    let receivers = pieces(text, "notify", &receiver_lines, &notify, |one| one.name.clone());
    let pieces = Pieces { rules, receivers };
    let base = Base { path: PathBuf::new(), state_dir: Some(state_dir.clone()), pieces };
    let mut config = Config {
        listen,
        tls: raw.tls,
        auth,
        settings,
        state_dir: Some(state_dir),
        store,
        alerts,
        stomp_every,
        influxdb,
        notify,
        oidc: oidc::settings(raw.oidc)?,
        guard,
        pieces: base.pieces.clone(),
        base,
        stated,
        faults: Vec::new(),
    };
    config.stated.clone().records().for_each(|(id, record)| config.admit(id, record));
    Ok(config)
}

impl Config {
    /// Takes in what was decided of a host.
    fn admit(&mut self, id: &HostId, record: &Record) {
        let Record { label, token, revoked } = record;
        self.settings.hosts.retain(|(known, _)| known != id);
        self.settings.hosts.push((id.clone(), label.clone()));
        if let Some(token) = token {
            self.auth.admit(id.clone(), *token);
        }
        if *revoked {
            self.auth.bar(id);
        }
    }
}

/// The token that is good for looking, and whether nobody else may but who signs in.
fn viewers(raw: Option<&Spanned<RawViewers>>) -> Result<(Option<TokenHash>, bool), Fault> {
    let say = "say who may look: `public = true`, or `users = true` (who signs in), or \
               `token_hash = \"sha256:...\"` under [viewers]";
    let Some(viewers) = raw else { return Err(Fault { at: 0, what: say.to_owned() }) };
    let RawViewers { public, users, token_hash, .. } = viewers.get_ref();
    match (public.unwrap_or_default(), users, token_hash) {
        (true, false, None) => Ok((None, false)),
        (false, users, Some(text)) => Ok((Some(hash(text)?), *users)),
        (false, true, None) => Ok((None, true)),
        (true, _, _) | (false, false, None) => Err(fault(viewers, say)),
    }
}

fn record(host: &RawHost) -> Result<Record, Fault> {
    let RawHost { id: _, name, group, location, country_code, token_hash, hidden, revoked } = host;
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.get_ref().clone());
    let is_so =
        |given: &Option<Spanned<bool>>| given.as_ref().is_some_and(|given| *given.get_ref());
    let [name, group, location, country_code] = [name, group, location, country_code].map(text);
    let hidden = is_so(hidden);
    let label = Label { name, group, location, country_code, hidden, ..Label::default() };
    let token = token_hash.as_ref().map(hash).transpose()?;
    Ok(Record { label, token, revoked: is_so(revoked) })
}

fn checked_id(host: &RawHost) -> Result<HostId, Fault> {
    HostId::parse(host.id.get_ref()).map_err(|error| fault(&host.id, &format!("`id`: {error}")))
}

fn hash(text: &Spanned<String>) -> Result<TokenHash, Fault> {
    let what = "`token_hash` must be the hash that `kinglet-hub token` prints, \"sha256:\" and 64 \
                hexadecimal digits";
    let token = "`token_hash` begins with \"sha256:\", and this may be a token itself: \
                 `printf %s TOKEN | sha256sum` prints the digits that stand behind it";
    let is_bare = |text: &str| text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit());
    let what = if is_bare(text.get_ref()) { token } else { what };
    TokenHash::parse(text.get_ref()).ok_or_else(|| fault(text, what))
}

fn fault<T>(at: &Spanned<T>, what: &str) -> Fault {
    Fault { at: at.span().start, what: what.to_owned() }
}

#[cfg(test)]
mod tests;
