//! One viewer, who hears everything and remembers what it was told last.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a viewer knows: it was told, or read it when it came.
#[derive(Debug, Default)]
pub(crate) struct Viewer {
    /// Who is online.
    pub(crate) online: BTreeMap<String, bool>,
}

impl Viewer {
    /// Takes a message of the panel channel; the host and its new reading's `uptime`, if it
    /// carries one.
    pub(crate) fn hear(&mut self, text: &str) -> Option<(String, u64)> {
        let message: Value = serde_json::from_str(text).expect("viewers are sent JSON");
        let data = &message["data"];
        let id = |key: &str| data[key].as_str().expect("a message names its host").to_owned();
        match message["type"].as_str().expect("a message has a type") {
            "metrics" => {
                let host = id("server_id");
                assert!(self.online.contains_key(&host), "figures of a host nobody announced");
                Some((host, data["metrics"]["uptime"].as_u64().expect("it says which it is")))
            }
            "status" => {
                let online = data["status"] == "online";
                let before = self.online.insert(id("component"), online);
                assert_ne!(before, Some(online), "told twice");
                None
            }
            "server_added" => {
                let known = self.online.insert(id("id"), false);
                // A new host is announced first and said to be online next.
                if let Some(online) = known {
                    assert_eq!(data["online"], online, "renamed, nothing else");
                    self.online.insert(id("id"), online);
                }
                None
            }
            other => panic!("a message of type {other}"),
        }
    }
}
