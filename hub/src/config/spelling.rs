//! Says what is wrong with a key, and which one was probably meant.

/// The parser's message; for an unknown key with the nearest one that is allowed there.
pub(super) fn explain(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field `") else {
        return message.trim().to_owned();
    };
    let mut words = rest.split('`').step_by(2);
    let unknown = words.next().unwrap_or_default();
    let allowed: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let meant = meant(unknown, allowed.iter().copied());
    let allowed = allowed.join("`, `");
    format!("unknown key `{unknown}`; allowed here: `{allowed}`{meant}")
}

/// The nearest of these words as a question, where one is near enough.
pub(super) fn meant<'a>(unknown: &str, allowed: impl Iterator<Item = &'a str>) -> String {
    match allowed.min_by_key(|word| distance(unknown, word)) {
        Some(word) if distance(unknown, word) <= 3 => format!("; did you mean `{word}`?"),
        Some(_) | None => String::new(),
    }
}

/// Letters to change, add or take away between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (to, cell) in b.chars().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(from != to);
            diagonal = *cell;
            left = changed.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_named_and_a_far_one_is_not() {
        let message = "unknown field `lisen`, expected one of `listen`, `tls`, `viewers`";
        assert_eq!(
            explain(message),
            "unknown key `lisen`; allowed here: `listen`, `tls`, `viewers`; did you mean `listen`?"
        );
        let message = "unknown field `colour`, expected `cert` or `key`";
        assert_eq!(explain(message), "unknown key `colour`; allowed here: `cert`, `key`");
        assert_eq!(explain("invalid type\n"), "invalid type");
    }

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, is) in [("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0), ("ab", "", 2)] {
            assert_eq!(distance(a, b), is, "{a} {b}");
        }
    }
}
