//! Which hosts who asks may see.

use axum::http::{HeaderMap, Uri};

use super::token::Credentials;
use crate::auth::Auth;
use crate::fleet::Sight;

/// What somebody with this token sees. On a hub that is not public nobody is a stranger.
pub(crate) fn with_token(auth: &Auth, token: Option<&str>) -> Sight {
    let is_known = !auth.public() || auth.operator(token) || auth.is_guest(token);
    if is_known { Sight::All } else { Sight::Public }
}

/// What somebody with one of these sees.
pub(crate) fn with_tokens(auth: &Auth, tokens: &[String]) -> Sight {
    let is_known = |token: &String| with_token(auth, Some(token)) == Sight::All;
    if tokens.iter().any(is_known) { Sight::All } else { with_token(auth, None) }
}

/// What the sender of a request sees.
pub(crate) fn of(auth: &Auth, headers: &HeaderMap, uri: &Uri) -> Sight {
    with_token(auth, Credentials::read(headers, uri).token.as_deref())
}
