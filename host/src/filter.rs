//! Which disks, mounts and interfaces the owner wants to see.

/// Names to include and to exclude; `*` stands for any run of characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only these; empty for all.
    pub include: Vec<String>,
    /// Never these, even if included.
    pub exclude: Vec<String>,
}

impl Filter {
    /// Whether the owner wants to see `name`.
    pub fn allows(&self, name: &str) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        (self.include.is_empty() || named(&self.include)) && !named(&self.exclude)
    }
}

/// Whether `pattern` covers the whole of `name`, in time linear in both but for the stars.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        // The leftmost place is never worse than a later one.
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    name.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, name, covered) in [
            ("eth0", "eth0", true),
            ("eth0", "eth01", false),
            ("eth*", "eth0", true),
            ("*", "", true),
            ("veth*", "eth0", false),
            ("*0", "eth0", true),
            ("e*h*0", "eth0", true),
            ("e*h*1", "eth0", false),
            ("/mnt/*/data", "/mnt/a/b/data", true),
            ("aa*aa", "aaa", false),
            ("**", "x", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), covered, "{pattern} {name}");
        }
    }

    #[test]
    fn exclusion_is_the_last_word() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let filter = Filter { include: list(&["eth*", "wg0"]), exclude: list(&["eth1"]) };
        assert!(filter.allows("eth0") && filter.allows("wg0"));
        assert!(!filter.allows("eth1") && !filter.allows("lo"));
        assert!(Filter::default().allows("anything"));
    }
}
