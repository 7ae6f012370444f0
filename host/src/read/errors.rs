//! What it means that a file cannot be read: somebody's matter, or what hosts are like.

use std::io;

use nix::errno::Errno;

/// The errors that somebody should know of, in words: a list of all there are would be 5 kB.
pub(crate) const TROUBLES: [(Errno, &str); 5] = [
    (Errno::EACCES, "Permission denied"),
    (Errno::EPERM, "Operation not permitted"),
    (Errno::EIO, "I/O error"),
    (Errno::EREMOTEIO, "Remote I/O error"),
    (Errno::ETIMEDOUT, "Timed out"),
];

/// Whether an error is one that somebody should know of; `None` for what hosts are like: a file
/// that is not there, a sensor that has no value now.
pub(super) fn trouble(error: &io::Error) -> Option<Errno> {
    if !cfg!(feature = "alerts") {
        return None; // nobody asks
    }
    let errno = Errno::from_raw(error.raw_os_error()?);
    TROUBLES.iter().any(|(counts, _)| *counts == errno).then_some(errno)
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
