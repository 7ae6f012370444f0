//! A TOML document read strictly: every value keeps its line, every unknown key is a problem.

use std::ops::Range;

use kinglet_proto::quoted::Quoted;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problems, Written, nearest};

/// The text of one file and where its lines are.
pub(crate) struct Document<'t> {
    file: &'t str,
    text: &'t str,
}

impl<'t> Document<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text }
    }

    /// The top-level table; a syntax error is a problem with its line.
    pub(crate) fn parse(&self, problems: &mut Problems) -> Option<DeTable<'t>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            Err(error) => {
                let place = self.place(error.span().unwrap_or(0..0), "");
                problems.add(&place, format!("not TOML: {}", error.message().trim()));
                None
            }
        }
    }

    fn place(&self, span: Range<usize>, key: &str) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Place::File { file: self.file.to_owned(), line, key: key.to_owned() }
    }
}

/// One table of a document, read key by key; [`Section::finish`] finds what was not asked for.
pub(crate) struct Section<'d, 't> {
    document: &'d Document<'t>,
    name: &'static str,
    table: &'d DeTable<'t>,
    /// The line of the table's header.
    pub(crate) place: Place,
    known: Vec<&'static str>,
}

impl<'d, 't> Section<'d, 't> {
    pub(crate) fn top(document: &'d Document<'t>, table: &'d DeTable<'t>) -> Self {
        let place = document.place(0..0, "");
        Self { document, name: "", table, place, known: Vec::new() }
    }

    pub(crate) fn string(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Written<String>> {
        let (value, place) = self.find(key)?;
        if let DeValue::String(text) = value {
            return Some(Written { value: text.clone().into_owned(), place });
        }
        wrong_type(value, &place, "a text in quotes", problems);
        None
    }

    pub(crate) fn boolean(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let (value, place) = self.find(key)?;
        if let DeValue::Boolean(value) = value {
            return Some(*value);
        }
        wrong_type(value, &place, "true or false", problems);
        None
    }

    pub(crate) fn strings(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Written<Vec<String>>> {
        let (value, place) = self.find(key)?;
        let expected = "a list of texts: [\"a\", \"b*\"]";
        let DeValue::Array(array) = value else {
            wrong_type(value, &place, expected, problems);
            return None;
        };
        let mut texts = Vec::with_capacity(array.len());
        for element in array.iter() {
            if let DeValue::String(text) = element.get_ref() {
                texts.push(text.clone().into_owned());
            } else {
                wrong_type(element.get_ref(), &place, expected, problems);
            }
        }
        Some(Written { value: texts, place })
    }

    /// The table under `key`, written `[key]`.
    pub(crate) fn section(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<Section<'d, 't>> {
        let (value, place) = self.find(key)?;
        if let DeValue::Table(table) = value {
            return Some(self.below(key, table, place));
        }
        wrong_type(value, &place, &format!("a table: [{key}]"), problems);
        None
    }

    /// The tables under `key`, written `[[key]]`.
    pub(crate) fn sections(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Vec<Section<'d, 't>> {
        let Some((value, place)) = self.find(key) else { return Vec::new() };
        let expected = format!("a list of tables: [[{key}]] with double brackets");
        let DeValue::Array(array) = value else {
            wrong_type(value, &place, &expected, problems);
            return Vec::new();
        };
        let mut sections = Vec::with_capacity(array.len());
        for element in array.iter() {
            let place = self.document.place(element.span(), key);
            if let DeValue::Table(table) = element.get_ref() {
                sections.push(self.below(key, table, place));
            } else {
                wrong_type(element.get_ref(), &place, &expected, problems);
            }
        }
        sections
    }

    /// Every key that nobody asked for is a problem that names the keys there are.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, _) in self.table.iter() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let place = self.document.place(key.span(), &self.path(name));
            let guess = nearest(name, &self.known)
                .map(|near| format!("did you mean {}? ", Quoted(near)))
                .unwrap_or_default();
            let known = self.known.join(", ");
            problems.add(&place, format!("unknown key; {guess}allowed here: {known}"));
        }
    }

    fn below(&self, name: &'static str, table: &'d DeTable<'t>, place: Place) -> Self {
        Self { document: self.document, name, table, place, known: Vec::new() }
    }

    fn find(&mut self, key: &'static str) -> Option<(&'d DeValue<'t>, Place)> {
        self.known.push(key);
        let (written, value) = self.table.get_key_value(key)?;
        let place = self.document.place(written.span(), &self.path(key));
        Some((value.get_ref(), place))
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

fn wrong_type(value: &DeValue<'_>, place: &Place, expected: &str, problems: &mut Problems) {
    let found = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    problems.add(place, format!("expected {expected}, found {found}"));
}
