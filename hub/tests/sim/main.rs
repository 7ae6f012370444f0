//! The hub's real fleet on the other end of real sessions, in the world of `proto/tests/sim`: one
//! fake clock, a seeded network, and the faults described there.
//!
//! What is checked at every step stands in `server.rs` for the hub's end and in `agent.rs` for the
//! agents'. `KINGLET_SIM_SEEDS` is the number of seeds (500), `KINGLET_SIM_SEED` runs one alone.

#[path = "../../../proto/tests/sim/agent.rs"]
mod agent;
#[path = "../../../proto/tests/sim/alerts.rs"]
mod alerts;
mod desk;
mod expected;
#[path = "../../../proto/tests/sim/seeds.rs"]
mod seeds;
mod server;
mod store;
mod viewer;
#[path = "../../../proto/tests/sim/world.rs"]
mod world;

use world::World;

#[test]
fn every_seed_keeps_every_promise() {
    seeds::run();
}

#[test]
fn the_faults_do_something() {
    let (mut reconnects, mut faults, mut own) = (0, 0, 0);
    let mut seen = server::Seen::default();
    for seed in 0..30 {
        let mut world = World::new(seed);
        world.run();
        reconnects += world.reconnects();
        faults += world.faults;
        let more = world.server.seen;
        seen.duplicates += more.duplicates;
        seen.silent += more.silent;
        seen.late += more.late;
        seen.refused += more.refused;
        seen.lost += more.lost;
        own += world.server.own_alerts();
    }
    assert!(faults >= 150 && reconnects >= 90, "{faults} faults, {reconnects} reconnects");
    let server::Seen { duplicates, silent, late, refused, lost } = seen;
    assert!(duplicates >= 10 && silent >= 10 && late >= 100, "{seen:?}");
    assert!(refused >= 10 && lost >= 10 && own >= 20, "{seen:?}, {own} alerts of the hub's own");
}

#[test]
fn a_quiet_world_has_one_connection_and_nobody_offline() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.run_quietly();
        assert_eq!(world.reconnects(), 0, "seed {seed}");
        // Only the samples before the first connection come late.
        let seen = server::Seen { late: 0, ..world.server.seen };
        assert_eq!(seen, server::Seen::default(), "seed {seed}");
    }
}
