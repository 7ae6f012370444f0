//! Disks that are full, files that are damaged, queues that overflow.

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
