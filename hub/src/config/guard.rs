//! `[server]`, and the pages that may listen: what the hub grants to strangers.

use serde::Deserialize;
use toml::Spanned;

use super::{Config, Fault, fault};
use crate::guard::{Gate, Network, Origin, Proxies, Settings, Way, is_name};
use crate::limits::PROXIES_MAX;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServer {
    #[serde(default)]
    names: Vec<Spanned<String>>,
    trusted_proxies: Option<Spanned<Vec<Spanned<String>>>>,
}

/// What the owner decided of strangers.
pub(super) fn settings(server: &RawServer, origins: &[Spanned<String>]) -> Result<Settings, Fault> {
    let names = server.names.iter().map(name).collect::<Result<_, _>>()?;
    let origins = origins.iter().map(origin).collect::<Result<_, _>>()?;
    let proxies = proxies(server.trusted_proxies.as_ref())?;
    Ok(Settings { gate: Gate { names, origins }, proxies, ..Settings::default() })
}

impl Config {
    /// What keeps others from reading along. Who names his proxies has one in front.
    pub fn way(&self) -> Way {
        let is_local = self.listen.ip().to_canonical().is_loopback();
        let is_behind = !self.guard.proxies.0.is_empty();
        match &self.tls {
            Some(_) => Way::Tls,
            None if is_local || is_behind || !self.auth.has_tokens() => Way::Local,
            None => Way::Clear,
        }
    }
}

fn name(text: &Spanned<String>) -> Result<String, Fault> {
    let what = "`names` are those by which the hub is called, without scheme and port, as in \
                [\"hub.example.org\"]";
    if is_name(text.get_ref()) { Ok(text.get_ref().clone()) } else { Err(fault(text, what)) }
}

fn proxies(given: Option<&Spanned<Vec<Spanned<String>>>>) -> Result<Proxies, Fault> {
    let Some(given) = given else { return Ok(Proxies::default()) };
    if given.get_ref().len() > PROXIES_MAX {
        return Err(fault(given, &format!("at most {PROXIES_MAX} `trusted_proxies`")));
    }
    let what = "`trusted_proxies` are addresses, or networks with the bits that count, as in \
                [\"127.0.0.1\", \"10.1.0.0/16\"]";
    let network =
        |text: &Spanned<String>| Network::parse(text.get_ref()).ok_or_else(|| fault(text, what));
    Ok(Proxies(given.get_ref().iter().map(network).collect::<Result<_, _>>()?))
}

fn origin(text: &Spanned<String>) -> Result<Origin, Fault> {
    let what = "`origins` are pages' schemes and hosts, with a port where it is not the usual one \
                and nothing behind it, as in [\"https://wall.example.org\"]";
    Origin::parse(text.get_ref()).ok_or_else(|| fault(text, what))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        parse(text).map_err(|fault| fault.what)
    }

    #[test]
    fn tokens_in_clear_are_told_of_where_they_leave_this_machine() {
        let token = format!("[fleet]\ntoken_hash = \"sha256:{}\"\n", "0".repeat(64));
        let proxy = "[server]\ntrusted_proxies = [\"192.0.2.7\"]\n";
        let tls = "[tls]\ncert = \"c\"\nkey = \"k\"\n";
        for (listen, more, way) in [
            ("127.0.0.1:1", &*token, Way::Local),
            ("[::1]:1", &token, Way::Local),
            ("0.0.0.0:1", "", Way::Local),
            ("0.0.0.0:1", &token, Way::Clear),
            ("[::]:1", &token, Way::Clear),
            ("192.0.2.1:1", &token, Way::Clear),
            ("0.0.0.0:1", &format!("{token}{tls}"), Way::Tls),
            ("0.0.0.0:1", &format!("{token}{proxy}"), Way::Local),
        ] {
            let text = format!("listen = \"{listen}\"\n[viewers]\npublic = true\n{more}");
            assert_eq!(read(&text).unwrap().way(), way, "{text}");
        }
    }

    #[test]
    fn names_and_origins_are_the_owners() {
        let text = "[viewers]\npublic = true\norigins = [\"https://wall.example.org\"]\n\
                    [server]\nnames = [\"hub.example.org\"]\n";
        let guard = read(text).unwrap().guard;
        assert!(!guard.proxies.trust("127.0.0.1".parse().unwrap()), "none is by itself");
        let gate = guard.gate;
        assert_eq!(gate.names, ["hub.example.org"]);
        assert_eq!(gate.origins[0].to_string(), "https://wall.example.org");
        for (wrong, word) in [
            ("origins = [\"wall.example.org\"]", "`origins`"),
            ("origins = [\"https://wall.example.org/\"]", "`origins`"),
            ("origins = [\"null\"]", "`origins`"),
            ("[server]\nnames = [\"https://hub.example.org\"]", "`names`"),
            ("[server]\nname = \"hub\"", "did you mean `names`?"),
            ("[server]\ntrusted_proxies = [\"proxy\"]", "`trusted_proxies`"),
            ("[server]\ntrusted_proxies = [\"10.0.0.0/64\"]", "`trusted_proxies`"),
        ] {
            let error = read(&format!("[viewers]\npublic = true\n{wrong}\n")).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
