//! Real sessions against a small server, on one fake clock and a seeded network.
//!
//! A seed decides everything: protocols, delays, and which faults befall whom and when. Bounds and
//! promises are checked at every step; a failure prints its seed. `KINGLET_SIM_SEEDS` is the number
//! of seeds (500), `KINGLET_SIM_SEED` runs one alone.
//!
//! `hub/tests/sim` puts the hub's own fleet in the server's place, in the same world: everything
//! here but `server.rs`, its `broker.rs` and `writer.rs` is compiled into it, too.

mod agent;
mod alerts;
mod broker;
mod seeds;
mod server;
mod world;
mod writer;

use world::World;

#[test]
fn every_seed_keeps_every_promise() {
    seeds::run();
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

/// Request and response has a world of its own: one writer and one database are all there is. It is
/// a slow one, since every line of every request is read: a fifth of the seeds.
#[test]
fn every_seed_of_a_writer_keeps_every_promise() {
    seeds::run_each(|seed| {
        if seed.is_multiple_of(5) {
            writer::Trial::new(seed).run();
        }
    });
}
