//! The thread that writes the queue: all that came in an interval as one member. What cannot be
//! written waits for the next try.

use std::sync::Arc;

use super::spool::pack;
use super::{Shared, held};
use crate::history::{Kept, Tell};

/// The writing thread.
pub(super) struct Writer {
    shared: Arc<Shared>,
    tell: Tell,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, tell: Tell) -> Self {
        Self { shared, tell }
    }

    /// Writes until told to stop; what waits then is written.
    pub(super) fn run(self) {
        loop {
            let stops = self.wait();
            self.turn();
            if stops {
                return;
            }
        }
    }

    /// Waits for the interval to pass; true when it is time to stop.
    fn wait(&self) -> bool {
        let pending = held(&self.shared.pending);
        // What could not be written fills it too, and is not tried without a pause.
        let failing = self.shared.health.report().disk.is_some();
        let interval = self.shared.settings.interval;
        let waited = self.shared.wake.wait_timeout_while(pending, interval, |pending| {
            !pending.stop && (failing || !pending.lines.is_full())
        });
        waited.map_or(true, |(pending, _)| pending.stop)
    }

    fn turn(&self) {
        let (text, number, lost) = {
            let mut pending = held(&self.shared.pending);
            let text = pending.lines.take();
            (text, pending.number, std::mem::take(&mut pending.lost))
        };
        if !text.is_empty() {
            let member = pack(&text);
            let mut spool = held(&self.shared.spool);
            let appended = spool.append(&member);
            let bytes = spool.bytes();
            drop(spool);
            self.shared.health.handle_queue(appended.as_ref().map(drop), bytes);
            match appended {
                Ok(dropped) => self.shared.health.handle_dropped(dropped),
                Err(_) => {
                    let mut pending = held(&self.shared.pending);
                    pending.lines.put_back(text);
                    pending.lost |= lost;
                    return;
                }
            }
            self.shared.fresh.notify_one();
        }
        if lost {
            (self.tell)(Kept::Lost);
        }
        (self.tell)(Kept::UpTo(number));
    }
}
