//! What is wrong with a configuration, and where it was written.

use std::fmt;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of a file, and the key there.
    File {
        /// Path as the owner gave it.
        file: String,
        /// Line, counted from 1.
        line: usize,
        /// Dotted key: `server.url`.
        key: String,
    },
    /// A command line flag: `--url`.
    Flag(&'static str),
    /// An environment variable: `KINGLET_URL`.
    Environment(&'static str),
    /// Nowhere: it is missing.
    Missing,
}

impl Place {
    fn line(&self) -> usize {
        match self {
            Self::File { line, .. } => *line,
            Self::Flag(_) | Self::Environment(_) | Self::Missing => 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, key } if key.is_empty() => write!(f, "{file}:{line}: "),
            Self::File { file, line, key } => write!(f, "{file}:{line}: {key}: "),
            Self::Flag(name) | Self::Environment(name) => write!(f, "{name}: "),
            Self::Missing => Ok(()),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, and what is allowed.
    pub fault: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place, self.fault)
    }
}

/// Everything that is wrong with a configuration: never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The problems, in the order of the file; what is in none comes first.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// The problems found so far. Reading goes on after one, so that the owner sees all at once.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, place: &Place, fault: impl Into<String>) {
        let at = self.0.partition_point(|problem| problem.place.line() <= place.line());
        self.0.insert(at, Problem { place: place.clone(), fault: fault.into() });
    }

    /// `value` if nothing was wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, ConfigError> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(ConfigError { problems: self.0 }),
        }
    }
}

/// The candidate that is most like `word`, if any is like it at all; first of all one that begins
/// with it.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let begins = |candidate: &&&str| word.len() > 2 && candidate.starts_with(word);
    if let Some(candidate) = candidates.iter().find(begins) {
        return Some(candidate);
    }
    let scored = candidates.iter().map(|candidate| (distance(word, candidate), *candidate));
    let (distance, candidate) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + word.len() / 4).then_some(candidate)
}

/// Edits between two words (Levenshtein), a row at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_found_and_a_stranger_is_not() {
        let keys = ["interval", "url", "token_file", "ca_file"];
        assert_eq!(nearest("interva", &keys), Some("interval"));
        assert_eq!(nearest("token-file", &keys), Some("token_file"));
        assert_eq!(nearest("ulr", &["uri", "url"]), None);
        assert_eq!(nearest("token", &keys), Some("token_file"));
        assert_eq!(nearest("password", &keys), None);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
