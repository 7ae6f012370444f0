use std::fs::{self, OpenOptions};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;
use crate::read::Root;

/// Where a file has a gate beside it, a FIFO, its reader gets no farther until somebody opens it.
pub(super) fn pass_gate(path: &Path) {
    drop(fs::File::open(path.with_extension("gate")));
}

/// Files below a folder of their own, and a clock.
struct Rig {
    folder: PathBuf,
    background: Background,
    buffer: Buffer,
    second: u64,
}

impl Rig {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(format!("kinglet-background-{process}-{count}"));
        fs::create_dir_all(&folder).unwrap();
        let rig = Self {
            folder,
            background: Background::default(),
            buffer: Buffer::default(),
            second: 0,
        };
        rig.background.set_patience(Duration::from_millis(200));
        rig
    }

    /// Writes a file, and says how to read it.
    fn file(&self, name: &str, text: &str) -> Reading {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        Reading::new(path)
    }

    fn shut(&self, name: &str) {
        let gate = self.folder.join(name).with_extension("gate");
        mkfifo(&gate, Mode::S_IRWXU).unwrap();
    }

    /// Lets whoever waits at the gate pass, and takes it away.
    fn open(&self, name: &str) {
        let gate = self.folder.join(name).with_extension("gate");
        drop(OpenOptions::new().write(true).open(&gate).unwrap());
        fs::remove_file(&gate).unwrap();
    }

    /// A sample this many seconds later.
    fn later(&mut self, seconds: u64) {
        self.second += seconds;
        self.background.begin(Instant::from_millis(self.second * 1000));
    }

    fn read(&mut self, reading: &mut Reading) -> Option<String> {
        let bytes = self.background.read(reading, &mut self.buffer)?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Waits until the answer of what was asked has come.
    fn settle(&self, reading: &Reading) {
        while reading.job.is_asked() {
            std::thread::yield_now();
        }
    }

    fn stuck(&self) -> Vec<PathBuf> {
        std::iter::from_fn(|| self.background.poll_stuck()).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[test]
fn a_file_is_read_anew_each_time() {
    let mut rig = Rig::new();
    let mut file = rig.file("a/x", "one");
    rig.later(1);
    assert_eq!(rig.read(&mut file).as_deref(), Some("one"));
    fs::write(rig.folder.join("a/x"), "2").unwrap();
    rig.later(1);
    assert_eq!(rig.read(&mut file).as_deref(), Some("2"));
    let mut absent = Reading::new(rig.folder.join("a/y"));
    assert_eq!(rig.read(&mut absent), None);
    rig.file("a/y", "there");
    rig.later(1);
    assert_eq!(rig.read(&mut absent), None, "not looked for again yet");
    rig.later(60);
    assert_eq!(rig.read(&mut absent).as_deref(), Some("there"));
}

#[test]
fn one_that_does_not_answer_costs_its_like_and_nothing_else() {
    let mut rig = Rig::new();
    let (mut stuck, mut beside) = (rig.file("a/t1", "1"), rig.file("a/t2", "2"));
    let mut others = [rig.file("b/t1", "3"), rig.file("a/u1", "4")];
    rig.shut("a/t1");
    rig.later(1);
    rig.background.ask(&mut stuck);
    rig.background.ask(&mut beside);
    others.iter_mut().for_each(|file| rig.background.ask(file));
    assert_eq!(rig.read(&mut stuck), None);
    assert_eq!(rig.read(&mut beside), None, "it is likely the same device");
    assert_eq!(others.each_mut().map(|file| rig.read(file).unwrap()), ["3", "4"]);
    rig.open("a/t1");
    rig.settle(&stuck);
    // It has answered, late. What it said is believed until it is asked again.
    rig.later(10);
    assert_eq!(rig.read(&mut stuck).as_deref(), Some("1"));
    assert_eq!(rig.read(&mut beside), None, "the pause is for both");
    rig.later(10);
    assert_eq!(rig.read(&mut beside).as_deref(), Some("2"));
}

#[test]
fn what_it_said_last_is_believed_for_a_while() {
    let mut rig = Rig::new();
    let mut file = rig.file("a/x", "1");
    rig.later(1);
    assert_eq!(rig.read(&mut file).as_deref(), Some("1"));
    rig.shut("a/x");
    let said = [1, 20, 20, 19, 1].map(|seconds| {
        rig.later(seconds);
        let is_there = rig.read(&mut file).is_some();
        let waits = rig.background.0.borrow().waits;
        assert_eq!(waits, BACKGROUND_WAITS - u32::from(seconds == 1 && rig.second == 2), "once");
        is_there
    });
    assert_eq!(said, [true, true, true, true, false], "62 s are too many");
    rig.open("a/x");
}

#[test]
fn what_is_stuck_is_named_once_and_asked_ever_less() {
    let mut rig = Rig::new();
    let mut file = rig.file("a/x", "1");
    let path = rig.folder.join("a/x");
    rig.shut("a/x");
    rig.later(1);
    assert_eq!(rig.read(&mut file), None);
    assert!(rig.stuck().is_empty());
    rig.later(15);
    assert_eq!(rig.stuck(), [path]);
    let mut pauses = Vec::new();
    for _ in 0..3 {
        // It answers, is asked after the pause, and is stuck again.
        rig.open("a/x");
        rig.settle(&file);
        rig.shut("a/x");
        let mut pause = 0;
        while !file.job.is_asked() {
            rig.later(1);
            pause += 1;
            rig.read(&mut file);
            assert!(pause < 200);
        }
        pauses.push(pause);
        rig.later(15);
    }
    assert_eq!(pauses, [5, 25, 65], "20, 40 and 80 s, of which 15 were spent waiting");
    assert!(rig.stuck().is_empty(), "it is known");
    rig.open("a/x");
    rig.settle(&file);
    rig.later(200);
    assert_eq!(rig.read(&mut file).as_deref(), Some("1"));
    assert!(rig.background.0.borrow().late.is_empty(), "it is forgiven");
}

#[test]
fn a_sample_waits_for_a_few_and_threads_are_few() {
    let mut rig = Rig::new();
    rig.background.set_patience(Duration::from_millis(100));
    let names: Vec<_> = (0..BACKGROUND_THREADS_MAX + 3).map(|at| format!("{at}/x")).collect();
    let mut files: Vec<_> = names.iter().map(|name| rig.file(name, "1")).collect();
    names.iter().for_each(|name| rig.shut(name));
    let asked = |files: &[Reading]| files.iter().filter(|file| file.job.is_asked()).count();
    for sample in 1..10 {
        rig.later(1);
        files.iter_mut().for_each(|file| assert_eq!(rig.read(file), None));
        let hang = rig.background.0.borrow().late.len();
        let expected = (sample * BACKGROUND_WAITS as usize).min(BACKGROUND_THREADS_MAX);
        assert_eq!(hang, expected, "sample {sample}");
    }
    assert_eq!(asked(&files), BACKGROUND_THREADS_MAX, "the others are not even asked");
    for (name, file) in names.iter().zip(&files) {
        let gate = rig.folder.join(name).with_extension("gate");
        if file.job.is_asked() { rig.open(name) } else { fs::remove_file(gate).unwrap() }
    }
    files.iter().for_each(|file| rig.settle(file));
    rig.later(20);
    files.iter_mut().for_each(|file| assert_eq!(rig.read(file).as_deref(), Some("1")));
}

#[test]
fn what_is_read_once_is_there_later_when_it_is_late() {
    let mut rig = Rig::new();
    let root = Root::slow(&rig.folder, &rig.background);
    rig.file("a/model", "X1\n");
    rig.file("b/model", "Y2\n");
    rig.shut("b/model");
    rig.later(1);
    assert_eq!(root.text("a/model", &mut rig.buffer).as_deref(), Some("X1"));
    assert_eq!(rig.background.take_missed(), None);
    assert_eq!(root.text("b/model", &mut rig.buffer), None);
    assert_eq!(rig.background.take_missed(), Some(Instant::from_millis(21_000)), "after the pause");
    rig.open("b/model");
    rig.settle(&rig.background.0.borrow().once[0]);
    rig.later(20);
    assert_eq!(root.text("b/model", &mut rig.buffer).as_deref(), Some("Y2"));
    assert_eq!(rig.background.take_missed(), None);
}

/// A file that hangs for half an hour must not have all others read anew each minute.
#[test]
fn what_never_comes_is_missed_ever_less_often() {
    let mut rig = Rig::new();
    let root = Root::slow(&rig.folder, &rig.background);
    rig.file("a/model", "X1\n");
    rig.shut("a/model");
    rig.later(1);
    let mut asked = Vec::new();
    while rig.second < 2000 {
        assert_eq!(root.text("a/model", &mut rig.buffer), None);
        let again_at = rig.background.take_missed().unwrap().as_millis() / 1000;
        asked.push(again_at);
        rig.later(again_at - rig.second);
    }
    assert_eq!(asked, [21, 41, 81, 161, 321, 641, 1281, 2481]);
    rig.open("a/model");
}

#[test]
fn threads_that_hang_are_not_forgotten_for_those_that_do_not() {
    let mut rig = Rig::new();
    rig.background.set_patience(Duration::from_millis(50));
    let mut held = rig.file("held/x", "1");
    rig.shut("held/x");
    rig.later(1);
    assert_eq!(rig.read(&mut held), None);
    for at in 0..BACKGROUND_LATE_MAX {
        let name = format!("{at}/x");
        let mut slow = rig.file(&name, "1");
        rig.shut(&name);
        rig.later(1);
        assert_eq!(rig.read(&mut slow), None, "{at}");
        rig.open(&name);
        rig.settle(&slow);
    }
    let desk = rig.background.0.borrow();
    assert_eq!(desk.late.len(), BACKGROUND_LATE_MAX);
    assert!(desk.late.iter().any(Late::hangs), "the one that is still there");
    drop(desk);
    rig.open("held/x");
}

#[test]
fn what_comes_late_is_in_time_where_reports_are_far_apart() {
    let mut rig = Rig::new();
    rig.background = Background::default();
    let patience = |rig: &Rig| rig.background.0.borrow().patience;
    for (seconds, ms) in [(600, 20), (1, 20), (5, 83), (60, 1000), (3600, 1000)] {
        rig.later(seconds);
        assert_eq!(patience(&rig).as_millis(), ms, "{seconds}");
    }
}
