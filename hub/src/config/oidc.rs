//! `[oidc]`: the provider that people may sign in with.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, fault};
use crate::http::Address;
use crate::oidc::{Claim, Rights, Settings};
use crate::people::UserName;

/// The table as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOidc {
    issuer: Spanned<String>,
    title: Option<String>,
    client_id: String,
    client_secret_file: PathBuf,
    url: Spanned<String>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    claim: Option<Spanned<String>>,
    groups_claim: Option<String>,
    #[serde(default)]
    owners: Vec<Spanned<String>>,
    #[serde(default)]
    viewers: Vec<Spanned<String>>,
    #[serde(default)]
    owner_groups: Vec<String>,
    #[serde(default)]
    viewer_groups: Vec<String>,
    ca_file: Option<PathBuf>,
}

/// What it means; `None` where nobody signs in elsewhere.
pub(super) fn settings(raw: Option<Spanned<RawOidc>>) -> Result<Option<Settings>, Fault> {
    let Some(table) = raw else { return Ok(None) };
    let start = table.span().start;
    let raw = table.into_inner();
    let issuer = address("issuer", &raw.issuer)?;
    address("url", &raw.url)?;
    let is_anybody = [raw.owners.is_empty(), raw.viewers.is_empty()];
    if is_anybody == [true; 2] && raw.owner_groups.is_empty() && raw.viewer_groups.is_empty() {
        let what = "say who may sign in: `owners`, `viewers`, `owner_groups` or `viewer_groups`";
        return Err(Fault { at: start, what: what.to_owned() });
    }
    let mut scopes = raw.scopes.unwrap_or_else(|| vec!["email".to_owned(), "profile".to_owned()]);
    if !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    let rights = Rights {
        claim: raw.claim.as_ref().map_or(Ok(Claim::Email), claim)?,
        groups_claim: raw.groups_claim.unwrap_or_else(|| "groups".to_owned()),
        owners: raw.owners.iter().map(name).collect::<Result<_, _>>()?,
        viewers: raw.viewers.iter().map(name).collect::<Result<_, _>>()?,
        owner_groups: raw.owner_groups,
        viewer_groups: raw.viewer_groups,
    };
    Ok(Some(Settings {
        title: raw.title.unwrap_or(issuer.host),
        issuer: raw.issuer.into_inner(),
        client_id: raw.client_id,
        client_secret_file: raw.client_secret_file,
        url: raw.url.into_inner().trim_end_matches('/').to_owned(),
        scopes,
        rights,
        ca_file: raw.ca_file,
    }))
}

/// An address by TLS, or of this machine.
fn address(key: &str, text: &Spanned<String>) -> Result<Address, Fault> {
    let good = Address::parse(text.get_ref()).filter(|it| it.tls || it.is_loopback());
    let what = format!("`{key}` must be https://host[:port][/path], or http:// on this machine");
    good.ok_or_else(|| fault(text, &what))
}

fn claim(text: &Spanned<String>) -> Result<Claim, Fault> {
    let found = Claim::ALL.into_iter().find(|(name, _)| name == text.get_ref());
    let what = "`claim` must be \"email\", \"preferred_username\" or \"sub\"";
    found.map(|(_, claim)| claim).ok_or_else(|| fault(text, what))
}

fn name(text: &Spanned<String>) -> Result<UserName, Fault> {
    UserName::parse(text.get_ref()).map_err(|what| fault(text, &what))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const TABLE: &str = "[viewers]\nusers = true\n[oidc]\nissuer = \"https://id.example.org\"\n\
                         client_id = \"hub\"\nclient_secret_file = \"/secret\"\n\
                         url = \"https://hub.example.org/\"\n";

    fn read(more: &str) -> Result<Settings, String> {
        let config = parse(&format!("{TABLE}{more}")).map_err(|fault| fault.what)?;
        Ok(config.oidc.unwrap())
    }

    #[test]
    fn who_may_is_said_and_the_rest_has_what_is_usual() {
        let settings = read("owners = [\"Ann@example.org\"]\n").unwrap();
        assert_eq!(
            (&*settings.title, &*settings.url),
            ("id.example.org", "https://hub.example.org")
        );
        assert_eq!(settings.scopes, ["openid", "email", "profile"]);
        assert_eq!(&*settings.rights.owners[0], "ann@example.org");
        assert_eq!(settings.rights.claim, Claim::Email);
        assert_eq!(
            read("scopes = [\"groups\"]\nviewer_groups = [\"a\"]\n").unwrap().scopes,
            ["openid", "groups"]
        );
        for (more, what) in [
            ("", "say who may sign in"),
            ("owners = [\"a b\"]\n", "a name has"),
            ("owners = [\"a\"]\nclaim = \"name\"\n", "`claim` must be"),
        ] {
            assert!(read(more).unwrap_err().contains(what), "{more}");
        }
        for (key, bad) in [("issuer", "http://id.example.org"), ("url", "hub.example.org")] {
            let before = if key == "issuer" {
                "https://id.example.org\""
            } else {
                "https://hub.example.org/\""
            };
            let text = format!("{TABLE}owners = [\"a\"]\n").replace(before, &format!("{bad}\""));
            assert!(parse(&text).unwrap_err().what.contains(key), "{bad}");
        }
    }
}
