//! Which hosts a viewer of rows looks at, and which of their fields.

use std::collections::BTreeMap;
use std::fmt;

use crate::host::HostId;
use crate::limits::{VIEWER_TEXT_MAX, WATCH_HOSTS_MAX, WATCH_WHOLE_MAX};

/// Stands for every host.
const ALL_HOSTS: &str = "*";

/// How much of a host is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fields {
    /// Its row in a list: `list`.
    List,
    /// Its row, and the whole of each report: `all`.
    All,
}

/// What one viewer looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    every: bool,
    named: BTreeMap<HostId, Fields>,
}

/// Why something cannot be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchError {
    /// There is no such field set.
    Unknown(String),
    /// This is no id of a host.
    NoHost(String),
    /// All fields of every host are what a viewer without rows is told.
    AllOfAll,
    /// More hosts than one viewer may name.
    TooMany,
}

impl fmt::Display for WatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(fields) => write!(f, "no such fields: {fields}; there are list and all"),
            Self::NoHost(id) => write!(f, "no id of a host: {id}"),
            Self::AllOfAll => f.write_str("of every host only list can be watched"),
            Self::TooMany => write!(
                f,
                "more than {WATCH_HOSTS_MAX} hosts, or {WATCH_WHOLE_MAX} of which all is watched"
            ),
        }
    }
}

impl std::error::Error for WatchError {}

impl Watch {
    /// Reads the field set of each host, of every host under `*`.
    pub fn new(hosts: &BTreeMap<String, String>) -> Result<Self, WatchError> {
        let mut watch = Self::default();
        for (id, fields) in hosts {
            let fields = match fields.as_str() {
                "list" => Fields::List,
                "all" => Fields::All,
                other => return Err(WatchError::Unknown(cut(other))),
            };
            if id == ALL_HOSTS {
                watch.every = true;
                if fields == Fields::All {
                    return Err(WatchError::AllOfAll);
                }
                continue;
            }
            let id = HostId::parse(id).map_err(|_| WatchError::NoHost(cut(id)))?;
            watch.named.insert(id, fields);
        }
        let is_many =
            watch.named.len() > WATCH_HOSTS_MAX || watch.whole().count() > WATCH_WHOLE_MAX;
        if is_many { Err(WatchError::TooMany) } else { Ok(watch) }
    }

    /// Whether it has rows of every host.
    pub fn is_every(&self) -> bool {
        self.every
    }

    /// How much it is told of a host; `None` for nothing.
    pub fn fields(&self, id: &str) -> Option<Fields> {
        self.named.get(id).copied().or(self.every.then_some(Fields::List))
    }

    /// The hosts that it names.
    pub fn named(&self) -> impl Iterator<Item = &HostId> {
        self.named.keys()
    }

    /// Those of which it is told all.
    pub fn whole(&self) -> impl Iterator<Item = &HostId> {
        self.named.iter().filter(|(_, fields)| **fields == Fields::All).map(|(id, _)| id)
    }
}

fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(VIEWER_TEXT_MAX)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(hosts: &[(&str, &str)]) -> Result<Watch, WatchError> {
        let owned = |&(id, fields): &(&str, &str)| (id.to_owned(), fields.to_owned());
        Watch::new(&hosts.iter().map(owned).collect())
    }

    #[test]
    fn each_host_has_its_fields_and_the_others_those_of_every_host() {
        let watch = read(&[("*", "list"), ("pi", "all")]).unwrap();
        assert_eq!(
            (watch.fields("pi"), watch.fields("x")),
            (Some(Fields::All), Some(Fields::List))
        );
        assert_eq!(Vec::from_iter(watch.whole()), [&HostId::parse("pi").unwrap()]);
        let watch = read(&[("pi", "list")]).unwrap();
        assert_eq!((watch.fields("pi"), watch.fields("x")), (Some(Fields::List), None));
        assert_eq!(read(&[]), Ok(Watch::default()), "nothing can be watched");
    }

    #[test]
    fn what_cannot_be_watched_says_why() {
        assert_eq!(read(&[("a", "some")]), Err(WatchError::Unknown("some".into())));
        assert_eq!(read(&[("a b", "list")]), Err(WatchError::NoHost("a b".into())));
        assert_eq!(read(&[("*", "all")]), Err(WatchError::AllOfAll));
        let ids: Vec<_> = (0..=WATCH_HOSTS_MAX).map(|n| n.to_string()).collect();
        let many: Vec<_> = ids.iter().map(|id| (id.as_str(), "list")).collect();
        assert_eq!(read(&many), Err(WatchError::TooMany));
        assert!(read(&many[1..]).is_ok());
        let whole: Vec<_> =
            ids.iter().take(WATCH_WHOLE_MAX + 1).map(|id| (id.as_str(), "all")).collect();
        assert_eq!(read(&whole), Err(WatchError::TooMany));
    }
}
