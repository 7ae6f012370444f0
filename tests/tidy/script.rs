//! Measures the scripts: shell and Python programs, and what they are made of.

use crate::source::{Function, Source};

impl Source {
    /// A program that runs as it is written, or a part of one.
    pub(crate) fn is_script(&self) -> bool {
        let endings = [".sh", ".py", ".mjs"];
        self.text.starts_with("#!") || endings.iter().any(|end| self.path.ends_with(end))
    }

    /// The functions of a shell script or a Python program; none for a file that is no script.
    pub(crate) fn script_functions(&self) -> Vec<Function> {
        if !self.is_script() {
            return Vec::new();
        }
        let lines: Vec<_> = self.text.lines().collect();
        let starts = lines.iter().enumerate();
        starts
            .filter_map(|(at, line)| {
                let (name, last) = shell_function(line).or_else(|| python_function(line))?;
                let rest = &lines[at + 1..];
                let end = rest.iter().position(|line| last(line)).unwrap_or(rest.len());
                let closing = rest.get(end).is_some_and(|line| line.starts_with(['}', ')']));
                let inside = rest[..end].iter().filter(|line| !line.trim().is_empty()).count();
                let length = 1 + inside + usize::from(closing);
                Some(Function { name: name.to_owned(), line: at + 1, length })
            })
            .collect()
    }
}

/// Whether a line is the one that closes a function, or the first behind it.
type IsBehind = fn(&str) -> bool;

/// `name() {` or `name() (` at the start of a line, up to what closes it there; a function of one
/// line is short.
fn shell_function(line: &str) -> Option<(&str, IsBehind)> {
    let (name, opened) = line.split_once("() ")?;
    let is_name = !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric());
    let closes: IsBehind = |line| line.starts_with(['}', ')']);
    (is_name && ["{", "("].contains(&opened)).then_some((name, closes))
}

/// `def name(` at the start of a line, up to the next thing there.
fn python_function(line: &str) -> Option<(&str, IsBehind)> {
    let name = line.strip_prefix("def ")?.split('(').next()?;
    let behind: IsBehind = |line| line.starts_with(|c: char| !c.is_whitespace() && c != ')');
    Some((name, behind))
}

#[test]
fn script_functions_are_measured() {
    let text = "#!/bin/sh\none() { true; }\ntwo() {\n    a\n\n    b\n}\nthree() (\n    c\n)\n\
        def four(\n        a,\n):\n    return 1\n\n\nfour(1)\n";
    let source = Source { path: String::new(), text: text.to_owned(), code: String::new() };
    let found = source.script_functions();
    let seen: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.length)).collect();
    assert_eq!(seen, [("two", 3, 4), ("three", 8, 3), ("four", 11, 4)]);
}
