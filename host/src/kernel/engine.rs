//! `GET /containers/json`: the containers that run, as their engine knows them (Docker Engine API,
//! "List containers"; podman and socket proxies speak it too).
//!
//! ```text
//! list = [ { "Id": 64 digits, "Names": [ "/" name, ... ], and much else } , ... ]
//!
//! [{"Id":"3f4e9b1c...","Names":["/web"],"Image":"nginx","State":"running"},
//!  {"Id":"a1b2c3d4...","Names":["/web/database","/db"]},
//!  {"Id":"0badcafe...","Names":null}]
//! ```
//!
//! The path has no version: Docker 29 refuses those before 1.44, and older ones know none so high.

pub mod http;

use std::borrow::Cow;

use kinglet_proto::wire::pick;

use super::text;
use crate::limits::CONTAINER_NAME_MAX;

/// What is asked, whole: once, and then no more is to come.
pub const QUESTION: &[u8] = b"GET /containers/json HTTP/1.1\r\nHost: localhost\r\n\
    Connection: close\r\nUser-Agent: kinglet\r\nAccept: application/json\r\n\r\n";

/// What a container may be called by others beside its own name and is looked through.
const NAMES: [&str; 4] = ["0", "1", "2", "3"];

/// The containers of a list that were not taken yet. Nothing is built of the rest.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    rest: &'a str,
}

/// One container of a list, as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a>(&'a str);

/// The list in an answer's body; `None` where that is none.
pub fn parse(body: &[u8]) -> Option<Listed<'_>> {
    let list = std::str::from_utf8(body).ok()?.trim_ascii();
    Some(Listed { rest: list.strip_prefix('[')?.strip_suffix(']')? })
}

impl<'a> Iterator for Listed<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        self.rest = &self.rest[self.rest.find('{')?..];
        let (mut depth, mut in_text, mut is_escaped) = (0_u32, false, false);
        for (at, byte) in self.rest.bytes().enumerate() {
            let was_escaped = std::mem::take(&mut is_escaped);
            match byte {
                b'\\' => is_escaped = in_text && !was_escaped,
                b'"' if !was_escaped => in_text = !in_text,
                b'{' if !in_text => depth += 1,
                b'}' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let (entry, rest) = self.rest.split_at(at + 1);
                self.rest = rest;
                return Some(Entry(entry));
            }
        }
        None
    }
}

impl<'a> Entry<'a> {
    /// Its id; `None` for what is no container.
    pub fn id(&self) -> Option<Cow<'a, str>> {
        pick::text(self.0, &["Id"])
    }

    /// What it is called; `None` for what an engine calls nothing.
    pub fn name(&self) -> Option<String> {
        // Of several those with another's name before it are links of that one.
        NAMES.iter().find_map(|place| {
            let text = pick::text(self.0, &["Names", place])?;
            text.strip_prefix('/').filter(|name| is_name(name)).map(str::to_owned)
        })
    }
}

/// Whether an engine lets a container be called that.
fn is_name(name: &str) -> bool {
    let is_in = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !name.is_empty() && name.len() <= CONTAINER_NAME_MAX && name.bytes().all(is_in)
}

/// The name of a group, of those in `/etc/group` (group(5)): `docker:x:998:ann,bob`.
pub fn parse_group(file: &[u8], number: u64) -> Option<String> {
    text::lines(file).find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let name = fields.next()?;
        (fields.nth(1).and_then(text::number)? == number).then(|| text::owned(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Option<Vec<(String, Option<String>)>> {
        let list = parse(body.as_bytes())?;
        Some(list.map(|it| (it.id().unwrap_or_default().into_owned(), it.name())).collect())
    }

    #[test]
    fn a_container_has_its_own_name_and_not_what_others_call_it() {
        let long = "x".repeat(CONTAINER_NAME_MAX + 1);
        for (list, expected) in [
            (r#"["/web"]"#.to_owned(), Some("web")),
            (r#"["/web/database","/db"]"#.to_owned(), Some("db")),
            (r#"["/k8s_a_b-1.c_0"]"#.to_owned(), Some("k8s_a_b-1.c_0")),
            ("null".to_owned(), None),
            ("[]".to_owned(), None),
            (r#"["","/","web"]"#.to_owned(), None),
            (r#"["/a b","/a\"b","/a\u001bb","/\u00e4"]"#.to_owned(), None),
            (format!("[\"/{long}\"]"), None),
        ] {
            let body = format!(r#"[{{"Id":"3f4e","Created":1.5,"Names":{list},"Labels":{{}}}}]"#);
            let expected = (String::from("3f4e"), expected.map(str::to_owned));
            assert_eq!(names(&body), Some(vec![expected]), "{list}");
        }
        assert_eq!(names("[]"), Some(Vec::new()));
        assert_eq!(names(r#"[{"Id":"3f4e"}]"#).map(|list| list.len()), Some(1));
    }

    #[test]
    fn entries_are_told_apart_whatever_their_texts_hold() {
        let odd = r#"{"x":"}]{[\"\\","Id":"a","y":{"Id":"b"},"Names":["/one"]}"#;
        let body = format!(" [{odd} ,{{\"Id\":\"c\",\"Names\":[\"/two\"]}}]\n");
        let named = |id: &str, name: &str| (id.to_owned(), Some(name.to_owned()));
        assert_eq!(names(&body), Some(vec![named("a", "one"), named("c", "two")]));
    }

    #[test]
    fn what_is_no_list_is_nothing() {
        for body in ["", "[", "]", "null", "{}", r#"{"message":"no"}"#, "[7", r#"[{"Id":"a"}"#] {
            assert_eq!(names(body), None, "{body}");
        }
        assert!(parse(b"[{\"Id\":\"\xff\"}]").is_none());
        let deep = format!("[{}]", "[{".repeat(100_000));
        for body in ["[]", "[7]", "[{]", "[}]", "[[]]", r#"["{"]"#, r#"[{"Id":"a]"#, &deep] {
            assert_eq!(names(body), Some(Vec::new()), "{body:.40}");
        }
        let nobody = Some(vec![(String::new(), None)]);
        for body in ["[{}]", "[{{}]", r#"[{"Id":7}]"#, r#"[{"Id":"a",}]"#, r#"[{"Id" "a"}]"#] {
            assert!(names(body) == nobody || names(body) == Some(Vec::new()), "{body}");
        }
        assert_eq!(names(r#"[{"Id":"a","Names":{}}]"#), Some(vec![("a".to_owned(), None)]));
    }

    #[test]
    fn a_group_is_found_by_its_number() {
        let file = b"root:x:0:\ndocker:x:998:ann,bob\nbroken\n:x:\nbad:x:99a:\n";
        assert_eq!(parse_group(file, 998).as_deref(), Some("docker"));
        assert_eq!(parse_group(file, 0).as_deref(), Some("root"));
        assert_eq!(parse_group(file, 99), None);
        assert_eq!(parse_group(b"", 0), None);
    }
}
