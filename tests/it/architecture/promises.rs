//! What SECURITY.md and docs/ASVS.md promise: every test that they name exists, and no requirement is left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Sections of OWASP ASVS 5.0.0 with the number of their last requirement of level 1 or 2. In each, those of level 3 stand
/// after them.
const SECTIONS: [(&str, u32); 75] = [
    ("1.1", 2),
    ("1.2", 9),
    ("1.3", 11),
    ("1.4", 3),
    ("1.5", 2),
    ("2.1", 3),
    ("2.2", 3),
    ("2.3", 4),
    ("2.4", 1),
    ("3.2", 2),
    ("3.3", 4),
    ("3.4", 6),
    ("3.5", 5),
    ("3.7", 2),
    ("4.1", 3),
    ("4.2", 1),
    ("4.3", 2),
    ("4.4", 4),
    ("5.1", 1),
    ("5.2", 3),
    ("5.3", 2),
    ("5.4", 3),
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 4),
    ("6.4", 4),
    ("6.5", 5),
    ("6.6", 3),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 2),
    ("7.6", 2),
    ("8.1", 2),
    ("8.2", 3),
    ("8.3", 1),
    ("8.4", 1),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 2),
    ("10.3", 4),
    ("10.4", 11),
    ("10.5", 5),
    ("10.6", 2),
    ("10.7", 3),
    ("11.1", 2),
    ("11.2", 3),
    ("11.3", 3),
    ("11.4", 4),
    ("11.5", 1),
    ("11.6", 1),
    ("12.1", 3),
    ("12.2", 2),
    ("12.3", 4),
    ("13.1", 1),
    ("13.2", 5),
    ("13.3", 2),
    ("13.4", 5),
    ("14.1", 2),
    ("14.2", 4),
    ("14.3", 3),
    ("15.1", 3),
    ("15.2", 3),
    ("15.3", 7),
    ("16.1", 1),
    ("16.2", 5),
    ("16.3", 4),
    ("16.4", 3),
    ("16.5", 3),
    ("17.1", 1),
    ("17.2", 4),
    ("17.3", 2),
];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap()
}

/// The cells of a row of a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// What a cell quotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The names of tests in the last column of tables that end with "shown by".
fn named(text: &str) -> BTreeSet<&str> {
    let mut is_shown = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let last = cells(line).last().copied().unwrap_or_default();
        is_shown = line.starts_with('|') && (is_shown || last == "shown by");
        if is_shown {
            found.extend(quoted(last));
        }
    }
    found
}

/// Whether a file, or a folder beside it, holds tests; or the file holds this one.
fn has_tests(module: &str, test: Option<&str>) -> bool {
    let holds = |path: &Path| {
        fs::read_to_string(path).is_ok_and(|text| match test {
            Some(test) => text.contains(&format!("fn {test}(")),
            None => text.contains("test]") || text.contains("::test(") || text.contains("proptest!"),
        })
    };
    let file = repository().join(format!("{module}.rs"));
    let folder = repository().join(module);
    let inside = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    holds(&file) || inside.filter(|path| path.is_file()).any(|path| holds(&path))
}

/// Whether `name` is a file, a module with tests, or a test in one.
fn exists(name: &str) -> bool {
    if name.contains('/') {
        return repository().join(name).exists();
    }
    let path = name.replace("::", "/");
    let (module, test) = path.rsplit_once('/').unwrap_or(("", &path));
    ["tests/it", "src"].iter().any(|root| {
        has_tests(&format!("{root}/{path}"), None)
            || (!module.is_empty() && has_tests(&format!("{root}/{module}"), Some(test)))
    })
}

/// `1.2.3`, `1.2.3, 1.2.4` and `1.2.3 – 1.2.9` as single numbers.
fn requirements(cell: &str) -> Vec<String> {
    let number = |text: &str| {
        let (section, last) = text.trim().rsplit_once('.')?;
        Some((section.to_owned(), last.parse::<u32>().ok()?))
    };
    let one = |part: &str| match part.split_once('–') {
        Some((from, to)) => {
            let ((section, from), (_, to)) = (number(from)?, number(to)?);
            Some((from..=to).map(|last| format!("{section}.{last}")).collect::<Vec<_>>())
        }
        None => number(part).map(|(section, last)| vec![format!("{section}.{last}")]),
    };
    cell.split(',').filter_map(one).flatten().collect()
}

#[test]
fn every_test_that_the_security_documents_name_exists() {
    for (document, least) in [("SECURITY.md", 60), ("docs/ASVS.md", 50)] {
        let text = read(document);
        let names = named(&text);
        assert!(names.len() >= least, "{document}: only {} names were found", names.len());
        let missing: Vec<_> = names.into_iter().filter(|name| !exists(name)).collect();
        assert!(missing.is_empty(), "{document} names what is not there: {missing:?}");
    }
}

#[test]
fn every_requirement_of_the_standard_has_its_row() {
    let text = read("docs/ASVS.md");
    let mut found: Vec<String> =
        text.lines().filter(|line| line.starts_with('|')).flat_map(|line| requirements(cells(line)[0])).collect();
    let sections = SECTIONS.iter();
    let wanted = sections.flat_map(|(section, last)| (1..=*last).map(move |number| format!("{section}.{number}")));
    let mut wanted: Vec<String> = wanted.collect();
    assert_eq!(wanted.len(), 253);
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn names_that_are_not_there_are_noticed() {
    assert!(exists("security::edge") && exists("security::edge::who_sends_slowly_is_shown_the_door"));
    assert!(exists("egress::guard::public_https_addresses_pass") && exists(".ci/run"));
    assert!(!exists("security::nothing") && !exists("security::edge::nothing") && !exists("docs/NOTHING.md"));
    assert_eq!(requirements("1.2.3, 1.2.5 – 1.2.7"), ["1.2.3", "1.2.5", "1.2.6", "1.2.7"]);
}
