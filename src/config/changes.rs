//! What differs between two configurations, by the settings in force.

use kinglet_proto::occurrence::ChangedSetting;

use super::{Config, Server};
use crate::limits::CHANGE_TEXT_MAX;
use crate::link::Proxy;

impl Config {
    /// What is another setting in the new one, in the order in which they are printed; secrets are
    /// `***` in both.
    pub(crate) fn changes_to(&self, new: &Self) -> Vec<ChangedSetting> {
        let (before, after) = (settings(self), settings(new));
        let mut changes = Vec::new();
        for setting in &after {
            let old = find(&before, &setting.key);
            if old != Some(setting) {
                changes.push(change(&setting.key, old, Some(setting)));
            }
        }
        for gone in before.iter().filter(|gone| find(&after, &gone.key).is_none()) {
            changes.push(change(&gone.key, Some(gone), None));
        }
        changes
    }
}

/// A setting under its table and key.
#[derive(PartialEq)]
struct Setting {
    key: String,
    /// As it is printed.
    shown: String,
    /// What of it is never shown.
    secret: String,
}

fn find<'a>(settings: &'a [Setting], key: &str) -> Option<&'a Setting> {
    settings.iter().find(|setting| setting.key == key)
}

fn change(key: &str, old: Option<&Setting>, new: Option<&Setting>) -> ChangedSetting {
    let [old, new] = [old, new].map(|setting| {
        let value = setting.map_or("", |setting| setting.shown.as_str());
        let text = value.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let text = text.unwrap_or(value);
        text[..text.floor_char_boundary(CHANGE_TEXT_MAX)].to_owned()
    });
    ChangedSetting { key: key.to_owned(), old, new }
}

impl Server {
    /// Whether a conversation with the one is a conversation with the other. What an authority's
    /// file says may be another than when it was read.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let is_same = self.url == other.url
            && self.proxy == other.proxy
            && self.others == other.others
            && self.token == other.token;
        is_same && self.ca_file.is_none() && self.to_string() == other.to_string()
    }
}

/// Each setting in the order in which they are printed; of several tables of a kind each has its
/// number.
fn settings(config: &Config) -> Vec<Setting> {
    let (mut all, mut table, mut kind, mut count) =
        (Vec::new(), String::new(), String::new(), 0_usize);
    for line in config.to_string().lines() {
        if let Some(name) = line.strip_prefix("[[").and_then(|line| line.strip_suffix("]]")) {
            count = if name == kind { count + 1 } else { 1 };
            name.clone_into(&mut kind);
            table = format!("{name}.{count}.");
        } else if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = format!("{name}.");
            kind.clear();
        } else if let Some((key, shown)) = line.split_once(" = ") {
            // A token stands in a comment.
            let (key, shown) = (key.trim_start_matches("# "), shown.to_owned());
            let server = config.servers.get(count.wrapping_sub(1)).filter(|_| kind == "server");
            let secret = match (server, key) {
                (Some(server), "token") => server.token.expose().to_owned(),
                (Some(server), "proxy") => {
                    server.proxy.as_ref().map_or("", Proxy::password).to_owned()
                }
                (Some(server), "url") => server.url.path_and_query.clone(),
                _ => String::new(),
            };
            all.push(Setting { key: format!("{table}{key}"), shown, secret });
        }
    }
    all
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
            ("server.1.token", "***", "***"),
            ("server.1.interval", "5s", "2s"),
            ("collect.sensors", "true", "false"),
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
        let told = other.changes_to(&another);
        assert!(told.len() == 1 && told[0].key == "server.1.url", "{told:?}");
        assert!(told[0].old.ends_with("?***") && told[0].new == told[0].old, "{told:?}");
    }
}
