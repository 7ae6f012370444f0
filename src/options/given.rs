//! What an owner wrote, each value with its place: in flags and environment, or in the file.

use std::fmt;

use kinglet_proto::output::Setting;

use super::{Entry, Place, Table, keys_of};

/// Everything that was written, table by table. Nothing is judged but its form.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub(super) blocks: Vec<Block>,
}

/// What was written of one table.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(super) table: Table,
    /// Where it begins.
    pub(crate) place: Place,
    values: Vec<Written>,
}

/// One value of it.
#[derive(Clone)]
struct Written {
    key: &'static str,
    value: Value,
    place: Place,
}

/// A value, in the form its key wants.
#[derive(Clone)]
#[cfg_attr(not(feature = "file"), expect(dead_code, reason = "only a file has more than texts"))]
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
    Switch(bool),
    Map(Vec<(String, String)>),
    Number(f64),
}

/// A text that was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) value: &'a str,
    pub(crate) place: &'a Place,
}

impl Given {
    /// What the environment says, by a function that looks a variable up. An empty variable counts
    /// as not set.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut given = Self::default();
        for entry in Entry::all() {
            let Some(name) = entry.variable else { continue };
            let found = variable(name).or_else(|| variable(&name.to_ascii_uppercase()));
            if let Some(value) = found.filter(|value| !value.is_empty()) {
                given.set(entry, value, Place::Environment(name));
            }
        }
        given
    }

    /// Sets a value from flag or environment, in place of what was there.
    pub(crate) fn set(&mut self, entry: &'static Entry, value: String, place: Place) {
        self.first(entry.table, &place).set(entry.name, Value::Text(value), place);
    }

    /// What was written of a table that stands once.
    pub(crate) fn table(&self, table: Table) -> Option<&Block> {
        self.tables(table).next()
    }

    /// The same of one that repeats.
    pub(crate) fn tables(&self, table: Table) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.table == table)
    }

    /// The text of a key in a table that stands once.
    pub(crate) fn text(&self, table: Table, key: &str) -> Option<Text<'_>> {
        debug_assert!(is_key(table, key), "{key} is no key of {table:?}");
        self.table(table)?.text(key)
    }

    /// All of it but a table.
    pub(crate) fn without(mut self, table: Table) -> Self {
        self.blocks.retain(|block| block.table != table);
        self
    }

    /// The first block of a table; where there is none, a new one from this place.
    pub(super) fn first(&mut self, table: Table, place: &Place) -> &mut Block {
        let found = self.blocks.iter().position(|block| block.table == table);
        let at = found.unwrap_or_else(|| {
            self.blocks.push(Block::new(table, place.clone()));
            self.blocks.len() - 1
        });
        &mut self.blocks[at]
    }
}

impl Block {
    pub(crate) fn new(table: Table, place: Place) -> Self {
        Self { table, place, values: Vec::new() }
    }

    pub(super) fn set(&mut self, key: &'static str, value: Value, place: Place) {
        self.remove(key);
        self.values.push(Written { key, value, place });
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.values.retain(|written| written.key != key);
    }

    /// Takes over what is written above it.
    pub(super) fn lay(&mut self, above: &Self) {
        for Written { key, value, place } in above.values.iter().cloned() {
            self.set(key, value, place);
        }
    }

    fn find(&self, key: &str) -> Option<&Written> {
        debug_assert!(is_key(self.table, key), "{key} is no key of {:?}", self.table);
        self.values.iter().find(|written| written.key == key)
    }

    /// Every key that is written, and where.
    pub(super) fn places(&self) -> impl Iterator<Item = (&'static str, &Place)> {
        self.values.iter().map(|written| (written.key, &written.place))
    }

    pub(crate) fn place_of(&self, key: &str) -> Option<&Place> {
        self.find(key).map(|written| &written.place)
    }

    pub(crate) fn text(&self, key: &str) -> Option<Text<'_>> {
        match self.find(key)? {
            Written { value: Value::Text(value), place, .. } => Some(Text { value, place }),
            Written { .. } => None,
        }
    }

    /// The texts of a key that has one or a list of them.
    pub(crate) fn texts(&self, key: &str) -> &[String] {
        match self.find(key) {
            Some(Written { value: Value::Text(text), .. }) => std::slice::from_ref(text),
            Some(_) | None => self.list(key),
        }
    }

    /// The texts of a list; none where nothing is written.
    pub(crate) fn list(&self, key: &str) -> &[String] {
        match self.find(key) {
            Some(Written { value: Value::List(list), .. }) => list,
            Some(Written { .. }) | None => &[],
        }
    }

    /// The value of a key as a protocol takes it; `None` where none is written.
    pub(crate) fn setting(&self, key: &str) -> Option<Setting> {
        match &self.find(key)?.value {
            Value::Text(text) => Some(Setting::Text(text.clone())),
            Value::List(list) => Some(Setting::List(list.clone())),
            Value::Map(map) => Some(Setting::Map(map.clone())),
            Value::Switch(_) | Value::Number(_) => None,
        }
    }

    pub(crate) fn switch(&self, key: &str) -> Option<bool> {
        match self.find(key)? {
            Written { value: Value::Switch(on), .. } => Some(*on),
            Written { .. } => None,
        }
    }

    /// The pairs of a map; none where nothing is written.
    pub(crate) fn map(&self, key: &str) -> &[(String, String)] {
        match self.find(key) {
            Some(Written { value: Value::Map(map), .. }) => map,
            Some(Written { .. }) | None => &[],
        }
    }

    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        match self.find(key)? {
            Written { value: Value::Number(number), .. } => Some(*number),
            Written { .. } => None,
        }
    }
}

/// Whether there is a row for it.
fn is_key(table: Table, key: &str) -> bool {
    let known = Entry::of_table(table).any(|entry| entry.name == key);
    known || keys_of(table).iter().any(|(known, _)| *known == key)
}

/// One of the values may be a token.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_read_by_the_table_and_a_flag_replaces_it() {
        let variables = [("KINGLET_ID", "a"), ("KINGLET_URL", ""), ("KINGLET_TOKEN", "hunter2")];
        let variable = |name: &str| {
            let found = variables.into_iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_owned())
        };
        let mut given = Given::from_environment(variable);
        let id = given.text(Table::Host, "id").unwrap();
        assert_eq!((id.value, id.place), ("a", &Place::Environment("KINGLET_ID")));
        assert!(given.text(Table::Server, "url").is_none(), "an empty one is not set");
        let (flag, entry) = Entry::of_flag("id").unwrap();
        given.set(entry, "b".to_owned(), Place::Flag(flag));
        let id = given.text(Table::Host, "id").unwrap();
        assert_eq!((id.value, id.place), ("b", &Place::Flag("--id")));
        assert_eq!(given.text(Table::Server, "token").unwrap().value, "hunter2");
        assert!(!format!("{given:?}").contains("hunter2"));
    }
}
