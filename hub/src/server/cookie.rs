//! Cookies of the hub: for no script, no other site and, where the browser came by TLS, for TLS
//! alone.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use super::caller::Caller;
use super::token::COOKIES;
use crate::guard::Way;

/// Whether the browser came by TLS, to the hub or to a trusted proxy before it.
pub(crate) fn is_secure(way: Way, caller: &Caller) -> bool {
    way == Way::Tls || caller.is_by_tls()
}

/// Where what is between sign-in and the way back is held, over TLS and without.
pub(crate) const ON_THE_WAY: [&str; 2] = ["__Host-kinglet-oidc", "kinglet-oidc"];

/// The cookie of a session or a link; without a time it ends with the browser.
pub(crate) fn cookie(is_secure: bool, secret: &str, lasts: Option<i64>) -> String {
    named(COOKIES, is_secure, secret, lasts)
}

/// One that is called so.
pub(crate) fn named(
    [secure, plain]: [&str; 2],
    is_secure: bool,
    secret: &str,
    lasts: Option<i64>,
) -> String {
    let (name, more) = if is_secure { (secure, "; Secure") } else { (plain, "") };
    let lasts = lasts.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{more}{lasts}")
}

pub(crate) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_for_no_script_no_other_site_and_where_it_can_for_tls_alone() {
        assert_eq!(
            cookie(true, "ks_1", Some(60)),
            "__Host-kinglet=ks_1; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"
        );
        assert_eq!(cookie(false, "ks_1", None), "kinglet=ks_1; Path=/; HttpOnly; SameSite=Lax");
    }
}
