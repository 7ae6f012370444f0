//! Takes single values out of JSON, by their path from the top: keys, and in a list the place of an
//! item, counted from 0.
//!
//! What a server says is short, and little of it is of interest: looking for that once more costs
//! less than a reader of its own for each kind of message, in the program's bytes as in its time.
//! Nothing is built, so a long message of a hostile server takes no room. A text that is not one
//! whole JSON value has nothing anywhere.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The text at `path`.
pub fn text<'a>(json: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    match leaf(json, path)? {
        Leaf::Text(text) => Some(text),
        Leaf::Whole(_) | Leaf::Number(_) | Leaf::List(_) | Leaf::Other => None,
    }
}

/// The whole number at `path`, not below zero.
pub(crate) fn whole(json: &str, path: &[&str]) -> Option<u64> {
    match leaf(json, path)? {
        Leaf::Whole(number) => Some(number),
        Leaf::Text(_) | Leaf::Number(_) | Leaf::List(_) | Leaf::Other => None,
    }
}

/// The number at `path`.
pub fn number(json: &str, path: &[&str]) -> Option<f64> {
    match leaf(json, path)? {
        // Above 2^53 the last digits are lost.
        #[expect(clippy::cast_precision_loss)]
        Leaf::Whole(number) => Some(number as f64),
        Leaf::Number(number) => Some(number),
        Leaf::Text(_) | Leaf::List(_) | Leaf::Other => None,
    }
}

/// Whether anything stands at `path`.
pub(crate) fn exists(json: &str, path: &[&str]) -> bool {
    leaf(json, path).is_some()
}

/// How many items the list at `path` has; none where there is no list.
pub(crate) fn count(json: &str, path: &[&str]) -> usize {
    match leaf(json, path) {
        Some(Leaf::List(count)) => count,
        Some(Leaf::Text(_) | Leaf::Whole(_) | Leaf::Number(_) | Leaf::Other) | None => 0,
    }
}

/// What a path can lead to.
enum Leaf<'a> {
    Text(Cow<'a, str>),
    Whole(u64),
    Number(f64),
    /// This many items.
    List(usize),
    /// An object, true or false; `null` is nothing.
    Other,
}

fn leaf<'a>(json: &'a str, path: &[&str]) -> Option<Leaf<'a>> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let found = Pick { path }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    found
}

/// What is left of the path.
struct Pick<'p> {
    path: &'p [&'p str],
}

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = Option<Leaf<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Option<Leaf<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = self.path.is_empty().then_some(Leaf::Other);
        while let Some(is_next) = members.next_key_seed(Key(self.path.first().copied()))? {
            match self.path.split_first() {
                Some((_, path)) if is_next && found.is_none() => {
                    found = members.next_value_seed(Pick { path })?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let wanted = self.path.first().and_then(|place| place.parse().ok());
        let (mut count, mut found) = (0, None);
        loop {
            if wanted == Some(count) {
                let Some(item) = items.next_element_seed(Pick { path: &self.path[1..] })? else {
                    break;
                };
                found = item;
            } else if items.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
            count += 1;
        }
        Ok(if self.path.is_empty() { Some(Leaf::List(count)) } else { found })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(self.path.is_empty().then_some(Leaf::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.path.is_empty().then(|| Leaf::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.path.is_empty().then_some(Leaf::Whole(number)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        // It is below zero, or it would be a `u64`.
        #[expect(clippy::cast_precision_loss)]
        Ok(self.path.is_empty().then_some(Leaf::Number(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(self.path.is_empty().then_some(Leaf::Number(number)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(self.path.is_empty().then_some(Leaf::Other))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Whether a key is the one that is looked for.
struct Key<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        Ok(self.0 == Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"type":"p\u006fng","a":{"b":[{"c":1}],"n":7,"f":1.5,"m":-2,"t":true,"z":null,
        "big":18446744073709551615,"w":"words"},"b":"after","a":{"n":8}}"#;

    #[test]
    fn a_value_is_found_by_its_path_and_its_kind() {
        assert_eq!(text(JSON, &["type"]).as_deref(), Some("pong"));
        assert!(matches!(text(JSON, &["b"]), Some(Cow::Borrowed("after"))));
        assert_eq!(text(JSON, &["a", "w"]).as_deref(), Some("words"));
        assert_eq!(whole(JSON, &["a", "n"]), Some(7), "the first of two");
        assert_eq!(whole(JSON, &["a", "big"]), Some(u64::MAX));
        assert_eq!((whole(JSON, &["a", "f"]), number(JSON, &["a", "f"])), (None, Some(1.5)));
        assert_eq!((whole(JSON, &["a", "m"]), number(JSON, &["a", "m"])), (None, Some(-2.0)));
        assert_eq!(number(JSON, &["a", "n"]), Some(7.0));
        assert_eq!(whole(JSON, &["a", "b", "0", "c"]), Some(1));
        assert_eq!(whole("[1,[2,3],4]", &["1", "1"]), Some(3));
        for (path, there) in [
            (&["a"][..], true),
            (&["a", "b"], true),
            (&["a", "t"], true),
            (&["a", "z"], false),
            (&["a", "b", "c"], false),
            (&["a", "b", "0"], true),
            (&["a", "b", "1"], false),
            (&["a", "b", "1", "c"], false),
            (&["a", "n", "x"], false),
            (&["x"], false),
            (&[], true),
        ] {
            assert_eq!(exists(JSON, path), there, "{path:?}");
        }
        assert_eq!((text(JSON, &["a", "n"]), whole(JSON, &["b"])), (None, None));
        assert_eq!(whole(JSON, &["a", "b", "0", "c"]), Some(1), "items of lists have numbers");
        assert_eq!(count(JSON, &["a", "b"]), 1);
        assert!(!exists(JSON, &["a", "b", "1"]) && !exists(JSON, &["a", "b", "-1"]));
        assert_eq!(whole("[7,8,9]", &["1"]), Some(8));
    }

    #[test]
    fn what_is_not_one_whole_value_has_nothing() {
        for json in ["", "{", r#"{"a":1} x"#, r#"{"a":1,}"#, r#"{"a":1"#, "\u{0}", "[1", "nul"] {
            assert!(!exists(json, &["a"]) && !exists(json, &[]), "{json}");
        }
        let deep = "[".repeat(60_000);
        assert!(!exists(&deep, &["a"]));
        assert!(!exists(&format!("{{\"a\":{deep}"), &["a"]));
    }
}
