//! What breaks between an agent and its hub, how soon it is over, and what of it is missing in the
//! hub's history: the table of README's section on faults, measured.
//!
//! Each fault has network namespaces of its own, with a line between agent and hub that is moved
//! by us frame by frame: it loses, delays and forgets without `tc netem` or a packet filter, which
//! not every kernel has. All faults are measured at once. `KINGLET_FAULTS_TABLE=1` writes what was
//! measured into README.
//!
//! Needs root, `ip` and the built hub (`cargo build -p kinglet-hub`, or `cargo test --workspace`);
//! without them it says that it is skipped and why. Nothing outside of the namespaces is touched,
//! and they are gone when the test is.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]
#![allow(unreachable_pub, reason = "the parts of a test are public to each other only")]
#![allow(clippy::disallowed_methods, reason = "it runs ip and the agent, and reads the real clock")]

mod agent;
mod certificate;
mod frame;
mod hub;
mod lab;
mod line;
mod measure;
mod name_server;
mod namespace;
mod readme;
mod relay;
mod table;

use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use measure::{Row, measure};
use table::FAULTS;

/// Programs that begin in the same moment would all be late for their first report.
const APART: Duration = Duration::from_millis(400);

/// Every fault is over within its bound, and no sample is missing that the ring can hold.
#[test]
fn every_fault_is_over_in_time_and_nothing_is_missing() {
    if let Err(why) = namespace::possible().and_then(|()| hub::program().map(drop)) {
        // Past the test runner, which keeps what a passing test prints to itself.
        let _ = writeln!(std::io::stderr(), "skipped: {why}");
        return;
    }
    let only = std::env::var("KINGLET_FAULTS_ONLY").unwrap_or_default();
    let chosen: Vec<_> = FAULTS.iter().filter(|fault| fault.name.contains(&only)).collect();
    let rows: Vec<Result<Row, String>> = std::thread::scope(|scope| {
        let start = |(number, fault)| {
            std::thread::sleep(APART);
            scope.spawn(move || {
                // A lab that panics is taken down like any other, and the others go on.
                let row = std::panic::catch_unwind(AssertUnwindSafe(|| measure(fault, number)));
                row.map_err(|_| format!("{}: see the panic above", fault.name))
            })
        };
        let running: Vec<_> = chosen.iter().copied().enumerate().map(start).collect();
        running.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let (good, mut bad): (Vec<_>, Vec<_>) = rows.into_iter().partition(Result::is_ok);
    let good: Vec<Row> = good.into_iter().map(Result::unwrap).collect();
    let _ = write!(std::io::stderr(), "{}", readme::lines(&good));
    for row in &good {
        bad.extend(row.complaints().into_iter().map(Err));
    }
    let bad: Vec<String> = bad.into_iter().filter_map(Result::err).collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    if std::env::var_os("KINGLET_FAULTS_TABLE").is_some() && only.is_empty() {
        readme::write(&good);
    }
}

/// README's table is of these faults: a new one is measured before it is told.
#[test]
fn readme_tells_of_every_fault() {
    if std::env::var_os("KINGLET_FAULTS_TABLE").is_some() {
        return; // it is being written
    }
    let told = readme::names();
    let known: Vec<_> = FAULTS.iter().map(|fault| fault.name.to_owned()).collect();
    assert_eq!(told, known, "KINGLET_FAULTS_TABLE=1 cargo test --test faults, as root");
}
