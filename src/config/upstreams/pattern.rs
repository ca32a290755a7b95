//! A pattern of models' names, in which `*` stands for any characters, also for none.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// None for an empty text, which would fit requests without a model only.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| Self(text.to_owned()))
    }

    /// Fits every name.
    pub fn any() -> Self {
        Self("*".to_owned())
    }

    /// The one name that it fits, if it is one.
    pub fn name(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(self.0.as_str())
    }

    /// Whether the whole name fits. Upper and lower case differ, as they do at model servers.
    pub fn fits(&self, model: &str) -> bool {
        let Some((head, tail)) = self.0.split_once('*') else { return self.0 == model };
        let Some(mut rest) = model.strip_prefix(head) else { return false };
        let (middle, last) = tail.rsplit_once('*').unwrap_or(("", tail));
        for part in middle.split('*') {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pattern_fits_the_whole_name() {
        for (pattern, fits, others) in [
            ("gpt-4o", &["gpt-4o"][..], &["gpt-4o-mini", "GPT-4o", "x/gpt-4o", ""][..]),
            ("*", &["", "gpt-4o", "a/b:free"], &[]),
            ("openai/*", &["openai/", "openai/gpt-4o"], &["openai", "x/openai/gpt"]),
            ("*:free", &[":free", "a/b:free"], &["a/b:free2"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["ab", "acb", "ac"]),
            ("ab*ba", &["abba", "ab-ba"], &["aba"]),
            ("**", &["", "x"], &[]),
            ("é*", &["é", "éa"], &["e"]),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert!(fits.iter().all(|model| pattern.fits(model)), "{pattern:?}: {fits:?}");
            assert!(!others.iter().any(|model| pattern.fits(model)), "{pattern:?}: {others:?}");
        }
        assert_eq!(Pattern::parse(" "), None);
    }

    /// The definition, slow and short.
    fn fits(pattern: &[char], name: &[char]) -> bool {
        match (pattern, name) {
            ([], name) => name.is_empty(),
            (['*', rest @ ..], name) => (0..=name.len()).any(|skipped| fits(rest, &name[skipped..])),
            ([first, rest @ ..], [c, name @ ..]) => first == c && fits(rest, name),
            (_, []) => false,
        }
    }

    proptest! {
        #[test]
        fn pattern_fits_as_its_definition_says(pattern in "[ab*]{1,6}", name in "[ab]{0,8}") {
            let (expected, found) = (fits(&chars(&pattern), &chars(&name)), Pattern::parse(&pattern).unwrap().fits(&name));
            prop_assert_eq!(found, expected);
        }
    }

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }
}
