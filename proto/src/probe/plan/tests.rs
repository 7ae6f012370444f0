use super::*;
use crate::limits::TARGET_ATTEMPTS;

const INTERVAL: Duration = Duration::from_secs(30);

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

fn target(name: &str, host: &str) -> Target {
    Target::of(name, "icmp", host, None).unwrap()
}

fn plan(targets: &[Target], private: bool) -> Plan {
    let bounds = Bounds { interval: INTERVAL, count: TARGETS_MAX, private };
    Plan::new(targets, bounds, 7, at(0))
}

fn many(count: usize) -> Vec<Target> {
    (0..count).map(|n| target(&format!("t{n}"), "192.0.2.1")).collect()
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.rows.iter().map(|row| row.target.name.as_str()).collect()
}

/// Every attempt until this time, each answered at once: when and of whom.
fn run(plan: &mut Plan, until: u64) -> Vec<(u64, String)> {
    let mut begun = Vec::new();
    while let Some(due) = plan.deadline().filter(|due| *due < at(until)) {
        let (id, target, _) = plan.begin(due).unwrap();
        begun.push((due.as_millis(), target.name.clone()));
        plan.handle_outcome(id, Outcome::Answered(1000), due);
    }
    begun
}

#[test]
fn nothing_to_probe_is_nothing_to_wait_for() {
    let mut plan = plan(&[], false);
    assert_eq!(plan.deadline(), None);
    assert!(plan.begin(at(0)).is_none());
    let mut probes = vec![Probe::default()];
    plan.fill(&mut probes);
    assert_eq!(probes.len(), 1, "what is no news is not written");
}

#[test]
fn turns_come_soon_apart_and_about_every_interval() {
    let mut plan = plan(&many(16), false);
    let begun = run(&mut plan, 600_000);
    let first: Vec<_> = begun[..16].iter().map(|(ms, _)| *ms).collect();
    assert!(
        first.iter().all(|ms| *ms < 5000) && first.iter().any(|ms| *ms != first[0]),
        "{first:?}"
    );
    let of_one: Vec<_> = begun.iter().filter(|(_, name)| name == "t3").map(|(ms, _)| *ms).collect();
    let gaps: Vec<_> = of_one.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| (27_000..33_000).contains(gap)), "{gaps:?}");
    assert!(gaps.iter().any(|gap| *gap != gaps[0]), "jittered");
    let mean = gaps.iter().sum::<u64>() / gaps.len() as u64;
    assert!((28_500..31_500).contains(&mean), "{mean}");
}

#[test]
fn an_attempt_under_way_is_not_made_twice() {
    let mut plan = plan(&many(1), false);
    let (id, ..) = plan.begin(at(5000)).unwrap();
    assert_eq!(plan.deadline(), None);
    assert!(plan.begin(at(90_000)).is_none());
    plan.handle_outcome(id, Outcome::Lost, at(90_000));
    let next = plan.deadline().unwrap();
    assert!(next > at(90_000), "what was missed is not made up for");
    plan.handle_outcome(id + 1, Outcome::Lost, at(90_000));
    assert_eq!(plan.deadline(), Some(next), "nobody's");
}

#[test]
fn an_address_is_believed_until_it_is_old_or_silent() {
    let mut plan = plan(&many(1), false);
    let ip = "192.0.2.1".parse().unwrap();
    let (id, _, address) = plan.begin(at(5000)).unwrap();
    assert_eq!(address, None);
    assert!(plan.take_address(id, ip, at(5000)));
    plan.handle_outcome(id, Outcome::Answered(1), at(5000));
    assert_eq!(plan.begin(at(50_000)).unwrap().2, Some(ip));
    plan.handle_outcome(id, Outcome::Lost, at(50_000));
    assert_eq!(plan.begin(at(99_000)).unwrap().2, None, "another may answer");
    assert!(plan.take_address(id, ip, at(99_000)));
    plan.handle_outcome(id, Outcome::Answered(1), at(99_000));
    assert_eq!(plan.begin(at(99_000 + 600_000)).unwrap().2, None, "an old one");
}

#[test]
fn a_name_without_an_address_is_asked_for_once_a_minute() {
    let mut plan = plan(&many(1), false);
    let (id, ..) = plan.begin(at(5000)).unwrap();
    plan.handle_outcome(id, Outcome::NoAddress("no such name".into()), at(5000));
    assert_eq!(plan.deadline(), Some(at(65_000)));
    let mut probes = Vec::new();
    plan.fill(&mut probes);
    assert_eq!((probes[0].fault.as_str(), probes[0].lost), ("no such name", 1));
}

#[test]
fn a_server_probes_no_private_address_unless_it_may() {
    let (home, away) = ("192.168.0.1".parse().unwrap(), "192.0.2.1".parse().unwrap());
    for private in [false, true] {
        let mut plan = plan(&[target("own", "router.lan")], private);
        assert_eq!(plan.want(0, Wanted::Targets(vec![target("theirs", "x.example")]), at(0)), 0);
        assert_eq!(plan.want(0, Wanted::Task(1, target("", "y.example")), at(0)), 0);
        for (id, is_theirs) in [(1, false), (2, true), (3, true)] {
            assert_eq!(plan.take_address(id, home, at(0)), private || !is_theirs, "{id}");
            assert!(plan.take_address(id, away, at(0)));
        }
    }
}

#[test]
fn a_server_replaces_its_own_targets_and_no_others() {
    let mut plan = plan(&[target("own", "a")], false);
    let want = |plan: &mut Plan, server, names: &[&str]| {
        let targets = names.iter().map(|name| target(name, "b")).collect();
        plan.want(server, Wanted::Targets(targets), at(0))
    };
    assert_eq!(want(&mut plan, 0, &["x", "y"]), 0);
    assert_eq!(want(&mut plan, 1, &["z"]), 0);
    run(&mut plan, 6000);
    let sent =
        |plan: &Plan, name| plan.rows.iter().find(|r| r.target.name == name).unwrap().window.sent();
    assert_eq!(want(&mut plan, 0, &["y", "w"]), 0);
    assert_eq!(names(&plan), ["own", "y", "z", "w"]);
    assert_eq!((sent(&plan, "y"), sent(&plan, "w")), (1, 0), "what stays goes on");
    assert_eq!(want(&mut plan, 0, &["own", "v"]), 1, "a name is one target's");
    assert_eq!(want(&mut plan, 0, &["z"]), 0, "another server's is shared");
    assert_eq!(want(&mut plan, 0, &[]), 0);
    assert_eq!(names(&plan), ["own", "z"]);
    let mut probes = Vec::new();
    plan.fill(&mut probes);
    assert_eq!(probes.len(), 2);
}

#[test]
fn there_are_never_more_targets_than_sixteen() {
    let mut plan = plan(&many(14), false);
    let theirs = (0..5).map(|n| target(&format!("s{n}"), "b")).collect();
    assert_eq!(plan.want(0, Wanted::Targets(theirs), at(0)), 3);
    assert_eq!(names(&plan).len(), TARGETS_MAX);
    for task in 0..20 {
        plan.want(1, Wanted::Task(task, target("", "b")), at(0));
    }
    assert_eq!(names(&plan).len(), 2 * TARGETS_MAX, "tasks have their own room");
    let refused: Vec<_> = std::iter::from_fn(|| plan.poll_done()).collect();
    assert_eq!(refused.len(), 4);
    assert_eq!(refused[3], Done { server: 1, task: 16, millis: None }, "it is told at once");
}

#[test]
fn servers_have_no_more_probed_than_the_owner_lets_them() {
    let mut plan = plan(&many(3), false);
    plan.bounds.count = 2;
    let theirs = |letter, count| (0..count).map(|n| target(&format!("{letter}{n}"), "b")).collect();
    assert_eq!(plan.want(0, Wanted::Targets(theirs('x', 3)), at(0)), 1);
    assert_eq!(plan.want(1, Wanted::Targets(theirs('y', 1)), at(0)), 1, "of all servers together");
    assert_eq!(names(&plan), ["t0", "t1", "t2", "x0", "x1"], "the owner's are not counted");
    let refused: usize =
        (0..3).map(|task| plan.want(1, Wanted::Task(task, target("", "b")), at(0))).sum();
    assert_eq!(refused, 1, "of single attempts as many at once");
    plan.bounds.count = 0;
    assert_eq!(plan.want(0, Wanted::Targets(theirs('z', 1)), at(0)), 1);
}

#[test]
fn the_next_address_has_its_turn_where_one_was_silent() {
    let mut plan = plan(&many(1), false);
    let mut turns = Vec::new();
    for outcome in [
        Outcome::Answered(1),
        Outcome::Lost,
        Outcome::Failed("refused".into()),
        Outcome::Answered(1),
        Outcome::Answered(1),
    ] {
        let due = plan.deadline().unwrap();
        let (id, ..) = plan.begin(due).unwrap();
        turns.push(plan.turn(id));
        plan.handle_outcome(id, outcome, due);
    }
    assert_eq!(turns, [0, 0, 1, 2, 2], "who answers is asked again");
}

#[test]
fn a_task_is_done_once_and_in_no_sample() {
    let mut plan = plan(&[], false);
    for (task, outcome, millis) in [
        (4, Outcome::Answered(12_001), Some(13)),
        (5, Outcome::Lost, None),
        (6, Outcome::Failed("refused".into()), None),
    ] {
        plan.want(2, Wanted::Task(task, target("", "h")), at(0));
        let (id, ..) = plan.begin(at(0)).unwrap();
        plan.handle_outcome(id, outcome, at(20));
        assert_eq!(plan.poll_done(), Some(Done { server: 2, task, millis }));
        assert_eq!((plan.poll_done(), plan.deadline()), (None, None));
    }
    let mut probes = Vec::new();
    plan.fill(&mut probes);
    assert!(probes.is_empty());
}

#[test]
fn a_sample_has_what_was_tried() {
    let mut plan = plan(&many(2), false);
    let mut probes = Vec::new();
    let (id, ..) = plan.begin(at(5000)).unwrap();
    plan.handle_outcome(id, Outcome::Answered(12_340), at(5000));
    plan.fill(&mut probes);
    assert_eq!(probes.len(), 1, "the other had no turn yet");
    let probe = &probes[0];
    assert_eq!((probe.name.as_str(), probe.kind.as_str(), probe.port), ("t0", "icmp", None));
    assert_eq!((probe.latency, probe.sent, probe.lost), (Some(12.34), 1, 0));
    assert_eq!(probe.loss_percent.map(crate::percent::Percent::get), Some(0.0));
    for _ in 0..TARGET_ATTEMPTS {
        let due = plan.deadline().unwrap();
        let (id, ..) = plan.begin(due).unwrap();
        plan.handle_outcome(id, Outcome::Lost, due);
    }
    plan.fill(&mut probes);
    assert_eq!(probes.len(), 2);
}
