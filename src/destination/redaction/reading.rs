//! Reads what is sent from the API's JSON, and says of each mistake where it is.

use serde_json::{Map, Value};

use super::apply::Redaction;
use super::detector::{Action, Detector};
use super::fields::{Fields, Metadata, Shown};
use super::finder::Finder;
use super::glob::Glob;
use super::scan::Detectors;
use crate::destination::selection::{Mistakes, Place, pattern};
use crate::trace::{Group, Groups};

/// Most regular expressions of a destination.
pub const MOST_PATTERNS: usize = 20;
/// Most patterns of names of metadata.
const MOST_GLOBS: usize = 50;

impl Redaction {
    /// Replaces what `members` name, and leaves the rest as it is: `redaction`, `fields` and the groups. `null` stands for everything as it is.
    ///
    /// # Errors
    /// All mistakes. Nothing was replaced then.
    pub fn replace(&mut self, members: &Map<String, Value>) -> Result<(), Mistakes> {
        let mut mistakes = Mistakes::default();
        let detectors = members.get("redaction").map(|value| read_detectors(value, &mut mistakes));
        let fields = members.get("fields").map(|value| read_fields(value, &mut mistakes));
        let groups = read_groups(members, self.groups, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        self.detectors = detectors.unwrap_or_else(|| std::mem::take(&mut self.detectors));
        self.fields = fields.unwrap_or_else(|| std::mem::take(&mut self.fields));
        self.groups = groups;
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
            Some(action) => {
                if let Some((action, finder)) = read_action(action).zip(Finder::built_in(detector)) {
                    detectors.0.push((finder, action));
                } else {
                    let sentence = format!("`{}` is `mask`, `hash`, `drop` or null.", detector.name());
                    mistakes.add(Place::Member("redaction"), sentence);
                }
            }
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
    for (number, pattern) in patterns.iter().enumerate() {
        match read_pattern(pattern) {
            Ok(pattern) => detectors.0.push(pattern),
            Err(sentence) => mistakes.add(Place::Pattern(number), sentence),
        }
    }
    detectors
}

/// The error is a sentence.
fn read_pattern(value: &Value) -> Result<(Finder, Action), String> {
    // Postgres stores no NUL character, and recorded texts have none.
    let expression = value.get("pattern").and_then(Value::as_str).map(|text| text.replace('\0', "\u{fffd}"));
    let expression = expression.filter(|expression| !expression.trim().is_empty());
    let expression = expression.ok_or("Enter a regular expression.")?;
    let regex = pattern::compile(&expression)?;
    let action = value.get("action").and_then(read_action);
    Ok((Finder::custom(regex), action.ok_or("Give `mask`, `hash` or `drop` as `action`.")?))
}

fn read_action(value: &Value) -> Option<Action> {
    Action::from_name(value.as_str()?)
}

/// Those that are named, over `stored`.
fn read_groups(members: &Map<String, Value>, stored: Groups, mistakes: &mut Mistakes) -> Groups {
    let mut groups = stored;
    for group in Group::ALL {
        match members.get(group.name()) {
            None => {}
            Some(Value::Null) => groups.put(group, false),
            Some(Value::Bool(is_asked_for)) => groups.put(group, *is_asked_for),
            Some(_) => mistakes.add(Place::Member(group.name()), "Give true or false."),
        }
    }
    groups
}

fn read_fields(value: &Value, mistakes: &mut Mistakes) -> Fields {
    if !value.is_object() && !value.is_null() {
        mistakes.add(Place::Member("fields"), "Give an object, or null.");
    }
    let (user, session) =
        (read_shown(value, "user", "fields.user", mistakes), read_shown(value, "session", "fields.session", mistakes));
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
        user,
        session,
        metadata: read_metadata(value.get("metadata").unwrap_or(&Value::Null), mistakes),
    }
}

/// Until names could be hashed, they were sent or not: true or false.
fn read_shown(fields: &Value, member: &str, place: &'static str, mistakes: &mut Mistakes) -> Shown {
    let shown = match fields.get(member) {
        None | Some(Value::Null | Value::Bool(true)) => Some(Shown::AsIs),
        Some(Value::Bool(false)) => Some(Shown::LeftOut),
        Some(name) => name.as_str().and_then(Shown::from_name),
    };
    shown.unwrap_or_else(|| {
        mistakes.add(Place::Member(place), "Give `as_is`, `hashed` or `left_out`.");
        Shown::AsIs
    })
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
