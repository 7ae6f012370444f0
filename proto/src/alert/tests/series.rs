//! Series that come and go, that were known before a start, and how many there may be.

use super::*;

#[test]
fn a_series_that_is_gone_ends_its_alert_and_one_that_is_late_does_not() {
    let mut host = Host::built_in("disk");
    host.fill("/usb", 99.0);
    assert_eq!(host.look().len(), 1);
    let rows = std::mem::take(&mut host.sample.filesystems);
    host.quiet_for(Duration::from_secs(60));
    host.sample.filesystems = rows;
    host.quiet_for(Duration::from_secs(300));
    host.sample.filesystems.clear();
    assert_eq!(host.wait("no longer there"), ALERT_GONE_AFTER);
    assert_eq!(host.watch.series(), 0);
    host.fill("/usb", 99.0);
    assert_eq!(host.look(), ["fired: /usb is 99.0% full"], "it is looked at afresh");
    // Looks that are far apart: three of them.
    host.sample.filesystems.clear();
    assert!(host.after(3_600_000).is_empty() && host.after(3_600_000).is_empty());
    assert_eq!(host.after(3_600_000).len(), 1);
}

#[test]
fn what_was_open_before_a_start_is_taken_over() {
    let mut before = Host::built_in("disk");
    for mount_point in ["/", "/full", "/gone"] {
        before.fill(mount_point, 95.0);
    }
    before.look();
    let mut host = Host::built_in("disk");
    for id in before.open() {
        host.watch.adopt(&id, host.now);
        host.watch.adopt(&id, host.now);
    }
    host.watch.adopt("cpu-00000000000000aa", host.now);
    host.watch.adopt("somebody's", host.now);
    assert!(host.open().is_empty() && before.open().iter().all(|id| host.watch.holds(id)));
    host.fill("/", 50.0);
    host.fill("/full", 89.0); // under the line, and over that of the end
    let over = host.look();
    assert!(over.len() == 1 && over[0].ends_with(": over"), "{over:?}");
    let full = host.watch.open().find(|alert| !alert.message.is_empty()).unwrap();
    assert_eq!((&*full.message, full.rule.level), ("/full is 89.0% full", Level::Warning));
    assert!(before.open().contains(&full.id));
    let mut gone = Vec::new();
    while gone.is_empty() {
        gone = host.look();
    }
    assert_eq!(gone.len(), 3, "a rule that is off, a mount that is gone, a stranger's: {gone:?}");
    assert_eq!((host.open().len(), host.watch.series()), (1, 1));
    host.fill("/full", 10.0);
    assert_eq!(host.look().len(), 1);
    assert_eq!(host.watch.series(), 0);
}

#[test]
fn what_fires_already_is_left_as_it_is() {
    let mut host = Host::built_in("disk");
    host.fill("/", 95.0);
    host.look();
    let id = host.open().remove(0);
    host.watch.adopt(&id, host.now);
    assert_eq!(host.watch.open().next().unwrap().message, "/ is 95.0% full");
    // What may fire becomes what fires.
    let mut host = Host::built_in("stuck");
    host.mount("/nas").stuck = true;
    assert!(host.look().is_empty());
    let id = id.replace("disk", "stuck");
    let mut other = Host::built_in("stuck");
    other.mount("/nas").stuck = true;
    other.wait("fired");
    assert_ne!(other.open(), [id]);
    host.watch.adopt(&other.open()[0], host.now);
    host.quiet_for(Duration::from_secs(120));
    host.mount("/nas").stuck = false;
    assert_eq!(host.look().len(), 1);
    assert_eq!((host.open().len(), host.watch.series()), (0, 0));
}

#[test]
fn nothing_grows_without_end() {
    let mut host = Host::new(&built_in::rules(|name| ["disk", "read_only"].contains(&name)));
    for mount in 0..ALERT_SERIES_MAX {
        host.fill(&format!("/{mount}"), 99.0);
    }
    assert_eq!(host.look().len(), ALERTS_OPEN_MAX);
    assert_eq!(host.watch.series(), ALERT_SERIES_MAX);
    host.quiet_for(Duration::from_secs(60));
    assert!((0..99).all(|n| {
        host.watch.adopt(&format!("x-{n}"), host.now);
        host.watch.series() <= ALERT_SERIES_MAX
    }));
    host.fill("/0", 10.0);
    let next = host.look();
    assert_eq!(next.len(), 2, "one ends, and there is room for another: {next:?}");
    host.sample.filesystems.clear();
    host.after(60_000);
    host.after(60_000);
    assert_eq!(host.after(60_000).len(), ALERTS_OPEN_MAX);
    assert_eq!(host.watch.series(), 0);
}

#[test]
fn a_rule_for_some_series_leaves_the_others_alone_and_two_may_watch_one_figure() {
    let rule = |line, labels: &[(&'static str, &str)]| Rule {
        own: true,
        name: "filesystems".into(),
        test: Test::Above(line),
        clear: line,
        labels: labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        message: format!("over {line}: {{mount_point}}").into(),
        ..fixture::rule()
    };
    let nfs = [("fstype", "nfs*"), ("mount_point", "/nas/*")];
    let rules = [rule(50.0, &[]), rule(10.0, &nfs), rule(90.0, &[])].map(Arc::new);
    let mut host = Host::new(&rules);
    for (mount_point, fstype) in [("/", "ext4"), ("/nas/a", "nfs4"), ("/nas/b", "ext4")] {
        host.fill(mount_point, 20.0);
        host.mount(mount_point).fstype = fstype.to_owned();
    }
    assert_eq!(host.look(), ["fired: over 10: /nas/a"]);
    host.fill("/", 95.0);
    assert_eq!(host.look(), ["fired: over 50: /", "fired: over 90: /"]);
    let ids = host.open();
    assert!(ids.iter().all(|id| id.starts_with("filesystems-")) && ids[0] != ids[1], "{ids:?}");
}

#[test]
fn a_sensor_is_watched_by_its_own_limit_and_one_without_by_what_is_usual() {
    let mut host = Host::built_in("temperature");
    let sensor = |label: &str, critical, celsius| {
        let label = label.to_owned();
        Temperature { label, critical, celsius }
    };
    // An SSD that has too much at 79.8, a processor that may have 94.9, and one of which nothing is
    // known but that it stands between two.
    let celsius = [79.9, 84.9, 95.0];
    let limits = [Some(84.8), None, Some(100.0)];
    let sensors = |celsius: [f64; 3]| {
        let row = |at: usize| sensor(["nvme", "board", "cpu"][at], limits[at], celsius[at]);
        (0..3).map(row).collect()
    };
    host.sample.temperatures = sensors(celsius);
    assert_eq!(host.wait("fired"), Duration::from_secs(305));
    let alert = host.watch.open().next().unwrap().clone();
    assert_eq!((&*alert.message, alert.threshold), ("nvme has 79.9 °C", 79.8));
    assert!(alert.is_met());
    host.quiet_for(Duration::from_secs(600));
    host.sample.temperatures = sensors([74.9, 80.1, 95.1]);
    assert_eq!(host.wait("cpu has 95.1 °C"), Duration::from_secs(305));
    host.sample.temperatures = sensors([74.8, 85.1, 90.0]);
    let over = host.look();
    assert!(over.len() == 2 && over.iter().all(|change| change.ends_with(": over")), "{over:?}");
    assert_eq!(host.wait("board has 85.1 °C"), Duration::from_secs(300));
    let seen = host.watch.glance(&host.sample, host.now);
    let lines: Vec<_> = seen.iter().map(|alert| (alert.threshold, alert.is_met())).collect();
    assert_eq!(lines, [(79.8, false), (85.0, true), (95.0, false)]);
}
