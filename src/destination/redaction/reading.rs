//! Reads what is sent from the API's JSON, and says of each mistake where it is.

use serde_json::{Map, Value};

use super::apply::Redaction;
use super::detector::{Action, Detector};
use super::fields::{Fields, Metadata};
use super::finder::Finder;
use super::glob::Glob;
use super::scan::Detectors;
use crate::destination::selection::{Mistakes, Place, pattern};

/// Most regular expressions of a destination.
pub(super) const MOST_PATTERNS: usize = 20;
/// Most patterns of names of metadata.
const MOST_GLOBS: usize = 50;

impl Redaction {
    /// Replaces what `members` name, and leaves the rest as it is: `redaction` and `fields`. `null` stands for everything as it is.
    ///
    /// # Errors
    /// All mistakes. Nothing was replaced then.
    pub fn replace(&mut self, members: &Map<String, Value>) -> Result<(), Mistakes> {
        let mut mistakes = Mistakes::default();
        let detectors = members.get("redaction").map(|value| read_detectors(value, &mut mistakes));
        let fields = members.get("fields").map(|value| read_fields(value, &mut mistakes));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        self.detectors = detectors.unwrap_or_else(|| std::mem::take(&mut self.detectors));
        self.fields = fields.unwrap_or_else(|| std::mem::take(&mut self.fields));
        Ok(())
    }
}

fn read_detectors(value: &Value, mistakes: &mut Mistakes) -> Detectors {
    let mut detectors = Detectors::default();
    if value.is_null() {
        return detectors;
    }
    let Some(members) = value.as_object() else {
        mistakes.add(Place::Member("redaction"), "Give an object, or null.");
        return detectors;
    };
    for detector in Detector::BUILT_IN {
        match members.get(detector.name()) {
            None | Some(Value::Null) => {}
            Some(action) => match (action.as_str().and_then(Action::from_name), Finder::built_in(detector)) {
                (Some(action), Some(finder)) => detectors.0.push((finder, action)),
                _ => mistakes
                    .add(Place::Member("redaction"), format!("`{}` is `mask`, `drop` or null.", detector.name())),
            },
        }
    }
    let none = Vec::new();
    let patterns = match members.get("patterns") {
        None | Some(Value::Null) => &none,
        Some(Value::Array(patterns)) if patterns.len() <= MOST_PATTERNS => patterns,
        Some(_) => {
            let sentence = format!("Give a list of at most {MOST_PATTERNS} objects with `pattern` and `action`.");
            mistakes.add(Place::Member("redaction.patterns"), sentence);
            &none
        }
    };
    for pattern in patterns {
        let action = pattern.get("action").and_then(Value::as_str).and_then(Action::from_name);
        // Postgres stores no NUL character, and recorded texts have none.
        let expression = pattern.get("pattern").and_then(Value::as_str).map(|text| text.replace('\0', "\u{fffd}"));
        let compiled = expression.map(|expression| pattern::compile(&expression));
        match (compiled, action) {
            (Some(Ok(regex)), Some(action)) => detectors.0.push((Finder::custom(regex), action)),
            (Some(Err(sentence)), _) => mistakes.add(Place::Member("redaction.patterns"), sentence),
            _ => {
                mistakes
                    .add(Place::Member("redaction.patterns"), "Give a `pattern`, and `mask` or `drop` as `action`.");
            }
        }
    }
    detectors
}

fn read_fields(value: &Value, mistakes: &mut Mistakes) -> Fields {
    if !value.is_object() && !value.is_null() {
        mistakes.add(Place::Member("fields"), "Give an object, or null.");
    }
    let mut flag = |member: &str, place: &'static str| match value.get(member) {
        None | Some(Value::Null | Value::Bool(true)) => true,
        Some(Value::Bool(false)) => false,
        Some(_) => {
            mistakes.add(Place::Member(place), "Give true or false.");
            true
        }
    };
    Fields {
        system_prompt: flag("system_prompt", "fields.system_prompt"),
        tool_definitions: flag("tool_definitions", "fields.tool_definitions"),
        tool_content: flag("tool_content", "fields.tool_content"),
        user: flag("user", "fields.user"),
        session: flag("session", "fields.session"),
        metadata: read_metadata(value.get("metadata").unwrap_or(&Value::Null), mistakes),
    }
}

fn read_metadata(value: &Value, mistakes: &mut Mistakes) -> Metadata {
    let globs = |value: &Value| {
        let list = value.as_array().filter(|list| list.len() <= MOST_GLOBS)?;
        list.iter().map(|glob| Glob::new(glob.as_str()?)).collect::<Option<Vec<_>>>()
    };
    let read = match (value, value.get("only"), value.get("all_but")) {
        (Value::Null, ..) => Some(Metadata::All),
        (_, Some(only), None) => globs(only).map(Metadata::Only),
        (_, None, Some(all_but)) => globs(all_but).map(Metadata::AllBut),
        _ => None,
    };
    read.unwrap_or_else(|| {
        let sentence = format!(
            "Give null, or `only` or `all_but` with a list of at most {MOST_GLOBS} names. `*` stands for anything."
        );
        mistakes.add(Place::Member("fields.metadata"), sentence);
        Metadata::All
    })
}
