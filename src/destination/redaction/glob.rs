//! Names with `*` for any characters.

use std::fmt;

/// A pattern of names, such as `internal_*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

/// Most characters of a pattern.
const MOST_CHARS: usize = 200;

impl Glob {
    /// None: it is empty or too long, or holds what no name does.
    pub fn new(pattern: &str) -> Option<Self> {
        let pattern = pattern.trim();
        (!pattern.is_empty() && pattern.chars().count() <= MOST_CHARS && !pattern.contains('\0'))
            .then(|| Self(pattern.to_owned()))
    }

    /// In time linear in both: each part between asterisks is looked for behind the part before it.
    pub fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else { return self.0 == name };
        let Some(mut name) = name.strip_prefix(first) else { return false };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        for part in middle.split('*').filter(|part| !part.is_empty()) {
            let Some((_, behind)) = name.split_once(part) else { return false };
            name = behind;
        }
        name.ends_with(last)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asterisk_stands_for_any_characters_and_nothing_else_does() {
        for (pattern, name, matches) in [
            ("team", "team", true),
            ("team", "teams", false),
            ("internal_*", "internal_cost", true),
            ("internal_*", "internal_", true),
            ("*_id", "user_id", true),
            ("*_id", "user_ids", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("a?c", "abc", false),
        ] {
            assert_eq!(Glob::new(pattern).unwrap().matches(name), matches, "{pattern} {name}");
        }
        assert_eq!(Glob::new("  "), None);
    }
}
