//! Which disks, mounts and interfaces the owner wants to see.

use kinglet_proto::pattern::matches;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusion_is_the_last_word() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let filter = Filter { include: list(&["eth*", "wg0"]), exclude: list(&["eth1"]) };
        assert!(filter.allows("eth0") && filter.allows("wg0"));
        assert!(!filter.allows("eth1") && !filter.allows("lo"));
        assert!(Filter::default().allows("anything"));
    }
}
