//! What fired while it was silenced: it is told when the silence ends and it is open still, be that
//! after a restart of the hub.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kinglet_proto::host::HostId;

use super::alert::Alert;
use super::notice::State;
use crate::fleet::{Snapshot, Told};
use crate::limits::NOTIFY_OPEN_MAX;

/// Those, each as it was told last. Above the bound they are not told later.
#[derive(Default)]
pub(super) struct Silent(Mutex<BTreeMap<(HostId, String), Told>>);

impl Silent {
    /// An alert was told of, with its silence looked up.
    pub(super) fn note(&self, alert: &Alert, told: &Told) {
        let mut held = self.held();
        let key = (told.host.id.clone(), alert.notice.id.clone());
        if !alert.is_silenced || alert.notice.state == State::Resolved {
            held.remove(&key);
        } else if held.len() < NOTIFY_OPEN_MAX || held.contains_key(&key) {
            held.insert(key, told.clone());
        }
    }

    /// A host is nobody's any more.
    pub(super) fn forget(&self, host: &HostId) {
        self.held().retain(|(of, _), _| of != host);
    }

    /// Takes out what is silent no longer.
    pub(super) fn take(&self, is_silenced: impl Fn(&Snapshot, &str) -> bool) -> Vec<Told> {
        let mut held = self.held();
        let is_heard = |((_, id), told): (&(HostId, String), &Told)| !is_silenced(&told.host, id);
        let due = held.iter().filter(|entry| is_heard(*entry)).map(|(key, _)| key.clone());
        let due: Vec<_> = due.collect();
        due.iter().filter_map(|key| held.remove(key)).collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<(HostId, String), Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::tests::told;
    use super::*;

    fn note(silent: &Silent, status: &str, is_silenced: bool) {
        let told = told("alert", &format!(r#"{{"alert_id":"a","status":"{status}"}}"#));
        let mut alert = Alert::read(&told).unwrap();
        alert.is_silenced = is_silenced;
        silent.note(&alert, &told);
    }

    #[test]
    fn what_fired_in_silence_is_told_once_when_that_is_over() {
        let silent = Silent::default();
        note(&silent, "active", true);
        assert!(silent.take(|_, _| true).is_empty());
        let due = silent.take(|host, id| (host.id.to_string(), id) != ("web-1".to_owned(), "a"));
        assert_eq!(due.len(), 1);
        assert!(silent.take(|_, _| false).is_empty());
    }

    #[test]
    fn what_is_over_before_or_is_told_anyway_is_not_told_again() {
        for (status, is_silenced) in [("resolved", true), ("resolved", false), ("active", false)] {
            let silent = Silent::default();
            note(&silent, "active", true);
            note(&silent, status, is_silenced);
            assert!(silent.take(|_, _| false).is_empty(), "{status} {is_silenced}");
        }
        let silent = Silent::default();
        note(&silent, "active", true);
        silent.forget(&HostId::parse("web-1").unwrap());
        assert!(silent.take(|_, _| false).is_empty());
    }
}
