//! The packaged configuration, which is written by hand but for the switches of collectors.

use std::collections::BTreeMap;

use kinglet::options::{Form, Table, keys_of};
use kinglet_host::collect::switches as switches_of_collectors;
use toml::de::{DeTable, DeValue};

use super::text::replace;

/// The file with the switches made anew.
pub(crate) fn switches(text: &str) -> String {
    let rows: String = switches_of_collectors().map(|name| format!("#{name} = true\n")).collect();
    let above = "# What to leave out. Everything is on by default.\n";
    replace(text, above, "\n\n", rows.trim_end())
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
        let keys =
            found.filter_map(|(key, value)| Some((&**key.get_ref(), form(value.get_ref())?)));
        let known: BTreeMap<_, _> = keys_of(table).into_iter().collect();
        assert_eq!(keys.collect::<BTreeMap<_, _>>(), known, "[{}]", table.name());
    }
}

/// The line without the `#` before a key.
fn switched_on(line: &str) -> &str {
    let key = line.strip_prefix('#').filter(|rest| {
        let name = rest.split_once(" = ").map(|(name, _)| name);
        name.is_some_and(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    });
    key.unwrap_or(line)
}

/// The form a value has; `None` for tables.
fn form(value: &DeValue<'_>) -> Option<Form> {
    match value {
        DeValue::String(_) => Some(Form::Text),
        DeValue::Boolean(_) => Some(Form::Switch),
        DeValue::Array(list) => {
            list.iter().all(|element| element.get_ref().is_str()).then_some(Form::List)
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}
