//! `kinglet-hub invite`: an invitation for one host, and the line to paste there.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;

use clap::Args;
use kinglet_hub::config::{self, Config};
use kinglet_hub::enroll::host::is_kept;
use kinglet_hub::enroll::invitation::invite as make;
use kinglet_hub::limits::INVITATION_VALID;
use kinglet_hub::{clock, listen};
use kinglet_proto::host::HostId;

use super::{CONFIG_FILE, Failure};

/// Where releases are, unless `KINGLET_BASE_URL` says so as it does for the installer.
const RELEASES: &str = "https://github.com/kinglet-monitor/kinglet/releases";

/// What to invite, and where to.
#[derive(Debug, Args)]
pub(super) struct Invite {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    config: PathBuf,
    /// What the host will be called; otherwise it says so itself
    #[arg(long)]
    name: Option<String>,
    /// Address at which the host reaches this hub, wss://...; needed behind a proxy
    #[arg(long)]
    url: Option<String>,
    /// Take the place of this host, known or not: its present token stops working
    #[arg(long, value_name = "ID")]
    replace: Option<String>,
}

/// Makes the invitation; the line for a new host goes to stdout, the rest to stderr.
pub(super) fn invite(wanted: Invite) -> Result<(), Failure> {
    let Invite { config: path, name, url, replace } = wanted;
    let config = config::read(&path).map_err(Failure::Config)?;
    let replace = replace.map(HostId::try_from).transpose();
    let replace =
        replace.map_err(|error| Failure::Invite(format!("--replace must be an id: {error}")))?;
    check(&config, name.as_deref(), replace.as_ref())?;
    let url = match url {
        Some(url) => checked_url(url)?,
        None => own_url(&config)?,
    };
    let pin = match &config.tls {
        Some(files) if url.starts_with("wss://") => listen::pin(files).map_err(Failure::Serve)?,
        Some(_) | None => None,
    };
    let Some(state_dir) = &config.state_dir else { return Ok(()) };
    let code = make(state_dir, name, replace, clock::now().wall)
        .map_err(|error| Failure::State(state_dir.clone(), error))?;
    let pin = pin.map(|pin| format!(" --pin {pin}")).unwrap_or_default();
    let options = format!("--url {url} --code {code}{pin}");
    let (line, note) = (installer(&options), note(&url, &options));
    writeln!(io::stdout(), "{line}").map_err(Failure::Io)?;
    io::stderr().write_all(note.as_bytes()).map_err(Failure::Io)
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

/// What else the owner should know.
fn note(url: &str, options: &str) -> String {
    let minutes = INVITATION_VALID.as_secs() / 60;
    let mut note = format!(
        "\nRun it as root on the new host within {minutes} minutes; it is good once. \
         On a host that has Kinglet already:\n\n  kinglet enroll {options}\n"
    );
    if url.starts_with("ws://") {
        note.push_str("\nThe token will travel in clear: ws:// is for a line you trust.\n");
    }
    if url.starts_with("ws://127.") {
        // Writing to a String cannot fail.
        let _ = writeln!(note, "\n{url} is this machine alone; for others say --url wss://...");
    }
    note
}

fn check(config: &Config, name: Option<&str>, replace: Option<&HostId>) -> Result<(), Failure> {
    let wrong = |what: String| Err(Failure::Invite(what));
    if name.is_some_and(|name| name.is_empty() || name.contains(char::is_control)) {
        return wrong("--name must be a line of text".to_owned());
    }
    let Some(id) = replace else { return Ok(()) };
    let kept = config.state_dir.as_ref().is_some_and(|state| is_kept(state, id));
    if !kept && config.auth.knows(id) {
        return wrong(format!(
            "the configuration holds the token_hash of {id}: take that line out first"
        ));
    }
    Ok(())
}

/// A url goes into a line for a shell, so it may hold nothing a shell would read.
fn checked_url(url: String) -> Result<String, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ":/.-_~[]%".contains(c);
    let scheme = url.starts_with("wss://") || url.starts_with("ws://");
    if scheme && url.chars().all(plain) {
        return Ok(url);
    }
    Err(Failure::Invite(format!("--url must be wss://host[:port][/path], not {url:?}")))
}

/// The address the hub itself listens on, as another host reaches it.
fn own_url(config: &Config) -> Result<String, Failure> {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        let Some(ip) = outward() else {
            let what = "this machine has no route to tell its address by: say --url wss://...";
            return Err(Failure::Invite(what.to_owned()));
        };
        address.set_ip(ip);
    }
    let scheme = if config.tls.is_some() { "wss" } else { "ws" };
    Ok(format!("{scheme}://{address}"))
}

/// The address this machine has towards everybody else. No packet is sent: a connected UDP socket
/// only asks the routes.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address of documentation (RFC 5737): nothing but the default route leads there.
    socket.connect(SocketAddr::from(([192, 0, 2, 1], 9))).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}
