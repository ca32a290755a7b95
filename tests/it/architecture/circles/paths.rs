//! The paths that a file's code names: `use` with all its groups, and whatever stands inline.

/// A path's parts, or a module by its names from the crate's root.
pub(super) type Path = Vec<String>;

/// One `use` with its whole tree.
struct Use<'a> {
    is_public: bool,
    tree: &'a str,
}

/// What a file gives on under its own name.
pub(super) fn re_exports(code: &str) -> Vec<Path> {
    uses(code).0.iter().filter(|one| one.is_public).flat_map(|one| expanded(one.tree)).collect()
}

/// What a file uses: by `use`, or inline by a path.
pub(super) fn imports(code: &str) -> Vec<Path> {
    let (uses, rest) = uses(code);
    let mut found: Vec<Path> = uses.iter().filter(|one| !one.is_public).flat_map(|one| expanded(one.tree)).collect();
    found.extend(inline(&rest));
    found
}

/// Modules that are compiled for tests only.
pub(super) fn test_modules(module: &Path, code: &str) -> Vec<Path> {
    let after = code.match_indices("#[cfg(test)]").map(|(at, mark)| code[at + mark.len()..].trim_start());
    let declared = after.filter_map(|rest| {
        let line = rest.lines().next()?;
        let name = line.strip_suffix(';')?.rsplit_once("mod ")?.1;
        Some([module.clone(), vec![name.to_owned()]].concat())
    });
    declared.collect()
}

/// All `use`, and the code without them.
fn uses(code: &str) -> (Vec<Use<'_>>, String) {
    let (mut found, mut rest, mut at, mut used) = (Vec::new(), String::new(), 0, 0);
    for line in code.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        if begin < used {
            continue;
        }
        let trimmed = line.trim_start();
        let Some((visibility, _)) = trimmed.split_once("use ").filter(|(before, _)| is_visibility(before)) else {
            rest.push_str(line);
            continue;
        };
        let begin = begin + line.len() - trimmed.len() + visibility.len() + "use ".len();
        let end = code[begin..].find(';').map_or(code.len(), |length| begin + length);
        used = end;
        found.push(Use { is_public: !visibility.is_empty(), tree: &code[begin..end] });
    }
    (found, rest)
}

fn is_visibility(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before == "pub" || (before.starts_with("pub(") && before.ends_with(')'))
}

/// `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expanded(tree: &str) -> Vec<Path> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        let parts = path.split("::").map(str::trim).filter(|part| !part.is_empty() && *part != "*");
        let mut parts: Path = parts.map(str::to_owned).collect();
        // `a::{self}` is `a`; alone, `self` is where the path begins.
        if parts.len() > 1 && parts.last().is_some_and(|last| last == "self") {
            parts.pop();
        }
        return vec![parts];
    };
    let close = tree.rfind('}').unwrap_or(tree.len());
    let members = split(&tree[open + 1..close]);
    members.into_iter().flat_map(|member| expanded(&format!("{}{}", &tree[..open], member.trim()))).collect()
}

/// The members of a group, those of inner groups together.
fn split(group: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut members) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    members.push(&group[begin..]);
    members.retain(|member| !member.trim().is_empty());
    members
}

/// Paths of two parts and more. That of `pub(in path)` says who sees something, and imports nothing.
fn inline(code: &str) -> Vec<Path> {
    let after_visibility = |(place, piece): (usize, &'_ str)| match piece.split_once(')') {
        Some((_, rest)) if place > 0 => rest.to_owned(),
        _ => piece.to_owned(),
    };
    let code: String = code.split("pub(in ").enumerate().map(after_visibility).collect();
    let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_of_path(c)).map(|word| word.trim_matches(':'));
    let paths = words.filter(|word| word.contains("::"));
    paths.map(|path| path.split("::").map(str::to_owned).collect()).collect()
}
