//! The alerts behind a lock of their own, which is never held while the fleet's is taken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kinglet_proto::time::{Now, WallTime};
use serde_json::{Map, Value, json};
use tracing::{info, warn};

use crate::alert::{Desk, Kept, Settings, Standing, Tell};
use crate::clock;
use crate::fleet::{Snapshot, Told, Update};
use crate::history::History;

/// All alerts of the fleet.
#[derive(Debug)]
pub(crate) struct Alerts {
    desk: Mutex<Desk>,
    /// Held while something is kept, so that nothing older comes after it; whether that failed.
    failing: Mutex<bool>,
}

impl Alerts {
    pub(super) fn new(desk: Desk) -> Self {
        Self { desk: Mutex::new(desk), failing: Mutex::default() }
    }

    /// Looks at the alerts, or changes something about them.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut Desk, Now) -> T) -> T {
        let now = clock::now();
        look(&mut held(&self.desk), now)
    }

    /// Until when alerts of this id are silent on this host, for who passes them on; `None` when
    /// they are not.
    pub(crate) fn silenced(&self, host: &Snapshot, id: &str) -> Option<WallTime> {
        let group = host.label.group.as_deref().unwrap_or_default();
        self.with(|desk, now| desk.silenced(&host.id, group, id, now.wall))
    }

    /// What of an update is passed on to people: nothing of what comes again for a store alone, and
    /// what is silent says so in its `meta`.
    pub(crate) fn passed_on(&self, update: Arc<Update>) -> Option<Arc<Update>> {
        let Update::Told(told) = &*update else { return Some(update) };
        if told.again {
            return None;
        }
        let Ok(mut data) = serde_json::from_str::<Map<String, Value>>(&told.data) else {
            return Some(update);
        };
        let id = data.get("alert_id").and_then(Value::as_str).filter(|_| told.kind == "alert");
        if id.and_then(|id| self.silenced(&told.host, id)).is_none() {
            return Some(update);
        }
        data.insert("meta".to_owned(), json!({ "silenced": true }));
        let data = Value::Object(data).to_string();
        Some(Arc::new(Update::Told(Told { data, ..told.clone() })))
    }

    /// Whether there is nothing to be kept or told.
    pub(super) fn is_settled(&self) -> bool {
        held(&self.desk).is_settled()
    }

    /// Keeps what changed; what is to be told after that, and whether it was kept. Waits for a
    /// disk.
    pub(super) fn keep(&self, history: &dyn History) -> (Vec<Tell>, Result<(), String>) {
        let mut failing = held(&self.failing);
        let (changes, tells) = {
            let mut desk = held(&self.desk);
            (desk.take_changes(), desk.take_tells())
        };
        let kept = history.keep_alerts(&changes).map_err(|error| error.to_string());
        match &kept {
            Ok(()) if *failing => info!("alerts are kept again"),
            Ok(()) => {}
            Err(error) => {
                if !*failing {
                    warn!("alerts cannot be kept for the next start: {error}");
                }
                held(&self.desk).give_back(changes);
            }
        }
        *failing = kept.is_err();
        (tells, kept)
    }
}

/// None, by no rules.
impl Default for Alerts {
    fn default() -> Self {
        let (settings, kept) = (Settings::default(), Kept::default());
        Self::new(Desk::new(settings, None, kept, |_| Standing::Nobody, Now::default()))
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use kinglet_proto::host::HostId;

    use super::*;
    use crate::alert::{Scope, Silence};

    #[test]
    fn people_hear_of_it_once_and_what_is_silent_says_so() {
        let alerts = Alerts::default();
        let (label, online, last_seen, sample) = (Arc::default(), true, None, None);
        let id = HostId::parse("pi").unwrap();
        let host = Snapshot { id, label, online, last_seen, sample };
        let told = |again: bool| {
            let data = r#"{"alert_id":"cpu-00000000000000ff","status":"active"}"#.to_owned();
            let (host, kind, received, place) =
                (host.clone(), "alert".to_owned(), Now::default(), None);
            Arc::new(Update::Told(Told { host, kind, data, received, place, again }))
        };
        assert_eq!(alerts.passed_on(told(true)), None);
        assert_eq!(alerts.passed_on(told(false)), Some(told(false)));
        let scope = Scope { rules: vec!["cpu".to_owned()], ..Scope::default() };
        let (id, from, until) = (0, WallTime::default(), WallTime::from_unix_millis(u64::MAX));
        let (by, comment) = (String::new(), String::new());
        let silence = Silence { id, scope, from, until, by, comment };
        alerts.with(|desk, _| desk.silence(silence)).unwrap();
        let Some(update) = alerts.passed_on(told(false)) else { panic!("it is told") };
        let Update::Told(told) = &*update else { panic!("an alert") };
        assert!(told.data.contains(r#""meta":{"silenced":true}"#), "{}", told.data);
    }
}
