//! `kinglet-hub host`: what the owner decided of hosts, in the files of the state folder. A hub
//! that runs takes it in within some seconds.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use kinglet_hub::config;
use kinglet_hub::enroll::record::Record;
use kinglet_hub::registry::{Past, Patch, Refused, Registry};
use kinglet_proto::host::HostId;

use super::{CONFIG_FILE, Failure};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Host {
    /// List the hosts of the configuration and those that were enrolled or changed
    List(Configured),
    /// Show what was decided of a host
    Show(One),
    /// Change what a host is called and who sees it; a running hub takes it at once
    Set(Set),
    /// Make every token of a host good for nothing; it stays known
    Revoke(One),
    /// Revoke a host and forget it; its id may be invited anew
    Delete(Delete),
}

/// Where the hub's settings are.
#[derive(Debug, Args)]
pub(super) struct Configured {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    config: PathBuf,
}

/// Which host.
#[derive(Debug, Args)]
pub(super) struct One {
    /// The host's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    configured: Configured,
}

/// Which host to forget, and what of it.
#[derive(Debug, Args)]
pub(super) struct Delete {
    #[command(flatten)]
    one: One,
    /// With all that is remembered of it
    #[arg(long)]
    history: bool,
}

/// What to change of it.
#[derive(Debug, Args)]
pub(super) struct Set {
    #[command(flatten)]
    one: One,
    /// What it is called; "" leaves that to the host
    #[arg(long)]
    name: Option<String>,
    /// Its group on the page; "" leaves that to the host
    #[arg(long)]
    group: Option<String>,
    /// Where it stands, in words; "" leaves that to the host
    #[arg(long)]
    location: Option<String>,
    /// Its country's flag, two letters; "" leaves that to the host
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Whether it is kept from visitors of a public hub
    #[arg(long, value_name = "true|false")]
    hidden: Option<bool>,
}

/// Does it.
pub(super) fn host(wanted: Host) -> Result<(), Failure> {
    match wanted {
        Host::List(configured) => list(&registry(&configured)?),
        Host::Show(one) => show(&one),
        Host::Set(wanted) => set(wanted),
        Host::Revoke(one) => {
            let (id, registry) = open(&one)?;
            registry.revoke(&id).map_err(|refused| failure(&registry, refused))?;
            say(&format!("{id} is revoked: kinglet-hub invite --replace gives it a new token"))
        }
        Host::Delete(wanted) => delete(&wanted),
    }
}

fn registry(Configured { config: path }: &Configured) -> Result<Registry, Failure> {
    let config = config::read(path).map_err(Failure::Config)?;
    let none = || Failure::Host("this hub has no state_dir".to_owned());
    Ok(Registry::new(config.state_dir.ok_or_else(none)?, config.stated))
}

fn open(One { id, configured }: &One) -> Result<(HostId, Registry), Failure> {
    let id = HostId::parse(id).map_err(|error| Failure::Host(format!("ID: {error}")))?;
    Ok((id, registry(configured)?))
}

fn failure(registry: &Registry, refused: Refused) -> Failure {
    match refused {
        Refused::Failed(error) => Failure::State(registry.state_dir().to_owned(), error),
        refused @ (Refused::Stated(..) | Refused::Bad(_)) => Failure::Host(refused.to_string()),
    }
}

fn list(registry: &Registry) -> Result<(), Failure> {
    let (records, faults) = registry.records();
    for (id, record) in &records {
        let name = record.label.name.as_deref().unwrap_or_default();
        let line = format!("{id}\t{name}\t{}", words(record));
        say(line.trim_end())?;
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Faults(faults)) }
}

/// What is out of the ordinary.
fn words(record: &Record) -> String {
    let words = [
        (record.label.hidden, "hidden"),
        (record.revoked, "revoked"),
        (record.token.is_some(), "own token"),
    ];
    let told = words.iter().filter(|(is_so, _)| *is_so).map(|(_, word)| *word);
    told.collect::<Vec<_>>().join(", ")
}

fn show(one: &One) -> Result<(), Failure> {
    let (id, registry) = open(one)?;
    let found = registry.record(&id).map_err(Failure::Config)?;
    let unknown = || format!("nothing was decided of {id}: kinglet-hub host set {id} does");
    let record = found.ok_or_else(|| Failure::Host(unknown()))?;
    let hash = record.token.map(|hash| hash.to_string());
    let text = record.text(&id);
    // A hash is nobody's affair on a screen.
    let lines = text.lines().filter(|line| hash.is_none() || !line.starts_with("token_hash"));
    lines.for_each(|line| drop(say(line)));
    if hash.is_some() {
        say("# it has a token of its own")?;
    }
    let keys = ["name", "group", "location", "country_code", "hidden", "revoked", "token_hash"];
    for key in keys {
        if let Some(place) = registry.line(&id, key) {
            say(&format!("# {key}: {place}"))?;
        }
    }
    Ok(())
}

fn set(wanted: Set) -> Result<(), Failure> {
    let Set { one, name, group, location, country: country_code, hidden } = wanted;
    let (id, registry) = open(&one)?;
    let patch = Patch { name, group, location, country_code, hidden };
    if patch.is_empty() {
        let what = "say what to change: --name, --group, --location, --country or --hidden";
        return Err(Failure::Host(what.to_owned()));
    }
    let record = registry.set(&id, &patch).map_err(|refused| failure(&registry, refused))?;
    let name = record.label.name.as_deref().unwrap_or(&id);
    say(&format!("{id}: {name}"))
}

fn delete(Delete { one, history }: &Delete) -> Result<(), Failure> {
    if *history {
        // Says whose the history is, where it is not the hub's.
        super::history::file_of(&one.configured.config)?;
    }
    let (id, registry) = open(one)?;
    let (past, what) = match history {
        true => (Past::Goes, " with its history"),
        false => (Past::Stays, ""),
    };
    registry.delete(&id, past).map_err(|refused| failure(&registry, refused))?;
    say(&format!("{id} is deleted{what}; with a token of the fleet it may come again"))
}

fn say(line: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{line}").map_err(Failure::Io)
}
