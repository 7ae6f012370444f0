//! Kinglet's own agent, reporting by STOMP: figure by figure, and whole.

use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::thread::JoinHandle;

use kinglet::arguments::Call;
use kinglet::config::Config;
use kinglet::options::Given;
use kinglet::run::run;

use crate::support::{Deadline, FLEET, Hub, scratch};

/// A running agent; it stops when this is dropped.
struct Agent {
    stop: Option<std::io::PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Agent {
    fn start(hub: &Hub, id: &str, settings: &str) -> Self {
        let [token, file] = ["token", "kinglet.toml"].map(scratch);
        std::fs::write(&token, FLEET).unwrap();
        std::fs::set_permissions(&token, PermissionsExt::from_mode(0o600)).unwrap();
        let text = format!(
            "interval = \"1s\"\n[host]\nid = \"{id}\"\n[[server]]\nurl = \"ws://{}/stomp\"\n\
             protocol = \"stomp\"\ntoken_file = \"{}\"\n{settings}\n",
            hub.address,
            token.display()
        );
        std::fs::write(&file, text).unwrap();
        let words = ["run", "--config", file.to_str().unwrap()].map(Into::into);
        let call = Call::parse(words, Given::default()).unwrap();
        let config = Config::load(&call.given).unwrap_or_else(|error| panic!("{error}"));
        let (told, stop) = std::io::pipe().unwrap();
        let thread = std::thread::spawn(move || run(&config, told.as_fd()).unwrap());
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

#[test]
fn our_agent_is_a_host_in_both_its_modes_and_parts_cleanly() {
    let hub = Hub::public();
    let figures = Agent::start(&hub, "figures", "");
    let whole = Agent::start(
        &hub,
        "whole",
        "mode = \"sample\"\nlogin = \"kinglet\"\nheartbeat = \"10000,10000\"",
    );
    let has_total = |host: &serde_json::Value| host["metrics"]["memory"]["total"].is_u64();
    let host = hub.wait_for("figures", has_total);
    assert!(host["metrics"]["load_average"]["one"].is_number(), "{host}");
    let host = hub.wait_for("whole", has_total);
    assert!(host["metrics"]["os"]["kernel"].is_string(), "{host}");
    drop((figures, whole));
    let deadline = Deadline::in_seconds(10);
    while !hub.http("/healthz", "").1.contains(r#""clean":2"#) {
        deadline.check("both say DISCONNECT");
    }
}
