//! What differs between two configurations, by the settings in force.

use std::collections::BTreeMap;

use kinglet_proto::occurrence::ChangedSetting;

use super::{Config, Server};
use crate::limits::{CHANGE_TEXT_MAX, CHANGES_MAX};

impl Config {
    /// What is another setting in the new one; secrets are `***` in both.
    pub(crate) fn changes_to(&self, new: &Self) -> Vec<ChangedSetting> {
        let (before, after) = (settings(self), settings(new));
        let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        let is_other = |key: &&String| before.get(*key) != after.get(*key);
        let text = |all: &BTreeMap<String, String>, key: &str| {
            let mut text = all.get(key).map(|text| shown(text).to_owned()).unwrap_or_default();
            text.truncate(text.floor_char_boundary(CHANGE_TEXT_MAX));
            text
        };
        let change = |key: &String| ChangedSetting {
            key: key.clone(),
            old: text(&before, key),
            new: text(&after, key),
        };
        let mut changes: Vec<_> = keys.filter(is_other).map(change).collect();
        changes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        changes.truncate(CHANGES_MAX);
        changes
    }
}

impl Server {
    /// Whether a conversation with the one is a conversation with the other. What an authority's
    /// file says may be another than when it was read.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let is_same = self.url == other.url && self.token == other.token;
        is_same && self.ca_file.is_none() && self.to_string() == other.to_string()
    }
}

/// Each setting as it would be printed, by table and key; of several tables of a kind each has its
/// number.
fn settings(config: &Config) -> BTreeMap<String, String> {
    let (mut table, mut counts) = (String::new(), BTreeMap::new());
    let mut all = BTreeMap::new();
    for line in config.to_string().lines() {
        if let Some(name) = line.strip_prefix("[[").and_then(|line| line.strip_suffix("]]")) {
            let count: &mut usize = counts.entry(name.to_owned()).or_default();
            *count += 1;
            table = format!("{name}.{count}.");
        } else if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = format!("{name}.");
        } else if let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#'))
        {
            all.insert(format!("{table}{key}"), value.to_owned());
        }
    }
    for (at, server) in (1..).zip(&config.servers) {
        // Never shown, but a reason to say that it is another.
        all.insert(format!("server.{at}.token"), format!("***{}", server.token.expose()));
    }
    all
}

/// A setting as it is told: without the quotes of a text, and no secret.
fn shown(value: &str) -> &str {
    if value.starts_with("***") {
        return "***";
    }
    value.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Given;

    fn config(text: &str, token: &str) -> Config {
        let folder = std::env::temp_dir().join(format!("kinglet-changes-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (path, secret) = (folder.join("kinglet.toml"), folder.join("token"));
        std::fs::write(&secret, token).unwrap();
        std::fs::write(&path, text.replace("TOKEN", &secret.to_string_lossy())).unwrap();
        let name = path.to_string_lossy().into_owned();
        let given = Given::from_environment(|key| (key == "KINGLET_CONFIG").then(|| name.clone()));
        Config::load(&given).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn each_setting_that_is_another_is_told_and_no_secret() {
        let one = "[[server]]\nurl = \"ws://127.0.0.1:1\"\ntoken_file = \"TOKEN\"\n";
        let config = |text: &str| config(&format!("interval = \"5s\"\n{text}"), "hunter2");
        let before = config(one);
        assert_eq!(before.changes_to(&before), []);
        let after = "interval = \"2s\"\n[collect]\nsensors = false\n";
        let after =
            self::config(&after.replace("[collect]", &format!("{one}[collect]")), "hunter3");
        let told: Vec<_> =
            before.changes_to(&after).into_iter().map(|c| (c.key, c.old, c.new)).collect();
        let due = [
            ("collect.sensors", "true", "false"),
            ("server.1.interval", "5s", "2s"),
            ("server.1.token", "***", "***"),
        ];
        assert!(told.iter().map(|(k, o, n)| (&**k, &**o, &**n)).eq(due), "{told:?}");
        assert!(
            !before.servers[0].is(&after.servers[0]) && before.servers[0].is(&before.servers[0])
        );

        // One more, and another query, which is never printed.
        let two = format!("{one}{}", one.replace(":1\"", ":2\""));
        let told: Vec<_> = before.changes_to(&config(&two)).into_iter().map(|c| c.key).collect();
        assert!(told.contains(&"server.2.url".to_owned()), "{told:?}");
        let other = config(&one.replace(":1\"", ":1/?a=1\""));
        let another = config(&one.replace(":1\"", ":1/?a=2\""));
        assert!(!other.servers[0].is(&another.servers[0]));
    }
}
