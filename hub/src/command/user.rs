//! `kinglet-hub user` and `kinglet-hub audit`: who can sign in, and who changed what. A hub that
//! runs knows of it at once.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kinglet_hub::people::{Book, PeopleError, Role, Trace, Traced, UserName, open_or_begin};
use kinglet_hub::{clock, config};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::{CONFIG_FILE, Failure};

/// Whom to add, change or remove.
#[derive(Debug, Args)]
pub(super) struct Users {
    #[command(subcommand)]
    what: What,
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE, global = true)]
    config: PathBuf,
}

/// How many changes to print.
#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Configuration file
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    config: PathBuf,
    /// So many of the newest
    #[arg(long, default_value_t = 100)]
    last: usize,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Let somebody sign in; the password is asked for, or read from a pipe
    Add {
        /// Name to sign in with
        name: String,
        /// What he may: viewer or owner; the first is an owner
        #[arg(long, value_parser = role)]
        role: Option<Role>,
    },
    /// List who can sign in
    List,
    /// Give somebody another password, which ends his sessions
    Password {
        /// Whom
        name: String,
    },
    /// Say what somebody may
    Role {
        /// Who
        name: String,
        /// viewer or owner
        #[arg(value_parser = role)]
        role: Role,
    },
    /// End all sessions of somebody
    SignOut {
        /// Whose
        name: String,
    },
    /// Let somebody sign in no more
    Remove {
        /// Whom
        name: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "it is viewer or owner".to_owned())
}

/// Changes or lists the users.
pub(super) fn users(wanted: Users) -> Result<(), Failure> {
    let Users { what, config } = wanted;
    let mut book = open(&config)?;
    let said = match what {
        What::Add { name, role } => add(&mut book, &name, role)?,
        What::List => list(&book)?,
        What::Password { name } => {
            let name = parsed(&name)?;
            book.set_password(&name, &password(&name)?).map_err(people)?;
            note(&mut book, "gave another password to", &name)?;
            format!("{name} has another password, and no session any more\n")
        }
        What::Role { name, role } => {
            let name = parsed(&name)?;
            book.set_role(&name, role).map_err(people)?;
            let what = format!("made {}", role.name());
            note(&mut book, &what, &name)?;
            format!("{name} is {}\n", role.name())
        }
        What::SignOut { name } => {
            let name = parsed(&name)?;
            let ended = book.end_all(&name).map_err(people)?;
            note(&mut book, "signed out", &name)?;
            format!("{name} had {ended} sessions, and none any more\n")
        }
        What::Remove { name } => {
            let name = parsed(&name)?;
            book.remove(&name).map_err(people)?;
            note(&mut book, "removed", &name)?;
            format!("{name} cannot sign in any more\n")
        }
    };
    io::stdout().write_all(said.as_bytes()).map_err(Failure::Io)
}

/// Prints who changed what.
pub(super) fn audit(wanted: &Audit) -> Result<(), Failure> {
    let traces = open(&wanted.config)?.traces(wanted.last).map_err(people)?;
    let mut out = io::stdout().lock();
    for Traced { at, who, what, subject, place } in traces.into_iter().rev() {
        let who = if who.is_empty() { "somebody" } else { &who };
        let from = if place.is_empty() { String::new() } else { format!(" from {place}") };
        writeln!(out, "{at}  {who} {what} {subject}{from}").map_err(Failure::Io)?;
    }
    Ok(())
}

fn add(book: &mut Book, name: &str, role: Option<Role>) -> Result<String, Failure> {
    let name = parsed(name)?;
    let is_first = book.users().map_err(people)?.is_empty();
    let role = role.unwrap_or(if is_first { Role::Owner } else { Role::Viewer });
    book.add(&name, role, &password(&name)?, clock::now().wall).map_err(people)?;
    note(book, &format!("added as {}", role.name()), &name)?;
    Ok(format!("{name} can sign in now, as {}\n", role.name()))
}

fn list(book: &Book) -> Result<String, Failure> {
    let users = book.users().map_err(people)?;
    if users.is_empty() {
        return Ok("nobody can sign in: `kinglet-hub user add NAME`\n".to_owned());
    }
    let row = |(user, sessions): &(kinglet_hub::people::User, u32)| {
        format!("{:24} {:8} {sessions} sessions\n", &*user.name, user.role.name())
    };
    Ok(users.iter().map(row).collect())
}

pub(super) fn open(config: &Path) -> Result<Book, Failure> {
    let config = config::read(config).map_err(Failure::Config)?;
    let state_dir = config.state_dir.unwrap_or_default();
    open_or_begin(&state_dir).map_err(|error| match error {
        PeopleError::Io(error) => Failure::State(state_dir, error),
        other @ (PeopleError::NotOurs
        | PeopleError::Database(_)
        | PeopleError::Wanted(_)
        | PeopleError::Unknown(_)
        | PeopleError::LastOwner) => {
            Failure::People(format!("{}/people.db: {other}", state_dir.display()))
        }
    })
}

pub(super) fn note(book: &mut Book, what: &str, name: &UserName) -> Result<(), Failure> {
    let who = format!("uid {}", nix::unistd::getuid());
    book.note(&Trace::new(clock::now().wall, &who, what, name)).map_err(people)
}

pub(super) fn parsed(name: &str) -> Result<UserName, Failure> {
    UserName::parse(name).map_err(Failure::People)
}

pub(super) fn people(error: PeopleError) -> Failure {
    Failure::People(error.to_string())
}

/// Asks for a password, twice and unseen at a terminal; of a pipe it is the first line.
fn password(name: &UserName) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return line().map_err(Failure::Io);
    }
    let first = unseen(&format!("Password for {name}: ")).map_err(Failure::Io)?;
    let again = unseen("Once more: ").map_err(Failure::Io)?;
    if first != again {
        return Err(Failure::People("the two are not the same".to_owned()));
    }
    Ok(first)
}

fn unseen(prompt: &str) -> io::Result<String> {
    write!(io::stderr(), "{prompt}")?;
    let before = tcgetattr(io::stdin())?;
    let mut quiet = before.clone();
    quiet.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &quiet)?;
    let read = line();
    tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &before)?;
    writeln!(io::stderr())?;
    read
}

fn line() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().lock().read_line(&mut text)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
