//! Names as an owner covers them: `*` stands for any run of characters.

/// Whether `pattern` covers the whole of `name`, in time linear in both but for the stars.
pub fn matches(pattern: &str, name: &str) -> bool {
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
}
