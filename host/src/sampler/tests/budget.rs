//! A sampler whose collectors cost what a test says, before a budget.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use kinglet_proto::sample::AgentCost;
use kinglet_proto::time::WallTime;

use super::*;
use crate::budget::Spent;
use crate::storage::statfs::Space;

/// Seconds from sample to sample.
const APART: u64 = 10;

/// A collector by its name.
type Named = (&'static str, Box<dyn Collector>);

/// A collector by its name, what it takes, and how often it was asked.
type Row = (&'static str, Rc<Cell<Duration>>, Rc<Cell<u32>>);

/// What was used of a processor, and how often that was asked of the thread.
#[derive(Clone, Default)]
struct Used(Rc<Cell<(Duration, u32)>>);

/// A collector that takes so much at each reading.
struct Costly {
    collector: Box<dyn Collector>,
    cost: Rc<Cell<Duration>>,
    asked: Rc<Cell<u32>>,
    used: Used,
}

/// One that does nothing beside.
struct Idle;

/// A sampler, and what each of its collectors takes and how often it was asked.
struct Lab {
    sampler: Sampler,
    rows: Vec<Row>,
    used: Used,
    second: u64,
}

impl Used {
    fn add(&self, cost: Duration) {
        let (used, asked) = self.0.get();
        self.0.set((used + cost, asked));
    }
}

impl Collector for Costly {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        self.collector.collect(now, buffer, sample);
        self.asked.set(self.asked.get() + 1);
        self.used.add(self.cost.get());
    }

    fn wait(&mut self, limit: Duration, sample: &mut Sample) {
        self.collector.wait(limit, sample);
    }

    fn apart(&self) -> Option<Duration> {
        self.collector.apart()
    }
}

impl Collector for Idle {
    fn collect(&mut self, _: Instant, _: &mut Buffer, sample: &mut Sample) {
        sample.agent.get_or_insert_default();
    }
}

impl Lab {
    /// Of these collectors, which take so much at each reading.
    fn new(
        collectors: Vec<Named>,
        cost: impl Fn(&str) -> Duration,
        setup: Setup,
        budget: Budget,
    ) -> Self {
        let (used, mut rows, mut all) = (Used::default(), Vec::new(), Vec::<Named>::new());
        for (name, collector) in collectors {
            let (cost, asked) = (Rc::new(Cell::new(cost(name))), Rc::default());
            rows.push((name, Rc::clone(&cost), Rc::clone(&asked)));
            all.push((name, Box::new(Costly { collector, cost, asked, used: used.clone() })));
        }
        let (of_program, of_thread) = (used.clone(), used.clone());
        let spent = Spent {
            program: Box::new(move || of_program.0.get().0),
            thread: Box::new(move || {
                let (used, asked) = of_thread.0.get();
                of_thread.0.set((used, asked + 1));
                used
            }),
        };
        let interval = Duration::from_secs(APART);
        let throttle = Throttle::with(budget, interval, all.iter().map(member), spent);
        let sampler = Sampler::of(all, setup, &Options::default());
        let sampler = Sampler { throttle: Some(throttle), ..sampler };
        Self { sampler, rows, used, second: 100_000 }
    }

    /// Takes a sample; the collectors that were asked.
    fn take(&mut self) -> Vec<&'static str> {
        let before: Vec<_> = self.rows.iter().map(|row| row.2.get()).collect();
        self.second += APART;
        take(&mut self.sampler, self.second);
        let rows = self.rows.iter().zip(before);
        rows.filter(|(row, before)| row.2.get() > *before).map(|(row, _)| row.0).collect()
    }

    fn told(&mut self) -> Vec<String> {
        [self.sampler.take_notes(), self.sampler.take_faults()].concat()
    }

    /// Takes samples until something is said; that, and how many they were.
    fn until_told(&mut self) -> (u32, String) {
        for count in 1..200 {
            self.take();
            let told = self.told();
            if !told.is_empty() {
                return (count, told.concat());
            }
        }
        panic!("nothing was said");
    }

    fn agent(&mut self) -> AgentCost {
        self.sampler.sample_mut().agent.clone().unwrap()
    }
}

fn take(sampler: &mut Sampler, second: u64) {
    let instant = Instant::from_millis(second * 1000);
    let wall = WallTime::from_unix_millis(1_795_161_600_000 + second * 1000);
    sampler.collect(Now { instant, wall });
    // The clock here leaps where the helper that asks the mounts needs real time.
    sampler.wait(Duration::from_secs(5));
}

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Collectors of these names that read nothing.
fn idle(names: &[&'static str]) -> Vec<Named> {
    let one = |name: &&'static str| -> Named { (*name, Box::new(Idle)) };
    names.iter().map(one).collect()
}

fn nowhere() -> Setup {
    Setup::of(Path::new("/nowhere"))
}

#[test]
fn the_costliest_is_asked_less_often_while_that_is_needed() {
    let budget = Budget { processor: Some(100), rss: None };
    let cost = |name: &str| millis(if name == "sockets" { 90 } else { 30 });
    let mut lab = Lab::new(idle(&["memory", "sockets"]), cost, nowhere(), budget);
    assert_eq!(lab.take(), ["memory", "sockets"]);
    assert_eq!((lab.agent().slowed, lab.agent().over_budget), (Some(0), None));
    let told = "budget: the agent took 1.2 % of a processor, more than 1 %; read every 20 s \
                instead of every 10 s from now on: sockets, which took 0.9 %";
    assert_eq!(lab.until_told(), (2 + 12, told.to_owned()));
    assert_eq!((lab.agent().slowed, lab.agent().over_budget), (Some(1), Some(true)));
    let asked: Vec<_> = (0..4).map(|_| lab.take().len()).collect();
    assert_eq!(asked, [1, 2, 1, 2]);
    for _ in 0..60 {
        lab.take();
    }
    assert_eq!(lab.told(), Vec::<String>::new());
    assert_eq!((lab.agent().slowed, lab.agent().over_budget), (Some(1), Some(false)));
    lab.rows[1].1.set(millis(1));
    let told = "budget: the agent took 0.3 % of a processor, well below 1 %; read every 10 s \
                again: sockets";
    assert_eq!(lab.until_told().1, told);
    assert_eq!(lab.agent().slowed, Some(0));
    assert_eq!(lab.take(), ["memory", "sockets"]);
}

#[test]
fn within_its_budget_the_agent_does_not_ask_what_each_takes() {
    let budget = Budget { processor: Some(100), rss: None };
    let mut lab = Lab::new(idle(&["memory", "sockets"]), |_| millis(20), nowhere(), budget);
    for _ in 0..15 {
        lab.take();
    }
    let asked = lab.used.0.get().1;
    assert_eq!(asked, 15 * 3, "the first window is measured, before and behind each");
    for _ in 0..100 {
        lab.take();
    }
    assert_eq!(lab.used.0.get().1, asked);
}

#[test]
fn a_window_in_which_the_host_slept_is_none() {
    let budget = Budget { processor: Some(100), rss: None };
    let mut lab = Lab::new(idle(&["memory"]), |_| millis(150), nowhere(), budget);
    for _ in 0..10 {
        lab.take();
    }
    lab.second += 13 * APART;
    assert_eq!(lab.until_told().0, 5 + 12, "the one after it is looked at");
}

#[test]
fn where_nothing_helps_that_is_said_once() {
    let budget = Budget { processor: Some(100), rss: None };
    let mut lab = Lab::new(idle(&["memory"]), |_| millis(1), nowhere(), budget);
    for _ in 0..100 {
        lab.used.add(millis(150));
        lab.take();
    }
    let told = lab.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("nothing that could be read less often takes much"), "{told:?}");
    assert_eq!((lab.agent().slowed, lab.agent().over_budget), (Some(0), Some(true)));
}

#[test]
fn memory_is_said_to_be_too_much_once_until_it_is_well_below() {
    let budget = Budget { processor: None, rss: Some(8_000_000) };
    let mut lab = Lab::new(idle(&["memory"]), |_| millis(1), nowhere(), budget);
    let mut window = |rss: u64| {
        for _ in 0..15 {
            lab.sampler.sample_mut().agent.get_or_insert_default().rss = Some(rss);
            lab.take();
        }
        assert_eq!(lab.agent().slowed, None);
        (lab.agent().over_budget, lab.told())
    };
    assert_eq!(window(8_000_000), (Some(false), vec![]));
    let (is_over, told) = window(8_000_001);
    assert_eq!((is_over, told.len()), (Some(true), 1), "{told:?}");
    assert!(told[0].contains("has 8000 kB of memory, more than 8000 kB"), "{told:?}");
    assert_eq!(window(7_000_001), (Some(true), vec![]), "not well below");
    let told = "budget: the agent has 7000 kB of memory, within 8000 kB";
    assert_eq!(window(7_000_000), (Some(false), vec![told.to_owned()]));
}

#[test]
fn who_has_to_be_asked_always_is() {
    let mut always: Vec<_> = Vec::new();
    let mut setup = nowhere();
    setup.router = Some(Router::default());
    setup.custom = "/nowhere".into();
    let (engine, is_on) = (setup.wanted.engine.clone(), true);
    setup.wanted =
        Wanted { containers: is_on, engine, processes: is_on, smart: is_on, units: is_on };
    for entry in &ENTRIES {
        // Only others than this host have no netlink here.
        if (entry.new)(&setup).apart().is_none() {
            always.push(entry.name);
        }
    }
    always.retain(|name| !["qdiscs", "wireguard", "stations"].contains(name));
    assert_eq!(always, ["host", "agent"]);
    for entry in &ENTRIES {
        assert!(ENTRIES.iter().any(|other| other.name == in_step(entry.name)), "{}", entry.name);
    }
}

/// Seven that cost the same, all read half as often in the end, against a sampler that is asked
/// half as often.
#[test]
fn what_is_read_less_often_is_what_a_rarer_sample_would_have() {
    let host = Host::new();
    host.become_like("t0");
    let all = |setup: &Setup| -> Vec<Named> {
        ENTRIES.iter().map(|entry| (entry.name, (entry.new)(setup))).collect()
    };
    let other = host.setup();
    let mut plain = Sampler::of(all(&other), other, &Options::default());
    let names = ["cpu", "memory", "filesystems", "network", "sockets", "pressure", "sensors"];
    let cost = |name: &str| millis(if names.contains(&name) { 10 } else { 0 });
    let (setup, budget) = (host.setup(), Budget { processor: Some(36), rss: None });
    let mut lab = Lab::new(all(&setup), cost, setup, budget);
    lab.sampler.set_patience(Duration::from_secs(5));
    plain.set_patience(Duration::from_secs(5));
    for _ in 0..3 + 12 * 9 {
        if lab.take().contains(&"network") {
            take(&mut plain, lab.second);
        }
    }
    let told = lab.told();
    assert_eq!(told.len(), names.len(), "{told:?}");
    let before = shown(&mut lab.sampler);
    assert!(before == shown(&mut plain), "before");
    let asked = lab.take();
    assert_eq!(names.iter().find(|name| asked.contains(name)), None);
    host.become_like("t1");
    let asked = lab.take();
    let in_step = ["kernel", "disks", "wear"];
    assert!(names.iter().chain(&in_step).all(|name| asked.contains(name)), "{asked:?}");
    take(&mut plain, lab.second);
    let after = shown(&mut lab.sampler);
    assert!(after == shown(&mut plain), "after twice the time");
    assert!(after.network.rx_speed > before.network.rx_speed, "{:?}", after.network);
    assert_ne!(after.cpu.usage, before.cpu.usage);
    assert!(after.disks.iter().any(|disk| disk.write_speed > Some(0)), "{:?}", after.disks);
    host.become_like("t0");
    lab.take();
    assert!(shown(&mut lab.sampler) == after, "what was said last stays");
}

/// A sample without what is never read less often.
fn shown(sampler: &mut Sampler) -> Sample {
    let whole = sampler.sample_mut().clone();
    Sample {
        taken: Instant::default(),
        timestamp: WallTime::default(),
        uptime: None,
        load_average: None,
        processes: None,
        agent: None,
        ..whole
    }
}

/// A fixture that is a host.
struct Host(PathBuf);

impl Host {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("kinglet-sampler-{}", std::process::id())))
    }

    fn become_like(&self, dump: &str) {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/server");
        copy(&fixture.join(dump), &self.0);
    }

    fn setup(&self) -> Setup {
        let (proc, sys) = (self.0.join("proc"), self.0.join("sys"));
        let roots = Roots { proc, sys, root: self.0.clone() };
        let space = Space { total: 1000, free: 600, available: 500, ..Space::default() };
        let ask = Arc::new(move |_: &std::ffi::CStr| Some(space));
        Setup { detail: true, ..Setup::new(&roots, Filters::default(), ask) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&source, &target);
        } else if kind.is_symlink() {
            let _ = fs::remove_file(&target);
            symlink(fs::read_link(&source).unwrap(), target).unwrap();
        } else {
            fs::write(target, fs::read(&source).unwrap()).unwrap();
        }
    }
}
