//! Passwords: argon2id with what OWASP asks for at least (19 MiB, two rounds, one lane).

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::limits::people::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};

/// KiB, rounds, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

fn argon2() -> Argon2<'static> {
    let (memory, rounds, lanes) = COST;
    let params = Params::new(memory, rounds, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// What a password may be, in words; `None` where it may be this.
pub(super) fn fault(password: &str) -> Option<String> {
    let is_good =
        password.chars().count() >= PASSWORD_CHARS_MIN && password.len() <= PASSWORD_BYTES_MAX;
    let words = || {
        format!(
            "a password has at least {PASSWORD_CHARS_MIN} characters and at most \
                 {PASSWORD_BYTES_MAX} bytes"
        )
    };
    (!is_good).then(words)
}

/// Its hash as a PHC string; `None` without randomness.
pub(super) fn hash(password: &str) -> Option<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).ok()?;
    let salt = SaltString::encode_b64(&salt).ok()?;
    Some(argon2().hash_password(password.as_bytes(), &salt).ok()?.to_string())
}

/// Whether it is the one of this hash, by the cost that the hash itself was made with.
pub(super) fn is(password: &str, hash: &str) -> bool {
    let short = password.len() <= PASSWORD_BYTES_MAX;
    let known = PasswordHash::new(hash);
    short && known.is_ok_and(|known| argon2().verify_password(password.as_bytes(), &known).is_ok())
}

/// A hash that no password is shown for: to look up nobody takes as long as somebody.
pub(super) fn nobodys() -> String {
    static NOBODY: LazyLock<String> =
        LazyLock::new(|| super::secret::new().and_then(|it| hash(&it)).unwrap_or_default());
    NOBODY.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_argon2ids_salted_and_good_for_its_password_alone() {
        let hashed = hash("correct horse").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert_ne!(hashed, hash("correct horse").unwrap());
        assert!(is("correct horse", &hashed));
        assert!(!is("correct horsf", &hashed) && !is("", &hashed) && !is("correct horse", ""));
        assert!(!is("", &nobodys()));
    }

    #[test]
    fn a_short_password_is_none() {
        assert!(fault("short").is_some() && fault(&"x".repeat(1025)).is_some());
        assert!(fault("long enough").is_none());
    }
}
