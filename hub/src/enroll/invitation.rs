//! Invitations as files: written by `kinglet-hub invite`, claimed by the running hub.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;
use serde::Deserialize;

use super::code::Code;
use super::{make_folder, quoted, write_draft};
use crate::limits::{INVITATION_KEPT, INVITATION_VALID, INVITATIONS_MAX, STATE_FILE_MAX};

/// The folder of the invitations, below the state's.
pub(super) const FOLDER: &str = "invitations";

/// The end of the name of one that was claimed.
pub(super) const USED: &str = "used";

/// What a code is good for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Invitation {
    /// When the code stops being good, in seconds of Unix time.
    expires: u64,
    /// What the owner calls the host; `None` leaves that to the host.
    pub name: Option<String>,
    /// The one id it is good for, known or not; `None` for any that is new.
    pub replace: Option<HostId>,
    /// The host that came by it; `None` while none did.
    pub host: Option<HostId>,
}

/// Why a code is good for nothing.
#[derive(Debug)]
pub enum NoInvitation {
    /// Nobody made it, or long ago.
    Unknown,
    /// It was claimed before.
    Used,
    /// It is too old.
    Expired,
    /// The files cannot be read or written.
    Failed(io::Error),
}

impl From<io::Error> for NoInvitation {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Makes an invitation and returns its code.
pub fn invite(
    state_dir: &Path,
    name: Option<String>,
    replace: Option<HostId>,
    now: WallTime,
) -> io::Result<Code> {
    let folder = make_folder(state_dir, FOLDER)?;
    if sweep(&folder, now)? >= INVITATIONS_MAX {
        return Err(io::Error::other(format!("{INVITATIONS_MAX} invitations are kept already")));
    }
    let code = Code::new().map_err(|error| io::Error::other(error.to_string()))?;
    let mut text = format!("expires = {}\n", now.unix_seconds() + INVITATION_VALID.as_secs());
    for (key, value) in [("name", name.as_deref()), ("replace", replace.as_deref())] {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
    }
    let draft = write_draft(&folder, &text)?;
    fs::rename(draft, folder.join(code.file_name()))?;
    Ok(code)
}

/// An invitation whose code was shown.
#[derive(Debug)]
pub struct Found {
    /// What it is good for.
    pub invitation: Invitation,
    path: PathBuf,
    used: PathBuf,
}

/// Finds the invitation of a code.
pub fn find(state_dir: &Path, code: &Code, now: WallTime) -> Result<Found, NoInvitation> {
    let path = state_dir.join(FOLDER).join(code.file_name());
    let used = path.with_extension(USED);
    let text = match read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(if used.exists() { NoInvitation::Used } else { NoInvitation::Unknown });
        }
        Err(error) => return Err(error.into()),
    };
    let invitation = parse(&text)?;
    if invitation.expires <= now.unix_seconds() {
        return Err(NoInvitation::Expired);
    }
    Ok(Found { invitation, path, used })
}

impl Found {
    /// Makes the code good for nobody else. Of several who try, one succeeds.
    pub fn claim(&self) -> Result<(), NoInvitation> {
        match fs::rename(&self.path, &self.used) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(NoInvitation::Used),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps which host came by it, for who waits.
    ///
    /// # Errors
    /// Nobody hears which it was.
    pub fn note(&self, id: &HostId) -> io::Result<()> {
        let folder = self.used.parent().unwrap_or(Path::new("."));
        let text = format!("expires = {}\nhost = {}\n", self.invitation.expires, quoted(id));
        fs::rename(write_draft(folder, &text)?, &self.used)
    }

    /// Takes the claim back, because what was to follow it failed.
    pub fn release(&self) -> io::Result<()> {
        fs::rename(&self.used, &self.path)
    }
}

/// How an invitation is that goes by this name; `None` for one that was not made, or long ago.
pub fn state(state_dir: &Path, name: &str, now: WallTime) -> Option<State> {
    let is_name = name.len() == 64 && name.bytes().all(|c| c.is_ascii_hexdigit());
    let path = state_dir.join(FOLDER).join(name);
    if !is_name {
        return None;
    }
    if let Ok(text) = read(&path.with_extension(USED)) {
        return Some(State::Arrived(parse(&text).ok().and_then(|used| used.host)));
    }
    let invitation = read(&path).and_then(|text| parse(&text)).ok()?;
    let is_good = invitation.expires > now.unix_seconds();
    Some(if is_good { State::Waiting } else { State::Expired })
}

/// How an invitation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has shown its code yet.
    Waiting,
    /// A host came by it: this one, where that is known.
    Arrived(Option<HostId>),
    /// It is too old.
    Expired,
}

/// Removes what nobody asks for any more; returns how many are left.
fn sweep(folder: &Path, now: WallTime) -> io::Result<usize> {
    let mut left = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let expires = read(&path).and_then(|text| parse(&text)).map_or(0, |read| read.expires);
        if expires + INVITATION_KEPT.as_secs() > now.unix_seconds() {
            left += 1;
        } else {
            // Another who invites may have removed it.
            let _ = fs::remove_file(&path);
        }
    }
    Ok(left)
}

fn read(path: &Path) -> io::Result<String> {
    use io::Read as _;
    if !fs::metadata(path)?.is_file() {
        // Opening a pipe would wait for somebody who writes into it.
        return Err(io::Error::other("not a file"));
    }
    let mut text = String::new();
    let limit = u64::try_from(STATE_FILE_MAX).unwrap_or(u64::MAX);
    fs::File::open(path)?.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

fn parse(text: &str) -> io::Result<Invitation> {
    toml::from_str(text).map_err(|error| io::Error::other(error.message().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::time::Duration;

    use super::*;

    const MORNING: WallTime = WallTime::from_unix_millis(1_800_000_000_000);

    fn after(elapsed: Duration) -> WallTime {
        let elapsed = u64::try_from(elapsed.as_millis()).unwrap();
        WallTime::from_unix_millis(MORNING.unix_millis() + elapsed)
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("kinglet-invite-{name}-{}", std::process::id());
            Self(std::env::temp_dir().join(name))
        }

        fn look(&self, code: &Code, now: WallTime) -> &'static str {
            match find(&self.0, code, now) {
                Ok(_) => "good",
                Err(NoInvitation::Unknown) => "unknown",
                Err(NoInvitation::Used) => "used",
                Err(NoInvitation::Expired) => "expired",
                Err(NoInvitation::Failed(_)) => "failed",
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_quarter_of_an_hour() {
        let state = Folder::new("once");
        let code = invite(&state.0, Some("The \"attic\"".to_owned()), None, MORNING).unwrap();
        let late = after(INVITATION_VALID);
        assert_eq!(state.look(&code, MORNING), "good");
        assert_eq!(state.look(&code, late), "expired");
        assert_eq!(state.look(&Code::new().unwrap(), MORNING), "unknown");

        let found = find(&state.0, &code, MORNING).unwrap();
        let rival = find(&state.0, &code, MORNING).unwrap();
        assert_eq!(found.invitation.name.as_deref(), Some("The \"attic\""));
        found.claim().unwrap();
        assert!(matches!(rival.claim(), Err(NoInvitation::Used)));
        assert_eq!(state.look(&code, MORNING), "used");
        assert_eq!(state.look(&code, late), "used");
        found.release().unwrap();
        assert_eq!(state.look(&code, MORNING), "good");
    }

    #[test]
    fn only_its_owner_can_look_and_even_that_one_sees_no_code() {
        let state = Folder::new("private");
        let code = invite(&state.0, None, HostId::parse("pi").ok(), MORNING).unwrap();
        let folder = state.0.join(FOLDER);
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&state.0), mode(&folder)), (0o700, 0o700));
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(mode(&files[0]), 0o600);
        let text = format!("{}{}", files[0].display(), fs::read_to_string(&files[0]).unwrap());
        let shown = code.to_string();
        assert!(!text.contains(&shown) && !text.contains(&shown.replace('-', "")), "{text}");
    }

    #[test]
    fn a_pipe_among_them_is_not_waited_for() {
        let state = Folder::new("pipe");
        let code = invite(&state.0, None, None, MORNING).unwrap();
        let mode = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(&state.0.join(FOLDER).join("pipe"), mode).unwrap();
        invite(&state.0, None, None, MORNING).unwrap();
        let file = state.0.join(FOLDER).join(code.file_name());
        fs::remove_file(&file).unwrap();
        nix::unistd::mkfifo(&file, mode).unwrap();
        assert_eq!(state.look(&code, MORNING), "failed");
    }

    #[test]
    fn old_invitations_are_swept_and_their_number_has_an_end() {
        let state = Folder::new("sweep");
        let old = invite(&state.0, None, None, MORNING).unwrap();
        let kept = after(INVITATION_KEPT);
        invite(&state.0, None, None, kept).unwrap();
        assert_eq!(state.look(&old, kept), "expired");
        let gone = after(INVITATION_KEPT + INVITATION_VALID);
        invite(&state.0, None, None, gone).unwrap();
        assert_eq!(state.look(&old, gone), "unknown");
        let folder = state.0.join(FOLDER);
        for number in 0..INVITATIONS_MAX {
            let text = format!("expires = {}\n", gone.unix_seconds());
            fs::write(folder.join(number.to_string()), text).unwrap();
        }
        assert!(invite(&state.0, None, None, gone).is_err());
    }
}
