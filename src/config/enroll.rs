//! What `kinglet enroll` needs to know: where the hub is, the code, and which files to write.

use std::io;
use std::path::{Path, PathBuf};

use kinglet_proto::enroll::{AGENT_PATH, prefix};
use kinglet_proto::host::HostId;
use kinglet_proto::output::OUTPUTS;
use kinglet_proto::quoted::Quoted;
use kinglet_proto::secret::Secret;

use super::Config;
use super::proxy::proxy;
use super::token::{self, TOKEN_FILE_DEFAULT};
use super::trust::trust;
use crate::link::{ClientCert, Pin, Proxy, ServerUrl, Trust};
use crate::options::{Block, ConfigError, Given, Place, Problems, Table, Text, text_of};

/// The url in the file that packages bring: a server nobody has named yet.
const PLACEHOLDER: &str = "url = \"wss://hub.example.org\"";

/// Everything an enrolment needs.
#[derive(Debug)]
pub struct Enrollment {
    /// This host's id.
    pub id: HostId,
    /// The hub, as its agent will dial it.
    pub url: ServerUrl,
    /// The same as it is written into a configuration.
    pub written_url: String,
    /// The one-time code.
    pub code: Secret,
    /// The proxy on the way to it.
    pub proxy: Option<Proxy>,
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
    written_proxy: Option<String>,
    pin: Option<Pin>,
    ca_file: Option<PathBuf>,
    client_cert: Option<ClientCert>,
}

impl Enrollment {
    /// Reads flags, environment and file; the file's servers are of no interest.
    pub fn load(given: &Given) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let path = given.file();
        let config_text = read_if_there(path, &mut problems);
        let text = config_text.as_deref();
        let file = text.map(|text| Given::read(path.value, text, &mut problems));
        let file = file.unwrap_or_default();
        let has_placeholder = text.is_some_and(|text| text.lines().any(is_placeholder));
        let has_server = file.tables(Table::Server).count() > usize::from(has_placeholder);
        let whole = given.over(file.without(Table::Server), &mut problems);
        let host = Config::understand(&whole.without(Table::Server), &mut problems).host;

        let hub = given.table(Table::Server).cloned();
        let hub = hub.unwrap_or_else(|| Block::new(Table::Server, Place::Missing));
        let url = url(hub.text("url"), &mut problems);
        let code = code(given.text(Table::Top, "code"), &mut problems);
        let proxy = url.as_ref().and_then(|url| proxy(&hub, given, url, &mut problems));
        let trusted = trust(&hub, url.as_slice(), &mut problems);
        let token_file = hub.text("token_file").map_or(TOKEN_FILE_DEFAULT, |text| text.value);
        let enrollment = url.zip(code).map(|(url, code)| Self {
            id: host.id,
            written_url: written(&url),
            url,
            code,
            written_proxy: hub.text("proxy").map(|text| text.value.to_owned()),
            proxy,
            trust: trusted.trust,
            token_file: PathBuf::from(token_file),
            config_file: PathBuf::from(path.value),
            config_text,
            has_server,
            id_given: given.text(Table::Host, "id").is_some(),
            pin: trusted.pin,
            ca_file: trusted.ca_file,
            client_cert: trusted.client_cert,
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
            Some(text) if text.lines().any(is_placeholder) => {
                Some(text.replacen(PLACEHOLDER, &self.keys(), 1))
            }
            Some(text) => Some(format!("{}\n\n{}", text.trim_end(), self.block())),
        }
    }

    fn keys(&self) -> String {
        let mut keys = format!("url = {}", Quoted(&self.written_url));
        if let Some(proxy) = &self.written_proxy {
            keys += &format!("\nproxy = {}", Quoted(proxy));
        }
        if let Some(pin) = &self.pin {
            keys += &format!("\npin = \"{pin}\"");
        }
        if let Some(path) = &self.ca_file {
            keys += &format!("\nca_file = {}", Quoted(&path.to_string_lossy()));
        }
        if let Some(client_cert) = &self.client_cert {
            let [cert, key] = [client_cert.cert(), client_cert.key()].map(Path::to_string_lossy);
            keys += &format!("\nclient_cert = {}\nclient_key = {}", Quoted(&cert), Quoted(&key));
        }
        // The usual place goes unsaid, so that systemd's credential comes before it.
        if self.token_file != Path::new(TOKEN_FILE_DEFAULT) {
            keys += &format!("\ntoken_file = {}", Quoted(&self.token_file.to_string_lossy()));
        }
        keys
    }
}

fn url(text: Option<Text<'_>>, problems: &mut Problems) -> Option<ServerUrl> {
    let Some(text) = text else {
        problems.add(&Place::Missing, "say where the hub is: --url wss://...");
        return None;
    };
    match ServerUrl::parse(text.value) {
        Ok(url) if !OUTPUTS[0].schemes.contains(&url.scheme) => {
            let scheme = if url.tls { "wss" } else { "ws" };
            problems.add(text.place, format!("a hub's url begins with {scheme}://"));
            None
        }
        Ok(url) if url.path_and_query.contains('?') => {
            problems.add(text.place, "a url to enrol at has no query");
            None
        }
        Ok(url) => Some(url),
        Err(error) => {
            problems.add(text.place, error.to_string());
            None
        }
    }
}

fn code(text: Option<Text<'_>>, problems: &mut Problems) -> Option<Secret> {
    let Some(text) = text else {
        let fault = "the code of the invitation is missing: --code CODE, or KINGLET_CODE; \
                     `kinglet-hub invite` prints one";
        problems.add(&Place::Missing, fault);
        return None;
    };
    token::parse(text.value).map_err(|fault| problems.add(text.place, fault)).ok()
}

/// The url an agent reports to: without a path where the hub has none before its own.
fn written(url: &ServerUrl) -> String {
    let before = prefix(&url.path_and_query);
    let path = if before.is_empty() { String::new() } else { format!("{before}{AGENT_PATH}") };
    ServerUrl { path_and_query: path, ..url.clone() }.to_string()
}

/// A file that is still to be written is no mistake here.
fn read_if_there(path: Text<'_>, problems: &mut Problems) -> Option<String> {
    match text_of(path.value) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.add(path.place, format!("cannot read {}: {error}", path.value));
            None
        }
        Ok(text) => Some(text),
    }
}

fn is_placeholder(line: &str) -> bool {
    line == PLACEHOLDER
}
