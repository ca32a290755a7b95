//! The audit log.

use askama::Template;

use crate::web::shell::Shell;
use crate::web::when::When;

/// A page of entries, and the filters.
#[derive(Debug, Template)]
#[template(path = "pages/audit.html")]
pub struct AuditPage {
    /// The frame.
    pub shell: Shell,
    /// Kinds of entries to choose from.
    pub events: Vec<Choice>,
    /// People and keys to choose from.
    pub people: Vec<Choice>,
    /// Whether anything was chosen.
    pub is_filtered: bool,
    /// The entries, newest first.
    pub rows: Vec<AuditRow>,
    /// The page of older entries.
    pub older: Option<String>,
    /// The first page, from another.
    pub newest: Option<String>,
    /// The same entries as a file.
    pub export: String,
}

/// One option of a list to choose from.
#[derive(Debug)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is the chosen one.
    pub is_chosen: bool,
}

/// One entry.
#[derive(Debug)]
pub struct AuditRow {
    /// What happened.
    pub what: String,
    /// To what or whom; empty for nothing in particular.
    pub subject: String,
    /// Stands before the actor's name; mostly empty.
    pub who: String,
    /// Who did it.
    pub actor: String,
    /// From where; empty when it is not known.
    pub address: String,
    /// When.
    pub when: When,
    /// What changed.
    pub changes: Vec<ChangeRow>,
}

/// One value that changed.
#[derive(Debug)]
pub struct ChangeRow {
    /// Its name.
    pub name: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}
