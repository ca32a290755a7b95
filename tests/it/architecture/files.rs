//! Files: their length, their names, their first line.

use super::Source;

/// Longest file below `src/`, in lines.
const LONGEST: usize = 400;

/// Longest file of tests.
const LONGEST_TEST: usize = 500;

/// Names that say nothing about what a file owns.
const EMPTY_WORDS: [&str; 14] = [
    "service", "services", "manager", "helper", "helpers", "util", "utils", "common", "model", "models", "types",
    "data", "info", "handle",
];

pub(super) fn complaints(files: &[Source]) -> Vec<String> {
    files.iter().flat_map(complaints_about).collect()
}

fn complaints_about(file: &Source) -> Vec<String> {
    let path = &file.path;
    let mut found = Vec::new();
    let lines = file.text.lines().count();
    let longest = if path.starts_with("tests/") { LONGEST_TEST } else { LONGEST };
    if lines > longest {
        found.push(format!("{path}: {lines} lines, and {longest} are allowed; split it by what it owns"));
    }
    if !file.text.starts_with("//! ") {
        found.push(format!("{path}: its first line is not `//! <what it owns>`"));
    }
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    if let Some(word) = stem.split(['/', '_']).find(|word| EMPTY_WORDS.contains(word)) {
        found.push(format!("{path}: `{word}` says nothing; name it after what it owns"));
    }
    if stem.ends_with("/mod") {
        found.push(format!("{path}: write `foo.rs` beside `foo/`"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_nameless_and_silent_files_are_told() {
        let about = |path: &str, text: &str| complaints(&[Source::new(path, text)]);
        assert!(about("src/clock.rs", "//! The clock.\n").is_empty());
        assert_eq!(about("src/clock.rs", "use std::time;\n").len(), 1);
        assert_eq!(about("src/clock.rs", &"//! The clock.\n".repeat(401)).len(), 1);
        assert!(about("tests/it/clock.rs", &"//! The clock.\n".repeat(500)).is_empty());
        assert_eq!(about("src/pages/http_utils.rs", "//! Odds and ends.\n").len(), 1);
        assert_eq!(about("src/pages/mod.rs", "//! The web.\n").len(), 1);
    }
}
