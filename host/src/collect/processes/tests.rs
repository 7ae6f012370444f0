use std::fs;
use std::path::PathBuf;

use super::*;

/// A `/proc` of our own; it goes away again.
struct Proc(PathBuf);

impl Proc {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kinglet-top-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, pid: u32, name: &str, letter: &str, ticks: u64, start: u64, pages: u64) {
        let folder = self.0.join(pid.to_string());
        fs::create_dir_all(&folder).unwrap();
        let text = format!(
            "{pid} ({name}) {letter} 1 1 1 0 -1 4194560 9 0 1 0 {ticks} 0 0 0 20 0 1 0 {start} \
             9457664 {pages} 18446744073709551615\n"
        );
        fs::write(folder.join("stat"), text).unwrap();
    }

    fn collector(&self) -> ProcessCollector {
        let mut setup = Setup::of(&self.0);
        setup.wanted.processes = true;
        ProcessCollector { page_bytes: 4096, ..ProcessCollector::new(&setup) }
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn at(seconds: u64) -> Instant {
    Instant::from_millis(1_000_000 + seconds * 1000)
}

fn sample() -> Sample {
    let mut sample = Sample::default();
    sample.cpu.cores = Some(2);
    sample.processes = Some(Processes { total: Some(9), running: 1, ..Processes::default() });
    sample
}

fn names(sample: &Sample) -> Vec<&str> {
    sample.top.iter().map(|row| row.name.as_str()).collect()
}

#[test]
fn who_takes_most_is_told_and_what_all_are_at() {
    let proc = Proc::new("most");
    let put = |busy: u64| {
        for (pid, (name, letter)) in [
            ("init", "S"),
            ("kswapd0", "I"),
            ("nfsd", "D"),
            ("gone", "Z"),
            ("vim", "T"),
            ("gdb", "t"),
            ("a) R (b", "R"),
        ]
        .into_iter()
        .enumerate()
        {
            proc.put(u32::try_from(pid).unwrap() + 1, name, letter, 5, 10, 0);
        }
        for n in 0..7 {
            proc.put(100 + n, &format!("job{n}"), "R", u64::from(n) * busy, 20, 0);
            proc.put(200 + n, &format!("cache{n}"), "S", 0, 20, u64::from(n) * 1000);
        }
    };
    put(10);
    fs::create_dir_all(proc.0.join("net")).unwrap();
    let (mut collector, mut sample) = (proc.collector(), sample());
    collector.collect(at(0), &mut Buffer::default(), &mut sample);
    let Processes { total, sleeping, blocked, stopped, zombies, running, .. } =
        sample.processes.unwrap();
    assert_eq!((total, running), (Some(9), 1), "what others fill stays");
    assert_eq!((sleeping, blocked), (Some(9), Some(1)));
    assert_eq!((stopped, zombies), (Some(2), Some(1)));
    assert_eq!(names(&sample), ["cache6", "cache5", "cache4", "cache3", "cache2"]);
    assert_eq!(sample.top[0].memory_used, Some(6000 * 4096));
    assert_eq!(sample.top[0].cpu_percent, None);

    // The second walk comes at once, for what each takes is known with it.
    put(110);
    collector.collect(at(10), &mut Buffer::default(), &mut sample);
    let all =
        ["job6", "job5", "job4", "job3", "job2", "cache6", "cache5", "cache4", "cache3", "cache2"];
    assert_eq!(names(&sample), all);
    // 600 ticks of the 2,000 that two cores have in ten seconds.
    assert_eq!(sample.top[0].cpu_percent, Some(Percent::of(30, 100)));
    assert_eq!(sample.top[0].pid, 106);
}

#[test]
fn a_number_that_went_to_another_is_a_new_process() {
    let proc = Proc::new("reused");
    let (mut collector, mut sample) = (proc.collector(), sample());
    proc.put(1, "init", "S", 1, 10, 0);
    proc.put(7, "old", "S", 90_000, 10, 1);
    collector.collect(at(0), &mut Buffer::default(), &mut sample);
    proc.put(7, "new", "S", 90_500, 20, 1);
    collector.collect(at(10), &mut Buffer::default(), &mut sample);
    assert_eq!(names(&sample), ["new"]);
    assert_eq!(sample.top[0].cpu_percent, None, "it was not there before");
}

#[test]
fn walks_are_so_far_apart_that_they_take_a_hundredth_of_a_processor() {
    let proc = Proc::new("pace");
    let (mut collector, mut sample) = (proc.collector(), sample());
    proc.put(1, "init", "S", 1, 10, 1);
    let wait = |collector: &mut ProcessCollector, ms, is_first| {
        collector.plan(at(0), Duration::from_millis(ms), is_first);
        collector.due.since(at(0))
    };
    assert_eq!(wait(&mut collector, 3, false), PROCESS_INTERVAL);
    assert_eq!(wait(&mut collector, 3, true), Duration::from_millis(300));
    assert_eq!(wait(&mut collector, 900, false), Duration::from_secs(90));
    assert_eq!(collector.faults.take(), [""; 0]);
    // Between two walks what was found stays, and is put where others fill theirs anew.
    collector.due = at(0);
    collector.collect(at(0), &mut Buffer::default(), &mut sample);
    fs::remove_dir_all(&proc.0).unwrap();
    collector.due = at(100);
    sample.processes = Some(Processes::default());
    collector.collect(at(5), &mut Buffer::default(), &mut sample);
    assert_eq!(sample.processes.unwrap().sleeping, Some(1));
    assert_eq!(names(&sample), ["init"]);

    wait(&mut collector, 6_001, false);
    let faults = collector.faults.take();
    assert!(faults[0].contains("a walk took 6001 ms"), "{faults:?}");
    sample.processes = Some(Processes::default());
    collector.collect(at(5_000), &mut Buffer::default(), &mut sample);
    assert_eq!(sample.processes, Some(Processes::default()), "none are looked at any more");
}

#[test]
fn a_walk_of_many_takes_a_part_with_each_sample() {
    let proc = Proc::new("parts");
    let many = 3 * u32::try_from(PROCESSES_AT_ONCE).unwrap() + 90;
    let put = |busy: u64| {
        for pid in 1..=many {
            proc.put(pid, "job", "S", u64::from(pid) * busy, 10, 1);
        }
    };
    put(1);
    let (mut collector, mut sample) = (proc.collector(), sample());
    let mut seen = |collector: &mut ProcessCollector, seconds| {
        collector.collect(at(seconds), &mut Buffer::default(), &mut sample);
        (sample.processes.unwrap().sleeping, sample.top.first().map(|row| row.pid))
    };
    assert_eq!(seen(&mut collector, 0), (None, None), "nothing is told of half a walk");
    for second in [1, 2] {
        assert_eq!(seen(&mut collector, second), (None, None));
    }
    let (sleeping, top) = seen(&mut collector, 3);
    assert_eq!(sleeping, Some(u64::from(many)));
    assert!(top.is_some());
    put(2);
    assert_eq!(seen(&mut collector, 10).0, sleeping, "it stays while the next is under way");
    assert!(collector.walk.is_some());
    // Where samples are rare, the part is as large as the parts of those between would have been.
    assert_eq!(seen(&mut collector, 25), (sleeping, Some(u64::from(many))));
    // From walk to walk, not from part to part: in 10 s the last used 1,626 ticks of 2,000.
    assert_eq!(sample.top[0].cpu_percent, Some(Percent::of(u64::from(many), 2000)));
    assert_eq!(collector.due, at(40), "30 s from the beginning of one to that of the next");
}

#[test]
fn an_owner_is_told_once_that_proc_hides_the_processes_of_others() {
    let proc = Proc::new("hidden");
    proc.put(7, "own", "S", 1, 10, 1);
    let (mut collector, mut sample) = (proc.collector(), sample());
    collector.collect(at(0), &mut Buffer::default(), &mut sample);
    let faults = collector.faults.take();
    assert!(faults.len() == 1 && faults[0].contains("hidepid"), "{faults:?}");
    collector.collect(at(10), &mut Buffer::default(), &mut sample);
    assert_eq!(collector.faults.take(), [""; 0]);
    assert_eq!(names(&sample), ["own"], "they are told of all the same");
}

#[test]
fn nothing_is_walked_that_nobody_asked_for() {
    let proc = Proc::new("off");
    proc.put(7, "init", "S", 1, 10, 1);
    let mut sample = sample();
    let mut collector = ProcessCollector::new(&Setup::of(&proc.0));
    collector.collect(at(0), &mut Buffer::default(), &mut sample);
    assert_eq!((sample.top.len(), sample.processes.unwrap().sleeping), (0, None));
}
