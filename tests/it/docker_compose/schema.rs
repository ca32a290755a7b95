//! As much of JSON Schema as the Compose Specification's schema uses. (The crate for all of it makes `serde_json` read
//! numbers in another way, in tests only.)

use serde_json::{Map, Value};

/// Keywords that ask for nothing here.
const SILENT: [&str; 8] = ["$schema", "$id", "$defs", "title", "description", "default", "deprecated", "pattern"];

/// Keywords about the members of an object, looked at together.
const MEMBERS: [&str; 3] = ["properties", "patternProperties", "additionalProperties"];

/// A schema document.
pub(super) struct Schema(Value);

impl Schema {
    pub(super) fn new(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    /// What is wrong with `value`, and where.
    pub(super) fn mistakes(&self, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.check(&self.0, value, "", &mut found);
        found
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let Some(keywords) = schema.as_object() else {
            if schema == &Value::Bool(false) {
                found.push(format!("{at}: not known here"));
            }
            return;
        };
        for (keyword, rule) in keywords {
            let complaint = match keyword.as_str() {
                "$ref" => {
                    let pointer = rule.as_str().unwrap().trim_start_matches('#');
                    self.check(self.0.pointer(pointer).unwrap(), value, at, found);
                    None
                }
                "type" => (!has_type(rule, value)).then(|| format!("{value} is not of type {rule}")),
                "enum" => (!rule.as_array().unwrap().contains(value)).then(|| format!("{value} is none of {rule}")),
                "minimum" => value.as_f64().filter(|it| *it < rule.as_f64().unwrap()).map(|_| "too small".into()),
                "maximum" => value.as_f64().filter(|it| *it > rule.as_f64().unwrap()).map(|_| "too large".into()),
                "required" => missing(rule, value),
                "oneOf" => self.count(rule, value, at, |fitting, _| fitting == 1),
                "anyOf" => self.count(rule, value, at, |fitting, _| fitting > 0),
                "allOf" => self.count(rule, value, at, |fitting, all| fitting == all),
                "uniqueItems" => repeated(value),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{at}/{index}"), found);
                    }
                    None
                }
                "unevaluatedProperties" if rule == &Value::Bool(false) => {
                    let mut names = value.as_object().into_iter().flatten().map(|(name, _)| name);
                    names.find(|name| !self.knows(schema, name)).map(|name| format!("`{name}` is not known"))
                }
                silent if SILENT.contains(&silent) || MEMBERS.contains(&silent) => None,
                unknown => panic!("the schema uses `{unknown}`, which this check does not understand"),
            };
            found.extend(complaint.map(|complaint| format!("{at}: {complaint}")));
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            self.check(member_schema(keywords, name), member, &format!("{at}/{name}"), found);
        }
    }

    /// Whether the schema, or one that it includes, says something about a member of this name.
    fn knows(&self, schema: &Value, name: &str) -> bool {
        let included = schema.get("$ref").and_then(|to| self.0.pointer(to.as_str()?.trim_start_matches('#')));
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        schema.as_object().is_some_and(|keywords| described(keywords, name).is_some())
            || included.into_iter().chain(parts).any(|part| self.knows(part, name))
    }

    fn count(&self, rule: &Value, value: &Value, at: &str, enough: fn(usize, usize) -> bool) -> Option<String> {
        let alternatives = rule.as_array().unwrap();
        let mut reasons = Vec::new();
        let fitting = alternatives.iter().filter(|alternative| {
            let before = reasons.len();
            self.check(alternative, value, at, &mut reasons);
            reasons.len() == before
        });
        let fitting = fitting.count();
        (!enough(fitting, alternatives.len())).then(|| format!("fits {fitting} alternatives: {}", reasons.join("; ")))
    }
}

fn member_schema<'a>(keywords: &'a Map<String, Value>, name: &str) -> &'a Value {
    described(keywords, name).or_else(|| keywords.get("additionalProperties")).unwrap_or(&Value::Bool(true))
}

fn described<'a>(keywords: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let named = keywords.get("properties").and_then(|properties| properties.get(name));
    let mut patterns = keywords.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    // `^x-` is for extensions; the others (`.+`, `^[a-z]+$` …) describe any ordinary name.
    let fits = |pattern: &str| pattern != "^x-" || name.starts_with("x-");
    named.or_else(|| patterns.find(|(pattern, _)| fits(pattern)).map(|(_, schema)| schema))
}

fn has_type(rule: &Value, value: &Value) -> bool {
    if let Some(types) = rule.as_array() {
        return types.iter().any(|one| has_type(one, value));
    }
    match rule.as_str().unwrap() {
        "string" => value.is_string(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        unknown => panic!("the schema uses the type `{unknown}`"),
    }
}

fn missing(rule: &Value, value: &Value) -> Option<String> {
    let members = value.as_object()?;
    let missing = rule.as_array().unwrap().iter().find(|name| !members.contains_key(name.as_str().unwrap()))?;
    Some(format!("{missing} is missing"))
}

fn repeated(value: &Value) -> Option<String> {
    let items = value.as_array()?;
    let repeated = items.iter().enumerate().find(|(index, item)| items[..*index].contains(item))?;
    Some(format!("{} stands there twice", repeated.1))
}
