//! What does not answer: the sample goes on without it, says so, and takes it back.

#[path = "fixtures/host.rs"]
mod host;

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use host::{Host, folder, table};
use kinglet_host::collect::Change;
use kinglet_host::{Ask, Options, Roots, Sampler, Space};
use kinglet_proto::sample::Filesystem;
use kinglet_proto::time::{Instant, Now, WallTime};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// What a dead server behind `/mnt/nas` waits for.
#[derive(Default)]
struct Server {
    is_alive: Mutex<bool>,
    revived: Condvar,
}

impl Server {
    fn ask(self: Arc<Self>) -> Ask {
        Arc::new(move |path: &CStr| {
            if path.to_bytes().ends_with(b"/mnt/nas") {
                let is_alive = self.is_alive.lock().ok()?;
                // Bounded, so that a failing test ends too.
                let limit = Duration::from_secs(60);
                drop(self.revived.wait_timeout_while(is_alive, limit, |is_alive| !*is_alive));
            }
            Some(Space { total: 100, free: 60, available: 50, ..Space::default() })
        })
    }
}

#[test]
fn a_dead_server_costs_its_own_row_only() {
    let folder = std::env::temp_dir().join(format!("kinglet-stuck-{}", std::process::id()));
    fs::create_dir_all(folder.join("proc/1")).expect("a folder can be made");
    let table = folder.join("proc/1/mountinfo");
    let root = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
    let share = "2 1 0:40 / /mnt/nas rw - nfs4 nas:/export rw\n";
    let disk = "3 1 8:17 / /srv rw - ext4 /dev/sdb1 rw\n";
    fs::write(&table, [root, share].concat()).expect("a file can be written");

    let server = Arc::new(Server::default());
    let roots = Roots { proc: folder.join("proc"), sys: folder.join("sys"), root: folder.clone() };
    let mut sampler = Sampler::with_statfs(&roots, &Options::default(), Arc::clone(&server).ask());
    let mut second = 0;
    // The helper is another thread, and clocks run fast here: what counts is where it ends.
    let mut until = |sampler: &mut Sampler, what: &str, is_so: &dyn Fn(&Rows) -> bool| {
        for _ in 0..1000 {
            second += 3;
            let instant = Instant::from_millis(second * 1000);
            sampler.collect(Now { instant, wall: WallTime::default() });
            if is_so(&Rows(sampler.sample_mut().filesystems.clone())) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("{what}: {:?}", sampler.sample_mut().filesystems);
    };
    until(&mut sampler, "the dead one is stuck, the other is not", &|rows| {
        rows.used("/") == Some(40) && rows.is_stuck("/mnt/nas") && rows.used("/mnt/nas").is_none()
    });

    fs::write(&table, [root, share, disk].concat()).expect("a file can be written");
    sampler.handle_change(Change::Mounts);
    until(&mut sampler, "a disk mounted meanwhile is seen", &|rows| {
        rows.used("/srv") == Some(40) && rows.is_stuck("/mnt/nas")
    });

    let troubles = |sampler: &Sampler| {
        let troubles = sampler.troubles().iter();
        Vec::from_iter(troubles.map(|trouble| format!("{}: {trouble}", trouble.component)))
    };
    assert_eq!(troubles(&sampler), ["filesystems: /mnt/nas: Timed out"]);
    *server.is_alive.lock().expect("nobody panicked") = true;
    server.revived.notify_all();
    until(&mut sampler, "the server is back", &|rows| {
        rows.used("/mnt/nas") == Some(40) && !rows.is_stuck("/mnt/nas")
    });
    assert_eq!(troubles(&sampler), [""; 0]);
    fs::remove_dir_all(&folder).expect("the folder is ours");
}

/// The file systems of one sample.
struct Rows(Vec<Filesystem>);

impl Rows {
    fn row(&self, mount_point: &str) -> Option<&Filesystem> {
        self.0.iter().find(|row| row.mount_point == mount_point)
    }

    fn used(&self, mount_point: &str) -> Option<u64> {
        self.row(mount_point)?.used
    }

    fn is_stuck(&self, mount_point: &str) -> bool {
        self.row(mount_point).is_some_and(|row| row.stuck)
    }
}

/// A sampler of a host in which these files keep their readers.
struct Held {
    sampler: Sampler,
    fifos: Vec<PathBuf>,
    second: u64,
}

impl Held {
    fn new(host: &Host, device: &str, files: &[PathBuf]) -> Self {
        for file in files {
            fs::remove_file(file).expect("the file is ours");
            mkfifo(file, Mode::S_IRWXU).expect("a FIFO can be made");
        }
        let ask = table(&folder(device).join("statfs"), &host.path);
        let sampler = Sampler::with_statfs(&host.roots(), &Options::default(), ask);
        Self { sampler, fifos: files.to_vec(), second: 900 }
    }

    /// Takes a sample some seconds later, in no more than a moment.
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    fn collect(&mut self, seconds: u64) {
        self.second += seconds;
        let instant = Instant::from_millis(self.second * 1000);
        let begun = std::time::Instant::now();
        let (done, wait) = mpsc::channel::<()>();
        let fifos = self.fifos.clone();
        // Whoever hangs all the same is let go, so that the test fails and does not hang.
        let guard = thread::spawn(move || {
            let is_over = wait.recv_timeout(Duration::from_secs(10)).is_ok();
            let held = if is_over { [].iter() } else { fifos.iter() };
            held.map(|fifo| both_ends(fifo)).collect::<Vec<_>>()
        });
        self.sampler.collect(Now { instant, wall: WallTime::default() });
        let took = begun.elapsed();
        let _ = done.send(());
        drop(guard.join().expect("nothing there panics"));
        assert!(took < Duration::from_secs(2), "{took:?} with {:?}", self.fifos);
        let sample = self.sampler.sample_mut();
        let is_there = sample.memory.total.is_some() && sample.uptime.is_some();
        assert!(is_there && !sample.network.interfaces.is_empty(), "with {:?}", self.fifos);
    }
}

impl Drop for Held {
    /// Lets go of whoever is held.
    fn drop(&mut self) {
        for fifo in &self.fifos {
            let both = both_ends(fifo);
            fs::remove_file(fifo).expect("the FIFO is ours");
            drop(both);
        }
    }
}

/// A FIFO with both ends open keeps nobody.
fn both_ends(fifo: &Path) -> fs::File {
    OpenOptions::new().read(true).write(true).open(fifo).expect("a FIFO of ours")
}

/// One file of each kind below `folder`: alike but for numbers, in folders alike but for numbers.
fn kinds(folder: &Path, found: &mut BTreeMap<String, PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the host").flatten() {
        let path = entry.path();
        let kind = entry.file_type().expect("a file has a type");
        if kind.is_dir() {
            kinds(&path, found);
        } else if kind.is_file() {
            let above = folder.parent().and_then(Path::file_name).unwrap_or_default();
            let name = format!("{above:?} {:?}", entry.file_name());
            found.insert(name.replace(|c: char| c.is_ascii_digit(), ""), path);
        }
    }
}

/// What an interface and a block device know of themselves is the kernel's own memory, and read
/// where it is asked for.
fn is_memory(file: &Path) -> bool {
    let is_in = |folder: &str| file.components().any(|part| part.as_os_str() == folder);
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let known = ["dev", "size", "hidden", "rotational", "level", "backing_dev_name", "uuid"];
    is_in("net") && is_in("sys") && name != "speed"
        || is_in("block")
            && !is_in("device")
            && (known.contains(&name) || file.ends_with("dm/name"))
}

#[test]
fn a_device_that_never_answers_costs_a_moment() {
    for device in ["server", "rpi-zero-2w", "openwrt-mt7621"] {
        let host = Host::new(&format!("held-{device}"));
        host.become_like(&folder(device).join("t0"));
        let mut files = BTreeMap::new();
        kinds(&host.path.join("sys"), &mut files);
        for name in ["cpuinfo", "mdstat", "net/wireless", "1/net/wireless"] {
            files.insert(name.to_owned(), host.path.join("proc").join(name));
        }
        for name in ["etc/os-release", "run/utmp"] {
            files.insert(name.to_owned(), host.path.join(name));
        }
        let files: Vec<_> =
            files.into_values().filter(|file| file.is_file() && !is_memory(file)).collect();
        assert!(files.len() > 10, "{files:?}");
        for file in &files {
            let text = fs::read(file).expect("a file of the host");
            let mut held = Held::new(&host, device, std::slice::from_ref(file));
            (0..2).for_each(|_| held.collect(10));
            drop(held);
            fs::write(file, text).expect("the host is ours");
        }
        let mut held = Held::new(&host, device, &files);
        (0..4).for_each(|_| held.collect(10));
        let stuck: Vec<_> = std::iter::from_fn(|| held.sampler.poll_stuck()).collect();
        assert!(!stuck.is_empty(), "they are named");
        held.collect(10);
        let mut again = std::iter::from_fn(|| held.sampler.poll_stuck());
        assert!(again.all(|path| !stuck.contains(&path)), "once");
    }
}
