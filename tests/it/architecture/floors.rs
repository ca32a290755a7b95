//! The floors: who may import from whom.

use super::Source;

/// From the ground up. A module may import from lower floors and from those of its own floor that stand before it;
/// so there are no circles. A change here belongs into `docs/ARCHITECTURE.md`, too.
const FLOORS: [&[&str]; 7] = [
    &["clock", "random", "id", "confusables", "client", "seal", "token", "totp", "password", "signature", "config"],
    &[
        "json",
        "completed_request",
        "completion",
        "openai",
        "anthropic",
        "trace",
        "otlp",
        "rows",
        "delivery",
        "destination",
        "metering",
    ],
    &["store", "egress"],
    &["state"],
    &[
        "audit",
        "key_rotation",
        "lost_key",
        "auth",
        "connection_test",
        "broadcast",
        "replay",
        "recorder",
        "gateway",
        "worker",
    ],
    &["http", "pages", "api"],
    &["telemetry", "app", "cli", "main"],
];

/// Neighbours that know nothing of each other: what both need stands below them.
const STRANGERS: [&str; 2] = ["pages", "api"];

/// On these floors everything is pure and anybody may use anybody's values.
const PURE: usize = 1;

/// What a pure module cannot need.
const IMPURE: [&str; 9] = [
    "sqlx::query",
    "PgConnection",
    "reqwest::",
    "actix_web::",
    "hickory_resolver::",
    "tokio::net",
    "tokio::fs",
    "std::process::Command",
    "std::net::TcpStream",
];

/// The HTTP types of actix-web stop at the edge (they are another version than everybody else's).
const LOWEST_WITH_ACTIX: usize = 4;

/// Who speaks SQL.
const SQL: &str = "store";

/// Where a page gets the one transaction in which it is read.
const VISIT: &str = "src/pages/visit.rs";

/// The crates below `crates/`, and the one module that may use each.
const CRATES: [(&str, &str); 2] = [("demo_receiver", "cli"), ("embedded_postgres", "app")];

pub(super) fn complaints(files: &[Source]) -> Vec<String> {
    files.iter().filter(|file| file.path != "src/lib.rs").flat_map(complaints_about).collect()
}

fn complaints_about(file: &Source) -> Vec<String> {
    let module = top_module(&file.path);
    let Some((floor, _)) = place(module) else {
        return vec![format!("{}: `{module}` has no floor; give it one in tests/it/architecture/floors.rs", file.path)];
    };
    let mut found = Vec::new();
    for (line, code) in file.code() {
        let at = format!("{}:{line}", file.path);
        for imported in imports(code) {
            if let Some(rule) = forbidden(module, imported) {
                found.push(format!("{at}: `{module}` may not import `{imported}`: {rule}"));
            }
        }
        if floor <= PURE {
            let impure = IMPURE.iter().filter(|name| code.contains(**name));
            found.extend(impure.map(|name| format!("{at}: floors 0 and 1 are pure, and `{name}` is not")));
        } else if floor < LOWEST_WITH_ACTIX && code.contains("actix_web::") {
            found.push(format!("{at}: actix-web belongs to floor {LOWEST_WITH_ACTIX} and above"));
        }
        if code.contains("sqlx::query") && module != SQL {
            found.push(format!("{at}: all SQL is in `store`"));
        }
        for (name, user) in CRATES {
            if module != user && code.contains(&format!("{name}::")) {
                found.push(format!("{at}: the crate `{name}` belongs to `{user}`"));
            }
        }
        if module == "pages" && code.contains("clock.now()") {
            found.push(format!("{at}: what a page compares is the database's; `Visitor::now` is by its clock"));
        }
        if module == "pages" && file.path != VISIT && code.contains("store.tenant(") {
            found.push(format!("{at}: a page is read in one transaction, that of its `Visit`"));
        }
    }
    found
}

/// `src/pages/activity.rs` belongs to `pages`.
fn top_module(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split(['/', '.']).next().unwrap_or(inside)
}

/// Floor, and place on it.
fn place(module: &str) -> Option<(usize, usize)> {
    let on = |floor: &&[&str]| floor.iter().position(|name| *name == module);
    FLOORS.iter().enumerate().find_map(|(number, floor)| Some((number, on(floor)?)))
}

fn forbidden(module: &str, imported: &str) -> Option<String> {
    let (from, to) = (place(module)?, place(imported)?);
    let pure = from.0 <= PURE && to.0 <= PURE;
    if module == imported || pure {
        None
    } else if STRANGERS.contains(&module) && STRANGERS.contains(&imported) {
        Some("neither knows the other; what both need belongs into `http`".to_owned())
    } else if to < from {
        None
    } else if to.0 == from.0 {
        Some(format!("on floor {} it stands before it", from.0))
    } else {
        Some(format!("it is on floor {}, `{module}` on floor {}", to.0, from.0))
    }
}

/// Names after `crate::` or `tracecast::`, also inside the braces of `use crate::{a, b::c}` on one line.
fn imports(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for root in ["crate::", "tracecast::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(group_members(group)),
                None => found.push(name(rest)),
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// First names of the members of a group, those of inner groups left out.
fn group_members(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut members = vec![name(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(name(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    members
}

fn name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(path: &str, text: &str) -> Vec<String> {
        complaints(&[Source::new(path, text)])
    }

    #[test]
    fn an_import_from_above_is_told_with_its_line() {
        let found = about("src/store/log.rs", "//! Log.\nuse crate::id::AccountId;\nuse crate::pages::page;\n");
        assert_eq!(found, ["src/store/log.rs:3: `store` may not import `pages`: it is on floor 5, `store` on floor 2"]);
        assert_eq!(about("src/trace.rs", "fn f() { crate::store::x() }").len(), 1);
        assert_eq!(about("src/delivery.rs", "use crate::{clock, state::State, id::{A, B}, app};").len(), 2);
    }

    #[test]
    fn on_one_floor_only_what_stands_before_may_be_imported() {
        assert!(about("src/gateway.rs", "use crate::recorder::Recorder;").is_empty());
        assert!(about("src/api/extract.rs", "use crate::http::client;").is_empty());
        assert_eq!(about("src/http/edge.rs", "use crate::api::Error;").len(), 1);
        assert_eq!(about("src/api/extract.rs", "use crate::pages::client;").len(), 1);
        assert_eq!(about("src/recorder.rs", "use crate::gateway::Gateway;").len(), 1);
        assert!(about("src/trace/build.rs", "use crate::otlp::Answer;\nuse crate::trace::Trace;").is_empty());
        assert!(about("src/main.rs", "use tracecast::cli;").is_empty());
    }

    #[test]
    fn a_module_without_a_floor_and_sql_sockets_or_clocks_in_the_wrong_place_are_told() {
        assert!(about("src/helpers/http.rs", "")[0].contains("has no floor"));
        assert_eq!(about("src/trace.rs", "use tokio::net::TcpStream;").len(), 1);
        assert_eq!(about("src/pages/keys.rs", "let rows = sqlx::query!(\"SELECT 1\");").len(), 1);
        assert_eq!(about("src/egress.rs", "use actix_web::web;").len(), 1);
        assert_eq!(about("src/pages/visit.rs", "let now = state.clock.now();").len(), 1);
        assert_eq!(about("src/pages/keys.rs", "let mut tenant = state.store.tenant(account).await?;").len(), 1);
        assert_eq!(about("src/pages/visit.rs", "use embedded_postgres::ADMIN;").len(), 1);
        assert!(about("src/app/launch.rs", "use embedded_postgres::Options;").is_empty());
    }

    #[test]
    fn comments_and_tests_are_no_imports() {
        assert!(
            about("src/clock.rs", "//! See crate::pages.\n// crate::app\n#[cfg(test)]\nmod tests {\ncrate::app")
                .is_empty()
        );
        assert_eq!(about("src/clock.rs", "#[cfg(test)]\nmod testing;\nuse crate::app;").len(), 1);
        assert!(about("src/clock.rs", "use other_crate::pages;").is_empty());
    }
}
