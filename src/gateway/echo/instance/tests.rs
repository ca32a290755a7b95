//! Instances of many schemas, judged by a small checker.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn made(schema: &Value) -> Value {
    let text = schema.to_string();
    serde_json::from_str(&instance(serde_json::from_str(&text).unwrap())).unwrap()
}

/// Whether a value is what a schema asks for, as far as these tests' schemas go.
fn is_valid(value: &Value, schema: &Value, root: &Value) -> bool {
    is_valid_within(40, value, schema, root)
}

/// References may follow each other without end: then no value is valid by them.
fn is_valid_within(steps: usize, value: &Value, schema: &Value, root: &Value) -> bool {
    let Some(steps) = steps.checked_sub(1) else { return false };
    let is_valid = |value: &Value, schema: &Value, root: &Value| is_valid_within(steps, value, schema, root);
    if let Some(pointer) = schema["$ref"].as_str() {
        return is_valid(value, root.pointer(&pointer[1..]).unwrap(), root);
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().all(|part| is_valid(value, part, root));
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().any(|part| is_valid(value, part, root));
    }
    if let Some(known) = schema["enum"].as_array() {
        return known.contains(value);
    }
    let least = |key: &str, found: usize| schema[key].as_u64().is_none_or(|least| found as u64 >= least);
    match schema["type"].as_str() {
        Some("object") => value.as_object().is_some_and(|object| {
            let required = schema["required"].as_array().into_iter().flatten();
            required.into_iter().all(|name| object.contains_key(name.as_str().unwrap()))
                && object.iter().all(|(name, value)| is_valid(value, &schema["properties"][name], root))
        }),
        Some("array") => value.as_array().is_some_and(|items| {
            least("minItems", items.len()) && items.iter().all(|item| is_valid(item, &schema["items"], root))
        }),
        Some("string") => value.as_str().is_some_and(|text| least("minLength", text.len())),
        Some("integer") => value.as_i64().is_some_and(|whole| schema["minimum"].as_i64().is_none_or(|l| whole >= l)),
        Some("number") => value.as_f64().is_some_and(|number| schema["maximum"].as_f64().is_none_or(|m| number <= m)),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        other => panic!("not of these tests: {other:?} in {schema}"),
    }
}

/// Schemas of which each has an instance: what refers to a definition can do without it.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0..20_u8).prop_map(|least| json!({ "type": "string", "minLength": least })),
        any::<i32>().prop_map(|least| json!({ "type": "integer", "minimum": least })),
        any::<i16>().prop_map(|most| json!({ "type": "number", "maximum": f64::from(most) / 8.0 })),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "enum": ["one", 2, null] })),
        Just(json!({ "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] })),
        Just(json!({ "type": "array", "items": { "$ref": "#/$defs/B" } })),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            (inner.clone(), 0..4_u8)
                .prop_map(|(items, least)| json!({ "type": "array", "items": items, "minItems": least })),
            proptest::collection::vec(inner.clone(), 1..3).prop_map(|any| json!({ "anyOf": any })),
            (proptest::collection::btree_map("[a-e]", inner, 0..5), any::<u8>()).prop_map(|(properties, chosen)| {
                let names = properties.keys().enumerate();
                let required: Vec<&String> =
                    names.filter(|(n, _)| chosen >> n & 1 == 1).map(|(_, name)| name).collect();
                json!({ "type": "object", "properties": properties, "required": required })
            }),
        ]
    })
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn instance_of_a_schema_is_valid_and_bounded(mut schema in schemas(), a in schemas(), b in schemas()) {
        if let Some(members) = schema.as_object_mut() {
            members.insert("$defs".to_owned(), json!({ "A": a, "B": b }));
        }
        let value = made(&schema);
        prop_assert!(is_valid(&value, &schema, &schema), "{value} of {schema}");
        prop_assert!(depth(&value) <= DEPTH);
    }

    #[test]
    fn instance_is_made_of_any_json_without_panic(text in "[\\[\\]{}\",:a-c0-9#/$ ref]{0,80}") {
        if let Ok(schema) = serde_json::from_str::<&RawValue>(&text) {
            serde_json::from_str::<Value>(&instance(schema)).unwrap();
        }
    }
}

#[test]
fn instance_keeps_the_order_of_properties() {
    let schema =
        r#"{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["a","b"]}"#;
    assert_eq!(instance(serde_json::from_str(schema).unwrap()), r#"{"b":"echo","a":7}"#);
}

#[test]
fn instance_of_each_kind_of_schema() {
    for (schema, expected) in [
        (json!({ "const": null }), json!(null)),
        (json!({ "type": ["string", "null"], "format": "email" }), json!("echo@example.com")),
        (json!({ "type": "string", "maxLength": 2 }), json!("ec")),
        (json!({ "type": "integer", "exclusiveMinimum": 7 }), json!(8)),
        (json!({ "type": "integer", "maximum": -3, "multipleOf": 5 }), json!(-5)),
        (json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5 }), json!(0.25)),
        (json!({ "type": "number" }), json!(7)),
        (json!({ "type": "number", "minimum": 7, "exclusiveMinimum": true }), json!(8)),
        (json!({ "type": "number", "minimum": -0.5, "maximum": 0.4 }), json!(0)),
        (json!({ "type": "number", "multipleOf": 0.5, "maximum": 0.6, "exclusiveMinimum": 0 }), json!(0.5)),
        (json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "null" }] }), json!(["echo", null])),
        (json!({ "items": [{ "type": "boolean" }] }), json!([true])),
        (json!({ "type": "array", "items": { "type": "null" }, "maxItems": 0 }), json!([])),
        (
            json!({ "type": "object", "required": ["x"], "additionalProperties": { "type": "integer" } }),
            json!({ "x": 7 }),
        ),
        (json!({ "properties": { "a": false, "b": true } }), json!({ "b": "echo" })),
        (json!({ "oneOf": [false, { "type": "boolean" }] }), json!(true)),
        (
            json!({ "allOf": [{ "properties": { "a": { "const": 1 } } }, { "properties": { "a": true, "b": { "const": 2 } } }] }),
            json!({ "a": 1, "b": 2 }),
        ),
        (
            json!({ "allOf": [{ "$ref": "#/definitions/a~1b" }], "definitions": { "a/b": { "enum": ["x"] } } }),
            json!("x"),
        ),
        (json!({ "$ref": "#/nowhere" }), json!("echo")),
        (json!({}), json!("echo")),
    ] {
        assert_eq!(made(&schema), expected, "{schema}");
    }
}

#[test]
fn instance_of_a_recursive_schema_ends() {
    let tree = json!({
        "type": "object", "required": ["name", "children", "parent"],
        "properties": {
            "name": { "type": "string" },
            "children": { "type": "array", "items": { "$ref": "#" } },
            "parent": { "anyOf": [{ "$ref": "#" }, { "type": "null" }] },
            "friend": { "$ref": "#" },
        },
    });
    assert_eq!(made(&tree), json!({ "name": "echo", "children": [], "parent": null }));
    let endless = json!({ "type": "object", "properties": { "next": { "$ref": "#" } }, "required": ["next"] });
    assert_eq!(made(&endless), json!({}));
}

#[test]
fn instance_that_would_be_too_large_does_without_what_is_optional() {
    // Each definition holds the next one twice: 2^40 values.
    let doubled = |n: usize| {
        let next = json!({ "$ref": format!("#/$defs/{}", n + 1) });
        json!({ "type": "object", "properties": { "id": { "const": n }, "a": next, "b": next }, "required": ["id"] })
    };
    let mut definitions: serde_json::Map<String, Value> = (0..40).map(|n| (n.to_string(), doubled(n))).collect();
    definitions.insert("40".to_owned(), json!({ "type": "string", "minLength": 100_000 }));
    let schema = json!({ "$ref": "#/$defs/0", "$defs": definitions });
    let written = made(&schema);
    assert_eq!(written["id"], 0);
    assert!(written.to_string().len() < 4 * WRITTEN);
    assert_eq!(made(&json!({ "type": "string", "minLength": 1e12 })), json!({}));
}
