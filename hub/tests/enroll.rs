//! A host is invited, enrols and reports: the real hub over real TLS with a certificate nobody
//! vouches for, and the real agent with a pin.
#![expect(clippy::disallowed_methods, reason = "the program under test is run")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kinglet::arguments::Call;
use kinglet::command::enroll::enroll;
use kinglet::command::{Outcome, check};
use kinglet::config::Enrollment;
use kinglet::options::Given;
use kinglet_hub::auth::TokenHash;
use kinglet_hub::clock;
use kinglet_hub::config::{self, TlsFiles};
use kinglet_hub::enroll::invitation::invite;
use kinglet_hub::invite::pin;
use kinglet_hub::limits::{CODES_EACH, INVITATION_VALID};
use kinglet_hub::listen::Server;
use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
use tokio::sync::oneshot;

/// A folder that goes away again.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("kinglet-enroll-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A hub with a certificate of its own, for another name and long expired.
struct Hub {
    folder: Folder,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    fn start(more: &str) -> Self {
        let folder = Folder::new();
        let mut params = rcgen::CertificateParams::new(vec!["elsewhere.example".into()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.path("cert.pem"), certificate.pem()).unwrap();
        fs::write(folder.path("key.pem"), key.serialize_pem()).unwrap();
        let text = format!(
            "listen = \"127.0.0.1:0\"\nstate_dir = {:?}\n[viewers]\npublic = true\n[tls]\n\
             cert = {:?}\nkey = {:?}\n{more}",
            folder.path("state"),
            folder.path("cert.pem"),
            folder.path("key.pem"),
        );
        fs::write(folder.path("hub.toml"), text).unwrap();
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut hub = Self { folder, address, stop: None, thread: None };
        hub.restart();
        hub
    }

    fn restart(&mut self) {
        self.stop();
        let config = config::read(Path::new(&self.folder.path("hub.toml"))).unwrap();
        let (stop, stopped) = oneshot::channel();
        let (send_address, address) = std::sync::mpsc::channel();
        self.thread = Some(std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(config).unwrap();
                send_address.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        }));
        (self.address, self.stop) = (address.recv().unwrap(), Some(stop));
    }

    fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    fn state(&self) -> PathBuf {
        self.folder.0.join("state")
    }

    fn pin(&self) -> String {
        let (cert, key) = (self.folder.path("cert.pem"), self.folder.path("key.pem"));
        pin(&TlsFiles { cert: cert.into(), key: key.into() }).unwrap().unwrap()
    }

    fn invite(&self, name: Option<&str>, replace: Option<&str>) -> String {
        let name = name.map(str::to_owned);
        let replace = replace.map(|id| HostId::parse(id).unwrap());
        invite(&self.state(), name, replace, clock::now().wall).unwrap().to_string()
    }

    fn guest(&self, id: &str, code: &str) -> Guest {
        let folder = Folder::new();
        let flags = [
            ("--token-file", folder.path("token")),
            ("--url", format!("wss://{}", self.address)),
            ("--id", id.to_owned()),
            ("--code", code.to_owned()),
        ];
        let flags = flags.map(|(flag, value)| format!("{flag}={value}")).to_vec();
        Guest { folder, flags, pin: Some(self.pin()) }
    }

    /// Everything in the state folder, names included.
    fn kept(&self) -> String {
        let mut text = String::new();
        for folder in ["invitations", "hosts.d"] {
            for entry in fs::read_dir(self.state().join(folder)).into_iter().flatten() {
                let path = entry.unwrap().path();
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                text += &format!("{}\n{}", path.display(), fs::read_to_string(&path).unwrap());
            }
            let folder = self.state().join(folder);
            assert!(!folder.exists() || mode(&folder) == 0o700);
        }
        text
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop();
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A host that may become one of the hub's.
struct Guest {
    folder: Folder,
    flags: Vec<String>,
    pin: Option<String>,
}

impl Guest {
    fn given(&self, flags: &[String]) -> Given {
        let config = format!("--config={}", self.folder.path("kinglet.toml"));
        let words = ["enroll".to_owned(), config].into_iter().chain(flags.iter().cloned());
        Call::parse(words.map(Into::into), Given::default()).unwrap().given
    }

    /// `kinglet enroll`: what it said.
    fn enroll(&self) -> Result<String, String> {
        let pin = self.pin.iter().map(|pin| format!("--pin={pin}"));
        let flags: Vec<_> = self.flags.iter().cloned().chain(pin).collect();
        let enrollment = Enrollment::load(&self.given(&flags)).map_err(|e| e.to_string())?;
        let mut told = Vec::new();
        enroll(&enrollment, &mut told).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(told).unwrap())
    }

    fn token(&self) -> String {
        fs::read_to_string(self.folder.path("token")).unwrap().trim_end().to_owned()
    }

    /// `kinglet check` with nothing but the configuration that was written.
    fn check(&self) -> Outcome {
        check::check(&self.given(&[]), false, false).unwrap()
    }

    fn files(&self) -> usize {
        fs::read_dir(&self.folder.0).unwrap().count()
    }
}

#[test]
fn an_invited_host_gets_a_token_of_its_own_and_reports() {
    let mut hub = Hub::start("");
    let code = hub.invite(Some("The attic's Pi"), None);
    let guest = hub.guest("pi-1", &code.to_uppercase());
    let told = guest.enroll().unwrap();
    assert!(told.contains("knows The attic's Pi as pi-1"), "{told}");
    let token = guest.token();
    assert_eq!((token.len(), mode(Path::new(&guest.folder.path("token")))), (64, 0o600));
    assert_eq!(guest.files(), 2, "no draft is left");
    let written = fs::read_to_string(guest.folder.path("kinglet.toml")).unwrap();
    assert!(written.starts_with("[host]\nid = \"pi-1\"\n\n[[server]]\n"), "{written}");
    for text in [&told, &written] {
        assert!(!text.contains(&token) && !text.contains(&code), "{text}");
    }
    let kept = hub.kept();
    assert!(kept.contains(&TokenHash::of(&token).to_string()), "{kept}");
    let bare = code.replace('-', "");
    assert!([&token, &code, &bare].iter().all(|secret| !kept.contains(*secret)), "{kept}");

    // The hub that made the token takes it at once, and after a restart from its file.
    assert_eq!(guest.check(), Outcome::Good);
    let port = hub.address.port();
    hub.restart();
    let config = written.replace(&port.to_string(), &hub.address.port().to_string());
    fs::write(guest.folder.path("kinglet.toml"), config).unwrap();
    assert_eq!(guest.check(), Outcome::Good);
}

#[test]
fn a_code_that_is_good_no_more_says_so() {
    let hub = Hub::start("");
    let code = hub.invite(None, None);
    hub.guest("first", &code).enroll().unwrap();
    let second = hub.guest("second", &code);
    let error = second.enroll().unwrap_err();
    assert!(error.contains("this code was used"), "{error}");

    let ms = clock::now().wall.unix_millis() - 1000 * INVITATION_VALID.as_secs();
    let past = WallTime::from_unix_millis(ms);
    let old = invite(&hub.state(), None, None, past).unwrap().to_string();
    let error = hub.guest("third", &old).enroll().unwrap_err();
    assert!(error.contains("this code has expired"), "{error}");

    let wrong = "0000-0000-0000-0000-0000-0000-0000";
    for code in [wrong, "nonsense"] {
        let error = hub.guest("fourth", code).enroll().unwrap_err();
        assert!(error.contains("the hub does not know this code"), "{error}");
    }
    assert_eq!(second.files(), 0, "who is refused keeps nothing");
}

#[test]
fn another_key_than_the_pinned_one_gets_no_code() {
    let hub = Hub::start("");
    let code = hub.invite(None, None);
    let mut guest = hub.guest("pi", &code);
    let right = guest.pin.replace(format!("sha256:{}", "0".repeat(64)));
    let error = guest.enroll().unwrap_err();
    assert!(error.contains("the server's key is not the pinned one"), "{error}");
    assert!(error.contains(&right.clone().unwrap()), "{error}");
    // Without a pin the certificate is worth nothing, pinned it is worth everything.
    guest.pin = None;
    let error = guest.enroll().unwrap_err();
    assert!(error.contains("tls failed"), "{error}");
    guest.pin = right;
    guest.enroll().unwrap();
}

#[test]
fn an_id_that_is_known_is_refused_unless_the_invitation_is_for_it() {
    let hash = TokenHash::of("owner's");
    let hub = Hub::start(&format!("[[host]]\nid = \"db\"\ntoken_hash = \"{hash}\"\n"));
    let code = hub.invite(None, None);
    let error = hub.guest("db", &code).enroll().unwrap_err();
    assert!(error.contains("a host db is known already"), "{error}");
    let error = hub.guest("a/b", &code).enroll().unwrap_err();
    assert!(error.contains("--id: an id is"), "{error}");
    // Neither attempt used the code up.
    let kitchen = hub.guest("küche", &hub.invite(None, None));
    kitchen.enroll().unwrap();
    assert_eq!(kitchen.check(), Outcome::Good, "an id of any language, in a header and as a file");
    let error = hub.guest("küche", &hub.invite(None, None)).enroll().unwrap_err();
    assert!(error.contains("kinglet-hub invite --replace küche"), "{error}");
    let first = hub.guest("pi", &code);
    first.enroll().unwrap();
    assert_eq!(first.check(), Outcome::Good);

    let error = hub.guest("pi", &hub.invite(None, None)).enroll().unwrap_err();
    assert!(error.contains("kinglet-hub invite --replace pi"), "{error}");
    let code = hub.invite(Some("new"), Some("pi"));
    let error = hub.guest("other", &code).enroll().unwrap_err();
    assert!(error.contains("for a host of another id"), "{error}");
    let second = hub.guest("pi", &code);
    second.enroll().unwrap();
    assert_eq!(second.check(), Outcome::Good);
    assert_eq!(first.check(), Outcome::Unreachable, "the replaced token is good for nothing");

    let error = hub.guest("db", &hub.invite(None, Some("db"))).enroll().unwrap_err();
    assert!(error.contains("hub.toml holds the token of host db"), "{error}");
}

#[test]
fn files_that_are_there_are_not_lost() {
    let hub = Hub::start("");
    let code = hub.invite(None, None);
    let guest = hub.guest("pi", &code);
    fs::write(guest.folder.path("token"), "another hub's").unwrap();
    let error = guest.enroll().unwrap_err();
    assert!(error.contains("holds a token already") && guest.token() == "another hub's", "{error}");

    let own = "[host]\nid = \"pi\"\n\n[[server]]\nurl = \"wss://other.example\"\n# mine\n";
    fs::write(guest.folder.path("kinglet.toml"), own).unwrap();
    fs::write(guest.folder.path("token"), "").unwrap();
    let told = guest.enroll().unwrap();
    assert_eq!(fs::read_to_string(guest.folder.path("kinglet.toml")).unwrap(), own);
    assert!(told.contains("names a server already") && told.contains("\npin = "), "{told}");

    // What packages bring names no server yet: its placeholder is filled in, the rest stays.
    let shipped = fs::read_to_string("../packaging/kinglet.toml").unwrap();
    let guest = hub.guest("pi-2", &hub.invite(None, None));
    let shipped = shipped.replace("#id = \"attic-pi\"", "id = \"pi-2\"");
    fs::write(guest.folder.path("kinglet.toml"), &shipped).unwrap();
    guest.enroll().unwrap();
    let now = fs::read_to_string(guest.folder.path("kinglet.toml")).unwrap();
    let lines = now.lines().count() - shipped.lines().count();
    let mut counts = now.lines().filter(|line| !line.starts_with('#'));
    assert!(lines == 2 && !counts.any(|line| line.contains("hub.example.org")), "{now}");
    assert_eq!(guest.check(), Outcome::Good);
}

#[test]
fn a_wrong_host_file_costs_that_host_alone() {
    let mut hub = Hub::start("");
    let guest = hub.guest("pi", &hub.invite(None, None));
    guest.enroll().unwrap();
    let hosts = hub.state().join("hosts.d");
    fs::write(hosts.join("bad.toml"), "id = \"bad\"\ntoken_hush = \"x\"\n").unwrap();
    fs::write(hosts.join("other.toml"), fs::read(hosts.join("pi.toml")).unwrap()).unwrap();
    let config = config::read(Path::new(&hub.folder.path("hub.toml"))).unwrap();
    let faults: Vec<_> = config.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("bad.toml:2: unknown key `token_hush`"), "{faults:?}");
    assert!(faults[0].contains("did you mean `token_hash`?"), "{faults:?}");
    assert!(faults[1].contains("other.toml:1: `id` is \"pi\""), "{faults:?}");
    assert!(config.auth.knows("pi") && !config.auth.knows("bad"));
    hub.restart();
    let path = guest.folder.path("kinglet.toml");
    let written = fs::read_to_string(&path).unwrap();
    let (before, after) = written.split_once("127.0.0.1:").unwrap();
    let after = after.split_once('"').unwrap().1;
    fs::write(&path, format!("{before}{}\"{after}", hub.address)).unwrap();
    assert_eq!(guest.check(), Outcome::Good);
}

#[test]
fn the_owner_gets_one_line_to_paste() {
    let hub = Hub::start("");
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
        command.args(["invite", "--config", &hub.folder.path("hub.toml")]).args(words);
        let output = command.env_remove("KINGLET_BASE_URL").stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let url = format!("wss://{}", hub.address);
    let (code, line, note) = run(&["--name", "Attic", "--url", &url]);
    assert_eq!((code, line.lines().count()), (Some(0), 1), "{line}{note}");
    assert!(line.starts_with("curl -fsSL https://") && line.contains("| sh -s -- "), "{line}");
    let options = line.split_once("sh -s -- ").unwrap().1.trim_end();
    assert!(note.contains(&format!("kinglet enroll {options}\n")), "{note}");
    let words: Vec<_> = options.split(' ').collect();
    let ["--url", at, "--code", code, "--pin", pin] = words[..] else { panic!("{options}") };
    assert_eq!((at, pin), (url.as_str(), hub.pin().as_str()));
    let told = hub.guest("pi", code).enroll().unwrap();
    assert!(told.contains("knows Attic as pi"), "{told}");

    for (words, says) in [
        (&["--url", "wss://h;reboot"][..], "--url must be"),
        (&["--url", "https://h"], "--url must be"),
        (&["--replace", "../x"], "--replace must be"),
        (&["--name", "two\nlines"], "name must be a line of text"),
    ] {
        let (code, _, told) = run(words);
        assert!(code == Some(2) && told.contains(says), "{words:?}: {told}");
    }
}

/// With the one thread for files taken, and stays so.
#[test]
fn codes_that_are_too_many_take_no_thread() {
    let folder = Folder::new();
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = {:?}\n[viewers]\npublic = true\n\
         [store]\npath = \"memory\"\n",
        folder.path("state")
    );
    fs::write(folder.path("hub.toml"), text).unwrap();
    let config = config::read(Path::new(&folder.path("hub.toml"))).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = {
        let _entered = runtime.enter();
        Server::bind(config).unwrap()
    };
    let address = server.address();
    let (free, taken) = std::sync::mpsc::channel::<()>();
    runtime.spawn_blocking(move || taken.recv().is_err());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async { drop(stopped.await) }));
    let show = || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        let head = "GET /ws/enroll HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\n\
                    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer x\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let waiting: Vec<_> = (0..CODES_EACH).map(|_| show()).collect();
    std::thread::sleep(Duration::from_millis(300));
    let mut answer = [0; 12];
    show().read_exact(&mut answer).expect("an answer, with no thread to be had");
    assert_eq!(&answer, b"HTTP/1.1 429");
    drop(free);
    let mut first = &waiting[0];
    first.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401", "they had their turn");
    drop(stop);
    runtime.block_on(running).unwrap();
}

#[test]
fn a_request_without_an_upgrade_uses_no_code() {
    let folder = Folder::new();
    let text = format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = {:?}\n[viewers]\npublic = true\n",
        folder.path("state")
    );
    fs::write(folder.path("hub.toml"), text).unwrap();
    let config = config::read(Path::new(&folder.path("hub.toml"))).unwrap();
    let code = invite(&folder.0.join("state"), None, None, clock::now().wall).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = {
        let _entered = runtime.enter();
        Server::bind(config).unwrap()
    };
    let address = server.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async { drop(stopped.await) }));
    let ask = |path: &str, more: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let head = "Host: hub\r\nX-Client-ID: pi\r\nConnection:";
        write!(stream, "GET {path} HTTP/1.1\r\n{head} {more}\r\n\r\n").unwrap();
        let mut text = String::new();
        let mut piece = [0; 1024];
        while !text.contains("\r\n\r\n") || text.contains("410") && !text.contains('}') {
            let count = stream.read(&mut piece).unwrap();
            text += &String::from_utf8_lossy(&piece[..count]);
            if count == 0 {
                break;
            }
        }
        text
    };
    let bearer = format!("Authorization: Bearer {code}");
    let upgrade = "Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let plain = ask("/ws/enroll", &format!("close\r\n{bearer}"));
    assert!(plain.starts_with("HTTP/1.1 426 "), "{plain}");
    // A query ends up in the logs of proxies, so a code there is none.
    let query = ask(&format!("/ws/enroll?token={code}"), upgrade.trim_end());
    assert!(query.starts_with("HTTP/1.1 401 "), "{query}");
    let good = ask("/ws/enroll", &format!("{upgrade}{bearer}"));
    assert!(good.starts_with("HTTP/1.1 101 "), "{good}");
    let used = ask("/ws/enroll", &format!("{upgrade}{bearer}"));
    assert!(used.starts_with("HTTP/1.1 410 "), "{used}");
    assert!(used.contains(r#"{"error":"used_code","message":"this code was used;"#), "{used}");
    drop(stop);
    runtime.block_on(running).unwrap();
}
