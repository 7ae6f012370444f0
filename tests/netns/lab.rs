//! Two namespaces, one for the agent and one for its server.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use tungstenite::WebSocket;

/// The names of the veth pair's ends are fixed, so that one lab is open at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A namespace for the agent (10.77.0.1, fd77::1) and one for the server (10.77.0.2, fd77::2).
pub struct Lab {
    agent: String,
    server: String,
    files: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Lab {
    /// Builds the lab; `None`, and a word why, where that cannot be done.
    pub fn new(name: &str) -> Option<Self> {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        if !nix::unistd::geteuid().is_root() {
            skip("network namespaces need root");
            return None;
        }
        let (agent, server) = (format!("kinglet-a-{name}"), format!("kinglet-s-{name}"));
        let made = ["netns", "add", &agent];
        if !Command::new("ip").args(made).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
        {
            skip("ip netns add does not work here");
            return None;
        }
        let files = PathBuf::from(format!("/etc/netns/{agent}"));
        std::fs::create_dir_all(&files).unwrap();
        let lab = Self { agent, server, files, _alone: alone };
        ip(&["netns", "add", &lab.server]);
        lab.inside_agent(&["link", "add", "k-agt", "type", "veth", "peer", "name", "k-srv"]);
        lab.inside_agent(&["link", "set", "k-srv", "netns", &lab.server]);
        for (inside, device, host) in [(&lab.agent, "k-agt", 1), (&lab.server, "k-srv", 2)] {
            // No address of the kernel's own choice, which it would find to be free much later.
            ip(&["-n", inside, "link", "set", device, "addrgenmode", "none"]);
            ip(&["-n", inside, "addr", "add", &format!("10.77.0.{host}/24"), "dev", device]);
            let v6 = format!("fd77::{host}/64");
            ip(&["-n", inside, "addr", "add", &v6, "dev", device, "nodad"]);
            ip(&["-n", inside, "link", "set", device, "up"]);
            ip(&["-n", inside, "link", "set", "lo", "up"]);
        }
        lab.settle();
        Some(lab)
    }

    /// A second line, by which 10.80.0.2 can be reached too: the route prefers the first.
    pub fn second_line(&self) {
        self.inside_agent(&["link", "add", "k-agt2", "type", "veth", "peer", "name", "k-srv2"]);
        self.inside_agent(&["link", "set", "k-srv2", "netns", &self.server]);
        for (inside, device, host) in [(&self.agent, "k-agt2", 1), (&self.server, "k-srv2", 2)] {
            ip(&["-n", inside, "addr", "add", &format!("10.79.0.{host}/24"), "dev", device]);
            ip(&["-n", inside, "link", "set", device, "up"]);
        }
        self.inside_server(&["addr", "add", "10.80.0.2/32", "dev", "lo"]);
        for (via, metric) in [("10.77.0.2", "1"), ("10.79.0.2", "9")] {
            self.inside_agent(&["route", "add", "10.80.0.2", "via", via, "metric", metric]);
        }
    }

    pub fn inside_agent(&self, words: &[&str]) {
        ip(&[&["-n", self.agent.as_str()], words].concat());
    }

    pub fn inside_server(&self, words: &[&str]) {
        ip(&[&["-n", self.server.as_str()], words].concat());
    }

    /// What `/etc/hosts` says to the agent.
    pub fn hosts(&self, text: &str) {
        std::fs::write(self.files.join("hosts"), text).unwrap();
    }

    /// The only name server the agent knows.
    pub fn name_server(&self, address: &str) {
        let text = format!("nameserver {address}\noptions timeout:5 attempts:3\n");
        std::fs::write(self.files.join("resolv.conf"), text).unwrap();
    }

    /// Packets arrive at the server over IPv6, and nothing comes back.
    pub fn black_hole_ipv6(&self) {
        let link = ["-n", &self.server, "-o", "link", "show", "dev", "k-srv"];
        let shown = Command::new("ip").args(link).output().unwrap();
        let text = String::from_utf8(shown.stdout).unwrap();
        let mac = text.split_whitespace().skip_while(|word| *word != "link/ether").nth(1).unwrap();
        let neighbour = ["-6", "neigh", "replace", "fd77::2", "lladdr", mac, "dev", "k-agt"];
        self.inside_agent(&neighbour);
        self.inside_server(&["-6", "route", "add", "blackhole", "fd77::1/128"]);
    }

    /// What the agent sends leaves at so many bytes a second, and waits in the host's own queue.
    pub fn slow(&self, bytes_per_s: u64) {
        let rate = format!("{}bit", bytes_per_s * 8);
        let tbf = ["root", "tbf", "rate", &rate, "burst", "1600", "latency", "60s"];
        let words = ["netns", "exec", &self.agent, "tc", "qdisc", "add", "dev", "k-agt"];
        ip(&[&words[..], &tbf].concat());
    }

    /// What the agent sends waits in this queue.
    pub fn queue(&self, words: &[&str]) {
        let add = ["netns", "exec", &self.agent, "tc", "qdisc", "add", "dev", "k-agt", "root"];
        ip(&[&add[..], words].concat());
    }

    /// What tc says of that queue.
    pub fn queued(&self) -> serde_json::Value {
        let words = ["netns", "exec", &self.agent, "tc", "-s", "-j", "qdisc", "show"];
        let output = Command::new("ip").args(words).args(["dev", "k-agt"]).output().unwrap();
        let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        all[0].clone()
    }

    /// Sends so many datagrams of a kilobyte to the server's host at once.
    pub fn flood(&self, count: usize) {
        inside(&self.agent, move || {
            let socket = UdpSocket::bind("10.77.0.1:0").unwrap();
            for _ in 0..count {
                // What the queue drops is an error where the kernel says so.
                let _ = socket.send_to(&[0; 1000], "10.77.0.2:9");
            }
        });
    }

    /// What `kinglet sample --json` prints, with these lines in its file.
    pub fn sample(&self, more: &str) -> serde_json::Value {
        let mut kinglet = self.kinglet("sample", &[], more);
        let output = kinglet.arg("--json").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Waits until the kernel has told that the link is up: it takes its time over that, and what
    /// it tells later is news to the agent, which then hears of the next change four seconds late.
    fn settle(&self) {
        let began = Instant::now();
        for (inside, device) in [(&self.agent, "k-agt"), (&self.server, "k-srv")] {
            let shown =
                || Command::new("ip").args(["-n", inside, "-o", "link", "show", device]).output();
            while !String::from_utf8_lossy(&shown().unwrap().stdout).contains("state UP") {
                assert!(began.elapsed() < Duration::from_secs(10), "{device} is never up");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// A listening socket in the server's namespace.
    pub fn listen(&self, address: &str) -> TcpListener {
        let address = address.to_owned();
        self.bind(move || TcpListener::bind(address).unwrap())
    }

    /// A socket for datagrams in the server's namespace.
    pub fn datagrams(&self, address: &str) -> UdpSocket {
        let address = address.to_owned();
        self.bind(move || UdpSocket::bind(address).unwrap())
    }

    /// The groups that may ping in the agent's namespace.
    pub fn allow_pings(&self, groups: &'static str) {
        let path = "/proc/sys/net/ipv4/ping_group_range";
        inside(&self.agent, move || std::fs::write(path, groups).unwrap());
    }

    /// Makes a socket in the server's namespace: it stays there for good.
    fn bind<T: Send + 'static>(&self, make: impl FnOnce() -> T + Send + 'static) -> T {
        inside(&self.server, make)
    }
    /// The next connection, upgraded, if one comes in time.
    pub fn visit(&self, listener: &TcpListener, limit: Duration) -> Option<WebSocket<TcpStream>> {
        listener.set_nonblocking(true).unwrap();
        let began = Instant::now();
        while began.elapsed() < limit {
            if let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                return tungstenite::accept(stream).ok();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }

    /// The built agent, reporting to this server every second.
    pub fn agent(&self, url: &str) -> Agent {
        self.agent_with(&[url])
    }

    /// The same with several servers.
    pub fn agent_with(&self, urls: &[&str]) -> Agent {
        self.agent_at("1s", urls)
    }

    /// The same at another interval.
    pub fn agent_at(&self, interval: &str, urls: &[&str]) -> Agent {
        let mut kinglet = self.kinglet("run", urls, "");
        let child = kinglet.env("KINGLET_INTERVAL", interval).stderr(Stdio::inherit()).spawn();
        Agent(child.unwrap())
    }

    /// The same every second, with more lines in its file.
    pub fn agent_told(&self, url: &str, more: &str) -> Agent {
        Agent(self.kinglet("run", &[url], more).stderr(Stdio::inherit()).spawn().unwrap())
    }

    /// What `kinglet check` prints about this server.
    pub fn check(&self, url: &str) -> String {
        self.check_told(url, "")
    }

    /// The same, with more lines in its file.
    pub fn check_told(&self, url: &str, more: &str) -> String {
        let output = self.kinglet("check", &[url], more).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The built program in the agent's namespace, or the one that `KINGLET_BINARY` names: what
    /// ships is linked with another libc.
    fn kinglet(&self, command: &str, urls: &[&str], more: &str) -> Command {
        let built = env!("CARGO_BIN_EXE_kinglet").to_owned();
        let program = std::env::var("KINGLET_BINARY").unwrap_or(built);
        let (token, file) = (self.files.join("token"), self.files.join("kinglet.toml"));
        std::fs::write(&token, "t").unwrap();
        let server = |url: &&str| {
            format!("[[server]]\nurl = \"{url}\"\ntoken_file = \"{}\"\n", token.display())
        };
        let servers: String = urls.iter().map(server).collect();
        std::fs::write(&file, format!("interval = \"1s\"\n{servers}{more}")).unwrap();
        let mut kinglet = Command::new("ip");
        kinglet.args(["netns", "exec", &self.agent, &program, command, "--config"]).arg(&file);
        kinglet.stdin(Stdio::null());
        kinglet
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for namespace in [&self.agent, &self.server] {
            let _ = Command::new("ip").args(["netns", "del", namespace]).status();
        }
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

/// A running agent; `ip netns exec` becomes the program it runs, so this is its pid.
pub struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// Runs this in a namespace.
fn inside<T: Send + 'static>(name: &str, run: impl FnOnce() -> T + Send + 'static) -> T {
    let namespace = std::fs::File::open(format!("/run/netns/{name}")).unwrap();
    let run = move || {
        // A thread of its own, for a thread that has moved does not come back.
        setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET).unwrap();
        run()
    };
    std::thread::spawn(run).join().unwrap()
}

/// Says so past the test runner, which keeps what a passing test prints to itself.
fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn ip(words: &[&str]) {
    let status = Command::new("ip").args(words).status().unwrap();
    assert!(status.success(), "ip {}", words.join(" "));
}
