//! What it means that a file cannot be read: somebody's matter, or what hosts are like.

use std::io;

use nix::errno::Errno;

/// What an owner reads of an error: a list of all there are would be 5 kB.
const WORDS: [(Errno, &str); 8] = [
    (Errno::EACCES, "Permission denied"),
    (Errno::EPERM, "Operation not permitted"),
    (Errno::EIO, "I/O error"),
    (Errno::EREMOTEIO, "Remote I/O error"),
    (Errno::ETIMEDOUT, "Timed out"),
    (Errno::ENOENT, "No such file or directory"),
    (Errno::ECONNREFUSED, "Connection refused"),
    (Errno::EPROTO, "Protocol error"),
];

/// An error in words, if it is one that is told.
pub(crate) fn words(errno: Errno) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == errno).map(|(_, words)| *words)
}

/// What of a file's error somebody should know; `None` for what hosts are like: a file that is not
/// there, a sensor that has no value now.
pub(super) fn trouble(error: &io::Error) -> Option<Errno> {
    if !cfg!(any(feature = "alerts", feature = "router")) {
        return None; // nobody asks
    }
    let errno = Errno::from_raw(error.raw_os_error()?);
    let counts = [Errno::EACCES, Errno::EPERM, Errno::EIO, Errno::EREMOTEIO, Errno::ETIMEDOUT];
    counts.contains(&errno).then_some(errno)
}

/// A device that went away, or a kernel that has the file but not what is behind it, will not
/// answer soon. A sensor that does not answer now may answer next time.
pub(super) fn will_not_answer(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc_errno::ENODEV | libc_errno::EOPNOTSUPP))
}

/// The two error numbers that tell "not here" from "not now".
mod libc_errno {
    use super::Errno;

    pub(super) const ENODEV: i32 = Errno::ENODEV as i32;
    pub(super) const EOPNOTSUPP: i32 = Errno::EOPNOTSUPP as i32;
}
