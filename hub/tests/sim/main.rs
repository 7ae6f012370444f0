//! Real sessions and the real fleet on one fake clock and a seeded network.
//!
//! A seed decides everything: dialects, delays, and which faults befall whom and when. What must
//! hold is checked at every step; a failure prints its seed. `KINGLET_SIM_SEEDS` is the number of
//! seeds (100), `KINGLET_SIM_SEED` runs one alone.
#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

mod agent;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

#[test]
fn every_seed_keeps_every_promise() {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    if let Some(seed) = number("KINGLET_SIM_SEED") {
        World::new(seed).run();
        return;
    }
    for seed in 0..number("KINGLET_SIM_SEEDS").unwrap_or(100) {
        let outcome = catch_unwind(AssertUnwindSafe(|| World::new(seed).run()));
        assert!(
            outcome.is_ok(),
            "seed {seed} failed, as said above; again with\n  \
             KINGLET_SIM_SEED={seed} cargo test -p kinglet-hub --test sim"
        );
    }
}

/// The simulation itself must be able to fail: its faults must do something.
#[test]
fn the_faults_do_something() {
    let (mut offline, mut reconnects, mut kicked, mut late) = (0, 0, 0, 0);
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.run();
        offline += world.offline;
        reconnects += world.reconnects();
        kicked += world.kicked;
        late += world.late;
    }
    let seen = (offline, reconnects, kicked, late);
    assert!(offline >= 10 && reconnects >= 60 && kicked >= 10 && late >= 100, "{seen:?}");
}
