//! `[alerts]`, `[[alert]]` and `[[maintenance]]`: what the hub watches, and when it is quiet.

mod rule;
mod window;

use std::time::Duration;

pub(super) use rule::RawRule;
use serde::Deserialize;
use toml::Spanned;
pub(super) use window::RawWindow;

use super::{Fault, fault, hash, history};
use crate::alert::{Settings, fleet_rules};
use crate::auth::TokenHash;
use crate::limits::{FULL_WITHIN, HUB_RULES_MAX, OFFLINE_FOR, WINDOWS_MAX};

/// The table as written: a switch for each rule that is built in, and what some of them go by.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlerts {
    offline: Option<bool>,
    offline_for: Option<Spanned<String>>,
    disk_trend: Option<bool>,
    full_within: Option<Spanned<String>>,
    certificate: Option<bool>,
    disk: Option<bool>,
    inodes: Option<bool>,
    memory: Option<bool>,
    cpu: Option<bool>,
    undervoltage: Option<bool>,
    read_only: Option<bool>,
    stuck: Option<bool>,
    conntrack: Option<bool>,
    oom_kill: Option<bool>,
    token_hash: Option<Spanned<String>>,
}

impl RawAlerts {
    /// Whose token is good for acknowledging and silencing; `None` where nothing is said.
    pub(super) fn operators(&self) -> Result<Option<TokenHash>, Fault> {
        self.token_hash.as_ref().map(hash).transpose()
    }

    fn is_on(&self, name: &str) -> bool {
        let switch = match name {
            "disk" => self.disk,
            "inodes" => self.inodes,
            "memory" => self.memory,
            "cpu" => self.cpu,
            "undervoltage" => self.undervoltage,
            "read_only" => self.read_only,
            "stuck" => self.stuck,
            "conntrack" => self.conntrack,
            "oom_kill" => self.oom_kill,
            _ => None,
        };
        switch.unwrap_or(true)
    }
}

/// What all three mean.
pub(super) fn settings(
    raw: &RawAlerts,
    rules: &[Spanned<RawRule>],
    windows: &[Spanned<RawWindow>],
) -> Result<Settings, Fault> {
    for (count, most, what, last) in [
        (rules.len(), HUB_RULES_MAX, "[[alert]]", rules.last().map(Spanned::span)),
        (windows.len(), WINDOWS_MAX, "[[maintenance]]", windows.last().map(Spanned::span)),
    ] {
        if let (true, Some(last)) = (count > most, last) {
            return Err(Fault { at: last.start, what: format!("at most {most} {what}") });
        }
    }
    let minute = Duration::from_secs(60);
    let day = Duration::from_secs(24 * 3600);
    let offline_for = history::read(
        "offline_for",
        raw.offline_for.as_ref(),
        OFFLINE_FOR,
        Duration::ZERO..=7 * day,
        "\"0s\" to \"7d\"",
    )?;
    let full_within = history::read(
        "full_within",
        raw.full_within.as_ref(),
        FULL_WITHIN,
        60 * minute..=365 * day,
        "\"1h\" to \"365d\"",
    )?;
    let mut own = Vec::new();
    for raw in rules {
        let rule = rule::rule(raw)?;
        if own.contains(&rule) {
            return Err(fault(raw, "a second [[alert]] that says the same"));
        }
        own.push(rule);
    }
    Ok(Settings {
        offline_for: raw.offline.unwrap_or(true).then_some(offline_for),
        full_within: raw.disk_trend.unwrap_or(true).then_some(full_within),
        certificate: raw.certificate.unwrap_or(true),
        fleet: fleet_rules(|name| raw.is_on(name)),
        own,
        windows: windows.iter().map(window::window).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_is_built_in_has_its_switch() {
        for name in crate::alert::fleet_rule_names() {
            let text = format!("{name} = false");
            let raw: RawAlerts = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
            assert!(!raw.is_on(name), "{name}");
        }
    }
}
