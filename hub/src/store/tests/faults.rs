//! Disks that are full, files that are damaged, queues that overflow.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn a_full_disk_holds_nobody_up_and_loses_nothing_that_was_promised() {
    let mut lab = Lab::new("full");
    lab.live(NOON, 1, 100);
    assert_eq!(lab.turn(NOON), [Kept::UpTo(1)]);
    held(&lab.store.shared.database).limit_pages(Some(1));
    for n in 0..300 {
        lab.live(NOON + n * 1000, 2 + n, n);
    }
    assert_eq!(lab.turn(NOON + 1), [], "nothing is promised");
    assert_eq!(lab.store.state().failing.as_deref(), Some("no space left"));
    lab.live(NOON + 301_000, 302, 1);
    assert_eq!(lab.turn(NOON + 2), []);
    held(&lab.store.shared.database).limit_pages(None);
    assert_eq!(lab.turn(NOON + 3), [Kept::UpTo(302)]);
    assert_eq!(lab.store.state().failing, None);
    assert_eq!(lab.ask("cpu.usage", NOON, NOON + HOUR, Some(1)).len(), 302);
}

#[test]
fn what_finds_no_room_is_told_before_anything_else_is_safe() {
    let mut lab = Lab::new("lost");
    lab.live(NOON, 1, 100);
    lab.store.missed();
    assert_eq!(lab.turn(NOON), [Kept::Lost, Kept::UpTo(1)]);
    assert_eq!(lab.turn(NOON), [Kept::UpTo(1)]);
}

#[test]
fn a_damaged_file_is_moved_aside() {
    let mut lab = Lab::new("damaged");
    let path = lab.folder.join("history.db");
    lab.live(NOON, 1, 100);
    lab.turn(NOON);
    let memory = Store::open(Settings::in_memory()).unwrap();
    let nobody = Writer::new(memory.shared.clone(), Box::new(|_| {}));
    (lab.store, lab.writer) = (memory, nobody);
    std::fs::write(&path, vec![7; 8192]).unwrap();
    lab.restart();
    let aside = || {
        let names = std::fs::read_dir(&lab.folder).unwrap().flatten();
        names.filter(|e| e.file_name().to_string_lossy().contains(".damaged-")).count()
    };
    assert!(aside() >= 1);
    let asked = lab.try_ask("cpu.usage", NOON, NOON + HOUR, Some(1));
    assert_eq!(asked, Err(QueryError::UnknownHost), "it begins anew");
    lab.live(NOON, 1, 100);
    assert_eq!(lab.turn(NOON), [Kept::UpTo(2)]);
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1).len(), 1);
}

#[test]
fn a_file_has_one_writer_and_is_for_its_owner_alone() {
    let lab = Lab::new("lock");
    for entry in std::fs::read_dir(&lab.folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.path());
    }
    let second = Store::open(settings(&lab.folder)).err().map(|error| error.to_string());
    assert_eq!(second.as_deref(), Some("a running hub has it"));
}

#[test]
fn a_file_that_is_damaged_while_it_is_used_is_given_up_for_a_new_one() {
    let mut lab = Lab::new("damaged-later");
    lab.live(NOON, 1, 100);
    assert_eq!(lab.turn(NOON), [Kept::UpTo(1)]);
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1).len(), 1);
    held(&lab.store.shared.database).damage();
    lab.live(NOON + 1_000, 2, 100);
    assert_eq!(lab.turn(NOON + 2_000), [], "nothing is promised of what waited");
    assert!(lab.store.state().failing.is_some());
    lab.live(NOON + 3_000, 3, 100);
    assert_eq!(lab.turn(NOON + 4_000), [Kept::Lost, Kept::UpTo(3)]);
    assert_eq!(lab.store.state().failing, None);
    let kept = [(NOON + 3_000, 10.0)];
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), kept, "no reader has the old file");
    lab.restart();
    assert_eq!(lab.cpu(NOON, NOON + HOUR, 1), kept, "on the disk, not in memory");
}

#[test]
fn where_no_new_file_can_be_begun_nothing_is_said_to_be_safe() {
    let mut lab = Lab::new("no-new");
    lab.live(NOON, 1, 100);
    assert_eq!(lab.turn(NOON), [Kept::UpTo(1)]);
    held(&lab.store.shared.database).damage();
    let away = lab.folder.with_extension("away");
    std::fs::rename(&lab.folder, &away).unwrap();
    for n in 2..5 {
        lab.live(NOON + n * 1_000, n, 100);
        assert_eq!(lab.turn(NOON + n * 1_000), []);
    }
    std::fs::rename(&away, &lab.folder).unwrap();
    assert_eq!(lab.turn(NOON + 9_000), [Kept::Lost, Kept::UpTo(4)]);
}
