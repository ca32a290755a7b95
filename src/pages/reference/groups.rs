//! The operations in groups, in the order in which people need them.

use serde_json::Value;

use super::operation::Operation;

#[derive(Debug)]
pub struct Group {
    pub title: &'static str,
    /// The id of its heading.
    pub anchor: &'static str,
    pub operations: Vec<Operation>,
}

/// Titles and ids, with the first words of the paths. What no group names is in the last one.
const GROUPS: [(&str, &str, &[&str]); 6] = [
    ("Destinations", "destinations", &["observability"]),
    ("API keys and spending", "keys", &["keys", "key", "auth", "credits"]),
    ("Requests", "requests", &["generation", "activity", "usage"]),
    ("Account", "account", &["workspaces", "members", "invitations", "audit-log"]),
    ("Asking models", "models", &["chat", "completions", "embeddings", "responses", "messages", "models", "providers"]),
    ("More", "more", &[]),
];

pub(super) fn all(document: &Value, base: &str) -> Vec<Group> {
    let mut groups = GROUPS.map(|(title, anchor, _)| Group { title, anchor, operations: Vec::new() });
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, methods) in paths {
        let place = place(path);
        for (method, described) in methods.as_object().into_iter().flatten() {
            groups[place].operations.push(Operation::of(document, method, path, described, base));
        }
    }
    groups.into_iter().filter(|group| !group.operations.is_empty()).collect()
}

fn place(path: &str) -> usize {
    let first = path.split('/').nth(1).unwrap_or_default();
    GROUPS.iter().position(|(_, _, words)| words.contains(&first)).unwrap_or(GROUPS.len() - 1)
}
