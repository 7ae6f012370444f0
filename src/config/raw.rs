//! The configuration as written: from a file, from flags, from the environment.
//!
//! Nothing is judged here but the form. What the texts mean is decided in `config`.

use crate::options::{Place, Problems, Written};

/// A text and where it stands.
pub(super) type Text = Option<Written<String>>;

/// A configuration file, key by key.
#[derive(Debug, Default)]
pub(super) struct RawConfig {
    pub(super) interval: Text,
    pub(super) host: RawHost,
    pub(super) servers: Vec<RawServer>,
    pub(super) collect: RawCollect,
}

/// `[host]`.
#[derive(Debug, Default)]
pub(super) struct RawHost {
    pub(super) id: Text,
    pub(super) name: Text,
    pub(super) group: Text,
    pub(super) location: Text,
    pub(super) country_code: Text,
    pub(super) ip: Text,
}

/// One `[[server]]`.
#[derive(Debug)]
pub(super) struct RawServer {
    pub(super) place: Place,
    pub(super) protocol: Text,
    pub(super) url: Text,
    pub(super) auth: Text,
    pub(super) server_id: Text,
    pub(super) token_file: Text,
    pub(super) ca_file: Text,
    pub(super) pin: Text,
    pub(super) interval: Text,
    /// The token itself: only the environment may hold it.
    pub(super) token: Text,
}

/// `[collect]`: which collectors run, and what they leave out.
#[derive(Debug, Default)]
pub(super) struct RawCollect {
    pub(super) switches: Vec<(&'static str, bool)>,
    pub(super) lists: Vec<(&'static str, Written<Vec<String>>)>,
}

/// What flags and environment say, the flag before the variable.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    pub(super) interval: Text,
    pub(super) id: Text,
    pub(super) url: Text,
    pub(super) protocol: Text,
    pub(super) server_id: Text,
    pub(super) token_file: Text,
    pub(super) token: Text,
    pub(super) ca_file: Text,
    pub(super) pin: Text,
}

impl RawConfig {
    /// Lays flags and environment over the file: they speak of the one server there is.
    pub(super) fn apply(&mut self, over: Overrides, problems: &mut Problems) {
        lay(&mut self.interval, over.interval);
        lay(&mut self.host.id, over.id);
        let of_server = [
            &over.url,
            &over.protocol,
            &over.server_id,
            &over.token_file,
            &over.ca_file,
            &over.pin,
        ];
        let named = of_server.into_iter().flatten().next().map(|text| text.place.clone());
        if let (Some(place), true) = (&named, self.servers.len() > 1) {
            let servers = self.servers.len();
            let fault = format!("speaks of one server, but the configuration has {servers}");
            return problems.add(place, fault);
        }
        if self.servers.is_empty() {
            let Some(place) = named else { return };
            self.servers.push(RawServer::empty(place));
        }
        let count = self.servers.len();
        let Some(server) = self.servers.first_mut() else { return };
        lay(&mut server.url, over.url);
        lay(&mut server.protocol, over.protocol);
        lay(&mut server.server_id, over.server_id);
        lay(&mut server.ca_file, over.ca_file);
        lay(&mut server.pin, over.pin);
        // A token or a token file that is nearer to the command line hides both that are farther.
        if over.token_file.is_some() || (over.token.is_some() && server.token_file.is_none()) {
            server.token_file = over.token_file;
            server.token = over.token;
        } else if over.token.is_some() && count == 1 {
            server.token_file = None;
            server.token = over.token;
        }
    }
}

impl RawServer {
    fn empty(place: Place) -> Self {
        Self {
            place,
            protocol: None,
            url: None,
            auth: None,
            server_id: None,
            token_file: None,
            ca_file: None,
            pin: None,
            interval: None,
            token: None,
        }
    }
}

impl RawCollect {
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let found = self.lists.iter().find(|(list, _)| *list == name);
        found.map(|(_, written)| written.value.clone()).unwrap_or_default()
    }
}

fn lay(below: &mut Text, above: Text) {
    if above.is_some() {
        *below = above;
    }
}
