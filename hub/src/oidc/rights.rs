//! Who of those whom a provider knows may what here.

use serde_json::Value;

use crate::people::{Role, UserName};

/// By what somebody is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// His address, where the provider says that it is his.
    Email,
    /// The name he has there.
    PreferredUsername,
    /// What never changes, and says little.
    Subject,
}

impl Claim {
    /// Every one, by its name in a token.
    pub const ALL: [(&'static str, Self); 3] = [
        ("email", Self::Email),
        ("preferred_username", Self::PreferredUsername),
        ("sub", Self::Subject),
    ];
}

/// Who may what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// By what they are called.
    pub claim: Claim,
    /// The claim that lists somebody's groups.
    pub groups_claim: String,
    /// Names of owners.
    pub owners: Vec<UserName>,
    /// Names of viewers.
    pub viewers: Vec<UserName>,
    /// Groups whose members are owners.
    pub owner_groups: Vec<String>,
    /// Groups whose members are viewers.
    pub viewer_groups: Vec<String>,
}

impl Rights {
    /// Who somebody is here, and what he may.
    ///
    /// # Errors
    /// He may nothing: his name, where he has one that may be one.
    pub(super) fn of(&self, claims: &Value) -> Result<(UserName, Role), Option<UserName>> {
        let (name, _) = Claim::ALL.into_iter().find(|(_, claim)| *claim == self.claim).unzip();
        let name = claims.get(name.unwrap_or_default()).and_then(Value::as_str);
        let is_his = self.claim != Claim::Email
            || claims.get("email_verified").and_then(Value::as_bool) == Some(true);
        let name = name.filter(|_| is_his).and_then(|name| UserName::parse(name).ok());
        let Some(name) = name else { return Err(None) };
        let groups = claims.get(&self.groups_claim).and_then(Value::as_array);
        let is_in = |all: &[String]| {
            let mut theirs = groups.into_iter().flatten().filter_map(Value::as_str);
            theirs.any(|group| all.iter().any(|known| known == group))
        };
        if self.owners.contains(&name) || is_in(&self.owner_groups) {
            Ok((name, Role::Owner))
        } else if self.viewers.contains(&name) || is_in(&self.viewer_groups) {
            Ok((name, Role::Viewer))
        } else {
            Err(Some(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rights(claim: Claim) -> Rights {
        let name = |text| UserName::parse(text).unwrap();
        Rights {
            claim,
            groups_claim: "groups".to_owned(),
            owners: vec![name("ann@example.org")],
            viewers: vec![name("bob@example.org")],
            owner_groups: vec!["admins".to_owned()],
            viewer_groups: vec!["staff".to_owned()],
        }
    }

    #[test]
    fn who_may_what_is_said_by_name_or_group_and_nobody_else_may_anything() {
        let of = |mut claims: Value| {
            claims["email_verified"] = json!(true);
            rights(Claim::Email).of(&claims).map(|(name, role)| (name.to_string(), role))
        };
        let is = |name: &str, role| Ok((name.to_owned(), role));
        assert_eq!(of(json!({ "email": "Ann@example.org" })), is("ann@example.org", Role::Owner));
        assert_eq!(of(json!({ "email": "bob@example.org" })), is("bob@example.org", Role::Viewer));
        let eve = |groups: Value| of(json!({ "email": "eve@example.org", "groups": groups }));
        assert_eq!(eve(json!(["x", "staff"])), is("eve@example.org", Role::Viewer));
        assert_eq!(eve(json!(["staff", "admins"])), is("eve@example.org", Role::Owner));
        let nobody = Err(Some(UserName::parse("eve@example.org").unwrap()));
        assert_eq!(eve(json!(["Admins"])), nobody);
        assert_eq!(eve(json!("admins")), nobody, "no list");
        assert_eq!(of(json!({ "sub": "ann@example.org" })), Err(None));
        assert_eq!(of(json!({ "email": "a b" })), Err(None));
    }

    #[test]
    fn an_address_that_may_be_anothers_is_no_name() {
        let claims = |verified: Value| json!({ "email": "ann@example.org", "email_verified": verified, "sub": "bob@example.org" });
        for verified in [json!(false), json!("true"), json!(null)] {
            assert_eq!(rights(Claim::Email).of(&claims(verified)), Err(None));
        }
        let (name, role) = rights(Claim::Subject).of(&claims(json!(false))).unwrap();
        assert_eq!((&*name, role), ("bob@example.org", Role::Viewer));
    }
}
