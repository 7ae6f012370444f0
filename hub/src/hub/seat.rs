//! A viewer's place among those counted.

use std::sync::{MutexGuard, PoisonError};

use super::Hub;
use crate::guard::{Neighbour, Seats};
use crate::server::caller::Caller;

/// A place, given back when it is dropped.
pub(crate) struct Seat<'a> {
    hub: &'a Hub,
    /// Whose it is, where it is counted by address.
    stranger: Option<Neighbour>,
}

impl Hub {
    /// A place among the viewers; `None` when all are taken. Who has shown a viewer's token is no
    /// stranger, wherever he comes from.
    pub(crate) fn open_viewer(&self, caller: &Caller) -> Option<Seat<'_>> {
        let stranger = if self.auth.public() { caller.stranger() } else { None };
        let is_taken = self.seats().take(stranger);
        // One that was not taken is none to be given back.
        is_taken.then(|| Seat { hub: self, stranger })
    }

    /// How many viewers are connected.
    pub(crate) fn viewers(&self) -> usize {
        self.seats().taken()
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.hub.seats().give_back(self.stranger);
    }
}
