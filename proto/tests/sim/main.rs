//! Real sessions against a small server, on one fake clock and a seeded network.
//!
//! A seed decides everything: protocols, delays, and which faults befall whom and when. Bounds and
//! promises are checked at every step; a failure prints its seed. `KINGLET_SIM_SEEDS` is the number
//! of seeds (500), `KINGLET_SIM_SEED` runs one alone.

mod agent;
mod server;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// How many seeds, unless the environment says otherwise.
const SEEDS: u64 = 500;

#[test]
fn every_seed_keeps_every_promise() {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    if let Some(seed) = number("KINGLET_SIM_SEED") {
        World::new(seed).run();
        return;
    }
    let seeds = number("KINGLET_SIM_SEEDS").unwrap_or(SEEDS);
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || (half..seeds).step_by(2).for_each(run_one));
        }
    });
}

fn run_one(seed: u64) {
    let outcome = catch_unwind(AssertUnwindSafe(|| World::new(seed).run()));
    assert!(
        outcome.is_ok(),
        "seed {seed} failed, as said above; again with\n  \
         KINGLET_SIM_SEED={seed} cargo test -p kinglet-proto --test sim"
    );
}

/// The simulation itself must be able to fail: without faults nothing is lost, with them something
/// happens.
#[test]
fn the_faults_do_something() {
    let (mut reconnects, mut faults) = (0, 0);
    for seed in 0..10 {
        let mut world = World::new(seed);
        world.run();
        reconnects += world.reconnects();
        faults += world.faults;
    }
    assert!(faults >= 50 && reconnects >= 30, "{faults} faults, {reconnects} reconnects");
}

#[test]
fn a_quiet_world_has_one_connection_and_every_sample() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.run_quietly();
        assert_eq!(world.reconnects(), 0, "seed {seed}");
    }
}
