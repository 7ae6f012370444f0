//! What happens to a host of a real agent is told once, over hubs that are killed and a host that
//! is started anew.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use kinglet_proto::host::BootCause;

use super::alerts::ask;
use super::killed::{Agent, Program, lasting};
use super::support::{Deadline, Hub};

/// Writes how many processes were killed for want of memory.
fn kills(proc: &Path, count: u64) {
    fs::write(proc.join("vmstat"), format!("oom_kill {count}\n")).unwrap();
}

/// An agent of a host that was started for this reason.
fn agent(hub: SocketAddr, boot: &str, cause: Option<BootCause>) -> Agent {
    Agent::changed(hub, |config| {
        config.host.boot_id = boot.to_owned();
        config.host.boot_cause = cause;
        kills(&config.roots.proc, 5);
    })
}

/// What happened so far, oldest first, once the last of it is this; but for lines that came back.
fn happened(hub: &Hub, last: &str) -> Vec<String> {
    let deadline = Deadline::in_seconds(20);
    loop {
        let (_, body) = ask(hub, "GET", "/api/events?type=system&limit=100", "", "");
        let events = body["events"].as_array().unwrap().iter().rev();
        let words = events.map(|event| {
            let data = &event["data"];
            let word = |name: &str| match data.get(name) {
                Some(word) => format!("{word} ").replace('"', ""),
                None => String::new(),
            };
            [word("event"), word("cause"), word("killed")].concat().trim_end().to_owned()
        });
        let words: Vec<_> = words.filter(|words| words != "link_restored").collect();
        if words.last().is_some_and(|word| word == last) {
            return words;
        }
        deadline.check(&format!("{last} in {words:?}"));
    }
}

#[expect(clippy::disallowed_methods, reason = "a test takes real time")]
fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

#[test]
fn what_happens_is_told_once_whoever_is_away_meanwhile() {
    let (config, hub) = lasting();
    let address = hub.address;
    let program = Program::start(&config);
    let first = agent(address, "one", None);
    let mut due = vec!["start"];
    assert_eq!(happened(&hub, "start"), due);
    kills(&first.proc, 7);
    due.push("oom_kill 2");
    assert_eq!(happened(&hub, "oom_kill 2"), due);

    // The hub is away, and something happens.
    drop(program);
    let attempts = TcpListener::bind(address).unwrap();
    drop(attempts.accept()); // the agent has noticed
    drop(attempts);
    kills(&first.proc, 8);
    pause(2500); // and it has seen that
    let program = Program::start(&config);
    due.push("oom_kill 1");
    assert_eq!(happened(&hub, "oom_kill 1"), due);

    // Another agent of the same boot, and of another one.
    drop(first);
    let second = agent(address, "one", None);
    due.push("start");
    assert_eq!(happened(&hub, "start"), due);
    drop(second);
    let third = agent(address, "two", Some(BootCause::Watchdog));
    due.push("reboot watchdog");
    assert_eq!(happened(&hub, "reboot watchdog"), due);

    // The one machine that both run on loses its supply.
    drop((third, program));
    let _program = Program::start(&config);
    let fourth = agent(address, "three", Some(BootCause::Unclean));
    due.push("reboot unclean");
    assert_eq!(happened(&hub, "reboot unclean"), due);

    // Who says goodbye is seen to be gone, not waited for.
    assert_eq!(hub.host("web-1")["online"], true);
    drop(fourth);
    hub.wait_for("web-1", |host| host["online"] == false);
}
