use std::fs;
use std::path::Path;
use std::sync::Mutex;

use super::*;

const LONG: Duration = Duration::from_secs(10);

/// Disks that answer as told, and what they were asked.
struct Lab {
    folder: PathBuf,
    collector: SmartCollector,
    faults: Faults,
    sample: Sample,
    buffer: Buffer,
    answers: Arc<Mutex<Vec<(&'static str, Answer)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    round: u64,
}

impl Lab {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let (answers, asked) = (Arc::<Mutex<Vec<(&str, Answer)>>>::default(), Arc::default());
        let mut setup = Setup::of(&folder);
        setup.background.set_patience(LONG);
        setup.wanted.smart = true;
        let (known, log): (_, Arc<Mutex<Vec<String>>>) = (Arc::clone(&answers), Arc::clone(&asked));
        setup.ask_disk = Arc::new(move |target, is_idle| {
            let name = target.path.file_name().unwrap().to_string_lossy().into_owned();
            log.lock().unwrap().push(format!("{name}{}", if is_idle { " idle" } else { "" }));
            let known = known.lock().unwrap();
            known.iter().find(|(disk, _)| *disk == name).map_or(Answer::Silent, |it| it.1.clone())
        });
        let (collector, faults) = (SmartCollector::new(&setup), setup.faults.clone());
        let (sample, buffer) = (Sample::default(), Buffer::default());
        Self { folder, collector, faults, sample, buffer, answers, asked, round: 1 }
    }

    fn disk(&mut self, name: &str, vendor: &str, rotational: &str) {
        let at = self.folder.join("block").join(name);
        write(&at.join("device/vendor"), vendor);
        write(&at.join("queue/rotational"), rotational);
        let (read_bytes, write_bytes) = (Some(1), Some(2));
        self.sample.disks.push(Disk {
            name: name.into(),
            read_bytes,
            write_bytes,
            ..Disk::default()
        });
    }

    fn answer(&self, disk: &'static str, answer: Answer) {
        self.answers.lock().unwrap().insert(0, (disk, answer));
    }

    /// A round later; what was asked in it.
    fn look(&mut self) -> Vec<String> {
        self.round += 1;
        self.look_at(Instant::from_millis(self.round * 600_000))
    }

    fn look_at(&mut self, now: Instant) -> Vec<String> {
        self.buffer.begin();
        self.collector.collect(now, &mut self.buffer, &mut self.sample);
        self.collector.wait(LONG, &mut self.sample);
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn ata(has_failed: bool, pending: u64) -> Answer {
    let attributes = Attributes { pending: Some(pending), ..Attributes::default() };
    Answer::Ata { has_failed: Some(has_failed), attributes: Some(attributes) }
}

#[test]
fn each_disk_is_asked_in_its_language_and_others_are_not() {
    let mut lab = Lab::new("smart-kinds");
    lab.disk("nvme0n1", "", "0\n");
    lab.disk("sda", "ATA     \n", "0\n");
    lab.disk("sdb", "SanDisk \n", "0\n");
    lab.disk("mmcblk0", "ATA\n", "0\n");
    let log = Log {
        warnings: 4,
        spare: Some(97),
        threshold: Some(10),
        used: 130,
        units_read: 2,
        units_written: u64::MAX,
        power_cycles: 3,
        power_on_hours: 4,
        unsafe_shutdowns: 5,
        media_errors: 6,
    };
    lab.answer("nvme0n1", Answer::Nvme(log));
    let attributes = Attributes {
        reallocated: Some(11),
        power_on_hours: Some(12),
        power_cycles: Some(13),
        uncorrectable: Some(14),
        pending: Some(15),
        offline_uncorrectable: Some(16),
        crc_errors: Some(17),
        life_left: Some(93),
    };
    lab.answer("sda", Answer::Ata { has_failed: Some(false), attributes: Some(attributes) });
    lab.answer("sdb", ata(true, 1));
    assert_eq!(lab.look(), ["nvme0n1", "sda"]);
    assert_eq!(lab.look(), ["nvme0n1", "sda"], "flash has no rest to keep");
    let percent = |percent| Some(Percent::of(percent, 100));
    let row = |name: &str| Disk {
        name: name.into(),
        read_bytes: Some(1),
        write_bytes: Some(2),
        ..Disk::default()
    };
    let nvme = Disk {
        critical_warning: Some(4),
        health_failed: Some(true),
        available_spare_percent: percent(97),
        available_spare_threshold_percent: percent(10),
        percentage_used: Some(130),
        wear_percent: percent(100),
        lifetime_read_bytes: Some(1_024_000),
        lifetime_write_bytes: Some(u64::MAX),
        power_cycles: Some(3),
        power_on_hours: Some(4),
        unsafe_shutdowns: Some(5),
        media_errors: Some(6),
        ..row("nvme0n1")
    };
    let sata = Disk {
        reallocated_sectors: Some(11),
        power_on_hours: Some(12),
        power_cycles: Some(13),
        reported_uncorrectable: Some(14),
        pending_sectors: Some(15),
        offline_uncorrectable: Some(16),
        crc_errors: Some(17),
        wear_percent: percent(7),
        health_failed: Some(false),
        standby: Some(false),
        ..row("sda")
    };
    assert_eq!(lab.sample.disks, [nvme, sata, row("sdb"), row("mmcblk0")]);
}

#[test]
fn a_disk_that_rotates_is_left_to_its_rest() {
    let mut lab = Lab::new("smart-rest");
    lab.disk("sda", "ATA\n", "1\n");
    let state = |lab: &Lab| (lab.sample.disks[0].standby, lab.sample.disks[0].pending_sectors);
    lab.answer("sda", ata(false, 8));
    assert_eq!(lab.look(), ["sda"]);
    lab.answer("sda", Answer::Awake);
    assert_eq!(lab.look(), ["sda idle"]);
    assert_eq!(state(&lab), (Some(false), Some(8)));
    lab.answer("sda", Answer::Standby);
    assert_eq!(lab.look(), ["sda idle"]);
    assert_eq!(state(&lab), (Some(true), Some(8)), "what was known is kept");
    lab.sample.disks[0].read_bytes = Some(9);
    lab.answer("sda", ata(false, 9));
    assert_eq!(lab.look(), ["sda"]);
    assert_eq!(state(&lab), (Some(false), Some(9)));
    write(&lab.folder.join("block/sda/device/power/runtime_status"), "suspended\n");
    lab.sample.disks[0].read_bytes = Some(10);
    assert!(lab.look().is_empty(), "opening it would wake it");
    assert_eq!(state(&lab), (Some(true), Some(9)));
}

#[test]
fn disks_are_asked_every_ten_minutes_and_when_others_come() {
    let mut lab = Lab::new("smart-times");
    lab.disk("sda", "ATA\n", "0\n");
    lab.answer("sda", ata(true, 1));
    let at = |second: u64| Instant::from_millis(second * 1000);
    assert_eq!(lab.look_at(at(100)), ["sda"]);
    assert!(lab.look_at(at(110)).is_empty() && lab.look_at(at(600)).is_empty());
    // The rows of a sample may be made anew.
    lab.sample.disks[0] = Disk { name: "sda".into(), ..Disk::default() };
    assert!(lab.look_at(at(610)).is_empty());
    assert_eq!(lab.sample.disks[0].health_failed, Some(true));
    assert_eq!(lab.look_at(at(700)), ["sda"]);
    // Another disk of the same name has not said anything yet.
    lab.sample.disks[0] = Disk { name: "sda".into(), serial: "2".into(), ..Disk::default() };
    lab.answer("sda", Answer::Silent);
    assert_eq!(lab.look_at(at(710)), ["sda"]);
    assert_eq!(lab.sample.disks[0].health_failed, None);
}

#[test]
fn a_disk_whose_kind_was_told_late_is_asked_then() {
    let mut lab = Lab::new("smart-late");
    lab.disk("sda", "", "0\n");
    let at = |second: u64| Instant::from_millis(second * 1000);
    assert!(lab.look_at(at(100)).is_empty());
    write(&lab.folder.join("block/sda/device/vendor"), "ATA\n");
    assert!(lab.look_at(at(110)).is_empty());
    lab.collector.handle_change(Change::Late);
    assert_eq!(lab.look_at(at(120)), ["sda"]);
    lab.collector.handle_change(Change::Late);
    assert!(lab.look_at(at(130)).is_empty(), "it is known");
}

#[test]
fn who_may_not_ask_is_told_once_what_it_takes() {
    let mut lab = Lab::new("smart-rights");
    for (name, vendor) in [("nvme0n1", ""), ("sda", "ATA\n"), ("sdb", "ATA\n")] {
        lab.disk(name, vendor, "0\n");
        lab.answer(name, Answer::Refused("may not be asked"));
    }
    lab.look();
    let told = lab.faults.take();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("nvme0n1 may not be asked; it takes CAP_SYS_ADMIN,"));
    assert!(told[1].contains("/dev/sda ") && told[1].contains("CAP_SYS_RAWIO"), "{told:?}");
    assert_eq!(lab.look().len(), 3, "he may grant it");
    assert!(lab.faults.take().is_empty());
    let account = lab.buffer.account();
    assert_eq!((account.trouble, account.place.ends_with("nvme0n1")), (Some(Errno::EPERM), true));
    for name in ["nvme0n1", "sda", "sdb"] {
        lab.answer(name, Answer::Standby);
    }
    lab.look();
    lab.look();
    assert_eq!((lab.buffer.account().trouble, lab.buffer.account().has_looked), (None, true));
}

#[test]
fn a_disk_that_owes_its_answer_is_not_believed_for_ever() {
    let mut known = Known::default();
    known.health.take(ata(false, 1));
    known.miss();
    known.miss();
    assert!(known.is_told());
    known.miss();
    assert!(!known.is_told());
}

#[test]
fn nothing_is_asked_unless_the_owner_wants_it() {
    let setup = Setup::of(Path::new("/nowhere"));
    assert!(SmartCollector::new(&setup).watch.is_none());
}
