//! `[fleet]`: the tokens with which any host joins, and how many new ones may.

use std::time::Duration;

use kinglet_proto::host::HostId;
use serde::Deserialize;
use toml::Spanned;

use super::{Fault, fault, hash};
use crate::auth::{FLEET, TokenHash};
use crate::guard::TokenName;
use crate::limits::{FLEET_TOKENS_MAX, HOSTS_MAX, NEW_HOSTS_PER_HOUR, OFFLINE_AFTER};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFleet {
    token_hash: Option<Spanned<String>>,
    offline_after: Option<Spanned<String>>,
    new_hosts_per_hour: Option<Spanned<u32>>,
    #[serde(default)]
    token: Vec<Spanned<RawToken>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToken {
    name: Spanned<String>,
    token_hash: Spanned<String>,
}

impl RawFleet {
    /// Every token by its name. One name may stand twice, for a token that is changed.
    pub(super) fn tokens(&self) -> Result<Vec<(TokenName, TokenHash)>, Fault> {
        let mut tokens: Vec<(TokenName, TokenHash)> = Vec::new();
        if let Some(text) = &self.token_hash {
            tokens.push((FLEET.into(), hash(text)?));
        }
        for token in &self.token {
            let RawToken { name, token_hash } = token.get_ref();
            let parsed = HostId::parse(name.get_ref());
            let parsed = parsed.map_err(|error| fault(name, &format!("`name`: {error}")))?;
            let hash = hash(token_hash)?;
            if tokens.iter().any(|(_, known)| *known == hash) {
                return Err(fault(token_hash, "this token of the fleet stands here already"));
            }
            if tokens.len() >= FLEET_TOKENS_MAX {
                return Err(fault(token, &format!("at most {FLEET_TOKENS_MAX} tokens")));
            }
            tokens.push((parsed.as_str().into(), hash));
        }
        Ok(tokens)
    }

    /// How many new hosts may come in an hour.
    pub(super) fn new_hosts_per_hour(&self) -> Result<u32, Fault> {
        let Some(number) = &self.new_hosts_per_hour else { return Ok(NEW_HOSTS_PER_HOUR) };
        let is_in_range = usize::try_from(*number.get_ref()).is_ok_and(|most| most <= HOSTS_MAX);
        let what = || format!("`new_hosts_per_hour` must be 0 to {HOSTS_MAX}");
        is_in_range.then_some(*number.get_ref()).ok_or_else(|| fault(number, &what()))
    }

    /// After how much silence a host is offline.
    pub(super) fn offline_after(&self) -> Result<Duration, Fault> {
        self.offline_after.as_ref().map_or(Ok(OFFLINE_AFTER), seconds)
    }
}

fn seconds(text: &Spanned<String>) -> Result<Duration, Fault> {
    let number = text.get_ref().strip_suffix('s').and_then(|digits| digits.parse().ok());
    number
        .filter(|seconds| (1..=3600).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| fault(text, "`offline_after` must be \"1s\" to \"3600s\""))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::auth::Grant;

    fn entry(name: &str, token: &str) -> String {
        format!("[[fleet.token]]\nname = \"{name}\"\ntoken_hash = \"{}\"\n", TokenHash::of(token))
    }

    #[test]
    fn tokens_have_names_and_one_that_is_changed_has_two_hashes() {
        let text = format!(
            "[viewers]\npublic = true\n[fleet]\ntoken_hash = \"{}\"\nnew_hosts_per_hour = 7\n\
             {}{}{}",
            TokenHash::of("f"),
            entry("attic", "a"),
            entry("attic", "a2"),
            entry("barn", "b"),
        );
        let config = parse(&text).map_err(|fault| fault.what).unwrap();
        assert_eq!(config.guard.new_hosts_per_hour, 7);
        let id = HostId::parse("pi").unwrap();
        for (token, name) in [("f", "fleet"), ("a", "attic"), ("a2", "attic"), ("b", "barn")] {
            let Grant::Host(pass) = config.auth.agent(token, Some(&id)) else { panic!("{token}") };
            assert_eq!(pass.token.as_deref(), Some(name));
        }
        let without = parse("[viewers]\npublic = true\n").map_err(|fault| fault.what).unwrap();
        assert_eq!(without.guard.new_hosts_per_hour, NEW_HOSTS_PER_HOUR);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, word) in [
            (entry("a b", "a"), "`name`: "),
            (entry("a", "a") + &entry("b", "a"), "stands here already"),
            ("[fleet]\nnew_hosts_per_hour = 20001\n".to_owned(), "must be 0 to 20000"),
            ("[[fleet.token]]\nname = \"a\"\n".to_owned(), "missing field `token_hash`"),
            ("[fleet]\nnew_host_per_hour = 1\n".to_owned(), "did you mean `new_hosts_per_hour`?"),
        ] {
            let Err(fault) = parse(&format!("[viewers]\npublic = true\n{text}")) else {
                panic!("accepted: {text}")
            };
            assert!(fault.what.contains(word), "{text}: {}", fault.what);
        }
    }
}
