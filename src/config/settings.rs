//! What flags and environment say, before the file is read.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use kinglet_host::Roots;
use kinglet_proto::limits::CONFIG_BYTES_MAX;

use super::raw::{Overrides, RawConfig, Text};
use crate::options::{Place, Problems, Written};

/// The configuration file of a packaged installation.
pub const FILE_DEFAULT: &str = "/etc/kinglet/kinglet.toml";

/// Flags as typed and variables as set; `None` is not given. An empty variable counts as not set.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `--config`, `KINGLET_CONFIG`.
    pub file: Setting,
    /// `--interval`, `KINGLET_INTERVAL`.
    pub interval: Setting,
    /// `--id`, `KINGLET_ID`.
    pub id: Setting,
    /// `--url`, `KINGLET_URL`.
    pub url: Setting,
    /// `--protocol`, `KINGLET_PROTOCOL`.
    pub protocol: Setting,
    /// `--server-id`, `KINGLET_SERVER_ID`.
    pub server_id: Setting,
    /// `--token-file`, `KINGLET_TOKEN_FILE`.
    pub token_file: Setting,
    /// `--ca-file`, `KINGLET_CA_FILE`.
    pub ca_file: Setting,
    /// `--pin`, `KINGLET_PIN`.
    pub pin: Setting,
    /// `--code`, `KINGLET_CODE`: for `kinglet enroll` only.
    pub code: Setting,
    /// `KINGLET_TOKEN`: there is no flag, everybody on the host could read it.
    pub token: Option<String>,
    /// `CREDENTIALS_DIRECTORY`, where systemd puts what `LoadCredential=` names.
    pub credentials: Option<PathBuf>,
    /// `HOST_PROC`, `HOST_SYS`, `HOST_ROOT`.
    pub roots: [Option<PathBuf>; 3],
    /// Whether the file's servers are of no interest.
    pub servers_ignored: bool,
}

/// One setting, from its flag or its variable.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// The flag's value.
    pub flag: Option<String>,
    /// The variable's value.
    pub variable: Option<String>,
}

impl Setting {
    /// The value in force and where it comes from; the flag wins.
    pub(super) fn text(&self, flag: &'static str, variable: &'static str) -> Text {
        let flagged = self.flag.clone().map(|value| Written { value, place: Place::Flag(flag) });
        let set = || {
            let value = self.variable.clone()?;
            Some(Written { value, place: Place::Environment(variable) })
        };
        flagged.or_else(set)
    }
}

impl Settings {
    /// Settings with what the environment holds, by a function that looks a variable up.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let setting = |name: &str| Setting { flag: None, variable: variable(name) };
        let path = |name: &str| variable(name).map(PathBuf::from);
        Self {
            file: setting("KINGLET_CONFIG"),
            interval: setting("KINGLET_INTERVAL"),
            id: setting("KINGLET_ID"),
            url: setting("KINGLET_URL"),
            protocol: setting("KINGLET_PROTOCOL"),
            server_id: setting("KINGLET_SERVER_ID"),
            token_file: setting("KINGLET_TOKEN_FILE"),
            ca_file: setting("KINGLET_CA_FILE"),
            pin: setting("KINGLET_PIN"),
            code: setting("KINGLET_CODE"),
            token: variable("KINGLET_TOKEN"),
            credentials: path("CREDENTIALS_DIRECTORY"),
            roots: [path("HOST_PROC"), path("HOST_SYS"), path("HOST_ROOT")],
            servers_ignored: false,
        }
    }

    /// The same without anything about servers: for commands that talk to none.
    ///
    /// The file still counts, but its servers are not looked at, so a missing token is no matter.
    #[must_use]
    pub fn without_servers(self) -> Self {
        let (url, token) = (Setting::default(), None);
        let none = Setting::default;
        Self {
            url,
            token,
            protocol: none(),
            server_id: none(),
            token_file: none(),
            ca_file: none(),
            pin: none(),
            servers_ignored: true,
            ..self
        }
    }

    /// Where the kernel's files are.
    pub(super) fn roots(&self) -> Roots {
        let [proc, sys, root] = &self.roots;
        let or = |path: &Option<PathBuf>, default: &str| {
            path.clone().unwrap_or_else(|| PathBuf::from(default))
        };
        Roots { proc: or(proc, "/proc"), sys: or(sys, "/sys"), root: or(root, "/") }
    }

    pub(super) fn overrides(&self) -> Overrides {
        let token = self.token.clone();
        Overrides {
            interval: self.interval.text("--interval", "KINGLET_INTERVAL"),
            id: self.id.text("--id", "KINGLET_ID"),
            url: self.url.text("--url", "KINGLET_URL"),
            protocol: self.protocol.text("--protocol", "KINGLET_PROTOCOL"),
            server_id: self.server_id.text("--server-id", "KINGLET_SERVER_ID"),
            token_file: self.token_file.text("--token-file", "KINGLET_TOKEN_FILE"),
            ca_file: self.ca_file.text("--ca-file", "KINGLET_CA_FILE"),
            pin: self.pin.text("--pin", "KINGLET_PIN"),
            token: token.map(|value| Written { value, place: Place::Environment("KINGLET_TOKEN") }),
        }
    }

    /// The file the owner names; [`FILE_DEFAULT`] where it is none.
    pub(super) fn named_file(&self) -> Text {
        self.file.text("--config", "KINGLET_CONFIG")
    }

    /// Reads the file in force. Only the packaged file may be missing.
    pub(super) fn read_file(&self, problems: &mut Problems) -> RawConfig {
        let named = self.named_file();
        let path = named.as_ref().map_or(FILE_DEFAULT, |written| &written.value);
        let place = named.as_ref().map_or(Place::Missing, |written| written.place.clone());
        let mut text = String::new();
        let limit = CONFIG_BYTES_MAX as u64 + 1;
        match File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => problems.add(&place, format!("cannot read {path}: {error}")),
            Ok(_) if text.len() > CONFIG_BYTES_MAX => {
                problems.add(&place, format!("{path} has more than {CONFIG_BYTES_MAX} bytes"));
            }
            Ok(_) => return RawConfig::read(path, &text, problems),
        }
        RawConfig::default()
    }
}
