//! What `kinglet enroll` needs to know: where the hub is, the code, and which files to write.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kinglet_proto::enroll::{AGENT_PATH, prefix};
use kinglet_proto::limits::CONFIG_BYTES_MAX;
use kinglet_proto::quoted::Quoted;
use kinglet_proto::secret::Secret;

use super::raw::{RawConfig, Text};
use super::settings::FILE_DEFAULT;
use super::token::{self, TOKEN_FILE_DEFAULT};
use super::trust::trust;
use super::{Config, ConfigError, Settings};
use crate::link::{Pin, ServerUrl, Trust};
use crate::options::{Place, Problems};

/// The url in the file that packages bring: a server nobody has named yet.
const PLACEHOLDER: &str = "url = \"wss://hub.example.org\"";

/// Everything an enrolment needs.
#[derive(Debug)]
pub struct Enrollment {
    /// This host's id.
    pub id: String,
    /// The hub, as its agent will dial it.
    pub url: ServerUrl,
    /// The same as it is written into a configuration.
    pub written_url: String,
    /// The one-time code.
    pub code: Secret,
    /// Whom the hub's certificate may come from; `None` for `ws://`.
    pub trust: Option<Trust>,
    /// Where the token goes.
    pub token_file: PathBuf,
    /// The configuration file.
    pub config_file: PathBuf,
    /// What is in it; `None` where there is none.
    pub config_text: Option<String>,
    /// Whether it names a server already, the packages' placeholder not counted.
    pub has_server: bool,
    id_given: bool,
    pin: Option<Pin>,
    ca_file: Option<PathBuf>,
}

impl Enrollment {
    /// Reads flags, environment and file; the file's servers are of no interest.
    pub fn load(settings: &Settings) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let over = settings.overrides();
        let named = settings.named_file();
        let config_file = named.as_ref().map_or(FILE_DEFAULT, |written| &written.value);
        let config_file = PathBuf::from(config_file);
        let config_text = read_if_there(&config_file).unwrap_or_else(|error| {
            let fault = format!("cannot read {}: {error}", config_file.display());
            problems.add(&Place::Missing, fault);
            None
        });
        // A file that is still to be written is no mistake here.
        let mut reading = settings.clone().without_servers();
        if config_text.is_none() {
            reading.file = super::Setting::default();
        }
        let host = Config::load(&reading).map(|config| config.host).map_err(|error| {
            error.problems.into_iter().for_each(|found| problems.add(&found.place, found.fault));
        });
        let url = url(&over.url, &mut problems);
        let code = settings.code.text("--code", "KINGLET_CODE");
        let code = read_code(&code, &mut problems);
        let trusted =
            trust(url.as_ref(), &over.ca_file, &over.pin, &Place::Flag("--url"), &mut problems);
        let token_file = over.token_file.as_ref().map_or(TOKEN_FILE_DEFAULT, |w| &w.value);
        let has_server = config_text.as_deref().is_some_and(names_server);
        let enrollment = host.ok().zip(url).zip(code).map(|((host, url), code)| Self {
            id: host.id,
            written_url: written(&url),
            url,
            code,
            trust: trusted.trust,
            token_file: PathBuf::from(token_file),
            config_file,
            config_text,
            has_server,
            id_given: over.id.is_some(),
            pin: trusted.pin,
            ca_file: trusted.ca_file,
        });
        problems.finish(enrollment)
    }

    /// The path before the hub's own paths; empty for none.
    pub fn prefix(&self) -> &str {
        prefix(&self.url.path_and_query)
    }

    /// The block that makes the agent report to this hub.
    pub fn block(&self) -> String {
        format!("[[server]]\n{}\n", self.keys())
    }

    /// The configuration with this hub in it; `None` when that is for the owner to write, because
    /// the file names a server already.
    pub fn configuration(&self) -> Option<String> {
        let host = if self.id_given {
            format!("[host]\nid = {}\n\n", Quoted(&self.id))
        } else {
            String::new()
        };
        match &self.config_text {
            None => Some(host + &self.block()),
            Some(_) if self.has_server => None,
            Some(text) if text.lines().any(|line| line == PLACEHOLDER) => {
                Some(text.replacen(PLACEHOLDER, &self.keys(), 1))
            }
            Some(text) => Some(format!("{}\n\n{}", text.trim_end(), self.block())),
        }
    }

    fn keys(&self) -> String {
        let mut keys = format!("url = {}", Quoted(&self.written_url));
        if let Some(pin) = &self.pin {
            keys += &format!("\npin = \"{pin}\"");
        }
        if let Some(path) = &self.ca_file {
            keys += &format!("\nca_file = {}", Quoted(&path.to_string_lossy()));
        }
        // The usual place goes unsaid, so that systemd's credential comes before it.
        if self.token_file != Path::new(TOKEN_FILE_DEFAULT) {
            keys += &format!("\ntoken_file = {}", Quoted(&self.token_file.to_string_lossy()));
        }
        keys
    }
}

fn url(written: &Text, problems: &mut Problems) -> Option<ServerUrl> {
    let Some(written) = written else {
        problems.add(&Place::Missing, "say where the hub is: --url wss://...");
        return None;
    };
    match ServerUrl::parse(&written.value) {
        Ok(url) if url.path_and_query.contains('?') => {
            problems.add(&written.place, "a url to enrol at has no query");
            None
        }
        Ok(url) => Some(url),
        Err(error) => {
            problems.add(&written.place, error.to_string());
            None
        }
    }
}

fn read_code(written: &Text, problems: &mut Problems) -> Option<Secret> {
    let Some(written) = written else {
        let fault = "the code of the invitation is missing: --code CODE, or KINGLET_CODE; \
                     `kinglet-hub invite` prints one";
        problems.add(&Place::Missing, fault);
        return None;
    };
    token::parse(&written.value).map_err(|fault| problems.add(&written.place, fault)).ok()
}

/// The url an agent reports to: without a path where the hub has none before its own.
fn written(url: &ServerUrl) -> String {
    let before = prefix(&url.path_and_query);
    let path = if before.is_empty() { String::new() } else { format!("{before}{AGENT_PATH}") };
    ServerUrl { path_and_query: path, ..url.clone() }.to_string()
}

/// Whether a configuration names a server; one that cannot be read surely does not.
fn names_server(text: &str) -> bool {
    let raw = RawConfig::read("", text, &mut Problems::default());
    let placeholder = text.lines().any(|line| line == PLACEHOLDER);
    raw.servers.len() > usize::from(placeholder)
}

fn read_if_there(path: &Path) -> io::Result<Option<String>> {
    let mut text = String::new();
    let limit = CONFIG_BYTES_MAX as u64 + 1;
    match File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(_) => Ok(Some(text)),
    }
}
