//! Texts for people on the page that go past `say`: they would stay English for everybody.

use std::collections::BTreeSet;

use crate::text::{files_below, read};

/// Names and units that are the same in every language, and words that nobody reads.
const SAME: &str = "Kinglet|CPU|Bearer|Escape|Enter|ArrowLeft|ArrowRight|English|AbortError|Wi-Fi|\
                    WireGuard|KiB|MiB|GiB|TiB|PiB|OpenWrt|Raspberry Pi OS|AlmaLinux|NixOS|\
                    Edg|Edge|Firefox|Chrome|Safari|Opera|Android|Windows|Mac OS|CrOS|Linux";

fn is_same(text: &str) -> bool {
    SAME.split('|').any(|same| same == text)
}

/// What takes a text that is read, right before its quote.
const READ: [&str; 11] = [
    ".textContent = ",
    ".title = ",
    ".placeholder = ",
    ".ariaLabel = ",
    ".alt = ",
    "e('aria-label', ",
    "e('title', ",
    "e('placeholder', ",
    "button(",
    "alert(",
    "announce(",
];

/// Every literal of a script with what stands before it on its line; comments apart.
fn literals(script: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in script.lines() {
        let mut begun: Option<(usize, char)> = None;
        let mut before = '\n';
        for (at, letter) in line.char_indices() {
            match begun {
                None if letter == '/' && line[at..].starts_with("//") => break,
                None if line.trim_start().starts_with(['*', '/']) => break,
                None if matches!(letter, '\'' | '`' | '"') => begun = Some((at, letter)),
                Some((from, quote)) if letter == quote && before != '\\' => {
                    found.push((line[..from].to_owned(), line[from + 1..at].to_owned()));
                    begun = None;
                }
                None | Some(_) => {}
            }
            before = letter;
        }
    }
    found
}

/// The text without what a template puts in.
fn fixed(text: &str) -> String {
    let mut parts = text.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// Whether it begins as a sentence or a label does.
fn is_label(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_lowercase)
        && text.chars().all(|letter| letter.is_alphabetic() || " ,.…:'?()-".contains(letter))
}

/// Whether the text is read where it stands: it is set as such, or is a child of an element.
fn is_read(before: &str) -> bool {
    let child = before.rsplit_once("element('").is_some_and(|(_, inside)| {
        inside.matches("', '").count() >= 1 && inside.ends_with("', ") && !inside.contains('(')
    });
    let put = before.rsplit_once("put(").is_some_and(|(_, inside)| {
        inside.ends_with(", ") && inside.matches('(').count() == inside.matches(')').count()
    });
    child || put || READ.iter().any(|end| before.ends_with(end))
}

/// The literals of a script that are texts for people and go past `say`.
fn escaping(script: &str, said: &BTreeSet<String>) -> Vec<String> {
    let is_ours = |(before, text): &(String, String)| {
        let text = fixed(text);
        let words = text.trim();
        let is_through = ["say(", "many("].iter().any(|call| before.ends_with(call));
        let has_letters = words.chars().filter(|letter| letter.is_alphabetic()).count() > 1;
        let is_text = is_label(words) || is_read(before);
        is_text && has_letters && !is_through && !said.contains(words) && !is_same(words)
    };
    literals(script).into_iter().filter(is_ours).map(|(_, text)| text).collect()
}

/// The texts of a document's elements and attributes that are not marked with `data-say`.
fn unmarked(html: &str) -> Vec<String> {
    let body = html.split_once("<body>").map_or(html, |(_, body)| body);
    let body = body.split_once("<noscript>").map_or(body, |(body, _)| body);
    let mut found = Vec::new();
    for part in body.split('<').skip(1).filter(|part| !part.starts_with(['/', '!'])) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let marks = tag.split_once("data-say").map(|(_, rest)| rest);
        let listed = marks.and_then(|rest| rest.strip_prefix("=\""));
        let listed = listed.and_then(|rest| rest.split('"').next()).unwrap_or_default();
        if marks.is_none() || !listed.is_empty() {
            found.push(text.trim().to_owned());
        }
        for name in ["aria-label", "placeholder", "title", "alt"] {
            let value =
                tag.split_once(&format!(" {name}=\"")).and_then(|(_, v)| v.split('"').next());
            if !listed.split(' ').any(|each| each == name) {
                found.extend(value.map(str::to_owned));
            }
        }
    }
    found.retain(|text| text.chars().any(char::is_alphabetic) && !is_same(text));
    found
}

#[test]
fn no_text_of_the_page_goes_past_say() {
    let said = super::languages::keys("ko");
    let scripts = files_below("hub/page").into_iter().filter(|path| {
        path.ends_with(".js") && !path.contains("/words") && !path.ends_with("uplot.js")
    });
    let found: Vec<_> = scripts
        .map(|path| (escaping(&read(&path), &said), path))
        .filter(|(texts, _)| !texts.is_empty())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(unmarked(&read("hub/page/index.html")), Vec::<String>::new());
}

#[test]
fn what_goes_past_say_is_found() {
    let script = "put(node, 'is gone');\nnode.title = 'so it is';\n\
        element('p', 'said', 'no hope');\nconst a = ['Not at all'];\nput(node, say('Well'));\n\
        element('p', 'said wide');\n// 'A note'\nelement('b', 'x', `Out of ${n}`);\n\
        node.setAttribute('aria-label', 'of all');\n";
    let found = escaping(script, &BTreeSet::new());
    assert_eq!(found, ["is gone", "so it is", "no hope", "Not at all", "Out of ${n}", "of all"]);
    let html = "<body><p data-say>Said</p><b>Left</b><i title=\"Of it\" data-say=\"alt\"></i>";
    assert_eq!(unmarked(html), ["Left", "Of it"]);
}
