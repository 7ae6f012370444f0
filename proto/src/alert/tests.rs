mod series;

use std::time::Duration;

use super::*;
use crate::limits::{ALERT_GONE_AFTER, ALERT_SERIES_MAX, ALERTS_OPEN_MAX};
use crate::percent::Percent;
use crate::sample::{Conntrack, Disk, Filesystem, Kernel, Probe, Sample, Temperature};
use crate::time::{Instant, WallTime};

/// A host that is looked at every five seconds.
struct Host {
    watch: Watch,
    sample: Sample,
    now: Now,
}

const BUILT: WallTime = WallTime::from_unix_millis(1_700_000_000_000);
const STEP: u64 = 5_000;

impl Host {
    fn new(rules: &[Arc<Rule>]) -> Self {
        let wall = WallTime::from_unix_millis(1_800_000_000_000);
        let now = Now { instant: Instant::from_millis(1_000_000), wall };
        Self { watch: Watch::new(rules, BUILT), sample: Sample::default(), now }
    }

    fn built_in(name: &str) -> Self {
        let rules = built_in::rules(|row| row == name);
        assert_eq!(rules.len(), 1, "{name}");
        Self::new(&rules)
    }

    fn after(&mut self, step: u64) -> Vec<String> {
        self.now.instant = Instant::from_millis(self.now.instant.as_millis() + step);
        let changes = self.watch.observe(&self.sample, self.now);
        let word = |change: &Change| match change {
            Change::Fired(alert) => format!("fired: {}", alert.message),
            Change::Resolved { id, how, .. } => format!("{id}: {how}"),
        };
        changes.iter().map(word).collect()
    }

    fn look(&mut self) -> Vec<String> {
        self.after(STEP)
    }

    /// Looks on until something happens; how long it took.
    fn wait(&mut self, change: &str) -> Duration {
        let begun = self.now.instant;
        for _ in 0..1000 {
            let changes = self.look();
            if !changes.is_empty() {
                assert!(changes.len() == 1 && changes[0].contains(change), "{changes:?}");
                return self.now.instant.since(begun);
            }
        }
        panic!("it never happens: {change}");
    }

    fn quiet_for(&mut self, time: Duration) {
        for _ in 0..time.as_millis() / u128::from(STEP) {
            assert_eq!(self.look(), [""; 0]);
        }
    }

    fn mount(&mut self, mount_point: &str) -> &mut Filesystem {
        let rows = &mut self.sample.filesystems;
        let at = rows.iter().position(|row| row.mount_point == mount_point);
        let at = at.unwrap_or_else(|| {
            rows.push(Filesystem { mount_point: mount_point.to_owned(), ..Filesystem::default() });
            rows.len() - 1
        });
        &mut rows[at]
    }

    fn fill(&mut self, mount_point: &str, percents: f64) {
        self.mount(mount_point).usage_percent = Some(Percent::new(percents));
    }

    fn open(&self) -> Vec<String> {
        self.watch.open().map(|alert| alert.id.clone()).collect()
    }
}

#[test]
fn every_built_in_rule_fires_by_what_it_is_for() {
    type Make = fn(&mut Host, bool);
    let cases: &[(&str, Make)] = &[
        ("disk", |host, bad| host.fill("/", if bad { 90.1 } else { 88.0 })),
        ("inodes", |host, bad| {
            let row = host.mount("/");
            (row.inodes_total, row.inodes_used) = (Some(1000), Some(if bad { 901 } else { 880 }));
        }),
        ("memory", |host, bad| {
            host.sample.memory.usage_percent = Some(Percent::new(if bad { 95.1 } else { 90.0 }));
        }),
        ("cpu", |host, bad| {
            host.sample.cpu.usage = Some(Percent::new(if bad { 95.1 } else { 90.0 }));
        }),
        ("temperature", |host, bad| {
            let celsius = if bad { 85.1 } else { 80.0 };
            let (label, critical) = ("cpu".to_owned(), None);
            host.sample.temperatures = vec![Temperature { label, critical, celsius }];
        }),
        ("undervoltage", |host, bad| {
            host.sample.power.get_or_insert_default().undervoltage = bad;
        }),
        ("read_only", |host, bad| host.mount("/").read_only = bad),
        ("disk_health", |host, bad| {
            let (name, health_failed) = ("sda".to_owned(), Some(bad));
            host.sample.disks = vec![Disk { name, health_failed, ..Disk::default() }];
        }),
        ("stuck", |host, bad| host.mount("/nas").stuck = bad),
        ("conntrack", |host, bad| {
            let used = if bad { 901 } else { 850 };
            host.sample.conntrack = Some(Conntrack { used, max: 1000 });
        }),
        ("traffic", |host, bad| {
            let used = if bad { 901 } else { 0 };
            let traffic = host.sample.traffic.get_or_insert_default();
            traffic.quota_percent = Some(Percent::of(used, 1000));
        }),
        ("certificate", |host, bad| {
            let agent = host.sample.agent.get_or_insert_default();
            agent.certificate_days = Some(if bad { 13 } else { 14 });
        }),
        ("page_certificate", |host, bad| {
            let certificate_days = Some(if bad { -1 } else { 14 });
            let name = "shop".to_owned();
            host.sample.probes = vec![Probe { name, certificate_days, ..Probe::default() }];
        }),
        ("oom_kill", |host, bad| {
            let kernel = host.sample.kernel.get_or_insert_default();
            *kernel.oom_kills.get_or_insert(7) += u64::from(bad);
        }),
        ("units", |host, bad| {
            host.sample.units.get_or_insert_default().failed = u64::from(bad);
        }),
        ("clock", |host, bad| {
            host.now.wall = WallTime::from_unix_millis(if bad { 0 } else { 1_800_000_000_000 });
        }),
    ];
    let names: Vec<_> = cases.iter().map(|(name, _)| *name).collect();
    let rows: Vec<_> = built_in::BUILT_IN.iter().map(|row| row.name).collect();
    assert_eq!(names, rows);
    for (name, make) in cases {
        let mut host = Host::built_in(name);
        make(&mut host, false);
        host.quiet_for(Duration::from_secs(60));
        make(&mut host, true);
        let held = host.wait("fired: ");
        let hold = host.watch.open().next().unwrap().rule.hold;
        assert_eq!(held, hold + Duration::from_millis(STEP), "{name}");
        assert_eq!(host.open().len(), 1);
        make(&mut host, false);
        let ended = host.wait(&format!("{name}-"));
        let lingers = ["oom_kill", "undervoltage"].contains(name);
        let quiet = Duration::from_secs(if lingers { 600 } else { 5 });
        assert!(ended >= quiet && ended <= quiet + Duration::from_secs(5), "{name}: {ended:?}");
        assert_eq!(host.open(), [""; 0]);
        host.quiet_for(Duration::from_secs(30));
        assert!(host.watch.series() <= 1, "{name}: what is well is forgotten");
    }
}

#[test]
fn words_have_places_that_their_metric_fills() {
    for row in built_in::BUILT_IN {
        let rule = row.rule();
        for text in [&rule.title, &rule.message] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{}", row.name);
            if let Some(metric) = rule.subject.metric() {
                assert_eq!(Words(text).unknown(metric), None, "{}", row.name);
            }
        }
        assert!(!rule.suggestion.is_empty() && row.help().ends_with('.'), "{}", row.name);
        assert!(!rule.test.is_met(rule.clear), "{}: it would end and begin at once", row.name);
    }
}

#[test]
fn each_series_is_judged_by_itself_and_keeps_its_id() {
    let mut host = Host::built_in("disk");
    for mount_point in ["/", "/srv", "/var"] {
        host.fill(mount_point, 50.0);
    }
    assert!(host.look().is_empty());
    host.fill("/srv", 95.0);
    assert_eq!(host.look(), ["fired: /srv is 95.0% full"]);
    let id = host.open().remove(0);
    host.fill("/", 99.0);
    assert_eq!(host.look(), ["fired: / is 99.0% full"]);
    host.fill("/srv", 90.0);
    assert!(host.look().is_empty(), "between the lines nothing happens");
    host.fill("/srv", 88.0);
    assert_eq!(host.look(), [format!("{id}: over")]);
    host.fill("/srv", 95.0);
    host.look();
    assert!(host.open().contains(&id), "the same id again");
    // Another boot, another device under the same mount.
    let mut again = Host::built_in("disk");
    again.mount("/srv").device = "/dev/sdb1".to_owned();
    again.fill("/srv", 91.0);
    again.look();
    assert_eq!(again.open(), [id]);
}

#[test]
fn two_figures_of_one_row_are_never_mixed_with_anothers() {
    let mut host = Host::built_in("inodes");
    host.mount("/a").inodes_total = Some(10); // it does not say how many are used
    host.mount("/b").inodes_used = Some(10); // it does not say of how many
    let row = host.mount("/c");
    (row.inodes_total, row.inodes_used) = (Some(100), Some(1));
    let row = host.mount("/d");
    (row.inodes_total, row.inodes_used) = (Some(0), Some(0));
    assert!(host.look().is_empty());
    host.mount("/c").inodes_used = Some(95);
    assert_eq!(host.look(), ["fired: /c has 95.0% of its file nodes in use"]);
}

#[test]
fn what_passes_fires_nothing_and_begins_anew() {
    let mut host = Host::built_in("memory");
    let memory = |host: &mut Host, percents: f64| {
        host.sample.memory.usage_percent = Some(Percent::new(percents));
    };
    memory(&mut host, 99.0);
    host.quiet_for(Duration::from_secs(295));
    memory(&mut host, 95.0);
    assert!(host.look().is_empty());
    memory(&mut host, 99.0);
    host.quiet_for(Duration::from_secs(295));
    // The host sleeps: what lies between is unknown.
    assert!(host.after(8 * 3_600_000).is_empty());
    assert!(host.wait("fired") >= Duration::from_secs(300));
    // Looks that are far apart as a rule are no sleep.
    let mut rare = Host::built_in("memory");
    memory(&mut rare, 99.0);
    assert!(rare.after(3_600_000).is_empty());
    assert_eq!(rare.after(3_600_000).len(), 1);
}

#[test]
fn a_file_system_that_is_read_only_from_the_start_is_meant_so() {
    let mut host = Host::built_in("read_only");
    host.mount("/rom").read_only = true;
    host.mount("/").read_only = false;
    host.quiet_for(Duration::from_secs(60));
    host.mount("/").read_only = true;
    host.mount("/cd").read_only = true; // put in just now
    assert_eq!(host.look(), ["fired: / can no longer be written"]);
    host.mount("/rom").read_only = false;
    assert!(host.look().is_empty());
    host.mount("/rom").read_only = true;
    assert_eq!(host.look(), ["fired: /rom can no longer be written"]);
}

#[test]
fn what_cannot_be_written_does_not_get_full() {
    let rules = built_in::rules(|name| ["disk", "inodes"].contains(&name));
    let mut host = Host::new(&rules);
    for (mount_point, read_only) in [("/", true), ("/overlay", false)] {
        host.fill(mount_point, 100.0);
        let row = host.mount(mount_point);
        (row.inodes_total, row.inodes_used, row.read_only) = (Some(10), Some(10), read_only);
    }
    let full = host.look();
    assert!(full.len() == 2 && full.iter().all(|told| told.contains("/overlay")), "{full:?}");
    for alert in host.watch.open() {
        let metric = alert.rule.subject.metric().unwrap().name;
        assert_eq!(alert.series, metric.replace("{mount_point}", "/overlay"));
    }
    // A full disk that is then read-only is another alert's.
    host.mount("/overlay").read_only = true;
    host.quiet_for(Duration::from_secs(115));
    let gone = host.look();
    assert!(gone.len() == 2 && gone.iter().all(|told| told.contains("no longer")), "{gone:?}");
}

#[test]
fn an_alert_that_lingers_is_one_however_often_it_sets_in() {
    let mut host = Host::built_in("undervoltage");
    let weak = |host: &mut Host, is_weak: bool| {
        host.sample.power.get_or_insert_default().undervoltage = is_weak;
        host.look()
    };
    assert_eq!(weak(&mut host, true).len(), 1);
    for _ in 0..5 {
        assert!(weak(&mut host, false).is_empty());
        host.quiet_for(Duration::from_secs(590));
        assert!(weak(&mut host, true).is_empty());
    }
    weak(&mut host, false);
    assert!(host.wait("over") >= Duration::from_secs(590));
}

#[test]
fn a_counter_that_begins_anew_is_no_growth() {
    let mut host = Host::built_in("oom_kill");
    let kills = |host: &mut Host, kills| {
        host.sample.kernel = Some(Kernel { oom_kills: Some(kills), ..Kernel::default() });
    };
    kills(&mut host, 1000);
    host.quiet_for(Duration::from_secs(30));
    kills(&mut host, 3);
    host.quiet_for(Duration::from_secs(30));
    kills(&mut host, 4);
    assert_eq!(host.look(), ["fired: processes killed for want of memory: 1"]);
    host.quiet_for(Duration::from_secs(500));
    kills(&mut host, 5);
    host.quiet_for(Duration::from_secs(590));
    assert!(host.wait("over") <= Duration::from_secs(20), "ten minutes after the last");
}
