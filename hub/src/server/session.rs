//! Whether the session that opened a socket is still one.

use std::future::pending;

use tokio::time::sleep;

use crate::auth::Auth;
use crate::limits::people::SESSION_CHECK;
use crate::people::SESSION_PREFIX;

/// Ready once who came by this session may look no more, some seconds after it ended; of a token,
/// which holds as long as the hub runs, never.
pub(crate) async fn ended(auth: &Auth, token: Option<&str>) {
    if token.is_none_or(|token| !token.starts_with(SESSION_PREFIX)) {
        return pending().await;
    }
    loop {
        sleep(SESSION_CHECK).await;
        if !auth.viewer(token) {
            return;
        }
    }
}
