//! The fleet at one moment, and what of it was written for whom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kinglet_proto::time::Now;
use kinglet_proto::viewer::{destination, figure};

use super::Wanted;
use crate::fleet::Snapshot;
use crate::limits::{STOMP_EVERY_MIN, STOMP_SHARED_BYTES_MAX};

/// One figure of one host.
#[derive(Debug, PartialEq)]
pub(crate) struct Message {
    /// Where it is told.
    pub(crate) destination: String,
    /// What is told, JSON.
    pub(crate) body: String,
}

/// The fleet at one moment.
pub(crate) struct Round {
    /// Sorted by id.
    hosts: Vec<Snapshot>,
    at: Now,
    public: bool,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    /// By the host's place and what is asked of it.
    messages: HashMap<(usize, Arc<str>), Arc<[Message]>>,
    bytes: usize,
}

impl Round {
    /// These hosts, sorted, at this time.
    pub(super) fn new(hosts: Vec<Snapshot>, at: Now, public: bool) -> Self {
        Self { hosts, at, public, written: Mutex::default() }
    }

    /// Whether it is of this moment, as far as times are told.
    pub(super) fn is_of(&self, now: Now) -> bool {
        now.instant.since(self.at.instant) < STOMP_EVERY_MIN
    }

    /// The places of the hosts that a subscription may ask for.
    pub(crate) fn places(&self, wanted: &Wanted) -> std::ops::Range<usize> {
        let Some(id) = wanted.host() else { return 0..self.hosts.len() };
        match self.hosts.binary_search_by(|host| host.id.as_str().cmp(id)) {
            Ok(at) => at..at + 1,
            Err(_) => 0..0,
        }
    }

    /// What is told of the host at this place; written once for all who ask for the same.
    pub(crate) fn messages(&self, place: usize, wanted: &Wanted) -> Arc<[Message]> {
        let takes = |host: &&Snapshot| wanted.takes_host(&host.id) && wanted.sees(host);
        let Some(host) = self.hosts.get(place).filter(takes) else {
            return Arc::default();
        };
        let key = (place, wanted.key().clone());
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(messages) = written.messages.get(&key) {
            return messages.clone();
        }
        let messages: Arc<[Message]> = self.write(host, wanted).into();
        let bytes: usize =
            messages.iter().map(|each| each.destination.len() + each.body.len()).sum();
        if written.bytes + bytes <= STOMP_SHARED_BYTES_MAX {
            written.bytes += bytes;
            written.messages.insert(key, messages.clone());
        }
        messages
    }

    fn write(&self, host: &Snapshot, wanted: &Wanted) -> Vec<Message> {
        let Some(sample) = &host.sample else { return Vec::new() };
        // Of a host that is away it is the last that was known of it.
        let away = host.last_seen.filter(|_| !host.online);
        let at = away.unwrap_or(self.at.wall).unix_millis();
        let figures = wanted.read(&host.id, sample, self.public).into_iter();
        let message = |(name, value): (String, f64)| Message {
            destination: destination::metric(&host.id, &name),
            body: figure(&name, value, at),
        };
        figures.map(message).collect()
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::host::HostId;
    use kinglet_proto::ingest::Label;
    use kinglet_proto::sample::Sample;
    use kinglet_proto::time::{Instant, WallTime};
    use kinglet_proto::viewer::destination::Pattern;

    use super::*;

    fn host(id: &str) -> Snapshot {
        let sample: Sample = serde_json::from_str(r#"{"uptime":5,"cpu":{"usage":1.5}}"#).unwrap();
        Snapshot {
            id: HostId::parse(id).unwrap(),
            label: Arc::new(Label::default()),
            online: true,
            stopped: false,
            last_seen: Some(WallTime::from_unix_millis(1)),
            sample: Some(Arc::new(sample)),
        }
    }

    fn round(hosts: Vec<Snapshot>) -> Round {
        let (instant, wall) = (Instant::from_millis(0), WallTime::from_unix_millis(9));
        Round::new(hosts, Now { instant, wall }, false)
    }

    fn wanted(destination: &str) -> Wanted {
        Wanted::new(Pattern::new(destination), false).unwrap()
    }

    #[test]
    fn a_body_is_written_once_for_all_who_ask_for_it() {
        let round = round(vec![host("a"), host("b")]);
        let [one, all] = ["/topic/metric/b/uptime", "/topic/metric/*/uptime"].map(wanted);
        assert_eq!((round.places(&one), round.places(&all)), (1..2, 0..2));
        let told = round.messages(1, &one);
        assert_eq!(told[0].destination, "/topic/metric/b/uptime[VALUE]");
        assert!(told[0].body.ends_with(r#""value":{"value":5.0,"timestamp":9}}"#));
        assert!(Arc::ptr_eq(&told, &round.messages(1, &all)));
        assert_eq!(round.messages(0, &one).len(), 0);
        assert_eq!(round.places(&wanted("/topic/metric/c/uptime")), 0..0);
    }

    #[test]
    fn what_is_known_of_a_host_that_is_away_is_of_its_last_time() {
        let away = Snapshot { online: false, ..host("a") };
        let told = round(vec![away]).messages(0, &wanted("/topic/metric/**"));
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|told| told.body.contains(r#""timestamp":1}"#)));
    }
}
