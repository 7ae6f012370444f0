use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Mounts whose names begin with `/dead` answer only when released.
#[derive(Default)]
struct Wall {
    is_open: Mutex<bool>,
    opened: Condvar,
    calls: AtomicUsize,
}

impl Wall {
    fn ask(self: &Arc<Self>) -> Ask {
        let wall = Arc::clone(self);
        Arc::new(move |path| {
            if path.to_bytes().starts_with(b"/dead") {
                wall.calls.fetch_add(1, Ordering::SeqCst);
                let is_open = wall.is_open.lock().unwrap();
                drop(wall.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
            }
            (path.to_bytes() != b"/secret").then_some(Space { total: 7, ..Space::default() })
        })
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

fn paths(names: &[&str]) -> Vec<CString> {
    names.iter().map(|name| CString::new(*name).unwrap()).collect()
}

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// Polls until `is_done`; the helper is another thread, so real time has to pass.
fn until(statfs: &mut Statfs, now: Instant, is_done: impl Fn(&Statfs) -> bool) {
    for _ in 0..2000 {
        statfs.wait(Duration::from_millis(5), now);
        if is_done(statfs) {
            return;
        }
        thread::park_timeout(Duration::from_millis(1));
    }
    panic!("the helper does not get on");
}

const LIVE: Answer = Answer::Space(Space {
    total: 7,
    free: 0,
    available: 0,
    inodes: 0,
    inodes_free: 0,
    origin: Origin::Unknown,
});

#[test]
fn a_dead_mount_is_stuck_and_the_others_answer() {
    let wall = Arc::new(Wall::default());
    let mut statfs = Statfs::new(wall.ask());
    statfs.set_paths(paths(&["/a", "/dead", "/b", "/secret"]));
    statfs.start(at(0));
    until(&mut statfs, at(10), |statfs| statfs.seen.is_some_and(|seen| seen.0 == 1));
    assert_eq!(statfs.answers(), [LIVE, Answer::None, Answer::None, Answer::None]);
    statfs.poll(at(9).plus(STATFS_TIMEOUT));
    assert_eq!(statfs.answers()[1], Answer::None, "not yet");
    statfs.poll(at(10).plus(STATFS_TIMEOUT));
    until(&mut statfs, at(10).plus(STATFS_TIMEOUT), |statfs| !statfs.is_running());
    assert_eq!(statfs.answers(), [LIVE, Answer::Stuck, LIVE, Answer::None]);

    // The next round passes it by, and does not hang again.
    statfs.start(at(10_000));
    until(&mut statfs, at(10_001), |statfs| !statfs.is_running());
    assert_eq!(statfs.answers(), [LIVE, Answer::Stuck, LIVE, Answer::None]);
    assert_eq!(wall.calls.load(Ordering::SeqCst), 1);

    // Its call returns: the round after that asks it again.
    wall.open();
    until(&mut statfs, at(20_000), |statfs| {
        statfs.given_up.iter().all(|lost| lost.helper.lock().has_returned)
    });
    statfs.start(at(20_000));
    until(&mut statfs, at(20_001), |statfs| !statfs.is_running());
    assert_eq!(statfs.answers(), [LIVE, LIVE, LIVE, Answer::None]);
}

#[test]
fn a_host_of_dead_mounts_costs_a_bounded_number_of_threads() {
    let wall = Arc::new(Wall::default());
    let mut statfs = Statfs::new(wall.ask());
    let dead: Vec<String> = (0..2 * STATFS_THREADS_MAX).map(|n| format!("/dead{n}")).collect();
    statfs.set_paths(paths(&dead.iter().map(String::as_str).collect::<Vec<_>>()));
    let mut now = at(0);
    for _ in 0..4 {
        statfs.start(now);
        for _ in 0..2 * STATFS_THREADS_MAX {
            now = now.plus(STATFS_TIMEOUT);
            statfs.poll(now);
        }
    }
    assert_eq!(statfs.given_up.len(), STATFS_THREADS_MAX);
    let stuck = statfs.answers().iter().filter(|answer| **answer == Answer::Stuck).count();
    assert_eq!(stuck, STATFS_THREADS_MAX);
    assert!(!statfs.is_running(), "nobody asks any more");
    wall.open();
    until(&mut statfs, now, |statfs| {
        statfs.given_up.iter().all(|lost| lost.helper.lock().has_returned)
    });
    statfs.start(now);
    until(&mut statfs, now, |statfs| !statfs.is_running());
    assert!(statfs.answers().iter().all(|answer| *answer == LIVE));
}

#[test]
fn a_single_sample_waits_no_longer_than_its_limit() {
    let wall = Arc::new(Wall::default());
    let mut statfs = Statfs::new(wall.ask());
    statfs.set_paths(paths(&["/dead", "/b"]));
    statfs.start(at(0));
    statfs.wait(Duration::from_millis(10), at(0));
    statfs.skip(at(0));
    until(&mut statfs, at(1), |statfs| !statfs.is_running());
    assert_eq!(statfs.answers(), [Answer::Stuck, LIVE]);
    wall.open();
}

#[test]
fn the_kernel_answers_for_the_root() {
    let Some(space) = kernel()(c"/") else { panic!("/ has a size") };
    assert!(space.free <= space.total && space.available <= space.free && space.total > 0);
    assert_eq!(kernel()(c"/no/such/mount"), None);
}
