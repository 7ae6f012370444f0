//! The hub's own rules, for hosts whose agents have none.

use kinglet_proto::ingest::{Message, telegraf};

use super::*;

fn memory(percent: u64) -> Sample {
    let mut sample = Sample::default();
    sample.memory.usage_percent = Some(Percent::of(percent, 100));
    sample
}

fn disks(percent: u64, with_mounts: bool) -> Sample {
    let mut sample = Sample::default();
    let usage_percent = Some(Percent::of(percent, 100));
    sample.disks = vec![Disk { name: "sda".into(), usage_percent, ..Disk::default() }];
    if with_mounts {
        let mount = Filesystem { mount_point: "/".into(), usage_percent, ..Filesystem::default() };
        sample.filesystems = vec![mount];
    }
    sample
}

#[test]
fn figures_are_judged_for_hosts_whose_agents_have_no_rules() {
    let mut lab = Lab::new(settings());
    lab.status("sss", true);
    lab.status("own", true);
    for seq in 0..10 {
        lab.read("sss", None, memory(97));
        lab.read("own", Some(Place { boot_id: "b".into(), seq }), memory(97));
        lab.pass(MINUTE);
    }
    let told = lab.take_told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("sss hub-memory-") && told[0].ends_with(" active"), "{told:?}");
    lab.restart();
    lab.status("sss", true);
    lab.status("own", true);
    for _ in 0..10 {
        lab.read("sss", None, memory(97));
        lab.pass(MINUTE);
    }
    assert_eq!((lab.take_told(), lab.open().len()), (none(), 1), "it is known");
    lab.read("sss", None, memory(50));
    assert!(lab.take_told()[0].ends_with(" resolved"));
}

#[test]
fn who_numbers_readings_is_judged_when_it_says_that_it_has_no_rules() {
    let mut lab = Lab::new(settings());
    let read = |lab: &mut Lab, has_rules: Option<bool>, age_s: u64, percent: u64| {
        let label = Label { has_rules, ..Label::default() };
        let host = Snapshot { label: Arc::new(label), ..host("pi", true) };
        let place = Some(Place { boot_id: "b".into(), seq: 1 });
        lab.read_of(host, place, Duration::from_secs(age_s), disks(percent, true));
    };
    lab.status("pi", true);
    for has_rules in [None, Some(true)] {
        read(&mut lab, has_rules, 0, 95);
        assert_eq!(lab.take_told(), none(), "{has_rules:?}");
    }
    // Older than alerts, or built without.
    read(&mut lab, Some(false), 0, 95);
    assert!(lab.take_told()[0].ends_with(" active"));
    lab.restart();
    lab.status("pi", true);
    // What waited comes before it is known.
    read(&mut lab, None, 20, 50);
    assert_eq!((lab.take_told(), lab.open().len()), (none(), 1));
    read(&mut lab, Some(false), 0, 95);
    assert_eq!((lab.take_told(), lab.open().len()), (none(), 1), "it is known");
    // The agent is a newer one, which tells of it itself.
    for _ in 0..5 {
        read(&mut lab, Some(true), 0, 95);
        lab.pass(MINUTE);
    }
    assert!(lab.take_told()[0].ends_with(" resolved"));
}

#[test]
fn a_full_disk_is_told_once_be_it_told_as_disk_or_as_file_system() {
    let mut lab = Lab::new(settings());
    for (name, with_mounts) in [("disks", false), ("both", true)] {
        lab.status(name, true);
        lab.read(name, None, disks(95, with_mounts));
        assert_eq!(lab.take_told().len(), 1, "{name}");
        assert_eq!(lab.desk.open().last().unwrap().said.rule, "disk");
        lab.read(name, None, disks(50, with_mounts));
        assert_eq!(lab.take_told().len(), 1, "{name}");
    }
}

/// A file system as telegraf tells it, `mode` and all or not.
fn of_telegraf(tags: &str, percent: u64) -> Sample {
    let text = format!(
        "disk,host=t,device=sda1,fstype=ext4,path=/{tags} total=100i,free={}i,used={percent}i,\
         used_percent={percent},inodes_total=100i,inodes_free=100i,inodes_used=0i\n",
        100 - percent
    );
    let batch = telegraf::Batch::lines(&text, telegraf::Precision::Guessed);
    let now = WallTime::from_unix_millis(BEGIN);
    let said = telegraf::Host::default().take("t", &batch.points, now);
    let Some(Message::Report(report)) = said.into_iter().next() else { panic!("a reading") };
    report.sample
}

#[test]
fn who_does_not_say_that_a_mount_is_read_only_is_told_that_it_is_full() {
    for (tags, told) in [("", 1), (",mode=rw", 1), (",mode=ro", 0)] {
        let mut lab = Lab::new(settings());
        lab.status("t", true);
        let sample = of_telegraf(tags, 95);
        assert_eq!(sample.filesystems.len(), 1, "{tags}");
        lab.read("t", None, sample);
        let list = lab.take_told();
        assert_eq!(list.len(), told, "{tags}: {list:?}");
        assert!(list.iter().all(|alert| alert.starts_with("t hub-disk-")), "{list:?}");
    }
}

#[test]
fn a_rule_of_the_owners_is_for_whom_he_says() {
    let metric = kinglet_proto::sample::table::metric("memory.usage_percent");
    let rule = Rule {
        name: "memory".into(),
        own: true,
        subject: kinglet_proto::alert::Subject::Figure(metric),
        test: kinglet_proto::alert::Test::Above(50.0),
        clear: 50.0,
        hold: Duration::ZERO,
        linger: Duration::ZERO,
        unless: None,
        labels: Vec::new(),
        level: kinglet_proto::alert::Level::Critical,
        title: "t".into(),
        message: "m".into(),
        suggestion: "".into(),
    };
    let scope = Scope { hosts: vec!["web-*".into()], ..Scope::default() };
    let own = vec![(scope, Arc::new(rule))];
    let mut lab = Lab::new(Settings { own, fleet: Vec::new(), ..settings() });
    for name in ["web-1", "db-1"] {
        lab.status(name, true);
        lab.read(name, Some(Place { boot_id: "b".into(), seq: 1 }), memory(60));
    }
    let told = lab.take_told();
    assert!(told.len() == 1 && told[0].starts_with("web-1 hub-memory-"), "{told:?}");
    assert_eq!(lab.desk.counts(), Counts { warning: 0, critical: 1 });
}
