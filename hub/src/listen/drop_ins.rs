//! Has the hub look at the files of rules and receivers once a second, and at SIGHUP whatever they
//! look like.

use std::sync::Arc;

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::hub::Hub;
use crate::limits::alerts::DROP_IN_LOOK_EVERY;

/// Looks for as long as the hub runs.
pub(super) async fn follow(hub: &Arc<Hub>, mut hangup: Option<Signal>) {
    loop {
        let is_told = match &mut hangup {
            Some(hangup) => timeout(DROP_IN_LOOK_EVERY, hangup.recv()).await.is_ok(),
            None => {
                sleep(DROP_IN_LOOK_EVERY).await;
                false
            }
        };
        let hub = hub.clone();
        // One that panicked has told why.
        let _ = spawn_blocking(move || hub.renew_drop_ins(is_told)).await;
    }
}
