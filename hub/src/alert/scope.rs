//! Which alerts are meant: by host, group and rule.

use kinglet_proto::pattern::matches;
use serde::{Deserialize, Serialize};

/// Names with `*` for any characters; none of a kind: all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// Hosts, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Groups, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Rules, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

impl Scope {
    /// Whether alerts of this rule are meant on this host.
    pub fn covers(&self, host: &str, group: &str, rule: &str) -> bool {
        self.covers_host(host, group) && is_in(&self.rules, rule)
    }

    /// Whether anything of this host is meant.
    pub fn covers_host(&self, host: &str, group: &str) -> bool {
        is_in(&self.hosts, host) && is_in(&self.groups, group)
    }
}

fn is_in(patterns: &[String], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, name))
}
