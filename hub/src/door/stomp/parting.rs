//! How a session is over: counted as one of three ends, with what is said to who can still hear it.

use super::line::Broken;
use crate::fleet::Reason;
use crate::hub::sessions::End;

/// How a session is over.
pub(super) struct Parting {
    pub(super) end: End,
    /// The close code and the words; `None` when nobody is there to hear them.
    pub(super) goodbye: Option<(u16, String)>,
}

/// A step of a session, which may be its last.
pub(super) type Step = Result<(), Parting>;

impl From<Broken> for Parting {
    fn from(Broken: Broken) -> Self {
        Self { end: End::Lost, goodbye: None }
    }
}

impl From<Reason> for Parting {
    fn from(reason: Reason) -> Self {
        Self { end: End::Closed, goodbye: Some((reason.code(), reason.to_string())) }
    }
}
