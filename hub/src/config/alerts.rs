//! `[alerts]`, `[[alert]]` and `[[maintenance]]`: what the hub watches, and when it is quiet.

mod rule;
mod window;

use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::alert::Rule;
pub(super) use rule::{RawRule, rule};
use serde::Deserialize;
use toml::Spanned;
pub(super) use window::RawWindow;

use super::{Fault, fault, hash, history};
use crate::alert::{Scope, Settings, fleet_rules};
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
    temperature: Option<bool>,
    traffic: Option<bool>,
    undervoltage: Option<bool>,
    read_only: Option<bool>,
    disk_health: Option<bool>,
    stuck: Option<bool>,
    conntrack: Option<bool>,
    oom_kill: Option<bool>,
    units: Option<bool>,
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
            "temperature" => self.temperature,
            "traffic" => self.traffic,
            "undervoltage" => self.undervoltage,
            "read_only" => self.read_only,
            "disk_health" => self.disk_health,
            "stuck" => self.stuck,
            "conntrack" => self.conntrack,
            "oom_kill" => self.oom_kill,
            "units" => self.units,
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
        let rule = rule(raw)?;
        if own.contains(&rule) {
            return Err(fault(raw, "a second [[alert]] that says the same"));
        }
        if let Some(name) = own.iter().find(|other| is_called_as(other, &rule)) {
            let what = format!("a second [[alert]] called \"{}\"", name.1.name);
            return Err(fault(raw, &what));
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

fn is_called_as((_, one): &(Scope, Arc<Rule>), (_, other): &(Scope, Arc<Rule>)) -> bool {
    !one.own && !other.own && one.name == other.name
}

#[cfg(test)]
mod tests {
    use kinglet_proto::time::WallTime;

    use super::*;
    use crate::alert::{Weekly, Window, Zone};

    fn read(text: &str) -> Result<Settings, (usize, String)> {
        let text = format!("[viewers]\npublic = true\n{text}");
        let config = super::super::parse(&text);
        config
            .map(|config| config.alerts)
            .map_err(|Fault { at, what }| (text[..at].matches('\n').count() + 1, what))
    }

    #[test]
    fn a_whole_file_means_what_it_says() {
        let usual = read("").unwrap();
        assert_eq!((usual.offline_for, usual.full_within), (Some(OFFLINE_FOR), Some(FULL_WITHIN)));
        assert!(
            usual.certificate && usual.fleet.len() == crate::alert::fleet_rule_names().count() + 1
        );
        let all = read(
            "[alerts]\noffline = false\ndisk_trend = false\ndisk = false\ncertificate = false\n\
             [[alert]]\nmetric = \"temperatures.{sensor}\"\nabove = 75\nclear = 70\n\
             for = \"2m\"\nlevel = \"critical\"\ntitle = \"{sensor}\"\nhosts = [\"pi-*\"]\n\
             labels = { sensor = \"cpu*\" }\n\
             [[maintenance]]\nevery = \"tue 03:30\"\nfor = \"2h\"\nrules = [\"cpu\"]\n\
             [[maintenance]]\nfrom = \"2026-12-24T18:00:00Z\"\nto = \"2026-12-27T06:00:00Z\"\n",
        )
        .unwrap();
        assert_eq!((all.offline_for, all.full_within, all.certificate), (None, None, false));
        assert!(all.fleet.iter().all(|rule| rule.name != "disk"));
        let (scope, rule) = &all.own[0];
        assert!(scope.covers_host("pi-1", "") && !scope.covers_host("nas", ""));
        assert_eq!((rule.clear, rule.hold.as_secs(), rule.level.name()), (70.0, 120, "critical"));
        assert_eq!(rule.labels, [("sensor", "cpu*".to_owned())]);
        let weekly = Weekly { zone: Zone::default(), begin: 99_000_000, length: 7_200_000 };
        assert!(matches!(&all.windows[0], Window::Weekly(_, found) if *found == weekly));
        assert!(matches!(all.windows[1], Window::Once(..)));
    }

    #[test]
    fn a_window_may_go_by_the_clocks_of_a_place() {
        let of = |text: &str| read(&format!("[[maintenance]]\n{text}")).map(|all| all.windows);
        let utc =
            of("zone = \"UTC\"\nfrom = \"2026-07-01T12:00:00\"\nto = \"2026-07-02T12:00:00Z\"");
        if !std::path::Path::new("/usr/share/zoneinfo/Europe/Berlin").exists() {
            return assert!(utc.unwrap_err().1.contains("tzdata"));
        }
        let time = |text: &str| WallTime::parse(text).unwrap();
        let (from, to) = (time("2026-07-01T12:00:00Z"), time("2026-07-02T12:00:00Z"));
        assert_eq!(utc.unwrap(), [Window::Once(Scope::default(), from, to)]);
        // The hour that comes twice, both times.
        let twice = "from = \"2026-10-25T02:00:00\"\nto = \"2026-10-25T02:30:00\"";
        let windows = of(&format!("zone = \"Europe/Berlin\"\n{twice}")).unwrap();
        let (from, to) = (time("2026-10-25T00:00:00Z"), time("2026-10-25T01:30:00Z"));
        assert_eq!(windows, [Window::Once(Scope::default(), from, to)]);
        let weekly =
            of("zone = \"America/New_York\"\nevery = \"sun 03:00\"\nfor = \"2h\"").unwrap();
        assert!(matches!(&weekly[0], Window::Weekly(_, found) if found.zone != Zone::default()));
    }

    #[test]
    fn every_mistake_names_its_line_and_what_is_allowed() {
        let rule = "[[alert]]\nmetric = \"cpu.usage\"\n";
        for (text, line, says) in [
            ("[alerts]\nofline = false\n".to_owned(), 4, "did you mean `offline`?"),
            ("[alerts]\noffline_for = \"8d\"\n".to_owned(), 4, "\"0s\" to \"7d\""),
            ("[alerts]\nfull_within = \"1m\"\n".to_owned(), 4, "\"1h\" to \"365d\""),
            ("[alerts]\ntoken_hash = \"x\"\n".to_owned(), 4, "kinglet-hub token"),
            ("[[alert]]\nabove = 1\n".to_owned(), 3, "missing field `metric`"),
            ("[[alert]]\nmetric = \"cpu.usge\"\nabove = 1\n".to_owned(), 4, "mean `cpu.usage`?"),
            (rule.to_owned(), 3, "one of `above`, `below` and `equals`"),
            (format!("{rule}above = 1\nbelow = 2\n"), 3, "one of `above`, `below` and `equals`"),
            (format!("{rule}above = 1\nclear = 2\n"), 6, "at most what `above` says"),
            (format!("{rule}below = 2\nclear = 1\n"), 6, "at least what `below` says"),
            (format!("{rule}above = 1\nfor = \"25h\"\n"), 6, "\"0s\" to \"24h\""),
            (format!("{rule}above = 1\nlevel = \"bad\"\n"), 6, "\"warning\" or \"critical\""),
            (format!("{rule}above = 1\nlabels = {{ disk = \"a\" }}\n"), 6, "it has none"),
            (format!("{rule}above = 1\ntitle = \"{{disk}}\"\n"), 6, "allowed: value, threshold"),
            (format!("{rule}above = 1\n{rule}above = 1\n"), 6, "that says the same"),
            ("[[maintenance]]\nevery = \"sun 03:00\"\n".to_owned(), 3, "`every` and `for`"),
            ("[[maintenance]]\nevery = \"day 3\"\nfor = \"1h\"\n".to_owned(), 4, "\"sun 03:00\""),
            ("[[maintenance]]\nevery = \"sun 03:00\"\nfor = \"8d\"\n".to_owned(), 5, "to \"7d\""),
            ("[[maintenance]]\nfrom = \"today\"\nto = \"x\"\n".to_owned(), 4, "a time in UTC"),
            (
                "[[maintenance]]\nzone = \"Europe/Berln\"\n".to_owned(),
                4,
                "/usr/share/zoneinfo/Europe/",
            ),
            ("[[maintenance]]\nzone = \"../../etc/passwd\"\n".to_owned(), 4, "\"Europe/Berlin\""),
            ("[[maintenance]]\nzone = \"/etc/passwd\"\n".to_owned(), 4, "no such `zone` here"),
        ] {
            let (at, what) = read(&text).unwrap_err();
            assert!(at == line && what.contains(says), "{text}: line {at}: {what}");
        }
    }

    #[test]
    fn every_rule_that_is_built_in_has_its_switch() {
        for name in crate::alert::fleet_rule_names() {
            let text = format!("{name} = false");
            let raw: RawAlerts = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
            assert!(!raw.is_on(name), "{name}");
        }
    }
}
