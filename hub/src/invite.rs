//! An invitation for one host, and the line to run there: what the command prints and the page
//! shows.

mod authority;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use authority::Authority;
use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;

use crate::config::TlsFiles;
use crate::enroll::invitation::invite;
use crate::limits::INVITATION_VALID;

/// Where releases are, unless `KINGLET_BASE_URL` says so as it does for the installer.
const RELEASES: &str = "https://github.com/kinglet-monitor/kinglet/releases";

/// How hosts reach the hub, as far as its configuration tells.
#[derive(Debug, Clone)]
pub struct Reach {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its certificate; `None` where it has none of its own.
    pub tls: Option<TlsFiles>,
}

/// What is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What the host will be called; `None` leaves that to it.
    pub name: Option<String>,
    /// The host whose place it takes.
    pub replace: Option<HostId>,
    /// The address at which hosts reach the hub; `None` for the one it listens on.
    pub url: Option<String>,
}

/// An invitation that was made.
#[derive(Debug, Clone)]
pub struct Invited {
    /// What it goes by, which is not its code.
    pub id: String,
    /// The line for a host that has no Kinglet yet.
    pub line: String,
    /// The line for one that has.
    pub command: String,
    /// What the owner should know, a sentence each.
    pub warnings: Vec<String>,
    /// Until when it is good.
    pub expires: WallTime,
}

/// Why nobody is invited.
#[derive(Debug)]
pub enum NotInvited {
    /// What was asked for makes no sense, or would lead nowhere; in words.
    Wrong(String),
    /// The state folder cannot be used.
    Failed(io::Error),
}

impl fmt::Display for NotInvited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(words) => f.write_str(words),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// Makes an invitation. One that would lead nowhere is refused, unless the owner gave the address:
/// what he knows better is only said.
///
/// # Errors
/// Nothing was made.
pub fn make(
    reach: &Reach,
    state_dir: &Path,
    wanted: Wanted,
    now: WallTime,
) -> Result<Invited, NotInvited> {
    let Wanted { name, replace, url: given } = wanted;
    if name.as_ref().is_some_and(|name| name.is_empty() || name.contains(char::is_control)) {
        return Err(NotInvited::Wrong("a name must be a line of text".to_owned()));
    }
    let is_given = given.is_some();
    let url = given.map_or_else(|| own_url(reach), checked_url)?;
    let files = reach.tls.as_ref().filter(|_| url.starts_with("wss://"));
    let authority = files.map_or(Ok(Authority::Public), |files| Authority::read(files, now));
    let authority = authority.map_err(NotInvited::Wrong)?;
    let mut warnings: Vec<String> = doubts(&url, &authority);
    if !is_given && let Some(doubt) = warnings.pop() {
        return Err(NotInvited::Wrong(doubt));
    }
    if url.starts_with("ws://") {
        let words = "The token will travel in clear: ws:// is for a line you trust.";
        warnings.push(words.to_owned());
    }
    let code = invite(state_dir, name, replace, now).map_err(NotInvited::Failed)?;
    let pin = match &authority {
        Authority::Own(pin) => format!(" --pin {pin}"),
        Authority::Public | Authority::Unknown => String::new(),
    };
    let options = format!("--url {url} --code {code}{pin}");
    let valid = u64::try_from(INVITATION_VALID.as_millis()).unwrap_or(u64::MAX);
    let expires = WallTime::from_unix_millis(now.unix_millis().saturating_add(valid));
    let (line, command) = (installer(&options), format!("kinglet enroll {options}"));
    Ok(Invited { id: code.name(), line, command, warnings, expires })
}

/// The pin of the hub's key; `None` where an authority stands behind its certificate.
///
/// # Errors
/// The certificate cannot be read; in words.
pub fn pin(files: &TlsFiles) -> Result<Option<String>, String> {
    match Authority::read(files, WallTime::default())? {
        Authority::Own(pin) => Ok(Some(pin)),
        Authority::Public | Authority::Unknown => Ok(None),
    }
}

/// Why hosts would not get there.
fn doubts(url: &str, authority: &Authority) -> Vec<String> {
    let mut doubts = Vec::new();
    if is_loopback(url) {
        doubts.push(format!("{url} is this machine alone; for others say --url wss://..."));
    }
    if matches!(authority, Authority::Unknown) {
        doubts.push(
            "the certificate comes from an authority that other hosts do not know, so they would \
             refuse it: take one of a public authority, or a self-signed one, whose pin goes with \
             the invitation, or say --url and give each agent the authority's file (ca_file)"
                .to_owned(),
        );
    }
    doubts
}

fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    let bare = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_local = |ip: IpAddr| ip.to_canonical().is_loopback();
    let name = bare.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || bare.parse().is_ok_and(is_local)
}

/// The line for a host that has no Kinglet yet.
fn installer(options: &str) -> String {
    match std::env::var("KINGLET_BASE_URL") {
        Ok(base) if !base.is_empty() => format!(
            "curl -fsSL {base}/latest/download/install.sh | \
             KINGLET_BASE_URL={base} sh -s -- {options}"
        ),
        Ok(_) | Err(_) => {
            format!("curl -fsSL {RELEASES}/latest/download/install.sh | sh -s -- {options}")
        }
    }
}

/// A url goes into a line for a shell, so it may hold nothing a shell would read.
fn checked_url(url: String) -> Result<String, NotInvited> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ":/.-_~[]%".contains(c);
    let scheme = url.starts_with("wss://") || url.starts_with("ws://");
    if scheme && url.chars().all(plain) {
        return Ok(url);
    }
    Err(NotInvited::Wrong(format!("--url must be wss://host[:port][/path], not {url:?}")))
}

/// The address of the hub's page: the one given, or where it listens, as another host reaches it.
///
/// # Errors
/// It is none, or this machine has no address to tell.
pub fn page(reach: &Reach, given: Option<String>) -> Result<String, NotInvited> {
    let Some(url) = given else { return Ok(own_url(reach)?.replacen("ws", "http", 1) + "/") };
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.contains(['?', '#']) || url.contains(char::is_whitespace) {
        let words = format!("--url must be https://host[:port][/path], not {url:?}");
        return Err(NotInvited::Wrong(words));
    }
    Ok(format!("{}/", url.trim_end_matches('/')))
}

/// The address the hub itself listens on, as another host reaches it.
fn own_url(reach: &Reach) -> Result<String, NotInvited> {
    let mut address = reach.listen;
    if address.ip().is_unspecified() {
        let Some(ip) = outward() else {
            let what = "this machine has no route to tell its address by: say --url wss://...";
            return Err(NotInvited::Wrong(what.to_owned()));
        };
        address.set_ip(ip);
    }
    let scheme = if reach.tls.is_some() { "wss" } else { "ws" };
    Ok(format!("{scheme}://{address}"))
}

/// Where the hub's page is for other machines, as far as this one can tell.
pub fn page_url(mut address: SocketAddr, is_tls: bool) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(outward().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
    let scheme = if is_tls { "https" } else { "http" };
    format!("{scheme}://{address}")
}

/// The address this machine has towards everybody else. No packet is sent: a connected UDP socket
/// only asks the routes.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address of documentation (RFC 5737): nothing but the default route leads there.
    socket.connect(SocketAddr::from(([192, 0, 2, 1], 9))).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_alone_is_known_in_every_spelling() {
        for url in [
            "ws://127.0.0.1:8900",
            "ws://127.9.9.9",
            "wss://[::1]:8900/x",
            "wss://[::ffff:127.0.0.1]",
            "ws://localhost:1",
            "wss://HUB.localhost",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["wss://127.example.org", "ws://192.0.2.1:1", "wss://[2001:db8::1]"] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_refused_and_said_where_the_owner_gave_it() {
        let state = std::env::temp_dir().join(format!("kinglet-line-{}", std::process::id()));
        let reach = Reach { listen: SocketAddr::from(([127, 0, 0, 1], 8900)), tls: None };
        let now = WallTime::from_unix_millis(1_800_000_000_000);
        let made = |url: Option<&str>| {
            let url = url.map(str::to_owned);
            make(&reach, &state, Wanted { url, ..Wanted::default() }, now)
        };
        assert!(made(None).unwrap_err().to_string().contains("this machine alone"));
        assert!(!state.exists(), "no code was made");
        let said = made(Some("ws://localhost:8900")).unwrap();
        assert_eq!(said.warnings.len(), 2, "{:?}", said.warnings);
        assert!(said.line.contains(" --url ws://localhost:8900 --code "));
        assert!(!said.line.contains(&said.id), "the id is not the code");
        let fine = made(Some("wss://hub.example.org")).unwrap();
        assert!(fine.warnings.is_empty() && fine.expires > now);
        std::fs::remove_dir_all(&state).unwrap();
    }
}
