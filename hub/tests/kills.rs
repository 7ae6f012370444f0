//! A hub that is killed again and again while an agent reports: what it acknowledged is there. And
//! one that is killed at each step of an enrolment.
#![expect(clippy::disallowed_methods, reason = "the program under test")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kinglet_hub::auth::TokenHash;
use kinglet_hub::enroll::invitation::invite;
use kinglet_proto::host::HostId;
use tungstenite::client::IntoClientRequest;
use tungstenite::{HandshakeError, Message, WebSocket};

const TOKEN: &str = "killed-token-0c1d2e";
const ROUNDS: u64 = 30;

struct Hub(Child, SocketAddr);

impl Hub {
    fn start(config: &Path) -> Self {
        Self::killed_at(config, "")
    }

    /// One that is killed when it comes to this step.
    fn killed_at(config: &Path, step: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
        command.arg("run").arg("--config").arg(config).env_remove("KINGLET_LOG");
        command.env("KINGLET_HUB_KILLED_AT", step);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.map_while(Result::ok).find(|line| line.contains("listening on"));
        let said = said.expect("it listens");
        let address = said.split("http://").nth(1).unwrap().trim_end_matches('/').parse().unwrap();
        Self(child, address)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.0.kill()); // SIGKILL
        drop(self.0.wait());
    }
}

fn connect(address: SocketAddr) -> WebSocket<TcpStream> {
    let url = format!("ws://{address}/ws/agent?token={TOKEN}&client_id=pi");
    let stream = TcpStream::connect(address).unwrap();
    let socket = tungstenite::client(url.into_client_request().unwrap(), stream).unwrap().0;
    socket.get_ref().set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    socket
}

/// What a reading says of itself.
fn report(boot: u64, seq: u64) -> Message {
    let uptime = boot * 1_000_000 + seq;
    Message::text(format!(
        r#"{{"type":"metrics","data":{{"uptime":{uptime}}},"meta":{{"boot_id":"boot-{boot}","seq":{seq},"age_ms":0}}}}"#
    ))
}

fn acknowledged(text: &str) -> Option<u64> {
    let message: serde_json::Value = serde_json::from_str(text).ok()?;
    (message["type"] == "ack").then(|| message["data"]["seq"].as_u64())?
}

#[test]
fn nothing_that_was_acknowledged_is_missing_after_thirty_kills() {
    let folder = std::env::temp_dir().join(format!("kinglet-kills-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("hub.toml");
    let state = folder.display();
    let hash = TokenHash::of(TOKEN);
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = \"{state}\"\n[viewers]\npublic = true\n\
         [store]\ncommit_interval = \"1s\"\n[[host]]\nid = \"pi\"\ntoken_hash = \"{hash}\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let mut promised = BTreeSet::new();
    let mut random = 88_172_645_463_325_252_u64;
    for boot in 1..=ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let hub = Hub::start(&config);
        let mut agent = connect(hub.1);
        let lives = Duration::from_millis(1_050 + random % 600);
        let began = Instant::now();
        let mut seq = 0;
        while began.elapsed() < lives {
            seq += 1;
            agent.send(report(boot, seq)).unwrap();
            // Reading waits 20 ms, which is the pace of the load too.
            if let Ok(Message::Text(text)) = agent.read()
                && let Some(up_to) = acknowledged(&text)
            {
                promised.extend((1..=up_to).map(|seq| boot * 1_000_000 + seq));
            }
        }
        drop(hub);
    }
    assert!(promised.len() > 500, "{} were acknowledged", promised.len());
    let kept = export(&config);
    let missing: Vec<_> = promised.difference(&kept).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(is_whole(&folder), "integrity");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The `uptime` of every reading there is.
fn export(config: &Path) -> BTreeSet<u64> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
    command.args(["export", "--host", "pi", "--metric", "uptime", "--config"]).arg(config);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let values = text.lines().skip(1).map(|line| line.split(',').nth(3).unwrap().parse().unwrap());
    values.collect()
}

/// A backup can be taken and put back, for which every page is looked at.
fn is_whole(folder: &Path) -> bool {
    let config = folder.join("hub.toml");
    let copy: PathBuf = folder.join("copy.db");
    ["backup", "restore"].into_iter().all(|word| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
        command.arg(word).arg("--config").arg(&config).arg(&copy).status().unwrap().success()
    })
}

/// What an enrolment is answered: the status, or that nobody answered.
fn enrol(address: SocketAddr, code: &str) -> Result<u16, ()> {
    let mut request = format!("ws://{address}/ws/enroll").into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {code}").parse().unwrap());
    request.headers_mut().insert("x-client-id", "pi".parse().unwrap());
    match tungstenite::client(request, TcpStream::connect(address).unwrap()) {
        Ok(_) => Ok(101),
        Err(HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
            Ok(answer.status().as_u16())
        }
        Err(_) => Err(()),
    }
}

/// The names of the files in a folder of the state.
fn files(folder: &Path, name: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join(name)).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The steps are there in builds for tests alone.
#[cfg(debug_assertions)]
#[test]
fn an_enrolment_that_a_hub_is_killed_in_happened_or_did_not() {
    let folder = std::env::temp_dir().join(format!("kinglet-kills-e-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("hub.toml");
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = {folder:?}\n[viewers]\npublic = true\n\
         [store]\npath = \"memory\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let now = || kinglet_hub::clock::now().wall;
    // Each with whether it is to replace a host, and whether all of it has happened by then.
    for (step, replaces, is_done) in [
        ("drafted", false, false),
        ("claimed", false, false),
        ("linked", false, true),
        ("kept", false, true),
        ("drafted", true, false),
        ("claimed", true, false),
        ("kept", true, true),
    ] {
        drop(std::fs::remove_dir_all(folder.join("hosts.d")));
        drop(std::fs::remove_dir_all(folder.join("invitations")));
        let replace = replaces.then(|| HostId::parse("pi").unwrap());
        let code = invite(&folder, None, replace, now()).unwrap().to_string();
        let mut hub = Hub::killed_at(&config, step);
        assert_eq!(enrol(hub.1, &code), Err(()), "{step}");
        assert_eq!(hub.0.wait().unwrap().code(), None, "{step}: it was killed");
        drop(hub);
        let hub = Hub::start(&config);
        let what = format!("{step}, replaces: {replaces}");
        let kept = files(&folder, "hosts.d");
        assert_eq!(
            kept.len(),
            usize::from(is_done),
            "{what}: no draft, and a host or none: {kept:?}"
        );
        let used = files(&folder, "invitations").iter().any(|name| name.ends_with(".used"));
        assert_eq!(used, is_done, "{what}: a used code has a host");
        // The code is good for what it was, or used up.
        assert_eq!(enrol(hub.1, &code), Ok(if is_done { 410 } else { 101 }), "{what}");
        let again = invite(&folder, None, HostId::parse("pi").ok(), now()).unwrap().to_string();
        assert_eq!(enrol(hub.1, &again), Ok(101), "{what}: the way out");
        assert_eq!(files(&folder, "hosts.d"), ["pi.toml"], "{what}");
        drop(hub);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
