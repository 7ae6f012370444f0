//! Enrolments that a hub was killed in: none of them happened, or all of it did.
//!
//! ```text
//! what is there                          what happened        what is done at the next start
//! draft, invitation                      nothing              the draft goes
//! draft, used invitation                 the code was taken   it is good again, the draft goes
//! draft that is the host's file as well  all of it            the draft goes
//! ```
//!
//! A host that was kept and whose token nobody heard is invited again with `--replace`.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{host, invitation};

/// Digits of a draft of [`super::write_draft`], and of one of an invitation.
const DRAFT_DIGITS: [usize; 2] = [16, 64];

/// Folders of the state where others leave drafts: rules and receivers.
pub(crate) const DROP_INS: [&str; 2] = ["alerts.d", "notify.d"];

/// Mends what a hub left behind that was killed; a hub calls it before it lets anybody in.
///
/// # Errors
/// The files cannot be read or written. What was mended before stays so.
pub fn mend(state_dir: &Path) -> io::Result<()> {
    for draft in drafts(&state_dir.join(host::FOLDER))? {
        let is_kept = fs::metadata(&draft)?.nlink() > 1;
        if let (false, Some(name)) = (is_kept, invitation_of(&draft)) {
            let open = state_dir.join(invitation::FOLDER).join(name);
            // Where it is not there, it was not claimed.
            unless_missing(fs::rename(open.with_extension(invitation::USED), open))?;
        }
        unless_missing(fs::remove_file(draft))?;
    }
    for folder in [Path::new(""), Path::new(DROP_INS[0]), Path::new(DROP_INS[1])] {
        for draft in drafts(&state_dir.join(folder))? {
            unless_missing(fs::remove_file(draft))?;
        }
    }
    Ok(())
}

/// The name of the invitation that a draft is of.
fn invitation_of(draft: &Path) -> Option<&str> {
    draft.file_name()?.to_str()?.strip_prefix('.').filter(|digits| digits.len() == 64)
}

/// The files in a folder that begin with a dot and go on with digits: nothing else is ours.
fn drafts(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let is_draft = |name: &OsStr| {
        let digits = name.to_str().and_then(|name| name.strip_prefix('.')).unwrap_or_default();
        DRAFT_DIGITS.contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_hexdigit())
    };
    let paths = entries.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.file_name().is_some_and(is_draft) && path.is_file()).collect())
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// In a build for tests: the hub is killed here where `KINGLET_HUB_KILLED_AT` names this step.
#[cfg(debug_assertions)]
pub(crate) fn killed_at(step: &str) {
    use nix::sys::signal::{Signal, kill};
    if std::env::var("KINGLET_HUB_KILLED_AT").is_ok_and(|wanted| wanted == step) {
        let _ = kill(nix::unistd::Pid::this(), Signal::SIGKILL);
        // It is delivered before anything else is done.
        std::thread::park();
    }
}

/// See the other.
#[cfg(not(debug_assertions))]
pub(crate) const fn killed_at(_: &str) {}
