//! The members of a schema as the rows of a table, those of objects within it below them.

use serde_json::Value;

use crate::pages::documentation::Markup;

#[derive(Debug)]
pub struct FieldRow {
    /// Its path: `data[].config`.
    pub name: String,
    /// In a few words: `text or null`.
    pub shape: String,
    pub required: bool,
    pub about: Markup,
}

/// How deep members of members are listed.
const DEPTH: usize = 4;

/// The members of a schema. Empty: it has none that are described.
pub(super) fn rows(document: &Value, schema: &Value) -> Vec<FieldRow> {
    let mut rows = Vec::new();
    members(document, schema, "", DEPTH, &mut rows);
    rows
}

/// What a reference leads to, and its one choice besides null.
pub(super) fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..8 {
        let choices = schema["oneOf"].as_array().into_iter().flatten().filter(|choice| choice["type"] != "null");
        let only = choices.clone().next().filter(|_| choices.count() == 1);
        schema = match (schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')), only) {
            (Some(pointer), _) => document.pointer(pointer).unwrap_or(&Value::Null),
            (None, Some(only)) => only,
            (None, None) => return schema,
        };
    }
    schema
}

fn members(document: &Value, schema: &Value, path: &str, depth: usize, rows: &mut Vec<FieldRow>) {
    let schema = resolved(document, schema);
    let required = schema["required"].as_array();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let found = resolved(document, member);
        let is_list = !found["items"].is_null();
        let name_of = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let about = [member, found].into_iter().find_map(|schema| schema["description"].as_str());
        rows.push(FieldRow {
            name: name_of(name),
            shape: shape(document, member),
            required: required.is_some_and(|names| names.iter().any(|required| required == name)),
            about: Markup::of(about.unwrap_or_default()),
        });
        if depth > 1 {
            let (inner, path) =
                if is_list { (&found["items"], format!("{}[]", name_of(name))) } else { (found, name_of(name)) };
            members(document, inner, &path, depth - 1, rows);
        }
    }
}

/// What a value is, in the words of people.
fn shape(document: &Value, schema: &Value) -> String {
    let found = resolved(document, schema);
    let names = match &found["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::String(name) => vec![name.as_str()],
        _ => Vec::new(),
    };
    let mut words: Vec<String> = names.iter().filter(|name| **name != "null").map(|name| word(found, name)).collect();
    if let Some(values) = found["enum"].as_array() {
        words = values.iter().map(Value::to_string).collect();
    }
    if words.is_empty() {
        words.push("any".to_owned());
    }
    let is_nullable = names.contains(&"null")
        || schema["oneOf"].as_array().is_some_and(|choices| choices.iter().any(|it| it["type"] == "null"));
    words.extend(is_nullable.then(|| "null".to_owned()));
    words.join(" or ")
}

fn word(schema: &Value, name: &str) -> String {
    match (name, schema["format"].as_str()) {
        ("string", Some("date-time")) => "time",
        ("string", Some("uuid")) => "UUID",
        ("string", _) => "text",
        ("integer", _) => "whole number",
        ("boolean", _) => "true or false",
        ("array", _) => "list",
        (other, _) => other,
    }
    .to_owned()
}
