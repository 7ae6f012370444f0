//! Why the host was started anew, as far as that is on record somewhere.
//!
//! - `/var/log/wtmp` has a record of each start and, before it, one of the end where somebody had
//!   the host shut down (systemd-update-utmp(8)). It is believed where its last start is the one
//!   that `/run/utmp` has, which no boot outlives.
//! - `/sys/fs/pstore/dmesg-*` is what the kernel said when it gave up, from `Panic#` on, until
//!   somebody takes it away (Documentation/ABI/testing/pstore). It is believed where it was written
//!   shortly before this start.
//! - `/sys/class/watchdog/*/bootstatus` has `WDIOF_CARDRESET`, 0x20, where the watchdog reset the
//!   host (Documentation/watchdog/watchdog-api.rst).

use kinglet_proto::host::BootCause;

use crate::kernel::{text, utmp};
use crate::limits::{PANIC_BEFORE_BOOT, WTMP_TAIL};
use crate::read::{Buffer, Root};
use crate::setup::Roots;

/// The watchdog reset the host.
const CARD_RESET: u64 = 0x20;

/// Why this host was started anew; `None` where nothing tells.
pub fn boot_cause(roots: &Roots) -> Option<BootCause> {
    let (sys, proc, root) = (Root::new(&roots.sys), Root::new(&roots.proc), Root::new(&roots.root));
    let mut buffer = Buffer::default();
    let was_shut_down = was_shut_down(&root);
    if was_shut_down == Some(true) {
        Some(BootCause::Clean)
    } else if has_panicked(&sys, &proc, &mut buffer) {
        Some(BootCause::Panic)
    } else if was_reset(&sys, &mut buffer) {
        Some(BootCause::Watchdog)
    } else {
        was_shut_down.map(|_| BootCause::Unclean)
    }
}

fn was_shut_down(root: &Root) -> Option<bool> {
    let last_boot = |name: &str| {
        let name = root.inside(name)?;
        utmp::last_boot(&Root::new("").tail(name, WTMP_TAIL)?)
    };
    let (this, _) = last_boot("run/utmp")?;
    let (last, before) = last_boot("var/log/wtmp")?;
    (this == last).then_some(before).flatten()
}

fn has_panicked(sys: &Root, proc: &Root, buffer: &mut Buffer) -> bool {
    let is_number = |line: &[u8]| line.strip_prefix(b"btime ").and_then(text::number);
    let lines = proc.read("stat", buffer).unwrap_or_default().split(|byte| *byte == b'\n');
    let Some(booted_at) = lines.map(text::trim).find_map(is_number) else { return false };
    sys.names("fs/pstore").iter().filter(|name| name.starts_with("dmesg-")).any(|name| {
        let name = format!("fs/pstore/{name}");
        let is_panic = sys.read(&name, buffer).is_some_and(|text| text.starts_with(b"Panic#"));
        let before = sys.written_at(&name).and_then(|at| booted_at.checked_sub(at));
        is_panic && before.is_some_and(|before| before <= PANIC_BEFORE_BOOT.as_secs())
    })
}

fn was_reset(sys: &Root, buffer: &mut Buffer) -> bool {
    sys.names("class/watchdog").iter().any(|name| {
        let status = sys.number(format!("class/watchdog/{name}/bootstatus"), buffer);
        status.is_some_and(|status| status & CARD_RESET != 0)
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::kernel::utmp::tests::record;

    const BOOTED_AT: u32 = 1_795_000_000;

    struct Machine(PathBuf);

    impl Machine {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("kinglet-boot-{}", std::process::id()));
            let machine = Self(folder.join(name));
            machine.write("stat", format!("cpu 1\nbtime {BOOTED_AT}\nprocesses 8\n").as_bytes());
            machine
        }

        fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        }

        fn ends(&self, records: &[(u16, &str, u32)]) {
            let record =
                |&(kind, user, since): &(u16, &str, u32)| record(384, kind, user, 0, since);
            self.write("run/utmp", &record(&(2, "reboot", BOOTED_AT)));
            self.write("var/log/wtmp", &records.iter().flat_map(record).collect::<Vec<_>>());
        }

        fn panics(&self, kind: &str, before: u64) {
            let path =
                self.write("fs/pstore/dmesg-ramoops-0", format!("{kind}#1 Part1\n").as_bytes());
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(BOOTED_AT) - before);
            File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
        }

        fn cause(&self) -> Option<BootCause> {
            let [proc, sys, root] = [(); 3].map(|()| self.0.clone());
            boot_cause(&Roots { proc, sys, root })
        }
    }

    impl Drop for Machine {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn what_is_on_record_is_believed_where_it_is_of_this_start() {
        let machine = Machine::new("wtmp");
        assert_eq!(machine.cause(), None);
        let boot = (2, "reboot", BOOTED_AT);
        machine.ends(&[(2, "reboot", 7), (1, "shutdown", 8), boot]);
        assert_eq!(machine.cause(), Some(BootCause::Clean));
        machine.ends(&[(2, "reboot", 7), (7, "pi", 8), boot]);
        assert_eq!(machine.cause(), Some(BootCause::Unclean));
        machine.ends(&[(1, "shutdown", 6), (2, "reboot", 7)]);
        assert_eq!(machine.cause(), None, "nobody keeps this record any more");
        machine.ends(&[boot]);
        assert_eq!(machine.cause(), None, "it begins with this start");
    }

    #[test]
    fn a_panic_is_one_shortly_before_the_start() {
        let machine = Machine::new("pstore");
        machine.panics("Panic", 20);
        assert_eq!(machine.cause(), Some(BootCause::Panic));
        machine.panics("Oops", 20);
        assert_eq!(machine.cause(), None);
        machine.panics("Panic", 86_400);
        assert_eq!(machine.cause(), None, "of another time");
        machine.panics("Panic", 20);
        machine.ends(&[(1, "shutdown", 8), (2, "reboot", BOOTED_AT)]);
        assert_eq!(machine.cause(), Some(BootCause::Clean), "it was taken up again since");
    }

    #[test]
    fn a_watchdog_says_that_it_reset_the_host() {
        let machine = Machine::new("watchdog");
        machine.write("class/watchdog/watchdog0/bootstatus", b"0\n");
        assert_eq!(machine.cause(), None);
        machine.write("class/watchdog/watchdog1/bootstatus", b"32\n");
        assert_eq!(machine.cause(), Some(BootCause::Watchdog));
        machine.ends(&[(2, "reboot", 7), (2, "reboot", BOOTED_AT)]);
        assert_eq!(machine.cause(), Some(BootCause::Watchdog));
        machine.panics("Panic", 20);
        assert_eq!(machine.cause(), Some(BootCause::Panic), "what the watchdog then found");
    }
}
