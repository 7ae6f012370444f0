//! What is wrong on the world's hosts and when, what their agents make of it, and what a server was
//! told: nothing is lost and, where the server answers for it, nothing told twice.

use std::collections::{BTreeMap, BTreeSet};

use kinglet_proto::alert::{Change, Watch, built_in};
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Filesystem, Sample};
use kinglet_proto::session::{Reporter, Session};
use kinglet_proto::time::{Now, WallTime};

use crate::world::TROUBLE_MS;

/// How many things can be wrong on a host.
const MOUNTS: u64 = 3;
/// How long each is as it is, at least.
const SPELL_MS: u64 = 40_000;

/// What one life of an agent sees of its host's troubles.
pub(crate) struct Eyes {
    watch: Watch,
    /// What began (true) and ended, in this life, by id.
    pub(crate) edges: Vec<(String, bool)>,
}

impl Eyes {
    pub(crate) fn new() -> Self {
        let rules = built_in::rules(|name| name == "disk");
        Self { watch: Watch::new(&rules, WallTime::default()), edges: Vec::new() }
    }

    /// Looks at the host; `at` is the world's time.
    pub(crate) fn look(&mut self, session: &mut Session, host: &str, at: u64, now: Now) -> &Watch {
        for known in Reporter::take_alerts(session) {
            self.watch.adopt(&known.id, now);
        }
        for change in self.watch.observe(&troubles(host, at), now) {
            self.edges.push(match change {
                Change::Fired(alert) => (alert.id.clone(), true),
                Change::Resolved { id, .. } => (id.clone(), false),
            });
        }
        &self.watch
    }

    /// The alerts that fire now.
    pub(crate) fn open(&self) -> BTreeSet<String> {
        self.watch.open().map(|alert| alert.id.clone()).collect()
    }
}

/// What is wrong on a host, whoever looks: the same for every life of its agent.
fn troubles(host: &str, at: u64) -> Sample {
    let spell = at.min(TROUBLE_MS - 1) / SPELL_MS;
    let mut sample = Sample::default();
    for mount in 0..MOUNTS {
        let seed = host.bytes().fold(spell * 31 + mount, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(17)
        });
        let usage = if seed % 3 == 0 { 95 } else { 50 };
        sample.filesystems.push(Filesystem {
            mount_point: format!("/{mount}"),
            usage_percent: Some(Percent::of(usage, 100)),
            ..Filesystem::default()
        });
    }
    sample
}

/// What a server was told of one host's alerts.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) open: BTreeSet<String>,
    /// By life and id, in the order it came.
    by_life: BTreeMap<(u64, String), Vec<bool>>,
}

impl Told {
    /// Takes the `data` of an alert; whether it was news.
    pub(crate) fn take(&mut self, life: u64, data: &str) -> bool {
        let id = text_after(data, "\"alert_id\":\"").expect("an alert has an id").to_owned();
        let fires = text_after(data, "\"status\":\"") == Some("active");
        self.by_life.entry((life, id.clone())).or_default().push(fires);
        if fires { self.open.insert(id) } else { self.open.remove(&id) }
    }

    /// All that this life saw was told, in its order; `exactly` that, but for what was known to
    /// fire from the life before.
    pub(crate) fn check(&self, life: u64, eyes: &Eyes, exactly: bool) {
        let ids: BTreeSet<_> = eyes.edges.iter().map(|(id, _)| id).collect();
        for id in ids {
            let of_id = eyes.edges.iter().filter(|(other, _)| other == id);
            let seen: Vec<bool> = of_id.map(|(_, fires)| *fires).collect();
            let told = self.by_life.get(&(life, id.clone())).cloned().unwrap_or_default();
            let later = if seen[0] { &seen[1..] } else { &seen[..] };
            if exactly {
                assert!(told == seen || told == later, "{id}: {seen:?} was seen, {told:?} told");
            } else {
                // Of what was taken over it may have forgotten that it began, too.
                let mut rest = told.iter();
                let all = seen[1..].iter().all(|edge| rest.any(|told| told == edge));
                assert!(all, "{id}: {seen:?} was seen, {told:?} told");
            }
        }
    }
}

fn text_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text[text.find(key)? + key.len()..].split('"').next()
}
