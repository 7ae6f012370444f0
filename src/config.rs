//! What the owner wants, from flags, environment and file, in this order of precedence.
//!
//! Reading has two steps: `raw` takes what is written, with its place; here it gets its meaning.
//! Every problem is found in one go and told with file, line, key and what is allowed.

mod duration;
#[cfg(feature = "terminal")]
mod enroll;
#[cfg(feature = "file")]
mod file;
mod identity;
#[cfg(not(feature = "file"))]
mod no_file;
mod print;
mod raw;
mod settings;
mod token;
mod trust;

use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(feature = "terminal")]
pub use enroll::Enrollment;
use kinglet_host::{Filter, Filters, Options, Roots};
use kinglet_proto::host::Host;
use kinglet_proto::output::{Account, Auth, OUTPUTS, Protocol};
use kinglet_proto::quoted::Quoted;
use kinglet_proto::secret::Secret;
use raw::{RawConfig, RawHost, RawServer, Text};
pub use settings::{FILE_DEFAULT, Setting, Settings};
use trust::{Trusted, trust};

use crate::limits::{INTERVAL_DEFAULT, SERVERS_MAX};
use crate::link::{Pin, ServerUrl, Target, Trust};
pub use crate::options::{ConfigError, Place, Problem};
use crate::options::{Problems, Written, nearest};

/// The whole configuration, in meaning.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who this host is.
    pub host: Host,
    /// The servers it reports to: 1 to [`SERVERS_MAX`], or none for `kinglet sample`.
    pub servers: Vec<Server>,
    /// What is collected.
    pub collect: Options,
    /// Where the kernel's files are.
    pub roots: Roots,
    /// What the owner should know and that stops nothing.
    pub warnings: Vec<String>,
}

/// One server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where.
    pub url: ServerUrl,
    /// How it is spoken to.
    pub protocol: &'static Protocol,
    /// How the token is shown.
    pub auth: Auth,
    /// The id the server knows this host by, in protocols that give their own.
    pub server_id: Option<String>,
    /// The token.
    pub token: Secret,
    /// Where the token came from, for `--print-config`.
    pub token_file: Option<PathBuf>,
    /// Authorities trusted beside the built-in ones.
    pub ca_file: Option<PathBuf>,
    /// The one key the server may have, instead of a certificate from any authority.
    pub pin: Option<Pin>,
    /// Whom its certificate may come from; `None` for `ws://`.
    pub trust: Option<Trust>,
    /// Time between two reports.
    pub interval: Duration,
}

impl Server {
    /// Who we are to it.
    pub(crate) fn account(&self, host: &Host) -> Account {
        Account {
            host: host.clone(),
            server_id: self.server_id.clone(),
            token: self.token.clone(),
            auth: self.auth,
            path_and_query: self.url.path_and_query.clone(),
        }
    }

    /// Where it is.
    pub(crate) fn target(&self) -> Target {
        Target { url: self.url.clone(), trust: self.trust.clone() }
    }
}

impl Config {
    /// Reads everything the owner said.
    pub fn load(settings: &Settings) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let mut raw = settings.read_file(&mut problems);
        raw.apply(settings.overrides(), &mut problems);
        if settings.servers_ignored {
            raw.servers.clear();
        }
        Self::understand(&raw, settings, problems)
    }

    /// Gives what is written its meaning.
    fn understand(
        raw: &RawConfig,
        settings: &Settings,
        mut problems: Problems,
    ) -> Result<Self, ConfigError> {
        let roots = settings.roots();
        let mut warnings = Vec::new();
        let interval = interval(raw.interval.as_ref(), INTERVAL_DEFAULT, &mut problems);
        let host = host(&raw.host, &roots, &mut problems);
        let collect = options(raw);
        if raw.servers.len() > SERVERS_MAX {
            let place = &raw.servers[SERVERS_MAX].place;
            problems.add(place, format!("at most {SERVERS_MAX} servers"));
        }
        let mut servers = Vec::with_capacity(raw.servers.len());
        for raw in &raw.servers {
            let read = server(raw, interval, settings, &mut problems, &mut warnings);
            servers.extend(read);
        }
        warnings.sort();
        warnings.dedup();
        problems.finish(Some(Self { host, servers, collect, roots, warnings }))
    }

    /// A configuration for one server on this very host, as the hub's demonstration uses it.
    pub fn local(url: ServerUrl, token: Secret, interval: Duration) -> Result<Self, ConfigError> {
        let (raw, settings) = (RawConfig::default(), Settings::default());
        let mut config = Self::understand(&raw, &settings, Problems::default())?;
        config.servers.push(Server {
            url,
            protocol: &OUTPUTS[0],
            auth: Auth::Header,
            server_id: None,
            token,
            token_file: None,
            ca_file: None,
            pin: None,
            trust: None,
            interval,
        });
        Ok(config)
    }
}

fn server(
    raw: &RawServer,
    interval_default: Duration,
    settings: &Settings,
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> Option<Server> {
    let protocol = match &raw.protocol {
        None => OUTPUTS.first(),
        Some(written) => {
            let names: Vec<_> = OUTPUTS.iter().map(|protocol| protocol.name).collect();
            choice(written, &names, problems).and_then(|at| OUTPUTS.get(at))
        }
    };
    let auth = match &raw.auth {
        None => Some(protocol.map_or(Auth::Header, Protocol::auth)),
        Some(written) => {
            let auths = protocol.map_or(&Auth::ALL[..], |protocol| protocol.auths);
            let names: Vec<_> = auths.iter().map(|auth| auth.name()).collect();
            choice(written, &names, problems).map(|at| auths[at])
        }
    };
    let url = url(raw, problems);
    let interval = interval(raw.interval.as_ref(), interval_default, problems);
    let token_file = token_file(raw, settings);
    let token = token(raw, token_file.as_deref(), problems);
    let Trusted { ca_file, pin, trust } =
        trust(url.as_ref(), &raw.ca_file, &raw.pin, &raw.place, problems);
    let server = Server {
        url: url?,
        protocol: protocol?,
        auth: auth?,
        server_id: raw.server_id.as_ref().map(|written| written.value.clone()),
        token: token?,
        token_file,
        ca_file,
        pin,
        trust,
        interval,
    };
    warnings.extend(server.token_file.as_deref().and_then(token::exposure));
    if !server.url.tls && !server.url.is_loopback() {
        let url = &server.url;
        warnings.push(format!("{url}: the token travels in clear over ws://; use wss://"));
    }
    Some(server)
}

fn url(raw: &RawServer, problems: &mut Problems) -> Option<ServerUrl> {
    let Some(written) = &raw.url else {
        problems.add(&raw.place, "the url of the server is missing: url = \"wss://...\"");
        return None;
    };
    match ServerUrl::parse(&written.value) {
        Ok(url) => Some(url),
        Err(error) => {
            problems.add(&written.place, error.to_string());
            None
        }
    }
}

fn token_file(raw: &RawServer, settings: &Settings) -> Option<PathBuf> {
    match &raw.token_file {
        Some(written) => Some(PathBuf::from(&written.value)),
        None if raw.token.is_some() => None,
        None => token::default_file(settings.credentials.clone()),
    }
}

fn token(raw: &RawServer, file: Option<&Path>, problems: &mut Problems) -> Option<Secret> {
    let (read, place) = match (&raw.token, file) {
        (Some(written), _) => (token::parse(&written.value), &written.place),
        (None, Some(path)) => {
            let place = raw.token_file.as_ref().map_or(&raw.place, |written| &written.place);
            (token::read(path), place)
        }
        (None, None) => {
            let fault = format!(
                "there is no token: put it into {} or name a token_file",
                token::TOKEN_FILE_DEFAULT
            );
            (Err(fault), &raw.place)
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

fn host(raw: &RawHost, roots: &Roots, problems: &mut Problems) -> Host {
    let text = |text: &Text| text.as_ref().map(|written| written.value.clone());
    let node_name = identity::node_name(&roots.proc).unwrap_or_else(|| "localhost".to_owned());
    if let Some(written) = &raw.id
        && !is_id(&written.value)
    {
        let fault = "an id is 1 to 128 letters, digits, dots, dashes and underscores";
        problems.add(&written.place, fault);
    }
    let country_code = raw.country_code.as_ref().map(|written| {
        let code = written.value.to_ascii_uppercase();
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            problems.add(&written.place, "a country code has two letters (ISO 3166-1): \"DE\"");
        }
        code
    });
    if let Some(written) = &raw.ip
        && written.value.parse::<std::net::IpAddr>().is_err()
    {
        problems.add(&written.place, format!("{} is not an IP address", Quoted(&written.value)));
    }
    let derived = || identity::derive(&roots.root, &roots.sys).unwrap_or_else(|| node_name.clone());
    Host {
        id: text(&raw.id).unwrap_or_else(derived),
        name: text(&raw.name).unwrap_or_else(|| node_name.clone()),
        group: text(&raw.group),
        location: text(&raw.location),
        country_code,
        ip: text(&raw.ip),
        boot_id: identity::boot_id(&roots.proc),
    }
}

fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

fn options(raw: &RawConfig) -> Options {
    let filter = |what: &str| Filter {
        include: raw.collect.list(&format!("include_{what}")),
        exclude: raw.collect.list(&format!("exclude_{what}")),
    };
    let mut options = Options::default();
    options.filters = Filters {
        disks: filter("disks"),
        mounts: filter("mounts"),
        interfaces: filter("interfaces"),
    };
    for (name, _) in raw.collect.switches.iter().filter(|(_, on)| !on) {
        options.leave_out(name);
    }
    options
}

fn interval(
    written: Option<&Written<String>>,
    default: Duration,
    problems: &mut Problems,
) -> Duration {
    let Some(written) = written else { return default };
    duration::parse_interval(&written.value).unwrap_or_else(|fault| {
        problems.add(&written.place, fault);
        default
    })
}

/// Which of a few names it is; anything else is told which they are.
fn choice(
    written: &Written<String>,
    names: &[&'static str],
    problems: &mut Problems,
) -> Option<usize> {
    let found = names.iter().position(|name| *name == written.value);
    if found.is_none() {
        let guess = nearest(&written.value, names)
            .map(|near| format!("; did you mean {}?", Quoted(near)))
            .unwrap_or_default();
        let fault = format!("{} is not one of {}{guess}", Quoted(&written.value), names.join(", "));
        problems.add(&written.place, fault);
    }
    found
}
