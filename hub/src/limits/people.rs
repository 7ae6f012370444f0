//! Bounds of people who sign in.

use std::time::Duration;

/// Bytes of a user's name.
pub const USER_NAME_MAX: usize = 64;
/// Users of a hub.
pub const USERS_MAX: usize = 1_000;
/// Characters of a password at least (NIST SP 800-63B).
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Bytes of a password at most.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// Passwords that are hashed at one time, of 19 MiB each.
pub const HASHES_AT_ONCE: usize = 2;
/// Passwords from one address in a span.
pub const ATTEMPTS_EACH: u32 = 10;
/// Passwords for one name in a span, from wherever.
pub const ATTEMPTS_NAME: u32 = 100;
/// How long they are counted.
pub const ATTEMPTS_SPAN: Duration = Duration::from_secs(60);
/// Addresses of which they are counted; others wait for the next span.
pub const ATTEMPTS_ADDRESSES_MAX: usize = 4_096;
/// Refusals within this time are one row of what was changed.
pub const REFUSALS_SPAN: Duration = Duration::from_secs(600);
/// How long the link that makes the first user is good.
pub const FIRST_VALID: Duration = Duration::from_secs(3600);
/// Bytes of what is sent to sign in, or to change a user.
pub const SIGN_IN_BYTES_MAX: usize = 4 * 1024;
/// A session that is not used for so long ends.
pub const SESSION_IDLE_S: i64 = 12 * 3600;
/// The same where the browser is said to be the user's own.
pub const SESSION_KEPT_S: i64 = 90 * 86_400;
/// A session of who signs in elsewhere ends then, however much it is used: what he may is asked
/// anew.
pub const SESSION_ELSEWHERE_S: i64 = 12 * 3600;
/// How often it is written down that a session was used.
pub const SESSION_SEEN_S: i64 = 600;
/// Sessions of one user; the one that was not used for longest makes room.
pub const SESSIONS_MAX: i64 = 50;
/// Bytes that are kept of what a browser says it is.
pub const CLIENT_BYTES_MAX: usize = 120;
/// Changes that are remembered.
pub const TRACES_MAX: i64 = 10_000;
/// Changes that are shown over HTTP, the newest.
pub const TRACES_SHOWN: usize = 500;
/// How often an open page's session is looked up again.
pub const SESSION_CHECK: Duration = Duration::from_secs(5);
/// Links by which somebody may look.
pub const LINKS_MAX: usize = 100;
/// How long a link is good where nobody says.
pub const LINK_USUAL_S: i64 = 90 * 86_400;
/// How long a link may be good.
pub const LINK_LONGEST_S: i64 = 366 * 86_400;
/// How long after its end a link is still listed.
pub const LINK_FORGOTTEN_S: i64 = 30 * 86_400;
/// Who is on the way to the provider or back at one time.
pub const OIDC_AT_ONCE: usize = 8;
/// Bytes of what a provider answers.
pub const OIDC_ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Seconds by which a provider's clock may differ.
pub const OIDC_CLOCKS_S: f64 = 60.0;
/// Seconds in which somebody must be back from the provider.
pub const OIDC_WAY_S: i64 = 600;
