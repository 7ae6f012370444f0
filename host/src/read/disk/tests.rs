use std::sync::mpsc;

use super::*;
use crate::limits::DISK_THREADS_MAX;

fn disk(name: &str) -> Arc<Disk> {
    Disk::new(Target { path: name.into(), kind: Kind::Nvme })
}

fn seconds(count: u64) -> Instant {
    Instant::from_millis(count * 1000)
}

const LONG: Duration = Duration::from_secs(10);

#[test]
fn every_disk_is_asked_once_a_round_and_its_answer_is_taken_once() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let ask: Ask = Arc::new(move |target, is_idle| {
        log.lock().unwrap().push((target.path.clone(), is_idle));
        Answer::Standby
    });
    let mut inquiry = Inquiry::new(ask);
    let disks = [disk("a"), disk("b")];
    for round in 1..=2 {
        inquiry
            .start(disks.iter().map(|disk| (Arc::clone(disk), round == 2)), seconds(round * 600));
        inquiry.wait(LONG);
        for disk in &disks {
            assert!(!disk.is_out());
            assert_eq!((disk.take(), disk.take()), (Some(Answer::Standby), None));
        }
    }
    let due = [("a", false), ("b", false), ("a", true), ("b", true)];
    assert_eq!(*asked.lock().unwrap(), due.map(|(name, is_idle)| (name.into(), is_idle)));
}

#[test]
fn a_disk_that_hangs_costs_only_itself() {
    let (release, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (say, asked) = mpsc::channel();
    let ask: Ask = Arc::new(move |target, _| {
        say.send(target.path.clone()).unwrap();
        if target.path.ends_with("bad") {
            let _ = gate.lock().unwrap().recv();
        }
        Answer::Silent
    });
    let next = || asked.recv_timeout(LONG).unwrap().display().to_string();
    let mut inquiry = Inquiry::new(ask);
    let (bad, good) = (disk("bad"), disk("good"));
    let all = || [&bad, &good].map(|disk| (Arc::clone(disk), false)).into_iter();
    inquiry.start(all(), seconds(600));
    assert_eq!(next(), "bad");
    inquiry.poll(seconds(601));
    assert!(asked.try_recv().is_err() && good.is_out(), "it may still answer");
    let late = seconds(601).plus(DISK_PATIENCE);
    inquiry.poll(late);
    assert_eq!(next(), "good");
    // The next round passes it by.
    while good.take().is_none() {
        thread::yield_now();
    }
    inquiry.start(all(), seconds(1200));
    assert_eq!(next(), "good");
    assert!(bad.is_out());
    drop(release);
    inquiry.wait(LONG);
    assert_eq!(bad.take(), Some(Answer::Silent));
    inquiry.start(all(), seconds(1800));
    assert_eq!(next(), "bad");
}

#[test]
fn so_many_threads_hang_and_no_more() {
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let (say, asked) = mpsc::channel();
    let ask: Ask = Arc::new(move |_, _| {
        say.send(()).unwrap();
        let _ = gate.lock().unwrap().recv();
        Answer::Silent
    });
    let mut inquiry = Inquiry::new(ask);
    let disks: Vec<_> = (0..9).map(|number| disk(&number.to_string())).collect();
    inquiry.start(disks.iter().map(|disk| (Arc::clone(disk), false)), seconds(0));
    for round in 1..9 {
        if round <= DISK_THREADS_MAX {
            asked.recv_timeout(LONG).unwrap();
        }
        inquiry.poll(seconds(0));
        let waiting = inquiry.waiting;
        assert_eq!(waiting, 9 - round.min(DISK_THREADS_MAX));
        inquiry.poll(seconds(0).plus(DISK_PATIENCE * u32::try_from(round).unwrap()));
    }
    assert_eq!(*inquiry.threads.lock(), DISK_THREADS_MAX);
    drop(release);
    inquiry.wait(LONG);
    assert!(disks.iter().all(|disk| disk.take().is_some()), "who is left is asked after all");
}
