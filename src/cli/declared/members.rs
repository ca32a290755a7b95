//! What a destination chooses, beside its connection, in one form: so that the file and the server can be compared.

use serde_json::{Map, Value};

use crate::destination::redaction::Redaction;
use crate::destination::selection::Rules;

/// Boxes that are usually ticked, and those that are not.
const TICKED: [&str; 1] = ["enabled"];
const UNTICKED: [&str; 1] = ["privacy_mode"];

/// All members, with their defaults where nothing is given.
///
/// # Errors
/// The path and the sentence of each mistake.
pub(super) fn canonical(given: &Map<String, Value>) -> Result<Map<String, Value>, Vec<(String, String)>> {
    let mut wrong = Vec::new();
    let mut members = Map::new();
    let boxes = TICKED.map(|name| (name, true)).into_iter().chain(UNTICKED.map(|name| (name, false)));
    for (name, usual) in boxes {
        let value = given.get(name).filter(|value| !value.is_null());
        if value.is_some_and(|value| !value.is_boolean()) {
            wrong.push((name.to_owned(), "Give true or false.".to_owned()));
        }
        members.insert(name.to_owned(), value.cloned().unwrap_or(Value::Bool(usual)));
    }
    let (mut rules, mut redaction) = (Rules::default(), Redaction::default());
    for replaced in [rules.replace(given), redaction.replace(given)] {
        let mistakes = replaced.err().unwrap_or_default();
        wrong.extend(mistakes.iter().map(|mistake| (mistake.place.to_string(), mistake.sentence.clone())));
    }
    members.extend(rules.to_json());
    members.extend(redaction.to_json());
    if wrong.is_empty() { Ok(members) } else { Err(wrong) }
}

/// What they are where nothing is given.
pub(super) fn usual() -> Map<String, Value> {
    canonical(&Map::new()).unwrap_or_default()
}
