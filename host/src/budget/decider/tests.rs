use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Three groups that are read at each sample, below a bound of 1000.
fn decider() -> Decider {
    Decider::new(1000, [Duration::ZERO; 3].into_iter())
}

/// What is said of this, where samples are five seconds apart.
fn judge(decider: &mut Decider, all: u64, groups: &[u64]) -> Decision {
    decider.judge(Taken { all, groups, interval: SECOND * 5 })
}

/// The same, however many looks it takes.
fn look(decider: &mut Decider, looks: u32, all: u64, groups: &[u64]) -> Vec<Decision> {
    let all = (0..looks).map(|_| judge(decider, all, groups));
    all.filter(|decision| *decision != Decision::Stay).collect()
}

fn rarer(group: usize, after: u32, before: u32) -> Decision {
    Decision::Rarer(group, SECOND * after, SECOND * before)
}

fn again(group: usize, apart: u32) -> Decision {
    Decision::Again(group, SECOND * apart)
}

#[test]
fn the_costliest_goes_first_and_one_step_at_a_time() {
    let mut decider = decider();
    assert_eq!(judge(&mut decider, 1001, &[300, 500, 200]), rarer(1, 10, 5));
    assert_eq!((decider.every(0), decider.every(1), decider.every(2)), (1, 2, 1));
    assert!(decider.is_rarer(1) && !decider.is_rarer(0));
    assert_eq!(judge(&mut decider, 1001, &[300, 250, 200]), rarer(0, 10, 5), "costliest now");
    assert_eq!(judge(&mut decider, 1001, &[150, 250, 200]), rarer(1, 20, 10));
    assert_eq!(judge(&mut decider, 1000, &[150, 250, 200]), Decision::Stay, "it is enough");
}

#[test]
fn without_knowing_what_each_takes_nothing_is_done_and_that_is_asked_for() {
    let mut decider = decider();
    assert!(decider.measures(), "at a start");
    assert_eq!(judge(&mut decider, 500, &[500, 0, 0]), Decision::Stay);
    assert!(!decider.measures(), "within its budget nothing is measured");
    assert_eq!(judge(&mut decider, 2000, &[0; 3]), Decision::Stay, "a peak");
    assert!(decider.measures());
    assert_eq!(judge(&mut decider, 500, &[100; 3]), Decision::Stay, "it has passed");
    assert!(!decider.measures());
    assert_eq!(judge(&mut decider, 2000, &[0; 3]), Decision::Stay);
    assert_eq!(judge(&mut decider, 2000, &[900, 0, 0]), rarer(0, 10, 5));
}

#[test]
fn nothing_is_rarer_than_once_a_minute_or_an_eighth() {
    for (apart, interval, expected) in [
        (0, 1, vec![2, 4, 8]),
        (0, 5, vec![10, 20, 40]),
        (0, 10, vec![20, 40, 60]),
        (0, 30, vec![60]),
        (0, 45, vec![]),
        (0, 3600, vec![]),
        (10, 1, vec![20, 40, 60]),
        (10, 5, vec![20, 40, 60]),
        (10, 7, vec![28, 56]),
        (30, 5, vec![60]),
        (600, 5, vec![]),
    ] {
        let mut decider = Decider::new(1000, [SECOND * apart].into_iter());
        let mut found = Vec::new();
        for _ in 0..40 {
            let taken = Taken { all: 2000, groups: &[2000], interval: SECOND * interval };
            if let Decision::Rarer(_, after, _) = decider.judge(taken) {
                assert_eq!(after, taken.interval * decider.every(0));
                found.push(after.as_secs());
            }
        }
        assert_eq!(found, expected, "{apart} s apart, {interval} s from sample to sample");
    }
}

#[test]
fn the_last_comes_back_first_after_three_calm_looks() {
    let mut decider = decider();
    assert_eq!(judge(&mut decider, 1500, &[300, 500, 200]), rarer(1, 10, 5));
    assert_eq!(judge(&mut decider, 1250, &[300, 250, 200]), rarer(0, 10, 5));
    let costs = [20, 20, 20];
    assert_eq!(look(&mut decider, 20, 700, &costs), [], "not well below");
    assert_eq!(look(&mut decider, 2, 699, &costs), []);
    assert_eq!(look(&mut decider, 1, 700, &costs), [], "and anew");
    assert_eq!(look(&mut decider, 2, 699, &costs), []);
    assert_eq!(judge(&mut decider, 699, &costs), again(0, 5));
    assert_eq!(decider.every(0), 1);
    assert_eq!(look(&mut decider, 2, 699, &costs), [], "this one is looked at first");
    assert_eq!(judge(&mut decider, 699, &costs), again(1, 5));
    assert_eq!(look(&mut decider, 20, 0, &costs), [], "all are back");
    assert!(!decider.measures());
}

#[test]
fn what_would_be_too_much_again_stays_rare_and_another_comes_back() {
    let mut decider = decider();
    assert_eq!(judge(&mut decider, 1500, &[300, 500, 200]), rarer(1, 10, 5));
    assert_eq!(judge(&mut decider, 1250, &[600, 250, 200]), rarer(0, 10, 5));
    // Read as often as before, each would take as much more as it does: 901 are not below 900.
    assert_eq!(look(&mut decider, 9, 601, &[300, 300, 0]), []);
    assert_eq!(look(&mut decider, 3, 601, &[300, 298, 0]), [again(1, 5)]);
}

#[test]
fn where_nothing_takes_a_part_that_matters_that_is_said_once_and_looked_at_rarely() {
    let mut decider = decider();
    let small = [49, 49, 0];
    assert_eq!(judge(&mut decider, 1001, &small), Decision::Helpless);
    let measured = (0..100).filter(|_| {
        assert_eq!(judge(&mut decider, 1001, &small), Decision::Stay);
        decider.measures()
    });
    assert_eq!(measured.count(), 5, "one look of 17");
    assert_eq!(look(&mut decider, 2, 1001, &[51, 49, 0]), [rarer(0, 10, 5)], "now one does");
    assert_eq!(look(&mut decider, 40, 800, &small), []);
    assert_eq!(look(&mut decider, 40, 1001, &small), [], "it was never well below");
    assert_eq!(look(&mut decider, 3, 100, &small), [again(0, 5)]);
    assert_eq!(look(&mut decider, 2, 1001, &small), [Decision::Helpless]);
}

/// A program that takes as much as this by itself, and for each group as much when it is read at
/// each sample.
#[test]
fn it_comes_to_rest_within_its_budget() {
    for (base, costs) in [
        (100, [2000, 500, 300]),
        (600, [300, 200, 100]),
        (0, [1001, 0, 0]),
        (0, [1400, 0, 0]),
        (690, [311, 0, 0]),
    ] {
        let mut decider = decider();
        let mut turns = Vec::new();
        for at in 0..1000 {
            let groups = [0, 1, 2].map(|group| costs[group] / u64::from(decider.every(group)));
            let all = base + groups.iter().sum::<u64>();
            let groups = if decider.measures() { groups } else { [0; 3] };
            if judge(&mut decider, all, &groups) != Decision::Stay {
                turns.push(at);
            }
            assert!(at < 100 || all <= 1000, "{base} {costs:?}: {all}");
        }
        assert!(turns.iter().all(|at| *at < 100), "{base} {costs:?}: {turns:?}");
    }
}

#[test]
fn a_round_reads_each_group_once() {
    let round = |aparts: &[u32], interval: u32| {
        let aparts = aparts.iter().map(|apart| SECOND * *apart);
        Decider::new(1000, aparts).round(SECOND * interval)
    };
    assert_eq!((round(&[0, 10], 5), round(&[0, 10, 600], 1), round(&[0, 30], 1)), (2, 10, 29));
    let mut decider = decider();
    judge(&mut decider, 2000, &[0, 2000, 0]);
    judge(&mut decider, 2000, &[0, 2000, 0]);
    judge(&mut decider, 2000, &[0, 2000, 0]);
    assert_eq!(decider.round(SECOND * 5), 8);
    assert_eq!(Decider::new(1000, [].into_iter()).round(SECOND), 1);
}

#[test]
fn nothing_overflows() {
    let mut decider = Decider::new(u64::MAX, [Duration::MAX].into_iter());
    let taken = Taken { all: u64::MAX, groups: &[u64::MAX], interval: Duration::ZERO };
    assert_eq!(decider.judge(taken), Decision::Stay);
    let mut decider = Decider::new(1000, [SECOND, Duration::MAX].into_iter());
    let taken = Taken { groups: &[u64::MAX; 2], ..taken };
    for _ in 0..10 {
        decider.judge(taken);
    }
    assert_eq!(decider.round(Duration::MAX), 1);
}
