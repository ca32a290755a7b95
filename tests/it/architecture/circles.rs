//! Circles of imports: a file that imports another, which imports the first again, over however many steps.
//!
//! A re-export (`pub use`) is no import: who uses the name imports the file that defines it.

mod paths;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::paths::{Path, imports, re_exports, test_modules};
use super::Source;

/// The files below `src`, by their modules.
struct Program<'a> {
    files: BTreeMap<Path, &'a Source>,
    /// Names that a module gives on, and what they are.
    re_exports: BTreeMap<(Path, String), Path>,
}

pub(super) fn complaints(files: &[Source]) -> Vec<String> {
    let edges = Program::of(files).edges();
    circles(&edges).iter().map(|circle| format!("a circle: {}", shortest(circle, &edges))).collect()
}

impl<'a> Program<'a> {
    fn of(files: &'a [Source]) -> Self {
        let mut program = Self { files: BTreeMap::new(), re_exports: BTreeMap::new() };
        let tests: Vec<Path> = files.iter().flat_map(|file| test_modules(&module(&file.path), &file.text)).collect();
        for file in files.iter().filter(|file| !matches!(file.path.as_str(), "src/lib.rs" | "src/main.rs")) {
            let module = module(&file.path);
            if !tests.iter().any(|test| module.starts_with(test)) {
                program.files.insert(module, file);
            }
        }
        for (module, file) in &program.files {
            for path in re_exports(&code(file)) {
                if let (Some(name), Some((target, rest))) = (path.last().cloned(), program.resolve(module, &path)) {
                    program.re_exports.insert((module.clone(), name), [target, rest].concat());
                }
            }
        }
        program
    }

    /// Which files each file imports.
    fn edges(&self) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
        let of = |(module, file): (&Path, &&'a Source)| {
            let imported = imports(&code(file)).into_iter().filter_map(|path| self.defining(module, &path));
            let others = imported.filter(|other| other != module).filter_map(|other| self.files.get(&other));
            (file.path.as_str(), others.map(|other| other.path.as_str()).collect())
        };
        self.files.iter().map(of).collect()
    }

    /// The module in which a path that stands in `module` ends, through re-exports.
    fn defining(&self, module: &Path, path: &[String]) -> Option<Path> {
        let (mut target, mut rest) = self.resolve(module, path)?;
        while let Some(name) = rest.first()
            && let Some(re_exported) = self.re_exports.get(&(target.clone(), name.clone()))
        {
            let whole = [re_exported.clone(), rest[1..].to_vec()].concat();
            let (next, left) = self.descend(Path::new(), &whole);
            if next == target {
                break;
            }
            (target, rest) = (next, left);
        }
        Some(target)
    }

    /// The module of ours that a path leads to, and what is left of the path.
    fn resolve(&self, module: &Path, path: &[String]) -> Option<(Path, Path)> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let (from, rest) = match path.first().map(String::as_str)? {
            "crate" => (Path::new(), &path[1..]),
            "self" => (module.clone(), &path[1..]),
            "super" => (module[..module.len().checked_sub(supers)?].to_vec(), &path[supers..]),
            child => {
                let below = [module.clone(), vec![child.to_owned()]].concat();
                (self.files.contains_key(&below).then(|| module.clone())?, path)
            }
        };
        Some(self.descend(from, rest))
    }

    fn descend(&self, mut module: Path, path: &[String]) -> (Path, Path) {
        let mut rest = path;
        while let Some((name, after)) = rest.split_first() {
            let below = [module.clone(), vec![name.clone()]].concat();
            if !self.files.contains_key(&below) {
                break;
            }
            (module, rest) = (below, after);
        }
        (module, rest.to_vec())
    }
}

/// `src/store/log/read.rs` is `store::log::read`.
fn module(path: &str) -> Path {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.strip_suffix(".rs").unwrap_or(inside).split('/').map(str::to_owned).collect()
}

fn code(file: &Source) -> String {
    file.code().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

/// Sets of files of which each reaches each.
fn circles<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|file| (*file, reached_from(file, edges))).collect();
    let mut found: Vec<BTreeSet<&str>> = Vec::new();
    for (file, others) in &reached {
        let circle: BTreeSet<&str> = others.iter().copied().filter(|other| reached[other].contains(file)).collect();
        if !circle.is_empty() && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

fn reached_from<'a>(file: &str, edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), VecDeque::from([file]));
    while let Some(file) = open.pop_front() {
        for other in &edges[file] {
            if reached.insert(*other) {
                open.push_back(other);
            }
        }
    }
    reached
}

/// The shortest way around, from the first file of a circle back to it.
fn shortest(circle: &BTreeSet<&str>, edges: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let first = *circle.first().unwrap_or(&"");
    let mut ways = VecDeque::from([vec![first]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for other in edges[way[way.len() - 1]].intersection(circle) {
            let longer = [way.clone(), vec![*other]].concat();
            if *other == first {
                return longer.join(" -> ");
            }
            if seen.insert(*other) {
                ways.push_back(longer);
            }
        }
    }
    circle.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        complaints(&files)
    }

    #[test]
    fn a_circle_is_named_with_the_files_on_its_way() {
        let files = [
            ("src/a.rs", "//! A.\nuse crate::{b::B, clock};\n"),
            ("src/b.rs", "//! B.\nmod c;\nfn f() { c::g() }\n"),
            ("src/b/c.rs", "//! C.\npub(super) fn g() { crate::a::h() }\n"),
            ("src/clock.rs", "//! Clock.\n"),
        ];
        assert_eq!(about(&files), ["a circle: src/a.rs -> src/b.rs -> src/b/c.rs -> src/a.rs"]);
        assert_eq!(about(&files[1..]), [""; 0]);
    }

    #[test]
    fn a_child_that_uses_what_its_parent_defines_and_gives_it_something_is_a_circle() {
        let child = ("src/a/b.rs", "//! B.\nuse super::A;\n");
        assert_eq!(about(&[("src/a.rs", "//! A.\nmod b;\nuse self::b::B;\n"), child]).len(), 1);
        let grouped = "//! A.\nmod b;\nuse {\n    self::b::{\n        self, B,\n    },\n};\n";
        assert_eq!(about(&[("src/a.rs", grouped), child]).len(), 1);
    }

    #[test]
    fn a_re_export_is_no_import_and_its_users_import_the_file_behind_it() {
        let parent = ("src/a.rs", "//! A.\nmod b;\nmod c;\npub use self::b::B;\n");
        let sibling = ("src/a/c.rs", "//! C.\nuse super::B;\n");
        assert_eq!(about(&[parent, ("src/a/b.rs", "//! B.\npub struct B;\n"), sibling]), [""; 0]);
        let back = ("src/a/b.rs", "//! B.\nuse super::c::C;\n");
        assert_eq!(about(&[parent, back, sibling]), ["a circle: src/a/b.rs -> src/a/c.rs -> src/a/b.rs"]);
    }

    #[test]
    fn a_path_that_says_who_sees_something_is_no_import() {
        let child = ("src/a/b.rs", "//! B.\npub(in crate::a) struct B;\n");
        assert_eq!(about(&[("src/a.rs", "//! A.\nmod b;\nuse self::b::B;\n"), child]), [""; 0]);
        let user = ("src/a/b.rs", "//! B.\npub(in crate::a) struct B(crate::a::A);\n");
        assert_eq!(about(&[("src/a.rs", "//! A.\nmod b;\nuse self::b::B;\n"), user]).len(), 1);
    }

    #[test]
    fn tests_may_use_whatever_they_test() {
        let sample = ("src/a/sample.rs", "//! S.\nuse crate::b::B;\n");
        let user = ("src/b.rs", "//! B.\nuse crate::a::A;\n");
        let parent = ("src/a.rs", "//! A.\n#[cfg(test)]\npub(crate) mod sample;\nuse self::sample::x;\n");
        assert_eq!(about(&[parent, sample, user]), [""; 0]);
    }
}
