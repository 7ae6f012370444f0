//! Reads the project's files and measures them: what is code, where functions begin and end.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the project.
pub(crate) struct Source {
    /// Path below the project's root, with `/`.
    pub(crate) path: String,
    /// The file as it is.
    pub(crate) text: String,
    /// The same lines with comments, strings and character literals blanked, up to the first
    /// `#[cfg(test)]`; empty for a file that is not Rust.
    pub(crate) code: String,
}

/// One function: where it starts and how many lines of code it has.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) length: usize,
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file below the root, build output and version control apart.
pub(crate) fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 20, "the project's files were not found");
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the project is readable") {
        let entry = entry.expect("an entry is readable");
        let (path, name) = (entry.path(), entry.file_name());
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() && !skipped(&path, &name.to_string_lossy()) {
            walk(&path, found);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.push(source(&path, text));
        }
    }
}

/// Folders with nothing we wrote: git, build output (any folder cargo marked as its own).
fn skipped(path: &Path, name: &str) -> bool {
    name == ".git"
        || name == "node_modules"
        || path.join("CACHEDIR.TAG").exists()
        || name == "target"
}

fn source(path: &Path, text: String) -> Source {
    let below = path.strip_prefix(root()).expect("below the root");
    let path = below.to_string_lossy().replace('\\', "/");
    let code = if path.ends_with(".rs") { blank(&text) } else { String::new() };
    let code = code.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
    Source { path, text, code }
}

impl Source {
    /// Rust of the crates' own code, tests apart.
    pub(crate) fn is_product(&self) -> bool {
        let folders = ["src/", "host/src/", "proto/src/", "hub/src/", "ioctl/src/"];
        let tests = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        self.path.ends_with(".rs")
            && !tests
            && folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// A file of the page that is built into the hub; uPlot's are as their maker wrote them.
    pub(crate) fn is_page(&self) -> bool {
        self.path.starts_with("hub/page/") && !self.path.starts_with("hub/page/uplot")
    }

    /// Lines before the file's tests.
    pub(crate) fn code_lines(&self) -> usize {
        self.code.trim_end().lines().count()
    }

    /// The functions with a body, outside of tests.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = next_fn(&self.code, from) {
            from = at + 3;
            if let Some(end) = body_end(&self.code[at..]) {
                let body = &self.code[at..at + end];
                found.push(Function {
                    name: body[3..]
                        .chars()
                        .take_while(|c| *c == '_' || c.is_alphanumeric())
                        .collect(),
                    line: self.code[..at].lines().count(),
                    length: body.lines().filter(|line| !line.trim().is_empty()).count(),
                });
            }
        }
        found
    }
}

/// The next `fn name`, not the `fn` of a pointer type or the end of another word.
fn next_fn(code: &str, from: usize) -> Option<usize> {
    code[from..].match_indices("fn ").map(|(at, _)| from + at).find(|&at| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let after = code[at + 3..].chars().next().unwrap_or(' ');
        !(before == '_' || before.is_alphanumeric()) && (after == '_' || after.is_alphabetic())
    })
}

/// The offset behind the closing brace; `None` for a declaration without a body.
fn body_end(code: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut nested = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' if depth == 0 => nested += 1,
            ')' | ']' if depth == 0 => nested = nested.saturating_sub(1),
            ';' if depth == 0 && nested == 0 => return None,
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at + 1),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Blanks comments, strings and character literals; keeps every line break.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = literal(rest, out.chars().next_back());
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// The length of the comment or literal that `text` starts with, or 0.
fn literal(text: &str, before: Option<char>) -> usize {
    let after_word = before.is_some_and(|c| c == '_' || c.is_alphanumeric());
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |at| at + 2);
    }
    let hashes =
        text.strip_prefix('r').map_or(0, |rest| rest.len() - rest.trim_start_matches('#').len());
    if !after_word && text.starts_with('r') && text[1 + hashes..].starts_with('"') {
        let close = format!("\"{}", "#".repeat(hashes));
        let start = hashes + 2;
        return text[start..].find(&close).map_or(text.len(), |at| start + at + close.len());
    }
    match text.as_bytes() {
        [b'"', ..] => quoted(text, '"'),
        // A character, not a lifetime: `'a'`, `'\n'`.
        [b'\'', b'\\', ..] => quoted(text, '\''),
        [b'\'', ..] => {
            let width = text[1..].chars().next().map_or(0, char::len_utf8);
            if text[1 + width..].starts_with('\'') { width + 2 } else { 0 }
        }
        _ => 0,
    }
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn literals_and_comments_are_blanked() {
    let text = "let a = \"{ // \\\" }\"; // {\nlet b: &'static str = r#\"{\"#; '{' '\\'' x";
    let code = blank(text);
    assert!(!code.contains('{') && !code.contains("//"), "{code}");
    assert!(code.contains("'static") && code.ends_with('x'), "{code}");
    assert_eq!(code.lines().count(), 2);
}

#[test]
fn functions_are_measured() {
    let text =
        "pub(crate) fn a<T>(x: [u8; 2]) -> T {\n    if x {\n\n    }\n}\ntrait B { fn c(&self); }\n";
    let code = blank(text);
    let found = Source { path: String::new(), text: String::new(), code }.functions();
    let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.length)).collect();
    assert_eq!(seen, [("a", 1, 4)]);
}
