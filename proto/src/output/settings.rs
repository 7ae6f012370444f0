//! What an owner says to one protocol alone: the keys of a server that no other protocol has.

use std::fmt;

/// Values by the names of their keys; a key that is not written has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings(Vec<(&'static str, Setting)>);

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// `"text"`
    Text(String),
    /// `["text", "text"]`
    List(Vec<String>),
    /// `{ name = "text" }`, in the order it is written
    Map(Vec<(String, String)>),
}

/// A value that means nothing to its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSetting {
    /// Its key.
    pub key: &'static str,
    /// What is wrong with it, and what is allowed.
    pub fault: String,
}

impl Settings {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a value.
    pub fn add(&mut self, key: &'static str, value: Setting) {
        self.0.push((key, value));
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Setting)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// The text of a key; `None` where none is written.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.find(key)? {
            Setting::Text(text) => Some(text),
            Setting::List(_) | Setting::Map(_) => None,
        }
    }

    /// The texts of a key; `None` where no list is written.
    pub fn list(&self, key: &str) -> Option<&[String]> {
        match self.find(key)? {
            Setting::List(list) => Some(list),
            Setting::Text(_) | Setting::Map(_) => None,
        }
    }

    /// The pairs of a key; none where no map is written.
    pub fn map(&self, key: &str) -> &[(String, String)] {
        match self.find(key) {
            Some(Setting::Map(map)) => map,
            Some(Setting::Text(_) | Setting::List(_)) | None => &[],
        }
    }

    fn find(&self, key: &str) -> Option<&Setting> {
        self.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }
}

impl BadSetting {
    /// This fault of this key.
    pub fn new(key: &'static str, fault: impl Into<String>) -> Self {
        Self { key, fault: fault.into() }
    }
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.fault)
    }
}

impl std::error::Error for BadSetting {}
