//! The configuration in force, as TOML that could be read again; secrets are `***`.

use std::fmt;

use kinglet_host::collect::switches;
use kinglet_proto::quoted::{Quoted, QuotedList};

use super::duration::show;
use super::{Config, Server};

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        writeln!(f, "[host]\nid = {}\nname = {}", Quoted(&host.id), Quoted(&host.name))?;
        for (key, value) in [
            ("group", &host.group),
            ("location", &host.location),
            ("country_code", &host.country_code),
            ("ip", &host.ip),
        ] {
            if let Some(value) = value {
                writeln!(f, "{key} = {}", Quoted(value))?;
            }
        }
        for server in &self.servers {
            server.fmt(f)?;
        }
        writeln!(f, "\n[collect]")?;
        for name in switches() {
            writeln!(f, "{name} = {}", self.collect.includes(name))?;
        }
        for (name, filter) in [
            ("disks", &self.collect.filters.disks),
            ("mounts", &self.collect.filters.mounts),
            ("interfaces", &self.collect.filters.interfaces),
        ] {
            writeln!(
                f,
                "include_{name} = {}\nexclude_{name} = {}",
                QuotedList(&filter.include),
                QuotedList(&filter.exclude)
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.to_string();
        let query = if self.url.path_and_query.contains('?') { "?***" } else { "" };
        writeln!(f, "\n[[server]]\nprotocol = \"{}\"", self.protocol.name)?;
        writeln!(f, "url = \"{url}{query}\"\nauth = \"{}\"", self.auth.name())?;
        if let Some(id) = &self.server_id {
            writeln!(f, "server_id = {}", Quoted(id))?;
        }
        if let Some(path) = &self.token_file {
            writeln!(f, "token_file = {}", Quoted(&path.to_string_lossy()))?;
        }
        writeln!(f, "# token = {}", self.token)?;
        if let Some(path) = &self.ca_file {
            writeln!(f, "ca_file = {}", Quoted(&path.to_string_lossy()))?;
        }
        if let Some(pin) = &self.pin {
            writeln!(f, "pin = \"{pin}\"")?;
        }
        writeln!(f, "interval = \"{}\"", show(self.interval))
    }
}
