//! A change of what a host is called, and of who sees it.

use serde::Deserialize;

use super::Refused;
use crate::enroll::record::Record;
use crate::limits::owners::LABEL_BYTES_MAX;

/// What is to be another. `None` leaves it as it is; an empty text leaves it to the host's agent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// What it is called.
    pub name: Option<String>,
    /// Its group on the page.
    pub group: Option<String>,
    /// Where it stands, in words.
    pub location: Option<String>,
    /// Its country's flag: two letters of ISO 3166-1.
    pub country_code: Option<String>,
    /// Whether it is kept from whoever shows no token.
    pub hidden: Option<bool>,
}

impl Patch {
    /// The keys it changes.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        let Self { name, group, location, country_code, hidden } = self;
        let keys = [
            ("name", name.is_some()),
            ("group", group.is_some()),
            ("location", location.is_some()),
            ("country_code", country_code.is_some()),
            ("hidden", hidden.is_some()),
        ];
        keys.into_iter().filter(|(_, is_given)| *is_given).map(|(key, _)| key)
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether every value can be.
    pub(super) fn check(&self) -> Result<(), Refused> {
        let Self { name, group, location, country_code, hidden: _ } = self;
        for (key, text) in [("name", name), ("group", group), ("location", location)] {
            let is_bad =
                |text: &String| text.len() > LABEL_BYTES_MAX || text.contains(char::is_control);
            if text.as_ref().is_some_and(is_bad) {
                let what = format!("{key} is a line of text of at most {LABEL_BYTES_MAX} bytes");
                return Err(Refused::Bad(what));
            }
        }
        let is_code =
            |text: &String| text.len() == 2 && text.bytes().all(|c| c.is_ascii_alphabetic());
        if country_code.as_ref().is_some_and(|code| !code.is_empty() && !is_code(code)) {
            let what = "country_code is two letters, as in DE";
            return Err(Refused::Bad(what.to_owned()));
        }
        Ok(())
    }

    /// Makes the change.
    pub(super) fn apply(&self, record: &mut Record) {
        let Self { name, group, location, country_code, hidden } = self;
        let label = &mut record.label;
        for (kept, given) in
            [(&mut label.name, name), (&mut label.group, group), (&mut label.location, location)]
        {
            if let Some(given) = given {
                *kept = Some(given.trim().to_owned()).filter(|text| !text.is_empty());
            }
        }
        if let Some(code) = country_code {
            label.country_code = Some(code.to_ascii_uppercase()).filter(|code| !code.is_empty());
        }
        label.hidden = hidden.unwrap_or(label.hidden);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let mut record = Record::default();
        let read = |text: &str| serde_json::from_str::<Patch>(text);
        let first = read(r#"{"name":" Attic ","country_code":"de","hidden":true}"#).unwrap();
        assert_eq!(first.keys().collect::<Vec<_>>(), ["name", "country_code", "hidden"]);
        first.apply(&mut record);
        read(r#"{"name":"","group":"Home"}"#).unwrap().apply(&mut record);
        assert_eq!((record.label.name, record.label.group.as_deref()), (None, Some("Home")));
        assert_eq!(record.label.country_code.as_deref(), Some("DE"));
        assert!(record.label.hidden && !record.revoked);
        assert!(read(r#"{"nam":"x"}"#).unwrap_err().to_string().contains("country_code"));
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        let long = "x".repeat(LABEL_BYTES_MAX + 1);
        for (patch, word) in [
            (Patch { name: Some(long), ..Patch::default() }, "name is a line"),
            (Patch { group: Some("a\nb".to_owned()), ..Patch::default() }, "group is a line"),
            (Patch { country_code: Some("DEU".to_owned()), ..Patch::default() }, "two letters"),
            (Patch { country_code: Some("1.".to_owned()), ..Patch::default() }, "two letters"),
        ] {
            assert!(patch.check().unwrap_err().to_string().contains(word));
        }
        assert!(Patch::default().is_empty() && Patch::default().check().is_ok());
    }
}
