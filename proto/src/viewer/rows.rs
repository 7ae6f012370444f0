//! What a viewer of rows is told beside what others are: `columns`, `rows`, `resync` and `synced`.

use std::fmt::Write;

use serde::Serialize;

use super::COLUMNS;
use crate::time::WallTime;
use crate::wire::envelope::{Head, envelope};

/// What the columns of rows are: comes before the first of them.
pub fn columns(head: Head) -> String {
    #[derive(Serialize)]
    struct Data {
        list: &'static [&'static str],
    }
    envelope("columns", head, Some(&Data { list: &COLUMNS }))
}

/// Rows of many hosts: those that stand for all that is known, and those with what changed.
pub fn rows<'a>(
    at: WallTime,
    whole: impl IntoIterator<Item = &'a str>,
    changed: impl IntoIterator<Item = &'a str>,
) -> String {
    let mut text = String::from(r#"{"type":"rows","timestamp":"#);
    text += &serde_json::to_string(&at).unwrap_or_default();
    text += r#","data":{"#;
    let before = text.len();
    list_of(&mut text, "whole", whole);
    if text.len() > before {
        text.push(',');
    }
    let before = text.len();
    list_of(&mut text, "changed", changed);
    if text.len() == before && text.ends_with(',') {
        text.pop();
    }
    text += "}}";
    text
}

/// A member with these rows; nothing where there are none.
fn list_of<'a>(text: &mut String, member: &str, rows: impl IntoIterator<Item = &'a str>) {
    let mut open = false;
    for row in rows {
        let _ = if open { write!(text, ",{row}") } else { write!(text, "\"{member}\":[{row}") };
        open = true;
    }
    if open {
        text.push(']');
    }
}

/// All hosts were told, or will be told anew: `synced` and `resync`.
pub fn round_of_hosts(kind: &str, head: Head) -> String {
    envelope::<()>(kind, head, None)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn rows_stand_in_one_message() {
        let at = WallTime::from_unix_millis(0);
        let text = rows(at, ["[1,0,5]"], ["[2]", "[3]"]);
        let due = json!({"type":"rows","timestamp":"1970-01-01T00:00:00.000Z",
            "data":{"whole":[[1,0,5]],"changed":[[2],[3]]}});
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), due);
        for (text, data) in [
            (rows(at, [], []), json!({})),
            (rows(at, ["[1]"], []), json!({"whole":[[1]]})),
            (rows(at, [], ["[1]"]), json!({"changed":[[1]]})),
        ] {
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["data"], data, "{text}");
        }
    }
}
