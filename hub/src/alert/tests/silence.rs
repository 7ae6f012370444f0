//! Silences and maintenance.

use super::*;

#[test]
fn silences_are_for_whom_they_are_meant_and_end() {
    let monday = Weekly { zone: Zone::default(), begin: 0, length: 1000 };
    let weekly = Window::Weekly(Scope { rules: vec!["cpu".into()], ..Scope::default() }, monday);
    let mut lab = Lab::new(Settings { windows: vec![weekly], ..settings() });
    let scope = |hosts: &str, groups: &str, rules: &str| {
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Scope { hosts: list(hosts), groups: list(groups), rules: list(rules) }
    };
    let time = |ms: u64| WallTime::from_unix_millis(BEGIN + ms);
    let silence = |scope: Scope, from: u64, until: u64| Silence {
        id: 0,
        scope,
        from: time(from),
        until: time(until),
        by: "ann".into(),
        comment: String::new(),
    };
    let disk = "disk-00000000000000ff";
    for (scope, is_silent) in [
        (scope("pi", "", ""), true),
        (scope("p*", "Attic", "disk"), true),
        (scope("", "Attic", ""), true),
        (scope("pi", "", "cpu"), false),
        (scope("pi", "Cellar", ""), false),
        (scope("nas", "", ""), false),
    ] {
        let made = lab.desk.silence(silence(scope, 0, 5000)).unwrap();
        let until = lab.desk.silenced("pi", "Attic", disk, time(1));
        assert_eq!(until, is_silent.then_some(time(5000)), "{made:?}");
        assert!(lab.desk.end_silence(made.id) && !lab.desk.end_silence(made.id));
    }
    let made = lab.desk.silence(silence(Scope::default(), 2000, 5 * MINUTE)).unwrap();
    lab.restart();
    lab.settle();
    assert_eq!(lab.desk.silences().len(), 0, "it was not kept in time");
    lab.desk.silence(made).unwrap();
    lab.settle();
    lab.restart();
    let silenced = |lab: &Lab, at: u64| lab.desk.silenced("pi", "", disk, time(at)).is_some();
    assert_eq!(
        [0, 1999, 2000, 5 * MINUTE].map(|at| silenced(&lab, at)),
        [false, false, true, false]
    );
    lab.pass(7 * MINUTE);
    assert!(lab.desk.silences().is_empty() && lab.kept.silences.is_empty());
    let monday = WallTime::parse("2026-11-30T00:00:00.500Z").unwrap();
    assert!(lab.desk.silenced("pi", "", "hub-cpu-00000000000000ff", monday).is_some());
    assert!(lab.desk.silenced("pi", "", disk, monday).is_none());
}

#[test]
fn what_was_silent_when_it_began_is_known_after_a_restart() {
    let mut lab = Lab::new(settings());
    let time = |ms: u64| WallTime::from_unix_millis(BEGIN + ms);
    let silence = |group: &str, until: u64| Silence {
        id: 0,
        scope: Scope { groups: vec![group.to_owned()], ..Scope::default() },
        from: time(0),
        until: time(until),
        by: String::new(),
        comment: String::new(),
    };
    let told = |id: &str| json!({"alert_id": id, "status": "active"});
    lab.status("pi", true);
    lab.desk.silence(silence("Attic", MINUTE)).unwrap();
    lab.desk.silence(silence("Cellar", DAY)).unwrap();
    lab.tell("pi", &told("silent"));
    lab.now += MINUTE;
    lab.tell("pi", &told("heard"));
    // Nobody has come back, and the silence has ended meanwhile.
    lab.restart();
    let silent = |lab: &Lab| -> Vec<_> {
        lab.desk.silent(lab.at().wall).map(|entry| entry.id.clone()).collect()
    };
    assert_eq!(silent(&lab), ["silent"]);
    let hosts: Vec<_> = lab.desk.open().map(|entry| &*entry.said.group).collect();
    assert_eq!(hosts, ["Attic", "Attic"]);
    lab.desk.silence(silence("Att*", DAY)).unwrap();
    assert_eq!(silent(&lab), ["heard", "silent"], "who was told of it knows");
}
