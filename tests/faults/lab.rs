//! An agent, a line, a hub and someone who looks at it.

use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::agent::{Agent, INTERVAL};
use crate::certificate::Authority;
use crate::hub::{Hub, ID, PORT, TOKEN, Viewer};
use crate::line::Line;
use crate::name_server::NameServer;
use crate::namespace::Namespace;
use crate::relay::Relay;

/// Where relays listen.
const RELAY_PORT: u16 = 7000;
/// How long the first certificate is good: until well after all is up.
pub const CERTIFICATE_LASTS: Duration = Duration::from_secs(25);

/// How the agent comes to the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By its address.
    Direct,
    /// By a name with an address of each family.
    Families,
    /// By a name that a name server knows.
    Name,
    /// To a program before the hub, which passes on what it hears.
    Relay,
    /// By a proxy.
    Proxy,
    /// By TLS, with a certificate that ends soon.
    Tls,
}

/// What a fault is made in. What is dropped first comes first: whoever speaks before the line.
pub struct Lab {
    pub agent: Agent,
    pub viewer: Viewer,
    pub hub: Option<Hub>,
    pub relay: Option<Relay>,
    pub names: Option<NameServer>,
    pub authority: Option<Authority>,
    /// When the first certificate ends.
    pub ends: SystemTime,
    /// When the fault began.
    pub began: SystemTime,
    pub line: Line,
    pub near: Namespace,
    pub far: Namespace,
    _between: Namespace,
    folder: Folder,
}

/// Files of a lab, and what the agent reads instead of those in `/etc`.
struct Folder {
    own: PathBuf,
    etc: PathBuf,
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.own);
        let _ = std::fs::remove_dir_all(&self.etc);
    }
}

impl Lab {
    /// Agent (10.77.0.1, fd77::1) and hub (10.77.0.2, fd77::2) run; nothing is wrong yet. The
    /// number is this lab's own.
    pub fn new(number: usize, way: Way) -> Self {
        let name = |end: &str| format!("kf-{}-{number}{end}", std::process::id());
        let [near, between, far] = ["a", "l", "s"].map(|end| Namespace::new(name(end)));
        let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name(""));
        let folder = Folder { own, etc: PathBuf::from(format!("/etc/netns/{}", near.name)) };
        std::fs::create_dir_all(&folder.own).unwrap();
        std::fs::create_dir_all(&folder.etc).unwrap();
        for (end, device, host) in [(&near, "kf-agt", 1), (&far, "kf-hub", 2)] {
            join(end, &between, device, host);
        }
        let line = Line::new(&between);
        introduce(&near, "10.77.0.250");
        std::thread::sleep(Duration::from_millis(100));
        introduce(&far, "10.77.0.251");
        let names = (way == Way::Name).then(|| NameServer::new(&far));
        let authority = (way == Way::Tls).then(|| Authority::new(&folder.own));
        let ends = SystemTime::now() + CERTIFICATE_LASTS;
        if let Some(authority) = &authority {
            authority.write(&folder.own, CERTIFICATE_LASTS);
        }
        let hub = Hub::start(&far, &folder.own, &folder.tls(way));
        let viewer = Viewer::new(&far, authority.as_ref().map(Authority::client));
        let relay = matches!(way, Way::Relay | Way::Proxy)
            .then(|| Relay::new(&far, RELAY_PORT, PORT, way == Way::Proxy));
        let agent = Agent::start(&near, &folder.agent(way));
        let hub = Some(hub);
        Self {
            agent,
            viewer,
            hub,
            relay,
            names,
            authority,
            ends,
            began: ends,
            line,
            near,
            far,
            _between: between,
            folder,
        }
    }

    /// The hub is killed.
    pub fn kill_hub(&mut self) {
        self.hub = None;
    }

    /// It is started again.
    pub fn start_hub(&mut self) {
        self.hub = Some(Hub::start(&self.far, &self.folder.own, ""));
    }

    /// A certificate for a year, which the hub is told of.
    pub fn renew(&self) {
        let authority = self.authority.as_ref().unwrap();
        authority.write(&self.folder.own, Duration::from_secs(365 * 86_400));
        self.hub.as_ref().unwrap().signal(nix::sys::signal::Signal::SIGHUP);
    }

    /// What the hub wrote into its log.
    pub fn hub_log(&self) -> String {
        std::fs::read_to_string(self.folder.own.join("hub.log")).unwrap_or_default()
    }
}

impl Folder {
    /// The hub's table of TLS.
    fn tls(&self, way: Way) -> String {
        let [cert, key] = ["cert.pem", "key.pem"].map(|name| self.own.join(name));
        let table = || format!("[tls]\ncert = {cert:?}\nkey = {key:?}\n");
        if way == Way::Tls { table() } else { String::new() }
    }

    /// The agent's configuration file, and what it finds in `/etc`.
    fn agent(&self, way: Way) -> PathBuf {
        let hosts = match way {
            Way::Families => "fd77::2 hub.test\n10.77.0.2 hub.test\n",
            Way::Tls => "10.77.0.2 hub.test\n",
            Way::Direct | Way::Name | Way::Relay | Way::Proxy => "127.0.0.1 localhost\n",
        };
        std::fs::write(self.etc.join("hosts"), hosts).unwrap();
        let resolv = "nameserver 10.77.0.2\noptions timeout:1 attempts:2\n";
        std::fs::write(self.etc.join("resolv.conf"), resolv).unwrap();
        let token = self.own.join("token");
        std::fs::write(&token, TOKEN).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let url = match way {
            Way::Direct | Way::Proxy => format!("ws://10.77.0.2:{PORT}"),
            Way::Families | Way::Name => format!("ws://hub.test:{PORT}"),
            Way::Relay => format!("ws://10.77.0.2:{RELAY_PORT}"),
            Way::Tls => format!("wss://hub.test:{PORT}"),
        };
        let more = match way {
            Way::Proxy => format!("proxy = \"http://10.77.0.2:{RELAY_PORT}\"\n"),
            Way::Tls => format!("ca_file = {:?}\n", self.own.join("ca.pem")),
            Way::Direct | Way::Families | Way::Name | Way::Relay => String::new(),
        };
        let text = format!(
            "interval = \"{}s\"\n[host]\nid = \"{ID}\"\n[[server]]\nurl = \"{url}\"\n\
             token_file = {token:?}\n{more}",
            INTERVAL.as_secs()
        );
        let file = self.own.join("kinglet.toml");
        std::fs::write(&file, text).unwrap();
        file
    }
}

/// A pair of devices: one end is a host's, the other the line's.
fn join(end: &Namespace, between: &Namespace, device: &str, host: u8) {
    let far_end = format!("{device}-l");
    // In one piece is sent what fits into a frame: no network card cuts it up.
    let pair = ["link", "add", device, "gso_max_segs", "1", "type", "veth", "peer", "name"];
    end.ip(&[&pair[..], &[&far_end, "netns", &between.name]].concat());
    // No address of the kernel's own choice, which it would find to be free much later.
    end.ip(&["link", "set", device, "addrgenmode", "none"]);
    between.ip(&["link", "set", &far_end, "addrgenmode", "none"]);
    end.ip(&["addr", "add", &format!("10.77.0.{host}/24"), "dev", device]);
    end.ip(&["addr", "add", &format!("fd77::{host}/64"), "dev", device, "nodad"]);
    between.ip(&["link", "set", &far_end, "up"]);
    end.ip(&["link", "set", device, "up"]);
    end.settle(device);
}

/// Has the host ask who has an address, so that the line hears which of its ends is whose.
fn introduce(end: &Namespace, nobody: &'static str) {
    end.run(move || {
        let _ = UdpSocket::bind("0.0.0.0:0").unwrap().send_to(&[0], (nobody, 9));
    });
}
