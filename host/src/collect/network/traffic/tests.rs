use std::path::{Path, PathBuf};

use kinglet_proto::time::WallTime;

use super::*;

/// A host with one way out, `ppp0`, and its agent.
struct Host {
    boot: u64,
    /// What its clock is wrong by.
    error: i64,
    setup: Setup,
    account: Account,
    traffic: Option<Traffic>,
}

fn seconds(at: &str) -> u64 {
    WallTime::parse(&format!("2026-{at}Z")).unwrap().unix_seconds()
}

/// A folder that is a host's, with nothing of another run in it.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("kinglet-traffic-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(path.join("sys/kernel/random")).unwrap();
    path
}

impl Host {
    /// One that was booted then; its files lie below `folder`.
    fn booted(at: &str, folder: &Path) -> Self {
        std::fs::write(folder.join("sys/kernel/random/boot_id"), format!("boot-{at}\n")).unwrap();
        let state_file = Some(folder.join("traffic"));
        let meter = Some(Meter { reset_day: 10, quota: Some(10_000), state_file });
        let setup = Setup { meter, ..Setup::of(folder) };
        let account = Account::new(&setup).unwrap();
        Self { boot: seconds(at), error: 0, setup, account, traffic: None }
    }

    /// The agent starts again.
    fn restart(&mut self) {
        self.account = Account::new(&self.setup).unwrap();
    }

    /// Bytes received in the period, when `links` have (name, index, bytes) and the first of them
    /// is the way out.
    fn count_all(&mut self, at: &str, links: &[(&str, u64, u64)]) -> u64 {
        let at = seconds(at);
        let wall = at.checked_add_signed(self.error).unwrap() * 1000;
        let instant = Instant::from_millis((at - self.boot) * 1000);
        let now = Now { instant, wall: WallTime::from_unix_millis(wall) };
        let counted = links.iter().enumerate().map(|(place, (name, index, bytes))| Counted {
            name: name.as_bytes(),
            index: *index,
            bytes: [*bytes, 0],
            is_wan: place == 0,
        });
        self.account.count(now, 0, counted, &mut self.traffic);
        if let Some(file) = &mut self.account.file {
            file.finish().unwrap();
        }
        self.traffic.as_ref().unwrap().rx
    }

    fn count(&mut self, at: &str, bytes: u64) -> u64 {
        self.count_all(at, &[("ppp0", 7, bytes)])
    }

    fn faults(&self) -> Vec<String> {
        self.setup.faults.take()
    }
}

#[test]
fn a_period_begins_on_its_day_or_on_the_last_of_a_shorter_month() {
    for (day, reset_day, due) in [
        ("03-10", 10, "03-10"),
        ("03-09", 10, "02-10"),
        ("03-01", 31, "02-28"),
        ("03-31", 31, "03-31"),
        ("03-30", 31, "02-28"),
        ("02-27", 31, "01-31"),
        ("02-28", 30, "02-28"),
        ("01-01", 1, "01-01"),
        ("12-31", 1, "12-01"),
    ] {
        let at = |day: &str| seconds(&format!("{day}T00:00:00"));
        assert_eq!(period(at(day) / DAY, reset_day).1, at(due), "{day} {reset_day}");
    }
    assert_eq!(period(0, 10), (1970 * 12, 9 * DAY), "a clock that was not set");
    let january = WallTime::parse("2026-01-05T00:00:00Z").unwrap().unix_seconds() / DAY;
    assert_eq!(period(january, 10).0, 2025 * 12 + 11, "over the new year");
}

#[test]
fn an_agent_knows_all_since_a_boot_in_the_period_and_a_period_ends() {
    let folder = folder("period");
    let mut host = Host::booted("03-10T08:00:00", &folder);
    assert_eq!(host.count("03-20T08:00:00", 900), 900);
    assert_eq!(host.count("04-09T23:59:55", 1000), 1000);
    assert_eq!(host.count("04-10T00:00:00", 1300), 0);
    assert_eq!(host.count("04-10T00:00:05", 1350), 50);
    let traffic = host.traffic.clone().unwrap();
    assert_eq!(traffic.period_start, seconds("04-10T00:00:00"));
    assert_eq!((traffic.quota, traffic.quota_percent), (Some(10_000), Some(Percent::of(5, 1000))));
    assert_eq!(traffic.wans[0].interface, "ppp0");
    // Booted before the period, nothing is known of it.
    std::fs::remove_file(folder.join("traffic")).unwrap();
    assert_eq!(Host::booted("03-09T08:00:00", &folder).count("03-20T08:00:00", 900), 0);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_was_written_survives_a_restart_whole_and_a_reboot_but_for_ten_minutes() {
    let folder = folder("survives");
    let mut host = Host::booted("03-01T00:00:00", &folder);
    assert_eq!(host.count("03-20T08:00:00", 500), 0);
    assert_eq!(host.count("03-20T08:05:00", 800), 300);
    assert!(!folder.join("traffic").exists(), "not yet");
    assert_eq!(host.count("03-20T08:10:00", 1000), 500);
    let written = std::fs::read_to_string(folder.join("traffic")).unwrap();
    assert_eq!(host.count("03-20T08:15:00", 1200), 700);
    let again = std::fs::read_to_string(folder.join("traffic")).unwrap();
    assert_eq!(again, written, "no more often than every ten minutes");
    host.restart();
    assert_eq!(host.count("03-20T08:19:00", 1300), 800, "nothing is missing");
    // 1300 - 1000 were never written; 40 since the boot are all known.
    let mut host = Host::booted("03-20T09:00:00", &folder);
    assert_eq!(host.count("03-20T09:01:00", 40), 540);
    assert_eq!(host.count("03-20T09:12:00", 50), 550);
    // Off while a period ended.
    let mut host = Host::booted("04-11T09:00:00", &folder);
    assert_eq!(host.count("04-11T09:01:00", 40), 0);
    assert_eq!(host.count("04-11T09:02:00", 60), 20);
    assert_eq!(host.faults(), Vec::<String>::new());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_replaced_interface_goes_on_and_a_counter_that_goes_back_costs_an_interval() {
    let folder = folder("replaced");
    let mut host = Host::booted("03-20T00:00:00", &folder);
    assert_eq!(host.count_all("03-20T08:00:00", &[("ppp0", 7, 500)]), 500);
    assert_eq!(host.count_all("03-20T08:00:05", &[]), 500, "it is gone");
    assert_eq!(host.count_all("03-20T08:00:10", &[("ppp0", 9, 30)]), 530, "and there again");
    assert_eq!(host.count_all("03-20T08:00:15", &[("ppp0", 9, 10)]), 530, "begun anew");
    assert_eq!(host.count_all("03-20T08:00:20", &[("ppp0", 9, 25)]), 545);
    // Another way out counts from when it is that, and goes on when it is not.
    let spare = ("wwan0", 3, 7000);
    assert_eq!(host.count_all("03-20T08:00:25", &[spare, ("ppp0", 9, 25)]), 545);
    assert_eq!(host.count_all("03-20T08:00:30", &[("ppp0", 9, 26), ("wwan0", 3, 7100)]), 646);
    let rows = &host.traffic.as_ref().unwrap().wans;
    let rows: Vec<_> = rows.iter().map(|row| (&*row.interface, row.rx)).collect();
    assert_eq!(rows, [("ppp0", 546), ("wwan0", 100)]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_clock_that_was_not_set_ends_no_period() {
    let folder = folder("clock");
    let mut host = Host::booted("03-01T00:00:00", &folder);
    host.count("03-20T08:00:00", 500);
    assert_eq!(host.count("03-20T08:10:00", 800), 300);
    let mut host = Host::booted("03-21T00:00:00", &folder);
    host.error = -seconds("03-21T00:00:00").cast_signed();
    assert_eq!(host.count("03-21T00:00:20", 50), 350, "1970");
    host.error = 0;
    assert_eq!(host.count("03-21T00:05:00", 60), 360);
    // Without a file, too.
    std::fs::remove_file(folder.join("traffic")).unwrap();
    let mut host = Host::booted("03-21T00:00:00", &folder);
    host.error = -seconds("03-21T00:00:00").cast_signed();
    host.count("03-21T00:00:20", 50);
    assert_eq!(host.count("03-21T00:00:25", 60), 10);
    host.error = 0;
    assert_eq!(host.count("03-21T00:05:00", 70), 20);
    // Set back over the beginning of a period, it keeps what was counted.
    let mut host = Host::booted("03-01T00:00:00", &folder);
    host.count("03-20T08:00:00", 0);
    host.error = -15 * 86_400;
    assert_eq!(host.count("03-20T08:00:05", 5), 5);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_file_of_something_else_is_told_and_what_is_damaged_is_nothing() {
    let folder = folder("damaged");
    std::fs::write(folder.join("traffic"), "hello\n").unwrap();
    let mut host = Host::booted("03-20T00:00:00", &folder);
    assert_eq!(host.count("03-20T08:00:00", 500), 500);
    let told = host.faults();
    assert!(told.len() == 1 && told[0].contains("begun anew"), "{told:?}");
    let good = "kinglet traffic 1\nperiod 24314\nboot b\nwan ppp0 7 1 2 3 4\n";
    let book = Book::parse(good, "b").unwrap();
    assert_eq!(book.text("b"), good);
    for end in 0..good.len() - 1 {
        let cut = Book::parse(&good[..end], "b");
        assert!(cut.is_none_or(|cut| cut.wans.is_empty()), "{}", &good[..end]);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
