//! One host as the hub watches it: whether it is there, and its figures by the hub's own rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use kinglet_proto::alert::{Rule, Subject, Watch};
use kinglet_proto::sample::Sample;
use kinglet_proto::time::{Instant, Now, WallTime};

use super::Settings;
use super::entry::{Entry, OWN};
use super::own::{OFFLINE, TREND};
use super::trend::Trend;

/// One host.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Its group; empty for none.
    pub(super) group: String,
    /// Since when it is offline; `None` while it is online.
    pub(super) away: Option<Now>,
    /// The fleet does not know it, for it was there before this start and is in no configuration.
    pub(super) is_past: bool,
    /// When being away becomes an alert, if it has not.
    pub(super) alarm_at: Option<Instant>,
    /// How far its agent's news of alerts was told: the boot, and the number.
    pub(super) told: Option<(String, u64)>,
    /// By mount.
    pub(super) trends: BTreeMap<String, Trend>,
    form: Option<Form>,
    /// `None` where no rule is for it.
    watch: Option<Box<Watch>>,
}

/// What decides which rules are for a host.
#[derive(Debug, PartialEq, Eq)]
struct Form {
    /// Its agent has no rules of its own.
    foreign: bool,
    /// It tells of file systems, and not of disks alone.
    mounts: bool,
    group: String,
}

impl Watched {
    /// One that was there before this start, and is waited for.
    pub(super) fn expected(
        since: Now,
        alarm_at: Option<Instant>,
        told: Option<(String, u64)>,
        is_guest: bool,
    ) -> Self {
        Self { away: Some(since), alarm_at, told, is_past: is_guest, ..Self::default() }
    }

    /// A reading came: the watch over the host's figures, and the sample for it. `None` where no
    /// rule is for this host.
    pub(super) fn watch(
        &mut self,
        id: &str,
        foreign: bool,
        sample: &Sample,
        settings: &Settings,
        open: Option<&BTreeMap<String, Entry>>,
        now: Now,
    ) -> Option<&mut Watch> {
        let mounts = !sample.filesystems.is_empty();
        let is_same = self.form.as_ref().is_some_and(|form| {
            (form.foreign, form.mounts) == (foreign, mounts) && form.group == self.group
        });
        if !is_same {
            self.form = Some(Form { foreign, mounts, group: self.group.clone() });
            self.watch = self.new_watch(id, settings, open, now);
        }
        self.watch.as_deref_mut()
    }

    /// Its rules are others: they are looked up with the next reading.
    pub(super) fn judge_anew(&mut self) {
        self.form = None;
    }

    fn new_watch(
        &self,
        id: &str,
        settings: &Settings,
        open: Option<&BTreeMap<String, Entry>>,
        now: Now,
    ) -> Option<Box<Watch>> {
        let form = self.form.as_ref()?;
        let own = settings.own.iter().filter(|(scope, _)| scope.covers_host(id, &self.group));
        let mut rules: Vec<Arc<Rule>> = own.map(|(_, rule)| rule.clone()).collect();
        if form.foreign {
            // A disk is as full as the file systems on it, and is told of once.
            let is_meant = |rule: &&Arc<Rule>| !(form.mounts && is_of_disks(rule));
            rules.extend(settings.fleet.iter().filter(is_meant).cloned());
        }
        let figures = open.into_iter().flat_map(BTreeMap::values).filter(|entry| is_figure(entry));
        let known: Vec<&Entry> = figures.collect();
        if rules.is_empty() && known.is_empty() {
            return None;
        }
        let mut watch = Watch::new(&rules, WallTime::default());
        for Entry { id, .. } in known {
            watch.adopt(id.strip_prefix(OWN).unwrap_or(id), now);
        }
        Some(Box::new(watch))
    }
}

fn is_of_disks(rule: &Rule) -> bool {
    match rule.subject {
        Subject::Figure(metric) => metric.name.starts_with("disks."),
        Subject::Share(..) | Subject::Limited(..) | Subject::Growth(..) => false,
        Subject::Turned(_) | Subject::Clock => false,
    }
}

/// Whether it is the hub's own about a figure.
fn is_figure(entry: &Entry) -> bool {
    let id = entry.id.as_str();
    id.starts_with(OWN) && id != OFFLINE && !id.starts_with(TREND)
}
