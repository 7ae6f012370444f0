//! `kinglet enroll`: turns a one-time code into this host's own token.
//!
//! This is the one command that writes to disk, and it does so only when its owner calls it: the
//! token, and the configuration's few lines about the hub. What can be tried without the code is
//! tried first, because the code is gone with the first attempt that reaches the hub.

mod draft;

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use draft::Draft;
use kinglet_proto::enroll::{Enrolled, Exchange, NoToken};
use kinglet_proto::quoted::Words;

use super::Outcome;
use crate::clock;
use crate::config::Enrollment;
use crate::drive::Drive;
use crate::limits::WAIT_MAX;
use crate::link::{LinkError, Target, UpgradeError};
use crate::options::{ConfigError, Given};

/// The token is for this host's agent only.
const TOKEN_MODE: u32 = 0o600;
/// A new configuration holds no secret, and whoever runs the agent reads it.
const CONFIG_MODE: u32 = 0o644;

/// Enrols this host as its owner said by flags, environment and file.
pub fn run(given: &Given, out: &mut impl Write) -> Result<(), EnrollError> {
    enroll(&Enrollment::load(given).map_err(EnrollError::Config)?, out)
}

/// Exchanges the code and writes what the hub gave; what was done is told to `out`, never the
/// token.
pub fn enroll(enrollment: &Enrollment, out: &mut impl Write) -> Result<(), EnrollError> {
    let token_file = &enrollment.token_file;
    if token_file.metadata().is_ok_and(|found| found.len() > 0) {
        return Err(EnrollError::TokenExists(token_file.clone()));
    }
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |error| EnrollError::Unwritable(path, error)
    };
    let token = Draft::open(token_file, TOKEN_MODE).map_err(unwritable(token_file))?;
    let config_file = &enrollment.config_file;
    let configuration = match enrollment.configuration() {
        Some(text) => {
            let draft = Draft::open(config_file, CONFIG_MODE).map_err(unwritable(config_file))?;
            Some((draft, text))
        }
        None => None,
    };
    let enrolled = exchange(enrollment)?;
    let line = format!("{}\n", enrolled.token.expose());
    token.finish(&line).map_err(unwritable(token_file))?;
    let name = Words(enrolled.name.as_deref().unwrap_or("this host"));
    let told = format!(
        "enrolled: {} knows {name} as {}; its token is in {}\n",
        enrollment.url,
        enrollment.id,
        token_file.display()
    );
    let told = told
        + &match configuration {
            Some((draft, text)) => {
                draft.finish(&text).map_err(unwritable(config_file))?;
                format!("{} tells the agent to report there\n", config_file.display())
            }
            None => {
                let (file, block) = (config_file.display(), enrollment.block());
                format!("{file} names a server already; to report to this one too, add\n\n{block}")
            }
        };
    // The work is done; with nobody to tell it to, it still is.
    let _ = out.write_all(told.as_bytes()).and_then(|()| out.flush());
    Ok(())
}

/// Shows the code to the hub and returns what it gives.
fn exchange(enrollment: &Enrollment) -> Result<Enrolled, EnrollError> {
    let conversation = Exchange::new(&enrollment.code, &enrollment.id, enrollment.prefix());
    let Enrollment { url, proxy, trust, .. } = enrollment;
    let target = Target { proxy: proxy.clone(), ..Target::straight(url.clone(), trust.clone()) };
    let mut drive = Drive::new(conversation, target, ());
    let mut outcome = None;
    while outcome.is_none() || !drive.is_done() {
        let until = clock::now().instant.plus(WAIT_MAX);
        drive.turn(until).map_err(|error| EnrollError::Link(LinkError::Broken(error)))?;
        outcome = outcome.or_else(|| drive.conversation.take_outcome());
    }
    outcome.unwrap_or(Err(NoToken::Lost)).map_err(|fault| match drive.take_fault() {
        // The link knows more.
        Some(error) if fault == NoToken::Lost => EnrollError::Link(error),
        Some(_) | None => EnrollError::NoToken(fault),
    })
}

/// Why there is no token.
#[derive(Debug)]
pub enum EnrollError {
    /// What the owner said is wrong or not enough.
    Config(ConfigError),
    /// There is one already.
    TokenExists(PathBuf),
    /// A file cannot be written.
    Unwritable(PathBuf, io::Error),
    /// The hub cannot be reached or refuses.
    Link(LinkError),
    /// The hub was reached and gave no token.
    NoToken(NoToken),
}

impl EnrollError {
    /// For the exit code.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Config(_) | Self::TokenExists(_) | Self::Unwritable(..) => Outcome::Misconfigured,
            Self::Link(_) | Self::NoToken(_) => Outcome::Unreachable,
        }
    }
}

impl fmt::Display for EnrollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::TokenExists(path) => write!(
                f,
                "{} holds a token already: move it away, or name another file by --token-file; \
                 the code was not used",
                path.display()
            ),
            Self::Unwritable(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Link(LinkError::Upgrade(UpgradeError::Refused(_))) => write!(
                f,
                "the hub does not know this code: is it typed right? a code is good for one host \
                 and for 15 minutes"
            ),
            Self::Link(LinkError::Upgrade(UpgradeError::NotFound)) => write!(
                f,
                "there is no enrolment at this url (HTTP 404): is it a Kinglet hub's, without the \
                 path of another server?"
            ),
            Self::Link(error) => error.fmt(f),
            Self::NoToken(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EnrollError {}
