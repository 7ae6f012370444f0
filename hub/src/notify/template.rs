//! What a webhook is sent, as its owner wrote it: a text with `{words}` in it. Pure.

use super::notice::{Notice, State};

/// The words, each for a part of a notice.
pub(super) const WORDS: [&str; 14] = [
    "state",
    "level",
    "subject",
    "text",
    "title",
    "message",
    "suggestion",
    "host",
    "name",
    "group",
    "id",
    "value",
    "threshold",
    "time",
];

/// A text with words in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    /// What is put into it is escaped as in a JSON string.
    is_json: bool,
    /// Its type, as a header has it.
    pub(super) content_type: String,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it: a word that is none, or JSON that is none once it is filled.
    pub fn parse(text: String, content_type: String) -> Result<Self, String> {
        let is_json = content_type.split(';').next().is_some_and(|kind| kind.ends_with("json"));
        let template = Self { text, is_json, content_type };
        let mut unknown = None;
        template.each(|piece| {
            if let Piece::Word(word) = piece
                && !WORDS.contains(&word)
            {
                unknown.get_or_insert_with(|| word.to_owned());
            }
        });
        if let Some(word) = unknown {
            return Err(format!("`{{{word}}}` is nothing; there is {{{}}}", WORDS.join("}, {")));
        }
        let filled = template.fill(&Notice::test("x", Default::default()));
        if is_json && let Err(error) = serde_json::from_str::<serde_json::Value>(&filled) {
            return Err(format!("no JSON once it is filled: {error}"));
        }
        Ok(template)
    }

    /// The text with a notice in it.
    pub(super) fn fill(&self, notice: &Notice) -> String {
        let mut out = String::with_capacity(self.text.len());
        self.each(|piece| match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Word(word) if self.is_json => {
                let json = serde_json::to_string(&part(notice, word)).unwrap_or_default();
                out.push_str(json.trim_start_matches('"').strip_suffix('"').unwrap_or_default());
            }
            Piece::Word(word) => out.push_str(&part(notice, word)),
        });
        out
    }

    /// Its pieces in order. A brace that has no plain word and another brace behind it is a brace.
    fn each<'a>(&'a self, mut take: impl FnMut(Piece<'a>)) {
        let mut rest = &*self.text;
        while let Some(at) = rest.find('{') {
            let (before, behind) = rest.split_at(at);
            let inner = behind.get(1..).unwrap_or_default();
            let end = inner.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(0);
            match inner.split_at(end) {
                (word, tail) if end > 0 && tail.starts_with('}') => {
                    take(Piece::Text(before));
                    take(Piece::Word(word));
                    rest = tail.get(1..).unwrap_or_default();
                }
                _ => {
                    take(Piece::Text(before));
                    take(Piece::Text("{"));
                    rest = inner;
                }
            }
        }
        take(Piece::Text(rest));
    }
}

enum Piece<'a> {
    Text(&'a str),
    Word(&'a str),
}

/// All that there is, for who wrote no template.
pub(super) fn whole(notice: &Notice) -> String {
    let members = WORDS.map(|word| (word.to_owned(), part(notice, word).into()));
    serde_json::Value::Object(members.into_iter().collect()).to_string()
}

fn part(notice: &Notice, word: &str) -> String {
    match word {
        "state" => notice.state.name().to_owned(),
        "level" if notice.state == State::Test => "test".to_owned(),
        "level" => notice.level.name().to_owned(),
        "subject" => notice.subject(),
        "text" => notice.text(),
        "title" => notice.title.clone(),
        "message" => notice.message.clone(),
        "suggestion" => notice.suggestion.clone(),
        "host" => notice.host.clone(),
        "name" => notice.name.clone(),
        "group" => notice.group.clone(),
        "id" => notice.id.clone(),
        "value" => notice.value.clone(),
        "threshold" => notice.threshold.clone(),
        "time" => notice.at.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::tests::alert;
    use super::*;

    fn parse(text: &str, content_type: &str) -> Result<Template, String> {
        Template::parse(text.to_owned(), content_type.to_owned())
    }

    #[test]
    fn words_are_filled_and_braces_stay() {
        let mut alert = alert("a", "critical", "active");
        alert.notice.message = "a \"quoted\"\nline {level}".to_owned();
        let notice = alert.notice.titled("");
        let json = r#"{"text":"{message}","n":{},"id":"{host}/{id}","v":{value}}"#;
        let filled = Template { is_json: true, ..parse(json, "text/plain").unwrap() }.fill(&notice);
        let due = r#"{"text":"a \"quoted\"\nline {level}","n":{},"id":"web-1/a","v":93.3}"#;
        assert_eq!(filled, due);
        let plain = parse("{state} {level}: {message} {", "text/plain").unwrap().fill(&notice);
        assert_eq!(plain, "fired critical: a \"quoted\"\nline {level} {");
    }

    #[test]
    fn what_cannot_be_filled_is_said_before_anything_is_wrong() {
        let error = parse("{nonsense}", "text/plain").unwrap_err();
        assert!(
            error.starts_with("`{nonsense}` is nothing; there is {state}, {level},"),
            "{error}"
        );
        let error = parse(r#"{"a":"{title}"#, "application/json; charset=utf-8").unwrap_err();
        assert!(error.starts_with("no JSON once it is filled: "), "{error}");
        assert!(parse(r#"{"a":"{title}"}"#, "application/json").is_ok());
    }

    #[test]
    fn without_a_template_all_there_is_is_sent_by_its_word() {
        let notice = alert("a", "critical", "active").notice.titled("");
        let json: serde_json::Value = serde_json::from_str(&whole(&notice)).unwrap();
        assert_eq!(json.as_object().unwrap().len(), WORDS.len());
        assert_eq!((&json["host"], &json["value"]), (&"web-1".into(), &"93.3".into()));
        assert!(WORDS.iter().all(|word| json[word] != ""), "{json}");
    }
}
