//! The hub's alerts, and who is told of them: none twice and none never, whatever is restarted or
//! lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kinglet_hub::alert::{Change, Desk, Entry, Kept, Seen, Settings, Standing, Tell};
use kinglet_hub::fleet::{Fleet, Input, Told, Update};
use kinglet_hub::limits::OFFLINE_AFTER;
use kinglet_proto::host::HostId;
use kinglet_proto::time::{Instant, Now};

use crate::world::TICK_LATE_MS;

/// How long a host may be offline before it is an alert.
const OFFLINE_FOR: Duration = Duration::from_secs(30);

/// The alerts, the disk they are kept on, and what who is notified knows of.
pub(crate) struct Alerts {
    desk: Desk,
    /// Nothing is kept on it where the hub has none.
    has_disk: bool,
    open: BTreeMap<(HostId, String), Entry>,
    hosts: BTreeMap<HostId, Seen>,
    notified: BTreeSet<(String, String)>,
    /// How many were of the hub's own.
    pub(crate) own: u64,
}

impl Alerts {
    pub(crate) fn new(has_disk: bool, now: Now) -> Self {
        let (open, hosts) = (BTreeMap::new(), BTreeMap::new());
        let desk = new_desk(Kept::default(), now);
        Self { desk, has_disk, open, hosts, notified: BTreeSet::new(), own: 0 }
    }

    /// The hub is another, which knows what was kept.
    pub(crate) fn restart(&mut self, fleet: &mut Fleet, now: Now) {
        if !self.has_disk {
            (self.open, self.hosts, self.notified) = Default::default();
        }
        let open = self.open.values().cloned().collect();
        let hosts = self.hosts.values().cloned().collect();
        self.desk = new_desk(Kept { open, hosts, ..Kept::default() }, now);
        fleet.restore_alerts(self.desk.told_by_agents());
    }

    /// An update, to all who take it.
    pub(crate) fn hear(&mut self, update: &Update, now: Now) {
        if let Update::Told(Told { host, kind, data, again: false, .. }) = update
            && kind == "alert"
        {
            self.notify(&host.id, data);
        }
        self.desk.handle(update, now);
    }

    /// Who is notified hears of each beginning and of each end once.
    fn notify(&mut self, host: &HostId, data: &str) {
        let id = text(data, "\"alert_id\":\"");
        let is_over = data.contains("\"status\":\"resolved\"");
        self.own += u64::from(id.starts_with("hub-"));
        let key = (host.to_string(), id);
        let changed = if is_over { self.notified.remove(&key) } else { self.notified.insert(key) };
        assert!(changed, "{host} is told of twice: {data}");
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.desk.poll_timeout()
    }

    pub(crate) fn tick(&mut self, now: Now) {
        self.desk.tick(now);
    }

    /// Keeps what changed; what is to be told then.
    pub(crate) fn settle(&mut self) -> Vec<Input> {
        for change in self.desk.take_changes() {
            match change {
                Change::Alert(entry) => {
                    let key = (entry.host.clone(), entry.id.clone());
                    match entry.until {
                        None => drop(self.open.insert(key, entry)),
                        Some(_) => drop(self.open.remove(&key)),
                    }
                }
                Change::Host(seen) => drop(self.hosts.insert(seen.host.clone(), seen)),
                Change::NoHost(host) => drop(self.hosts.remove(&host)),
                Change::Silence(_) | Change::NoSilence(_) => {}
            }
        }
        let tells = self.desk.take_tells().into_iter();
        tells.map(|Tell { host, data }| Input::Alert(host, data)).collect()
    }

    /// A host that has been silent for so long is told to be away, and no other is.
    pub(crate) fn check(&self, host: &str, silent_ms: u64) {
        let line = OFFLINE_AFTER + OFFLINE_FOR;
        let line = u64::try_from(line.as_millis()).expect("a short time");
        let is_told = self.notified.contains(&(host.to_owned(), "hub-offline".to_owned()));
        if silent_ms < line - 1000 {
            assert!(!is_told || silent_ms > 0, "{host} is there and told to be away");
        } else if silent_ms > line + 2 * TICK_LATE_MS {
            assert!(is_told, "{host} is away for {silent_ms} ms, and nobody is told");
        }
    }

    /// Nobody knows of anything but what agents and the hub hold to be open.
    pub(crate) fn check_settled(&self, host: &str, open: &BTreeSet<String>) {
        let known = self.notified.iter().filter(|(of, _)| of == host).map(|(_, id)| id.clone());
        assert_eq!(known.collect::<BTreeSet<_>>(), *open, "{host}");
    }
}

fn new_desk(kept: Kept, now: Now) -> Desk {
    let settings = Settings { offline_for: Some(OFFLINE_FOR), ..Settings::default() };
    let standing = |id: &HostId| match id.as_str() {
        "host-0" => Standing::Named,
        _ => Standing::Guest,
    };
    Desk::new(settings, None, kept, standing, now)
}

fn text(data: &str, key: &str) -> String {
    let rest = &data[data.find(key).expect("an alert has an id") + key.len()..];
    rest[..rest.find('"').expect("a text ends")].to_owned()
}
