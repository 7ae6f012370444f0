//! A user's name, and what he may.

use std::fmt;
use std::ops::Deref;

use crate::limits::people::USER_NAME_MAX;

/// A name to sign in with: letters of ASCII in lower case, digits and `.`, `_`, `-`, `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserName(String);

impl UserName {
    /// Reads it; capital letters count as small ones.
    ///
    /// # Errors
    /// In words, what a name may be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_good = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
        if text.is_empty() || text.len() > USER_NAME_MAX || !text.chars().all(is_good) {
            return Err(format!(
                "a name has 1 to {USER_NAME_MAX} letters (a to z), digits and `.`, `_`, `-`, `@`"
            ));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl Deref for UserName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a user may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Look.
    Viewer,
    /// Look, and change what can be changed.
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Viewer, Self::Owner];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub name: UserName,
    /// What he may.
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_in_small_letters() {
        assert_eq!(&*UserName::parse("Ada.L@example").unwrap(), "ada.l@example");
        for bad in ["", "a b", "ada\n", "Ad\u{e4}", &"x".repeat(65)] {
            assert!(UserName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_role_is_found_by_its_name() {
        assert!(Role::ALL.iter().all(|role| Role::parse(role.name()) == Some(*role)));
        assert_eq!(Role::parse("root"), None);
    }
}
