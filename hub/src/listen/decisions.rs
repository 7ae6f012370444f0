//! What owners decide of hosts beside the hub: their files are looked at now and then, and at
//! SIGHUP.

use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::hub::Hub;
use crate::limits::owners::{DECISIONS_PAUSE, DECISIONS_THOROUGH_EVERY};

/// Looks at the files for as long as the hub runs. A file that was changed in its place is seen
/// only by a thorough look, which is every so many.
pub(super) async fn follow(hub: Arc<Hub>, mut hangup: Option<Signal>) {
    for turn in 0_u64.. {
        let is_hung_up = match &mut hangup {
            _ if turn == 0 => false,
            Some(hangup) => timeout(DECISIONS_PAUSE, hangup.recv()).await.is_ok(),
            None => {
                tokio::time::sleep(DECISIONS_PAUSE).await;
                false
            }
        };
        let is_thorough = is_hung_up || turn % DECISIONS_THOROUGH_EVERY == 0;
        let hub = hub.clone();
        // One that panicked has told why.
        let _ = spawn_blocking(move || hub.take_decisions(is_thorough)).await;
    }
}
