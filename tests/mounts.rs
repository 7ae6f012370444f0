//! Mounts that come and go, and paths that do not lead where the mount table says.

use std::ffi::CStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use kinglet_host::collect::Change;
use kinglet_host::{Ask, Options, Roots, Sampler, Space};
use kinglet_proto::time::{Instant, Now, WallTime};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};

/// A host that is a folder: its mount table, and a sampler of it.
struct Host {
    folder: PathBuf,
    second: u64,
    sampler: Sampler,
}

impl Host {
    fn new(name: &str, ask: Option<Ask>) -> Self {
        let folder = std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("proc/1")).expect("a folder can be made");
        fs::write(folder.join("proc/1/mountinfo"), "").expect("a file can be written");
        let (proc, sys) = (folder.join("proc"), folder.join("sys"));
        let roots = Roots { proc, sys, root: folder.clone() };
        let options = Options::default();
        let sampler = match ask {
            Some(ask) => Sampler::with_statfs(&roots, &options, ask),
            None => Sampler::new(&roots, &options),
        };
        Self { folder, second: 0, sampler }
    }

    fn mount_table(&mut self, lines: &[String]) {
        fs::write(self.folder.join("proc/1/mountinfo"), lines.join("\n")).expect("a table");
        self.sampler.handle_change(Change::Mounts);
    }

    /// Mount points and their sizes in the next sample.
    fn sample(&mut self) -> Vec<(String, Option<u64>)> {
        self.second += 1;
        let instant = Instant::from_millis(self.second * 1000);
        self.sampler.collect(Now { instant, wall: WallTime::default() });
        let rows = self.sampler.sample_mut().filesystems.iter();
        rows.map(|row| (row.mount_point.clone(), row.total)).collect()
    }

    /// Samples until they are these: who asks is another thread.
    fn until(&mut self, expected: &[(&str, Option<u64>)]) {
        for _ in 0..1000 {
            if is(&self.sample(), expected) {
                return;
            }
            thread::park_timeout(Duration::from_millis(5));
        }
        panic!("{:?} never became {expected:?}", self.sample());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is(rows: &[(String, Option<u64>)], expected: &[(&str, Option<u64>)]) -> bool {
    let rows: Vec<_> = rows.iter().map(|(mount_point, total)| (&**mount_point, *total)).collect();
    rows == expected
}

/// Lets questions through while it is open.
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn set(&self, is_open: bool) {
        *self.is_open.lock().expect("nobody panicked") = is_open;
        self.opened.notify_all();
    }

    fn ask(self: &Arc<Self>) -> Ask {
        let gate = Arc::clone(self);
        Arc::new(move |_: &CStr| {
            let is_open = gate.is_open.lock().ok()?;
            // Bounded, so that a failing test ends too.
            let limit = Duration::from_secs(60);
            drop(gate.opened.wait_timeout_while(is_open, limit, |is_open| !*is_open));
            Some(Space { total: 100, free: 60, available: 50, ..Space::default() })
        })
    }
}

#[test]
fn a_mount_or_unmount_costs_no_report_its_disks() {
    let gate = Arc::new(Gate { is_open: Mutex::new(true), opened: Condvar::new() });
    let mut host = Host::new("gate", Some(gate.ask()));
    let root = "1 0 8:1 / / rw - ext4 /dev/sda1 rw".to_owned();
    let disk = "2 1 8:17 / /srv rw - ext4 /dev/sdb1 rw".to_owned();
    let stick = "3 1 8:33 / /mnt rw - vfat /dev/sdc1 rw".to_owned();
    let known = Some(100);
    host.mount_table(&[root.clone(), disk.clone()]);
    host.until(&[("/", known), ("/srv", known)]);

    gate.set(false);
    host.mount_table(&[root.clone(), disk, stick.clone()]);
    let rows = host.sample();
    assert!(is(&rows, &[("/", known), ("/mnt", None), ("/srv", known)]), "{rows:?}");
    gate.set(true);
    host.until(&[("/", known), ("/mnt", known), ("/srv", known)]);

    gate.set(false);
    host.mount_table(&[root, stick]);
    let rows = host.sample();
    assert!(is(&rows, &[("/", known), ("/mnt", known)]), "{rows:?}");
    gate.set(true);
}

/// On a thread of its own, which takes its mounts with it; without root there is nothing to see.
#[test]
fn the_kernel_answers_for_the_mount_that_is_meant_only() {
    let ended = thread::spawn(|| {
        let none = None::<&str>;
        let is_alone = unshare(CloneFlags::CLONE_NEWNS)
            .and_then(|()| mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none));
        if is_alone.is_ok() {
            look_where_mounts_are_not();
        }
    });
    ended.join().expect("as it should be");
}

fn look_where_mounts_are_not() {
    let mut host = Host::new("meant", None);
    for name in ["here", "absent", "over/below", "sandboxed"] {
        fs::create_dir_all(host.folder.join(name)).expect("a folder can be made");
    }
    fs::write(host.folder.join("bound"), "").expect("a file can be written");
    let size = |kib: u64| Some(kib * 1024);
    mount_tmpfs(&host.folder.join("here"), 64);
    fs::create_dir(host.folder.join("here/nothing")).expect("a folder can be made");
    mount_tmpfs(&host.folder.join("over/below"), 128);
    let device_of = |path: &Path| {
        let device = fs::metadata(path).expect("it is there").dev();
        format!("{}:{}", nix::sys::stat::major(device), nix::sys::stat::minor(device))
    };
    let below = device_of(&host.folder.join("over/below"));
    mount_tmpfs(&host.folder.join("over"), 256);
    fs::create_dir_all(host.folder.join("over/below")).expect("a folder can be made");
    mount_tmpfs(&host.folder.join("sandboxed"), 512);
    let line = |at: u64, device: &str, mount_point: &str, root: &str| {
        format!("{at} 1 {device} {root} {mount_point} rw - btrfs /dev/sd{at} rw")
    };
    let here = device_of(&host.folder.join("here"));
    let table = [
        line(1, "8:1", "/", "/"),
        line(2, &here, "/here", "/"),
        line(3, "8:99", "/absent", "/"),
        line(4, &below, "/over/below", "/"),
        line(5, "8:77", "/sandboxed", "/"),
        line(6, "8:98", "/bound", "/etc/bound").replace("btrfs", "ext4"),
        line(7, "0:9999", "/here/nothing", "/"),
    ];
    host.mount_table(&table);
    for _ in 0..1000 {
        let rows = host.sample();
        let total =
            |mount_point: &str| rows.iter().find(|row| row.0 == mount_point).map(|row| row.1);
        if total("/here") == Some(size(64)) && total("/bound").is_none() {
            assert!(total("/").is_some_and(|total| total.is_some()), "{rows:?}");
            for hidden in ["/absent", "/over/below", "/sandboxed", "/here/nothing"] {
                assert_eq!(total(hidden), Some(None), "{hidden}: {rows:?}");
            }
            for name in ["here", "over", "over/below", "sandboxed"] {
                let _ = umount2(&host.folder.join(name), MntFlags::MNT_DETACH);
            }
            return;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    panic!("{:?}", host.sample());
}

fn mount_tmpfs(path: &Path, kib: u64) {
    let options = format!("size={kib}k");
    mount(Some("x"), path, Some("tmpfs"), MsFlags::empty(), Some(&*options)).expect("a mount");
}
