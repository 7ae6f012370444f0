//! A hub that is killed again and again while an agent reports: what it acknowledged is there.
#![expect(clippy::disallowed_methods, reason = "the program under test")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kinglet_hub::auth::TokenHash;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

const TOKEN: &str = "killed-token-0c1d2e";
const ROUNDS: u64 = 30;

struct Hub(Child, SocketAddr);

impl Hub {
    fn start(config: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
        command.arg("run").arg("--config").arg(config).env_remove("KINGLET_LOG");
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
