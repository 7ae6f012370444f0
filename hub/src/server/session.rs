//! Whether the session or the link that opened a socket is still one.

use std::future::pending;

use tokio::time::sleep;

use crate::auth::Auth;
use crate::limits::people::SESSION_CHECK;
use crate::people::{LINK_PREFIX, SESSION_PREFIX};

/// Ready once who came by this session or link may look no more, some seconds after it ended; of a
/// token, which holds as long as the hub runs, never.
pub(crate) async fn ended(auth: &Auth, token: Option<&str>) {
    let ends = |token: &str| [SESSION_PREFIX, LINK_PREFIX].iter().any(|it| token.starts_with(it));
    if !token.is_some_and(ends) {
        return pending().await;
    }
    loop {
        sleep(SESSION_CHECK).await;
        if !auth.viewer(token) {
            return;
        }
    }
}
