//! Which seeds are run, and what is said of one that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::world::World;

/// How many seeds, unless the environment says otherwise.
const SEEDS: u64 = 500;

/// Runs the world of each seed.
pub(crate) fn run() {
    run_each(|seed| World::new(seed).run());
}

/// Runs the seed of `KINGLET_SIM_SEED` alone, or else as many as `KINGLET_SIM_SEEDS` says.
pub(crate) fn run_each(one: impl Fn(u64) + Sync) {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse::<u64>().ok());
    if let Some(seed) = number("KINGLET_SIM_SEED") {
        one(seed);
        return;
    }
    let seeds = number("KINGLET_SIM_SEEDS").unwrap_or(SEEDS);
    std::thread::scope(|scope| {
        for half in 0..2 {
            let one = &one;
            scope.spawn(move || (half..seeds).step_by(2).for_each(|seed| run_one(seed, one)));
        }
    });
}

fn run_one(seed: u64, one: &impl Fn(u64)) {
    let outcome = catch_unwind(AssertUnwindSafe(|| one(seed)));
    assert!(
        outcome.is_ok(),
        "seed {seed} failed, as said above; again with\n  \
         KINGLET_SIM_SEED={seed} cargo test -p {} --test sim",
        env!("CARGO_PKG_NAME")
    );
}
