//! An agent that takes more than its owner gives it.

use super::agent::Temporary;
use super::program::Program;
use super::server::Server;
use super::{block, every_second};

/// A megabyte, less a little: what any processor takes milliseconds for.
fn stalls() -> String {
    "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n".repeat(20_000)
}

#[test]
fn an_agent_above_its_budget_reads_its_costliest_less_often_and_says_so() {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let folder = std::env::temp_dir().join(format!("kinglet-budget-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("pressure")).unwrap();
    for name in ["cpu", "memory", "io"] {
        std::fs::write(folder.join("pressure").join(name), stalls()).unwrap();
    }
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
    assert_eq!((&last["slowed"], &last["over_budget"]), (&1.into(), &true.into()), "{last}");
    agent.says("more than 0.1 %; read every 2 s instead of every 1 s from now on: pressure, which");
    agent.says("kB of memory, more than 1000 kB");
    std::fs::remove_dir_all(&folder).unwrap();
}
