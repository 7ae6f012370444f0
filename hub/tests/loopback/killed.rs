//! A hub that is killed while alerts of a real agent are open, and started again on what it kept.
#![expect(clippy::disallowed_methods, reason = "the program under test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use kinglet::arguments::Call;
use kinglet::config::Config;
use kinglet::options::Given;
use kinglet::run::run;
use kinglet_hub::auth::TokenHash;

use super::alerts::wait_for;
use super::support::{Hub, WEB, scratch};

/// The configuration of a public hub that keeps what it hears, for `web-1`, and where it will be:
/// each hub that is started with it is where the one before it was.
pub(super) fn lasting() -> (PathBuf, Hub) {
    let config = scratch("hub.toml");
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (state, hash) = (config.with_file_name("state"), TokenHash::of(WEB));
    let text = format!(
        "listen = \"{address}\"\nstate_dir = {state:?}\n[viewers]\npublic = true\n\
         [store]\ncommit_interval = \"1s\"\n[[host]]\nid = \"web-1\"\ntoken_hash = \"{hash}\"\n"
    );
    fs::write(&config, text).unwrap();
    (config, Hub::elsewhere(address))
}

/// The hub's program: killed, not stopped, when this is dropped.
pub(super) struct Program(Child);

impl Program {
    pub(super) fn start(config: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
        command.arg("run").arg("--config").arg(config).env_remove("KINGLET_LOG");
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let listens = lines.any(|line| line.contains("listening on"));
        assert!(listens, "it ended: {:?}", child.wait());
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill()); // SIGKILL
        drop(self.0.wait());
    }
}

/// The agent's loop on a host whose load the test writes. It stops when this is dropped.
pub(super) struct Agent {
    pub(super) proc: PathBuf,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Agent {
    fn start(hub: SocketAddr) -> Self {
        Self::changed(hub, |_| {})
    }

    pub(super) fn changed(hub: SocketAddr, change: impl FnOnce(&mut Config)) -> Self {
        let file = scratch("kinglet.toml");
        let (token, proc) = (file.with_file_name("token"), file.with_file_name("proc"));
        let rule = |name| format!("[[alert]]\nmetric = \"load_average.{name}\"\nabove = 5\n");
        let (one, five) = (rule("one"), rule("five"));
        let text = format!(
            "interval = \"1s\"\n[host]\nid = \"web-1\"\n[[server]]\nurl = \"ws://{hub}\"\n\
             token_file = {token:?}\n{one}{five}"
        );
        fs::write(&file, text).unwrap();
        fs::write(&token, WEB).unwrap();
        fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
        fs::create_dir_all(&proc).unwrap();
        load(&proc, "0.00 0.00");
        let words = ["run", "--config", file.to_str().unwrap()].map(Into::into);
        let call = Call::parse(words, Given::default()).unwrap_or_else(|error| panic!("{error}"));
        let mut config = Config::load(&call.given).unwrap_or_else(|error| panic!("{error}"));
        config.roots.proc = proc.clone();
        change(&mut config);
        let (stop, told) = UnixStream::pair().unwrap();
        let thread = std::thread::spawn(move || run(&config, told.as_fd()).unwrap());
        Self { proc, stop: Some(stop), thread: Some(thread) }
    }
}

/// Writes the means over one minute and five.
fn load(proc: &Path, means: &str) {
    fs::write(proc.join("loadavg"), format!("{means} 0.00 1/100 100\n")).unwrap();
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

#[test]
fn what_is_open_when_a_hub_is_killed_is_there_once_and_ends_under_the_same_id() {
    let (config, hub) = lasting();
    let address = hub.address;
    let first = Program::start(&config);
    let agent = Agent::start(address);
    hub.wait_for("web-1", |host| host["online"] == true);
    load(&agent.proc, "9.00 0.00");
    let kept = wait_for(&hub, "", |list| list.len() == 1);
    // This one is told to viewers, and has no time to be kept.
    let mut viewer = hub.panel();
    load(&agent.proc, "9.00 9.00");
    let told = viewer.json_of("alert");
    assert_eq!(told["data"]["status"], "active");
    drop(first);

    let _second = Program::start(&config);
    let mut viewer = hub.panel();
    let link = viewer.json_of("system");
    assert_eq!(link["data"]["event"], "link_restored", "{link}");
    let open = wait_for(&hub, "", |list| list.len() == 2);
    let of = |id: &str| open.iter().filter(|alert| alert["alert_id"] == id).count();
    let ids = [&kept[0], &told["data"]].map(|alert| alert["alert_id"].as_str().unwrap());
    assert_eq!(ids.map(of), [1, 1], "{open:?}");
    load(&agent.proc, "0.00 0.00");
    let mut told = Vec::new();
    let count = |told: &[(String, String)], id: &str, status: &str| {
        told.iter().filter(|(of, is)| of == id && is == status).count()
    };
    while ids.iter().any(|id| count(&told, id, "resolved") == 0) {
        let alert = viewer.json_of("alert");
        let word = |member: &str| alert["data"][member].as_str().unwrap().to_owned();
        told.push((word("alert_id"), word("status")));
    }
    assert_eq!(count(&told, ids[0], "active"), 0, "it is known: {told:?}");
    assert!(count(&told, ids[1], "active") <= 1, "{told:?}");
    assert_eq!(ids.map(|id| count(&told, id, "resolved")), [1, 1], "{told:?}");
    assert!(wait_for(&hub, "", <[_]>::is_empty).is_empty());
    let past = wait_for(&hub, "?state=past", |list| list.len() >= 2);
    assert_eq!(past.len(), 2, "{past:?}");
}
