//! A plan as people read it. Secrets are masked.

use std::fmt::Write as _;

use serde_json::Value;

use super::entry::{Entry, Identity};
use super::members;
use super::plan::{Difference, Plan};

/// Longer values are cut: the file and the API have them whole.
const MOST_CHARS: usize = 100;

pub(super) fn plan(plan: &Plan<'_>) -> String {
    let mut text = String::new();
    if !plan.switches.is_empty() {
        text.push_str("~ change the account\n");
        plan.switches.iter().for_each(|difference| changed(&mut text, difference));
    }
    for entry in &plan.creates {
        line(&mut text, "+ create", &entry.identity);
        created(&mut text, entry);
    }
    for update in &plan.updates {
        line(&mut text, "~ change", &update.found.identity);
        update.differences.iter().for_each(|difference| changed(&mut text, difference));
    }
    for found in &plan.deletes {
        line(&mut text, "- delete", &found.identity);
    }
    for found in &plan.others {
        line(&mut text, "  keep", &found.identity);
        text.push_str("      not in the file; --prune deletes it\n");
    }
    if plan.unchanged > 0 && !plan.is_nothing() {
        let _ = writeln!(text, "  {} as the file says", plan.unchanged);
    }
    text
}

fn line(text: &mut String, what: &str, identity: &Identity) {
    let _ = writeln!(text, "{what} {identity}");
}

/// All that is not as usual.
fn created(text: &mut String, entry: &Entry) {
    let usual = members::usual();
    let members = entry.members.iter().filter(|(name, value)| usual.get(*name) != Some(value));
    let config = entry.config.iter().map(|(name, value)| (format!("config.{name}"), value));
    for (name, value) in config.chain(members.map(|(name, value)| (name.clone(), value))) {
        let _ = writeln!(text, "      {name}: {}", short(value));
    }
}

fn changed(text: &mut String, Difference { member, before, after }: &Difference) {
    let same = short(before) == short(after);
    let after = if same { "another value".to_owned() } else { short(after) };
    let _ = writeln!(text, "      {member}: {} -> {after}", short(before));
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.kind)
    }
}
