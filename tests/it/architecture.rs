//! Holds the architecture in place: reads `src/`, `crates/`, `tests/`, `benches/` and `templates/` and
//! says which rule is broken and where.

mod circles;
mod files;
mod floors;
mod templates;

use std::fs;
use std::path::Path;

/// A file of the repository.
pub(crate) struct Source {
    /// Relative to the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Lines of code with their numbers: comments are left out, and the module of tests at the end.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let code = self.text[..end].lines().map(|line| line.split("//").next().unwrap_or_default());
        code.enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// All files below `folder` with the extension.
fn files_below(folder: &str, extension: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source::new(&name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!found.is_empty(), "no .{extension} files below {folder}");
    found
}

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} rule(s) broken:\n  {}\n", complaints.len(), complaints.join("\n  "));
}

#[test]
fn modules_import_from_lower_floors_only() {
    assert_none(&floors::complaints(&files_below("src", "rs")));
}

#[test]
fn files_import_each_other_in_no_circle() {
    assert_none(&circles::complaints(&files_below("src", "rs")));
}

#[test]
fn files_are_short_named_well_and_say_what_they_own() {
    let mut all = files_below("src", "rs");
    all.extend(files_below("crates", "rs"));
    all.extend(files_below("tests", "rs"));
    all.extend(files_below("benches", "rs"));
    assert_none(&files::complaints(&all));
}

#[test]
fn templates_hold_no_script_no_style_and_little_text() {
    let mut all = files_below("templates", "html");
    all.extend(files_below("crates", "html"));
    assert_none(&templates::complaints(&all));
}
