//! The place of a connection among those of its address.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::{Instant, sleep};

use crate::clock;
use crate::guard::{Admission, Neighbour, Places};
use crate::limits::{STRANGERS_RETRY, STRANGERS_WAIT};

/// A place, given back when this is dropped.
pub(super) struct Place {
    places: Arc<Mutex<Places>>,
    from: Neighbour,
    is_served: bool,
}

impl Place {
    /// Takes one, at once or within a while; `None` where there is none.
    pub(super) async fn take(places: &Arc<Mutex<Places>>, from: Neighbour) -> Option<Self> {
        let is_served = match lock(places).come(from, clock::now().instant) {
            Admission::Serve => true,
            Admission::Wait => false,
            Admission::Refuse => return None,
        };
        let mut place = Self { places: places.clone(), from, is_served };
        let until = Instant::now() + STRANGERS_WAIT;
        while !place.is_served {
            if Instant::now() >= until {
                return None;
            }
            sleep(STRANGERS_RETRY).await;
            place.is_served = lock(places).retry(from);
        }
        Some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = lock(&self.places);
        match self.is_served {
            true => places.leave(self.from, clock::now().instant),
            false => places.give_up(self.from),
        }
    }
}

fn lock(places: &Mutex<Places>) -> MutexGuard<'_, Places> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}
