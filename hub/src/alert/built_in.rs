//! The rules that hold for hosts whose agents have none: those that are built into Kinglet's agent,
//! and a line for disks where an agent tells of no file systems.

use std::sync::Arc;

use kinglet_proto::alert::built_in::{BUILT_IN, rules};
use kinglet_proto::alert::{Rule, Subject};
use kinglet_proto::sample::table::metric;

/// What Kinglet's agent alone can look at: its host's clock, and certificates that it was shown.
const OF_AGENTS: [&str; 3] = ["clock", "certificate", "page_certificate"];

/// What the hub alone can look at.
pub const OWN: [&str; 3] = ["offline", "disk_trend", "certificate"];

/// The built-in rule whose alerts could be taken for those of a rule of this name; `None` for none.
pub fn built_in_like(name: &str) -> Option<&'static str> {
    let is_like = |taken: &&str| {
        name.strip_prefix(*taken).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    BUILT_IN.iter().map(|row| row.name).chain(OWN).find(is_like)
}

/// The rules of these names.
pub fn fleet_rules(is_wanted: impl Fn(&str) -> bool) -> Vec<Arc<Rule>> {
    let mut rules = rules(|name| !OF_AGENTS.contains(&name) && is_wanted(name));
    let disk = rules.iter().find(|rule| rule.name == "disk").cloned();
    let of_disks = |rule: Arc<Rule>| Rule {
        subject: Subject::Figure(metric("disks.{disk}.usage_percent")),
        message: "{disk} is {value} full".into(),
        unless: None, // a disk is not read-only, its file systems are
        ..Rule::clone(&rule)
    };
    rules.extend(disk.map(|rule| Arc::new(of_disks(rule))));
    rules
}

/// The names of those rules, each of which can be switched off.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|row| row.name).filter(|name| !OF_AGENTS.contains(name))
}
