//! The owner changes his rules while the hub runs.

use std::mem;
use std::sync::Arc;

use kinglet_proto::alert::Rule;
use kinglet_proto::host::HostId;
use kinglet_proto::time::Now;

use super::super::entry::{Entry, is_own, rule_of};
use super::Desk;
use crate::alert::Scope;

/// A rule and whom it is for.
type Ruled = (Scope, Arc<Rule>);

const REMOVED: &str = "its rule was removed";
const CHANGED: &str = "its rule was changed";
const ELSEWHERE: &str = "its rule is not for this host any more";

impl Desk {
    /// The rules for hosts whose agents have none, those that the owner left on.
    pub fn built_in(&self) -> Vec<Arc<Rule>> {
        self.settings.fleet.clone()
    }

    /// Goes by these rules of the owner's from now on. An alert of one that is gone, or that looks
    /// at another figure, is over; one of a rule that stayed is open for as long as that is met.
    pub fn change_rules(&mut self, own: Vec<Ruled>, now: Now) {
        let before = mem::replace(&mut self.settings.own, own);
        let after = &self.settings.own;
        let over: Vec<(HostId, String, &str)> = self
            .open()
            .filter_map(|entry| {
                Some((entry.host.clone(), entry.id.clone(), why(entry, &before, after)?))
            })
            .collect();
        let is_new = |one: &&Ruled| !before.contains(one);
        let is_gone = |one: &&Ruled| !after.contains(one);
        let scopes = after.iter().filter(is_new).chain(before.iter().filter(is_gone));
        let scopes: Vec<&Scope> = scopes.map(|(scope, _)| scope).collect();
        for (id, host) in &mut self.hosts {
            if scopes.iter().any(|scope| scope.covers_host(id, &host.group)) {
                host.judge_anew();
            }
        }
        over.iter().for_each(|(host, id, why)| self.end(host, id, why, now));
    }
}

/// Why an alert is over by the rules there are now; `None` where it is not, or was by none of them.
fn why(entry: &Entry, before: &[Ruled], after: &[Ruled]) -> Option<&'static str> {
    let called = |name: &str, all: &[Ruled]| -> Option<Ruled> {
        all.iter().find(|(_, rule)| !rule.own && rule.name == name).cloned()
    };
    let name = rule_of(&entry.id);
    let (_, was) = called(name, before).filter(|_| is_own(&entry.id))?;
    match called(name, after) {
        None => Some(REMOVED),
        Some((_, rule)) if !looks_alike(&was, &rule) => Some(CHANGED),
        Some((scope, _)) if !scope.covers_host(&entry.host, &entry.said.group) => Some(ELSEWHERE),
        Some(_) => None,
    }
}

/// Whether what one says of a series holds for the other: a line may have been moved.
fn looks_alike(one: &Rule, other: &Rule) -> bool {
    let is_same_test = mem::discriminant(&one.test) == mem::discriminant(&other.test);
    one.subject == other.subject && one.labels == other.labels && is_same_test
}
