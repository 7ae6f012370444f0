//! Keys as TOML, one on each line, so that what is wrong with a line is wrong with its key.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The text; an error says which key has a value that TOML has no form for here.
pub(super) fn toml(keys: &Map<String, Value>) -> Result<String, String> {
    let mut text = String::new();
    for (key, value) in keys {
        let value = written(value).ok_or_else(|| {
            format!("`{key}` must be a text, a number, true or false, or a list or table of these")
        })?;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} = {value}", quoted_key(key));
    }
    Ok(text)
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::String(text) => Some(quoted(text)),
        Value::Array(all) => {
            let all: Option<Vec<String>> = all.iter().map(written).collect();
            Some(format!("[{}]", all?.join(", ")))
        }
        Value::Object(all) => {
            let pair = |(key, value): (&String, &Value)| {
                Some(format!("{} = {}", quoted_key(key), written(value)?))
            };
            let all: Option<Vec<String>> = all.iter().map(pair).collect();
            Some(format!("{{ {} }}", all?.join(", ")))
        }
    }
}

/// JSON's escapes are among TOML's, and TOML wants one more.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn quoted_key(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { quoted(key) }
}

/// What is wrong with a line, with the name of its key.
pub(super) fn explain(text: &str, line: usize, what: &str) -> String {
    let key = text.lines().nth(line.saturating_sub(1)).and_then(|line| line.split(" = ").next());
    match key {
        Some(key) if what.starts_with("invalid ") => format!("`{key}`: {what}"),
        Some(_) | None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let keys = serde_json::json!({
            "metric": "cpu.usage", "above": 90, "clear": 85.5, "resolved": false,
            "title": "a \"quoted\"\nline \u{7f}\u{1}\\ 漢", "hosts": ["pi-*", "x"],
            "labels": { "mount_point": "/srv*", "odd key": "y" }, "negative": -3,
        });
        let keys = keys.as_object().unwrap();
        let text = toml(keys).unwrap();
        assert_eq!(text.lines().count(), keys.len(), "{text}");
        assert_eq!(toml::from_str::<Map<String, Value>>(&text).unwrap(), *keys, "{text}");
    }

    #[test]
    fn a_value_without_a_form_is_told_with_its_key() {
        let keys = serde_json::json!({ "above": null });
        assert!(toml(keys.as_object().unwrap()).unwrap_err().starts_with("`above` must be"));
    }

    #[test]
    fn a_line_that_is_wrong_is_told_by_its_key() {
        let text = "metric = \"x\"\nabove = \"y\"\n";
        assert_eq!(explain(text, 2, "invalid type: string"), "`above`: invalid type: string");
        assert_eq!(explain(text, 1, "`metric` is"), "`metric` is");
    }
}
