//! Other languages: what the page says has a translation, and quick starts have README's commands.

use std::collections::BTreeSet;

use crate::text::{files_below, read};

const LANGUAGES: [&str; 2] = ["ko", "zh"];

/// The lines of a document's code blocks, comments at their ends apart.
fn code(document: &str) -> BTreeSet<String> {
    let blocks = document.split("```").skip(1).step_by(2);
    let lines = blocks.flat_map(|block| block.lines().skip(1));
    let bare = lines.map(bare_of_comment).filter(|line| !line.is_empty());
    bare.map(str::to_owned).collect()
}

fn bare_of_comment(line: &str) -> &str {
    line.split("  #").next().unwrap_or(line).trim_end()
}

#[test]
fn quick_starts_have_the_commands_of_the_english_one() {
    let english = code(&read("README.md"));
    for language in LANGUAGES {
        let lines = code(&read(&format!("docs/{language}/README.md")));
        assert!(lines.len() > 15, "{language}: {lines:?}");
        let other: Vec<_> = lines.difference(&english).collect();
        assert!(other.is_empty(), "docs/{language}/README.md alone has {other:?}");
    }
}

/// A quoted text of JavaScript from the first quote on, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start().strip_prefix('\'')?;
    let mut end = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == '\'' && !escaped {
            end = Some(at);
            break;
        }
        escaped = letter == '\\' && !escaped;
    }
    let end = end?;
    Some((text[..end].replace("\\'", "'"), &text[end + 1..]))
}

/// A language's dictionaries, which the page takes as one.
fn dictionaries(language: &str) -> Vec<(String, String)> {
    let parts = ["", "-account"].map(|part| dictionary(&format!("{language}{part}")));
    for pairs in &parts {
        assert!(pairs.is_sorted_by(|one, next| one.0 < next.0), "words-{language}*.js: the order");
    }
    parts.concat()
}

/// A dictionary: pairs of the English text and the other.
fn dictionary(language: &str) -> Vec<(String, String)> {
    let file = read(&format!("hub/page/words-{language}.js"));
    let (_, mut rest) = file.split_once("export default {").expect("a dictionary");
    let mut pairs = Vec::new();
    while let Some((key, behind)) = quoted(rest) {
        let behind = behind.trim_start().strip_prefix(':').expect("a colon");
        let (value, behind) = quoted(behind).expect("a translation");
        pairs.push((key, value));
        rest = behind.trim_start().trim_start_matches(',');
    }
    assert_eq!(rest.trim(), "};", "words-{language}.js is not read to its end");
    pairs
}

/// The English texts that a language has a translation of.
pub(crate) fn keys(language: &str) -> BTreeSet<String> {
    dictionary(language).into_iter().map(|(key, _)| key).collect()
}

/// The page's own files, and the hub's and agent's titles, which the page knows.
fn sources() -> String {
    let page = files_below("hub/page").into_iter().filter(|path| {
        let ours = !path.contains("/words") && !path.ends_with("uplot.js");
        ours && (path.ends_with(".js") || path.ends_with(".html"))
    });
    page.map(|path| read(&path)).collect()
}

/// What `say` is called with, marked in index.html, or told as a number's plural.
fn said(sources: &str) -> BTreeSet<String> {
    let calls = sources.split("say(").skip(1).filter_map(quoted).map(|(text, _)| text);
    let charts = read("hub/page/charts.js");
    let titles = charts.split("title: ").skip(1).filter_map(quoted).map(|(text, _)| text);
    let marked = sources.split("data-say>").skip(1);
    let marked = marked.filter_map(|text| text.split('<').next()).map(str::to_owned);
    let mut all: BTreeSet<String> = calls.chain(titles).chain(marked).collect();
    for rest in sources.split("'{n} ").skip(1) {
        let Some((_, behind)) = rest.split_once('\'') else { continue };
        if let Some((other, _)) = behind.strip_prefix(',').and_then(quoted)
            && other.starts_with("{n} ")
        {
            all.insert(other);
        }
    }
    for path in ["proto/src/alert/built_in.rs", "hub/src/alert/own.rs"] {
        for rest in read(path).split("title: \"").skip(1) {
            all.extend(rest.split('"').next().filter(|title| !title.is_empty()).map(str::to_owned));
        }
    }
    all
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

#[test]
fn all_that_the_page_says_is_said_in_every_language() {
    let sources = sources();
    let said = said(&sources);
    assert!(said.len() > 200, "only {} texts were found", said.len());
    for language in LANGUAGES {
        let pairs = dictionaries(language);
        let keys: BTreeSet<_> = pairs.iter().map(|(key, _)| key.clone()).collect();
        assert_eq!(keys.len(), pairs.len(), "words-{language}*.js: a text stands twice");
        let missing: Vec<_> = said.difference(&keys).collect();
        assert!(missing.is_empty(), "words-{language}.js has no {missing:?}");
        for (key, value) in &pairs {
            let quoted = key.replace('\'', "\\'");
            let used = said.contains(key)
                || sources.contains(&format!("'{quoted}'"))
                || sources.contains(&format!("\"{key}\""));
            assert!(used, "words-{language}.js: nothing says {key:?}");
            assert_eq!(placeholders(key), placeholders(value), "words-{language}.js: {key:?}");
        }
    }
}
