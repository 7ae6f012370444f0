//! `kinglet-hub invite`: an invitation for one host, and the line to paste there.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use kinglet_hub::clock;
use kinglet_hub::config::{self, Config};
use kinglet_hub::enroll::host::is_kept;
use kinglet_hub::invite::{Invited, NotInvited, Reach, Wanted, make};
use kinglet_hub::limits::INVITATION_VALID;
use kinglet_proto::host::HostId;

use super::{CONFIG_FILE, Failure};

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
    check(&config, replace.as_ref())?;
    let Some(state_dir) = &config.state_dir else { return Ok(()) };
    let reach = Reach { listen: config.listen, tls: config.tls.clone() };
    let made = make(&reach, state_dir, Wanted { name, replace, url }, clock::now().wall);
    let invited = made.map_err(|error| match error {
        NotInvited::Wrong(words) => Failure::Invite(words),
        NotInvited::Failed(error) => Failure::State(state_dir.clone(), error),
    })?;
    writeln!(io::stdout(), "{}", invited.line).map_err(Failure::Io)?;
    io::stderr().write_all(note(&invited).as_bytes()).map_err(Failure::Io)
}

/// What else the owner should know.
fn note(Invited { command, warnings, .. }: &Invited) -> String {
    let minutes = INVITATION_VALID.as_secs() / 60;
    let mut note = format!(
        "\nRun it as root on the new host within {minutes} minutes; it is good once. \
         On a host that has Kinglet already:\n\n  {command}\n"
    );
    for warning in warnings {
        // Writing to a String cannot fail.
        let _ = writeln!(note, "\n{warning}");
    }
    note
}

fn check(config: &Config, replace: Option<&HostId>) -> Result<(), Failure> {
    let Some(id) = replace else { return Ok(()) };
    let kept = config.state_dir.as_ref().is_some_and(|state| is_kept(state, id));
    if !kept && config.auth.knows(id) {
        return Err(Failure::Invite(format!(
            "the configuration holds the token_hash of {id}: take that line out first"
        )));
    }
    Ok(())
}
