//! The packaged configuration, which is written by hand but for the switches of collectors; a key
//! that it has not yet is added, with its help above it.

use std::collections::BTreeMap;
use std::ops::Range;

use kinglet::options::{Form, KEYS, Key, Table, keys_of};
use toml::de::{DeTable, DeValue};

use super::text::{WIDTH, help, replace, wrap};

/// The file with the switches made anew.
pub(crate) fn switches(text: &str) -> String {
    let tables = [
        (Table::Collect, "# What to leave out. Everything is on by default.\n"),
        (Table::Alerts, "# What is watched on every host. Everything is on by default.\n"),
    ];
    tables.into_iter().fold(text.to_owned(), |text, (table, above)| {
        let rows = table.switches().into_iter().map(|name| format!("#{name} = true\n"));
        replace(&text, above, "\n\n", rows.collect::<String>().trim_end())
    })
}

/// The file with every key that it had not, behind the others of its table.
pub(crate) fn keys(text: &str) -> String {
    let mut text = text.to_owned();
    for key in KEYS.iter().filter(|key| key.name != Key::EACH) {
        let Some(form) = key.form else { continue };
        let table = table(&text, key.table);
        let is_key = |line| switched_on(line).starts_with(&format!("{} = ", key.name));
        if !text[table.clone()].lines().any(is_key) {
            let end = table.start + text[table].trim_end().len();
            text.insert_str(end, &added(key, form));
        }
    }
    text
}

/// Where a table's lines are.
fn table(text: &str, table: Table) -> Range<usize> {
    let header = format!("[{}]", table.name());
    let start = if table == Table::Top { 0 } else { text.find(&header).expect("a header") };
    let ends = ["\n[", "\n#["].map(|next| text[start..].find(next));
    let end = ends.into_iter().flatten().min().map_or(text.len(), |end| start + end);
    start..end
}

fn added(key: &Key, form: Form) -> String {
    let value = match form {
        Form::Text | Form::Texts => "\"\"",
        Form::List => "[]",
        Form::Switch => "true",
        Form::Map => "{}",
        Form::Number => "0",
    };
    let help = wrap(&help(key), WIDTH - 2).into_iter().map(|line| format!("\n# {line}"));
    format!("{}\n#{} = {value}", help.collect::<String>(), key.name)
}

/// Every key is in it, switched on or commented out, with a value of its form; and no other.
pub(crate) fn assert_keys(text: &str) {
    let text = text.lines().map(switched_on).collect::<Vec<_>>().join("\n");
    let all = DeTable::parse(&text).expect("TOML, with every key switched on").into_inner();
    for table in [Table::Top].into_iter().chain(Table::ALL) {
        let found = match all.get(table.name()).map(toml::Spanned::get_ref) {
            None => Some(&all),
            Some(DeValue::Array(tables)) => tables[0].get_ref().as_table(),
            Some(value) => value.as_table(),
        };
        let found = found.unwrap_or_else(|| panic!("{} is no table", table.name())).iter();
        let is_table =
            |key: &str| table == Table::Top && Table::ALL.iter().any(|t| t.name() == key);
        let keys = found.filter(|(key, _)| !is_table(key.get_ref()));
        let keys = keys.filter_map(|(key, value)| Some((&**key.get_ref(), form(value.get_ref())?)));
        let as_written = |form| if form == Form::Texts { Form::Text } else { form };
        let known = keys_of(table).into_iter().map(|(key, form)| (key, as_written(form)));
        let known: BTreeMap<_, _> = known.collect();
        assert_eq!(keys.collect::<BTreeMap<_, _>>(), known, "[{}]", table.name());
    }
}

/// The line without the `#` before a key, or before the header of a block.
fn switched_on(line: &str) -> &str {
    let key = line.strip_prefix('#').filter(|rest| {
        if rest.starts_with("[[") {
            return true;
        }
        let name = rest.split_once(" = ").map(|(name, _)| name);
        name.is_some_and(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    });
    key.unwrap_or(line)
}

/// The form a value has; `None` for lists of tables.
fn form(value: &DeValue<'_>) -> Option<Form> {
    match value {
        DeValue::String(_) => Some(Form::Text),
        DeValue::Boolean(_) => Some(Form::Switch),
        DeValue::Array(list) => {
            list.iter().all(|element| element.get_ref().is_str()).then_some(Form::List)
        }
        DeValue::Integer(_) | DeValue::Float(_) => Some(Form::Number),
        DeValue::Table(_) => Some(Form::Map),
        DeValue::Datetime(_) => None,
    }
}
