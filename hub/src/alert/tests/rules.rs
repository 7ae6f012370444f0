//! The owner changes his rules while alerts are open.

use kinglet_proto::alert::{Rule, Subject, Test};
use kinglet_proto::sample::table::metric;

use super::*;

fn busy() -> (Scope, Arc<Rule>) {
    named("busy", "memory.usage_percent", Test::Above(90.0))
}

fn named(name: &'static str, of: &str, test: Test) -> (Scope, Arc<Rule>) {
    let mut rules = fleet_rules(|name| name == "memory");
    let rule = Arc::make_mut(&mut rules[0]);
    let (name, subject) = (name.into(), Subject::Figure(metric(of)));
    let clear = test.threshold();
    let hold = Duration::ZERO;
    let new = Rule { name, subject, test, clear, hold, unless: None, ..rule.clone() };
    (Scope::default(), Arc::new(new))
}

fn sample(percent: u64) -> Sample {
    let mut sample = Sample::default();
    sample.memory.usage_percent = Some(Percent::of(percent, 100));
    sample
}

/// A hub where `busy` is open on two hosts.
fn lab() -> Lab {
    let own = vec![busy()];
    let mut lab = Lab::new(Settings { fleet: Vec::new(), own, ..settings() });
    read(&mut lab, 95);
    assert_eq!(lab.take_told().len(), 2);
    lab
}

fn read(lab: &mut Lab, percent: u64) {
    for id in ["one", "two"] {
        lab.status(id, true);
        lab.read(id, None, sample(percent));
    }
    lab.pass(MINUTE);
}

fn change(lab: &mut Lab, own: Vec<(Scope, Arc<Rule>)>) {
    let now = lab.at();
    lab.desk.change_rules(own, now);
    lab.settle();
}

#[test]
fn alerts_of_a_rule_that_is_removed_are_over_at_once_and_fire_no_more() {
    let mut lab = lab();
    change(&mut lab, Vec::new());
    let told = lab.take_told();
    assert!(told.len() == 2 && told.iter().all(|line| line.ends_with(" resolved")), "{told:?}");
    assert_eq!(lab.over.last().unwrap().said.resolution, "its rule was removed");
    read(&mut lab, 99);
    assert_eq!(lab.take_told(), none());
    change(&mut lab, vec![busy()]);
    read(&mut lab, 95);
    assert_eq!(lab.take_told().len(), 2, "it is there again");
}

#[test]
fn an_alert_whose_rule_stayed_is_open_for_as_long_as_that_is_met() {
    let mut lab = lab();
    let other = named("cold", "temperatures.{sensor}", Test::Below(1.0));
    change(&mut lab, vec![busy(), other]);
    read(&mut lab, 95);
    change(&mut lab, vec![named("busy", "memory.usage_percent", Test::Above(80.0))]);
    read(&mut lab, 85);
    assert_eq!((lab.take_told(), lab.open().len()), (none(), 2));
    change(&mut lab, vec![named("busy", "memory.usage_percent", Test::Above(97.0))]);
    read(&mut lab, 85);
    let told = lab.take_told();
    assert!(told.len() == 2 && told.iter().all(|line| line.ends_with(" resolved")), "{told:?}");
}

#[test]
fn an_alert_is_over_when_its_rule_looks_elsewhere() {
    for other in [
        named("busy", "cpu.usage", Test::Above(90.0)),
        named("busy", "memory.usage_percent", Test::Below(10.0)),
    ] {
        let mut lab = lab();
        change(&mut lab, vec![other]);
        assert_eq!(lab.take_told().len(), 2);
        assert_eq!(lab.over.last().unwrap().said.resolution, "its rule was changed");
    }
    let mut lab = lab();
    let (_, rule) = busy();
    let scope = Scope { hosts: vec!["one".to_owned()], ..Scope::default() };
    change(&mut lab, vec![(scope, rule)]);
    let told = lab.take_told();
    assert!(told.len() == 1 && told[0].starts_with("two "), "{told:?}");
}
