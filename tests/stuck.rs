//! A mount that does not answer: the sample goes on without it, says so, and takes it back.

use std::ffi::CStr;
use std::fs;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use kinglet_host::collect::Change;
use kinglet_host::{Ask, Options, Roots, Sampler, Space};
use kinglet_proto::sample::Filesystem;
use kinglet_proto::time::{Instant, Now, WallTime};

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

    *server.is_alive.lock().expect("nobody panicked") = true;
    server.revived.notify_all();
    until(&mut sampler, "the server is back", &|rows| {
        rows.used("/mnt/nas") == Some(40) && !rows.is_stuck("/mnt/nas")
    });
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
