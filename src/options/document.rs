//! A TOML document read strictly: every value keeps its line, every unknown key is a problem.

use std::ops::Range;

use kinglet_proto::quoted::Quoted;
use kinglet_proto::wire::pick;
use toml::de::{DeTable, DeValue};

use super::given::{Block, Value};
use super::{Form, Given, Place, Problems, Table, keys_of, nearest};

impl Given {
    /// Reads a file's text.
    pub(crate) fn read(file: &str, text: &str, problems: &mut Problems) -> Self {
        let mut reading = Reading { file, text, given: Self::default(), problems };
        match DeTable::parse(text) {
            Ok(table) => {
                reading.block(Table::Top, reading.place(0..0, Table::Top, ""), table.get_ref())
            }
            Err(error) => {
                let place = reading.place(error.span().unwrap_or(0..0), Table::Top, "");
                reading.problems.add(&place, format!("not TOML: {}", error.message().trim()));
            }
        }
        reading.given
    }
}

/// One file, and what was found in it so far.
struct Reading<'a> {
    file: &'a str,
    text: &'a str,
    given: Given,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    /// Reads the keys of a table, and those of the tables in it.
    fn block(&mut self, table: Table, place: Place, written: &DeTable<'_>) {
        let mut block = Block::new(table, place);
        let keys = keys_of(table);
        let tables = if table == Table::Top { &Table::ALL[..] } else { &[] };
        for (key, value) in written.iter() {
            let (name, value): (&str, _) = (key.get_ref(), value.get_ref());
            let place = self.place(key.span(), table, name);
            if let Some((key, form)) = keys.iter().find(|(key, _)| *key == name) {
                match form.read(value) {
                    Ok(value) => block.set(key, value, place),
                    Err(found) => self.wrong_type(&place, form.expected(), found),
                }
            } else if let Some(table) = tables.iter().find(|table| table.name() == name) {
                self.table(*table, place, value);
            } else {
                let keys = keys.iter().map(|(key, _)| *key);
                let known: Vec<_> = keys.chain(tables.iter().map(|table| table.name())).collect();
                self.unknown_key(&place, name, &known);
            }
        }
        self.given.blocks.push(block);
    }

    /// Reads `[table]`, or each `[[table]]`.
    fn table(&mut self, table: Table, place: Place, value: &DeValue<'_>) {
        let name = table.name();
        if !table.repeats() {
            return self.one(table, place, value, &format!("a table: [{name}]"));
        }
        let expected = format!("a list of tables: [[{name}]] with double brackets");
        let Some(all) = value.as_array() else { return self.wrong_type(&place, &expected, value) };
        for value in all.iter() {
            let place = self.place(value.span(), Table::Top, name);
            self.one(table, place, value.get_ref(), &expected);
        }
    }

    fn one(&mut self, table: Table, place: Place, value: &DeValue<'_>, expected: &str) {
        match value.as_table() {
            Some(written) => self.block(table, place, written),
            None => self.wrong_type(&place, expected, value),
        }
    }

    fn place(&self, span: Range<usize>, table: Table, key: &str) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let dot = if table == Table::Top { "" } else { "." };
        let key = format!("{}{dot}{key}", table.name());
        Place::File { file: self.file.to_owned(), line, key }
    }

    fn unknown_key(&mut self, place: &Place, name: &str, known: &[&str]) {
        let guess = nearest(name, known)
            .map(|near| format!("did you mean {}? ", Quoted(near)))
            .unwrap_or_default();
        let known = known.join(", ");
        self.problems.add(place, format!("unknown key; {guess}allowed here: {known}"));
    }

    fn wrong_type(&mut self, place: &Place, expected: &str, found: &DeValue<'_>) {
        let found = match found {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.problems.add(place, format!("expected {expected}, found {found}"));
    }
}

impl Form {
    const fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text in quotes",
            Self::List => "a list of texts: [\"a\", \"b*\"]",
            Self::Texts => "a text in quotes, or a list of them: [\"a\", \"b\"]",
            Self::Switch => "true or false",
            Self::Map => "texts by name: { name = \"text\" }",
            Self::Number => "a number",
        }
    }

    /// The value, or what is there in its place.
    fn read<'v>(self, value: &'v DeValue<'_>) -> Result<Value, &'v DeValue<'v>> {
        let text = |value: &'v DeValue<'_>| value.as_str().map(str::to_owned).ok_or(value);
        match self {
            Self::Text => text(value).map(Value::Text),
            Self::Texts if value.as_str().is_some() => text(value).map(Value::Text),
            Self::Switch => value.as_bool().map(Value::Switch).ok_or(value),
            Self::Number => number(value).map(Value::Number).ok_or(value),
            Self::List | Self::Texts => {
                let list = value.as_array().ok_or(value)?;
                let texts = list.iter().map(|element| text(element.get_ref()));
                texts.collect::<Result<_, _>>().map(Value::List)
            }
            Self::Map => {
                let pairs = value.as_table().ok_or(value)?.iter().map(|(name, element)| {
                    text(element.get_ref()).map(|text| (name.get_ref().to_string(), text))
                });
                pairs.collect::<Result<_, _>>().map(Value::Map)
            }
        }
    }
}

/// A number in the words that people use for one: no hexadecimals, no infinity. Those are JSON's,
/// which is read anyway: what reads any float is 10 kB.
fn number(value: &DeValue<'_>) -> Option<f64> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        DeValue::Integer(_)
        | DeValue::String(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => return None,
    };
    pick::number(text.strip_prefix('+').unwrap_or(text), &[]).filter(|number| number.is_finite())
}
