//! An agent that takes more than its owner gives it.

use super::agent::Temporary;
use super::program::Program;
use super::server::Server;
use super::{block, every_second};

/// Twenty thousand lines: what any processor takes a millisecond for.
fn diskstats() -> String {
    let line = |number: u32| format!("   7 {number} loop{number} 1 0 8 1 0 0 0 0 0 1 1 0 0 0 0\n");
    (0..20_000).map(line).collect()
}

#[test]
fn an_agent_above_its_budget_reads_its_costliest_less_often_and_says_so() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let folder = std::env::temp_dir().join(format!("kinglet-budget-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("diskstats"), diskstats()).unwrap();
    let more = "[budget]\ncpu_percent = 0.1\nrss_bytes = 1000000";
    let file = Temporary::new(&every_second(&block("ws", server.port(), &token, more)));
    let proc = ("HOST_PROC", folder.to_str().unwrap());
    let mut agent = Program::start_in(&["run", "--config", file.path()], &[proc]);
    let mut visit = server.visit();
    let first = visit.frame_of("metrics");
    let cost = |frame: &serde_json::Value| frame["data"]["agent"].clone();
    assert_eq!(cost(&first)["slowed"], 0, "{first}");
    assert!(cost(&first)["over_budget"].is_null(), "not known yet: {first}");
    let mut last = cost(&first);
    for _ in 0..20 {
        last = cost(&visit.frame_of("metrics"));
        if last["slowed"] != 0 {
            break;
        }
    }
    // `disks` goes in step with `filesystems` and `wear`.
    assert_eq!((&last["slowed"], &last["over_budget"]), (&3.into(), &true.into()), "{last}");
    agent.says("more than 0.1 %; read every 2 s instead of every 1 s from now on: disks, which");
    agent.says("kB of memory, more than 1000 kB");
    std::fs::remove_dir_all(&folder).unwrap();
}
