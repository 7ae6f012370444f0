//! What the command line asks for.

mod alert;
mod history;
mod host;
mod invite;
mod keys;
mod link;
mod notify;
mod receiver;
mod user;

use std::fmt;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use kinglet_hub::auth::{TokenHash, new_token};
use kinglet_hub::config::{self, Config, ConfigError};
use kinglet_hub::demo::{self, DemoError};
use kinglet_hub::drop_in::Refusal;
use kinglet_hub::influx::{self, InfluxError};
use kinglet_hub::listen::{ServeError, Server, check_tls};
use kinglet_hub::store::StoreError;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;
use tracing::{error, info, warn};

/// The configuration's place: a folder of the hub's own, which its user may read and the agent's
/// packages leave alone.
const CONFIG_FILE: &str = "/etc/kinglet-hub/kinglet-hub.toml";

/// Kinglet's own hub: agents in, live viewers and a page out.
#[derive(Debug, Parser)]
#[command(name = "kinglet-hub", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve agents and viewers until told to stop
    Run {
        /// Configuration file
        #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
        config: PathBuf,
    },
    /// Read the configuration and say what is wrong with it
    Check {
        /// Configuration file
        #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
        config: PathBuf,
    },
    /// Serve a page with this machine on it: a hub and one agent, no configuration
    Demo {
        /// Address and port to listen on
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8900")]
        listen: SocketAddr,
    },
    /// Invite a host: print the line that installs Kinglet there and lets it in
    Invite(invite::Invite),
    /// List the hosts that something was decided of, or change, revoke or delete one
    #[command(subcommand)]
    Host(host::Host),
    /// Write what is remembered of a host as text
    Export(history::Export),
    /// Copy the history into a new file, while the hub runs or not
    Backup(history::Backup),
    /// Put a backup in the place of the history, while the hub does not run
    Restore(history::Restore),
    /// List whom the hub tells of alerts, or send them a test
    Notify(notify::Notify),
    /// List, set, remove and try alert rules; a running hub takes them at once
    #[command(subcommand)]
    Alert(alert::Alert),
    /// List, set and remove whom the hub tells of alerts; a running hub takes them at once
    #[command(subcommand)]
    Receiver(receiver::Receiver),
    /// Say who can sign in at the page
    User(user::Users),
    /// Let a screen look by an address, until it expires
    #[command(subcommand)]
    Link(link::Link),
    /// Print who changed what
    Audit(user::Audit),
    /// Print a new token for an agent or a viewer, and the hash to put into the configuration
    Token,
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Config(ConfigError),
    /// Files of enrolled hosts are wrong.
    Faults(Vec<ConfigError>),
    Serve(ServeError),
    Demo(DemoError),
    Io(io::Error),
    Random(String),
    /// The invitation asked for makes no sense.
    Invite(String),
    /// What is asked of a host makes no sense, or is not to be changed here.
    Host(String),
    /// What is asked of the history makes no sense, or there is none.
    History(String),
    /// The history cannot be read or written.
    Store(PathBuf, StoreError),
    /// What is asked of the channels makes no sense, or there are none.
    Notify(String),
    /// A rule or receiver cannot be set or removed.
    Refused(Refusal),
    /// What is asked of the people who sign in makes no sense, or they cannot be looked up.
    People(String),
    /// So many tests are not there.
    Unsent(usize),
    /// The state folder cannot be used.
    State(PathBuf, io::Error),
}

impl Failure {
    /// 2 when the owner must mend the configuration, 1 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::Faults(_)
            | Self::Serve(
                ServeError::Tls(..)
                | ServeError::Influx(InfluxError::File(_))
                | ServeError::Notify(_)
                | ServeError::Oidc(_),
            )
            | Self::Invite(_)
            | Self::Host(_)
            | Self::History(_)
            | Self::Notify(_)
            | Self::People(_)
            | Self::Refused(Refusal::Wrong(_) | Refusal::Fixed(_) | Refusal::Unknown(_)) => 2,
            Self::Serve(
                ServeError::Listen(..)
                | ServeError::Store(..)
                | ServeError::People(..)
                | ServeError::Influx(InfluxError::Queue(_)),
            )
            | Self::Demo(_)
            | Self::Io(_)
            | Self::Random(_)
            | Self::Store(..)
            | Self::Unsent(_)
            | Self::Refused(Refusal::Io(..))
            | Self::State(..) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Faults(faults) => {
                let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Serve(error) => error.fmt(f),
            Self::Demo(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Invite(what)
            | Self::Host(what)
            | Self::History(what)
            | Self::Notify(what)
            | Self::People(what) => f.write_str(what),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unsent(1) => f.write_str("a test could not be sent"),
            Self::Unsent(count) => write!(f, "{count} tests could not be sent"),
            Self::Store(path, error) => write!(f, "{}: {error}", path.display()),
            Self::State(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Random(error) => write!(f, "no randomness: {error}"),
        }
    }
}

/// Does what was asked for.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    start_log();
    match arguments.command {
        Command::Run { config } => serve(config::read(&config).map_err(Failure::Config)?),
        Command::Check { config } => check(&config),
        Command::Demo { listen } => runtime()?.block_on(async {
            let stop = stop_signal().map_err(Failure::Io)?;
            demo::run(listen, &mut io::stdout(), stop).await.map_err(Failure::Demo)
        }),
        Command::Invite(wanted) => invite::invite(wanted),
        Command::Host(wanted) => host::host(wanted),
        Command::Export(wanted) => history::export(&wanted),
        Command::Backup(wanted) => history::backup(&wanted),
        Command::Restore(wanted) => history::restore(&wanted),
        Command::Notify(wanted) => notify::notify(wanted),
        Command::Alert(wanted) => alert::alert(wanted),
        Command::Receiver(wanted) => receiver::receiver(wanted),
        Command::User(wanted) => user::users(wanted),
        Command::Link(wanted) => link::link(wanted),
        Command::Audit(wanted) => user::audit(&wanted),
        Command::Token => print_token(),
    }
}

fn serve(config: Config) -> Result<(), Failure> {
    raise_descriptor_limit();
    for fault in &config.faults {
        error!("{fault}: it is left out");
    }
    if let Some(words) = config.way().words() {
        warn!("{words}");
    }
    runtime()?.block_on(async {
        let stop = stop_signal().map_err(Failure::Io)?;
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let server = Server::bind(config).map_err(Failure::Serve)?;
        if let Some(link) = server.first_link() {
            warn!("nobody can sign in yet: make the first user within an hour, at {link}");
        }
        info!("listening on {scheme}://{}/", server.address());
        server.supervised().run(stop).await;
        info!("stopped");
        Ok(())
    })
}

fn check(path: &std::path::Path) -> Result<(), Failure> {
    let config = config::read(path).map_err(Failure::Config)?;
    let hosts = config.settings.hosts.len();
    config.tls.as_ref().map_or(Ok(()), check_tls).map_err(Failure::Serve)?;
    let influxdb = config.influxdb.as_ref().map_or(Ok(()), influx::check);
    influxdb.map_err(|error| Failure::Serve(ServeError::Influx(error)))?;
    let channels = config.notify.iter().try_for_each(kinglet_hub::notify::check);
    channels.map_err(|words| Failure::Serve(ServeError::Notify(words)))?;
    if !config.faults.is_empty() {
        return Err(Failure::Faults(config.faults));
    }
    let line = format!("{}: good; {hosts} hosts, listens on {}", path.display(), config.listen);
    let clear = config.way().words().map(|words| format!("WARNING: {words}"));
    let mut lines = std::iter::once(line).chain(config.guard.lines()).chain(clear);
    lines.try_for_each(|line| writeln!(io::stdout(), "{line}")).map_err(Failure::Io)
}

fn print_token() -> Result<(), Failure> {
    let token = new_token().map_err(|error| Failure::Random(error.to_string()))?;
    let hash = TokenHash::of(&token);
    let text = format!("token       {token}\ntoken_hash  \"{hash}\"\n");
    io::stdout().write_all(text.as_bytes()).map_err(Failure::Io)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Io)
}

/// Ready at the first SIGINT or SIGTERM; both are caught from now on.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Every agent takes a descriptor, and the soft limit of 1024 is for programs that use select(2).
fn raise_descriptor_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // Where it is refused, the hub serves as many as it may.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

fn start_log() {
    let level = match std::env::var("KINGLET_LOG").as_deref() {
        Ok("error") => Level::ERROR,
        Ok("warn") => Level::WARN,
        Ok("debug") => Level::DEBUG,
        Ok("trace") => Level::TRACE,
        Ok(_) | Err(_) => Level::INFO,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        // It would say on standard error that standard error is closed, and die of it.
        .log_internal_errors(false)
        .init();
    // What crates of others say by `log` below this level are whole messages, with the tokens in
    // them.
    log::set_max_level(log::max_level().min(log::LevelFilter::Debug));
}
