//! What a message is about, as far as a viewer can choose by it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::ingest::{Filters, Scalar, Told};

/// What one message is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Its type.
    pub(super) kind: &'static str,
    /// The members of its `data` that are no lists and objects, and `server_id` of its `meta`.
    fields: Vec<(Cow<'static, str>, Scalar)>,
}

impl Topic {
    /// A message of this type with these members.
    pub fn new(kind: &'static str, fields: Vec<(Cow<'static, str>, Scalar)>) -> Self {
        Self { kind, fields }
    }

    /// What an agent told, with the members of this object; `None` for a type that is none of
    /// [`Told::KINDS`].
    pub fn of(kind: &str, server_id: &str, data: &Map<String, Value>) -> Option<Self> {
        let kind = Told::KINDS.into_iter().find(|known| *known == kind)?;
        let scalars = data
            .iter()
            .filter_map(|(member, value)| Some((Cow::Owned(member.clone()), Scalar::read(value)?)));
        let mut fields: Vec<_> = scalars.collect();
        fields.push(("server_id".into(), Scalar::Text(server_id.to_owned())));
        Some(Self { kind, fields })
    }

    /// Whether it is this event.
    pub(super) fn is(&self, event: &str) -> bool {
        let Some(part) = event.strip_prefix(self.kind) else { return false };
        part.is_empty()
            || part.strip_prefix('.').is_some_and(|part| {
                let is_part = |value: &Scalar| matches!(value, Scalar::Text(text) if text == part);
                self.values("type").any(is_part)
            })
    }

    /// Whether each of the filters has the value of its member.
    pub(super) fn passes(&self, filters: &Filters) -> bool {
        let mut filters = filters.iter();
        filters.all(|(member, values)| self.values(member).any(|value| values.contains(value)))
    }

    fn values<'a>(&'a self, member: &'a str) -> impl Iterator<Item = &'a Scalar> {
        self.fields.iter().filter(move |(name, _)| name == member).map(|(_, value)| value)
    }
}
