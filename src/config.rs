//! What the owner wants: flags, environment and file, in this order of precedence.
//!
//! `options` has read what is written, with its place; here it gets its meaning. Every problem is
//! found in one go and told with file, line, key and what is allowed.

mod addresses;
mod alerts;
mod budget;
#[cfg(feature = "reload")]
mod changes;
mod collected;
mod duration;
mod egress;
#[cfg(feature = "terminal")]
mod enroll;
#[cfg(fuzzing)]
pub mod fuzz;
mod identity;
#[cfg(feature = "terminal")]
mod print;
mod probing;
mod proxy;
mod server;
mod token;
mod traffic;
mod trust;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use addresses::addresses;
#[cfg(feature = "terminal")]
pub(crate) use duration::show;
#[cfg(feature = "terminal")]
pub use enroll::Enrollment;
use kinglet_host::{Options, Roots};
use kinglet_proto::alert::Rule;
use kinglet_proto::host::{Host, HostId};
use kinglet_proto::output::{Auth, LEFT_OUT, OUTPUTS, Protocol, Settings};
use kinglet_proto::quoted::Quoted;
use kinglet_proto::secret::Secret;
pub use probing::Probing;
pub use server::{Server, Way};
use trust::{Trusted, trust};

use crate::limits::{INTERVAL_DEFAULT, RETURN_AFTER, SERVERS_MAX};
use crate::link::{Egress, ServerUrl};
use crate::options::{Block, ConfigError, Entry, Given, Problems, Table, Text, nearest};

/// The whole configuration, in meaning.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who this host is.
    pub host: Host,
    /// The servers it reports to: 1 to [`SERVERS_MAX`], or none for `kinglet sample`.
    pub servers: Vec<Server>,
    /// What is collected.
    pub collect: Options,
    /// What is probed.
    pub probing: Probing,
    /// What is watched: those that are built in and switched on, then the owner's own.
    pub alerts: Vec<Arc<Rule>>,
    /// Where the kernel's files are.
    pub roots: Roots,
    /// What the owner should know and that stops nothing.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads everything the owner said.
    pub fn load(given: &Given) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let file = given.read_file(&mut problems);
        let given = given.over(file, &mut problems);
        let config = Self::understand(&given, &mut problems);
        problems.finish(Some(config))
    }

    /// The same without servers, for what talks to none: a missing token is no matter.
    pub fn load_host(given: &Given) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let file = given.read_file(&mut problems);
        let given = given.over(file.without(Table::Server), &mut problems);
        let config = Self::understand(&given.without(Table::Server), &mut problems);
        problems.finish(Some(config))
    }

    /// A configuration for one server on this very host, as the hub's demonstration uses it.
    pub fn local(url: ServerUrl, token: Secret, interval: Duration) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let mut config = Self::understand(&Given::default(), &mut problems);
        config.servers.push(Server {
            url,
            proxy: None,
            others: Vec::new(),
            return_after: RETURN_AFTER,
            egress: Egress::default(),
            protocol: &OUTPUTS[0],
            auth: Auth::Header,
            server_id: None,
            settings: Settings::new(),
            token,
            token_file: None,
            ca_file: None,
            pin: None,
            client_cert: None,
            trust: None,
            interval,
        });
        problems.finish(Some(config))
    }

    /// Gives what is written its meaning.
    fn understand(given: &Given, problems: &mut Problems) -> Self {
        let mut warnings = Vec::new();
        let roots = roots(given);
        let host = host(given, &roots, problems);
        let interval = interval(given.text(Table::Top, "interval"), INTERVAL_DEFAULT, problems);
        if let Some(block) = given.tables(Table::Server).nth(SERVERS_MAX) {
            problems.add(&block.place, format!("at most {SERVERS_MAX} servers"));
        }
        let credentials = given.text(Table::Top, "credentials").map(|text| Path::new(text.value));
        let mut servers = Vec::new();
        let is_only = given.tables(Table::Server).count() == 1;
        for block in given.tables(Table::Server) {
            let mut server = server(block, is_only, interval, credentials, problems);
            if let Some(server) = &mut server {
                server.proxy = proxy::proxy(block, given, &server.url, problems);
                server.find_proxies(block, given, problems);
                check_settings(block, server, &host, problems);
            }
            warnings.extend(server.iter().flat_map(Server::warnings));
            servers.extend(server);
        }
        warnings.sort_unstable();
        warnings.dedup();
        warnings.extend(given.text(Table::Top, "log").and_then(unknown_level));
        let collect = collected::options(given, problems);
        let alerts = alerts::rules(given, problems);
        let probing = probing::probing(given, problems);
        Self { host, servers, collect, alerts, probing, roots, warnings }
    }
}

/// What is wrong with the level of the log; it is no reason not to report.
fn unknown_level(level: Text<'_>) -> Option<String> {
    let is_known = level.value.parse::<log::LevelFilter>().is_ok();
    let (place, wanted) = (level.place, Quoted(level.value));
    let fault = || format!("{place}{wanted} is not one of off, error, warn, info, debug, trace");
    (!is_known).then(fault)
}

fn server(
    block: &Block,
    is_only: bool,
    interval_default: Duration,
    credentials: Option<&Path>,
    problems: &mut Problems,
) -> Option<Server> {
    let protocol = match block.text("protocol") {
        None => OUTPUTS.first(),
        Some(text) if LEFT_OUT.contains(&text.value) => {
            let fault = format!(
                "this build of kinglet was made without {}: install a release build",
                text.value
            );
            problems.add(text.place, fault);
            None
        }
        Some(text) => {
            let names: Vec<_> = OUTPUTS.iter().map(|protocol| protocol.name).collect();
            choice(text, &names, problems).and_then(|at| OUTPUTS.get(at))
        }
    };
    let auth = match block.text("auth") {
        None => Some(protocol.map_or(Auth::Header, Protocol::auth)),
        Some(text) => {
            let auths = protocol.map_or(&Auth::ALL[..], |protocol| protocol.auths);
            let names: Vec<_> = auths.iter().map(|auth| auth.name()).collect();
            choice(text, &names, problems).map(|at| auths[at])
        }
    };
    let urls = addresses(block, protocol, problems);
    if let Some(id) = block.text("server_id").filter(|id| id.value.is_empty()) {
        problems.add(id.place, "is empty: the id that the server shows, or no such line");
    }
    let interval = interval(block.text("interval"), interval_default, problems);
    let needs_token = protocol.is_none_or(|protocol| protocol.needs_token);
    let token_file = token_file(block, needs_token || is_only, credentials);
    let token = match (block.text("token"), &token_file) {
        (None, None) if !needs_token => Some(Secret::default()),
        (_, file) => token(block, file.as_deref(), problems),
    };
    let Trusted { ca_file, pin, client_cert, trust } =
        trust(block, urls.as_deref().unwrap_or_default(), problems);
    if let Some(protocol) = protocol {
        find_foreign_keys(block, protocol, problems);
    }
    let mut urls = urls?.into_iter();
    Some(Server {
        url: urls.next()?,
        proxy: None,
        others: urls.map(Way::straight).collect(),
        return_after: RETURN_AFTER,
        egress: egress::egress(block, problems),
        protocol: protocol?,
        auth: auth?,
        server_id: owned(block.text("server_id")),
        settings: settings(block, protocol?),
        token: token?,
        token_file,
        ca_file,
        pin,
        client_cert,
        trust,
        interval,
    })
}

/// What is written for this protocol alone, but for the id that the server gave.
fn settings(block: &Block, protocol: &Protocol) -> Settings {
    let mut settings = Settings::new();
    for Entry { name, protocols, .. } in Entry::of_table(Table::Server) {
        if protocols.contains(&protocol.name)
            && *name != "server_id"
            && let Some(value) = block.setting(name)
        {
            settings.add(name, value);
        }
    }
    settings
}

/// Only the protocol knows what its settings mean.
fn check_settings(block: &Block, server: &Server, host: &Host, problems: &mut Problems) {
    if let Err(bad) = (server.protocol.check)(&server.account(host)) {
        match block.place_of(bad.key) {
            Some(place) => problems.add(place, bad.fault),
            None => problems.add(&block.place, bad.to_string()),
        }
    }
}

/// What is written for other protocols would do nothing here.
fn find_foreign_keys(block: &Block, protocol: &Protocol, problems: &mut Problems) {
    for Entry { name, protocols, .. } in Entry::of_table(Table::Server) {
        if let Some(place) = block.place_of(name)
            && !(protocols.is_empty() || protocols.contains(&protocol.name))
        {
            let fault = format!("is for {} only, not for {protocol}", protocols.join(" and "));
            problems.add(place, fault);
        }
    }
}

/// The usual place is not looked at for a server that needs no token and is one of several: what
/// lies there may be another's.
fn token_file(block: &Block, or_usual: bool, credentials: Option<&Path>) -> Option<PathBuf> {
    match block.text("token_file") {
        Some(text) => Some(PathBuf::from(text.value)),
        None if block.text("token").is_some() || !or_usual => None,
        None => token::default_file(credentials),
    }
}

fn token(block: &Block, file: Option<&Path>, problems: &mut Problems) -> Option<Secret> {
    let (read, place) = match (block.text("token"), file) {
        (Some(text), _) => (token::parse(text.value), text.place),
        (None, Some(path)) => {
            (token::read(path), block.place_of("token_file").unwrap_or(&block.place))
        }
        (None, None) => {
            let fault = format!(
                "there is no token: put it into {} or name a token_file",
                token::TOKEN_FILE_DEFAULT
            );
            (Err(fault), &block.place)
        }
    };
    match read {
        Ok(token) => Some(token),
        Err(fault) => {
            problems.add(place, fault);
            None
        }
    }
}

fn roots(given: &Given) -> Roots {
    let root =
        |key, default: &str| given.text(Table::Top, key).map_or(default, |text| text.value).into();
    Roots { proc: root("proc", "/proc"), sys: root("sys", "/sys"), root: root("root", "/") }
}

fn host(given: &Given, roots: &Roots, problems: &mut Problems) -> Host {
    let text = |key| given.text(Table::Host, key);
    let node_name = roots.hostname().unwrap_or_else(|| "localhost".to_owned());
    let said = text("id").map(|text| {
        HostId::parse(text.value).unwrap_or_else(|fault| {
            problems.add(text.place, fault.to_string());
            HostId::default()
        })
    });
    let country_code = text("country_code").map(|text| {
        let code = text.value.to_ascii_uppercase();
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            problems.add(text.place, "a country code has two letters (ISO 3166-1): \"DE\"");
        }
        code
    });
    if let Some(ip) = text("ip")
        && ip.value.parse::<std::net::IpAddr>().is_err()
    {
        problems.add(ip.place, format!("{} is not an IP address", Quoted(ip.value)));
    }
    let derived = || {
        let id = identity::derive(roots);
        HostId::parse(id.as_ref().unwrap_or(&node_name)).unwrap_or_default()
    };
    Host {
        id: said.unwrap_or_else(derived),
        name: owned(text("name")).unwrap_or_else(|| node_name.clone()),
        group: owned(text("group")),
        location: owned(text("location")),
        country_code,
        ip: owned(text("ip")),
        boot_id: identity::boot_id(&roots.proc),
        boot_cause: identity::boot_cause(roots),
    }
}

fn owned(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.value.to_owned())
}

fn interval(text: Option<Text<'_>>, default: Duration, problems: &mut Problems) -> Duration {
    let Some(text) = text else { return default };
    duration::parse_interval(text.value).unwrap_or_else(|fault| {
        problems.add(text.place, fault);
        default
    })
}

/// Which of a few names it is; anything else is told which they are.
fn choice(text: Text<'_>, names: &[&'static str], problems: &mut Problems) -> Option<usize> {
    let found = names.iter().position(|name| *name == text.value);
    if found.is_none() {
        let guess = nearest(text.value, names)
            .map(|near| format!("; did you mean {}?", Quoted(near)))
            .unwrap_or_default();
        let fault = format!("{} is not one of {}{guess}", Quoted(text.value), names.join(", "));
        problems.add(text.place, fault);
    }
    found
}
