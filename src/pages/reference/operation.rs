//! One operation: what it takes, what it answers, and a request as an example.

use serde_json::Value;

use super::fields::{FieldRow, resolved, rows};
use crate::pages::documentation::Markup;

#[derive(Debug)]
pub struct Operation {
    /// Its id in the document, and on the page.
    pub anchor: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    pub about: Markup,
    /// Of the path, the query and headers.
    pub parameters: Vec<FieldRow>,
    pub body: Vec<FieldRow>,
    /// The good ones.
    pub answers: Vec<Answer>,
    /// The statuses of errors, in order.
    pub errors: Vec<String>,
    /// A command that sends it.
    pub example: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: String,
    pub about: Markup,
    pub fields: Vec<FieldRow>,
}

impl Operation {
    pub(super) fn of(document: &Value, method: &str, path: &str, described: &Value, base: &str) -> Self {
        let text = |member: &str| described[member].as_str().unwrap_or_default();
        let body = &described["requestBody"]["content"]["application/json"]["schema"];
        let method = method.to_uppercase();
        let answers = described["responses"].as_object();
        let is_good = |status: &str| status.starts_with(['2', '3']);
        let good = answers.into_iter().flatten().filter(|(status, _)| is_good(status));
        let bad = answers.into_iter().flatten().filter(|(status, _)| !is_good(status));
        Self {
            anchor: text("operationId").to_owned(),
            path: path.to_owned(),
            summary: text("summary").to_owned(),
            about: Markup::of(text("description")),
            parameters: described["parameters"].as_array().into_iter().flatten().map(parameter).collect(),
            body: rows(document, body),
            answers: good.map(|(status, answer)| Answer::of(document, status, answer)).collect(),
            errors: bad.map(|(status, _)| status.clone()).collect(),
            example: example(document, &method, &format!("{base}{path}"), described, body),
            method,
        }
    }
}

impl Answer {
    fn of(document: &Value, status: &str, answer: &Value) -> Self {
        let schema = &answer["content"]["application/json"]["schema"];
        let about = Markup::of(answer["description"].as_str().unwrap_or_default());
        Self { status: status.to_owned(), about, fields: rows(document, schema) }
    }
}

fn parameter(described: &Value) -> FieldRow {
    let text = |member: &str| described[member].as_str().unwrap_or_default();
    FieldRow {
        name: text("name").to_owned(),
        shape: text("in").to_owned(),
        required: described["required"] == true,
        about: Markup::of(text("description")),
    }
}

/// A command for a shell. What has to be filled in is in capitals.
fn example(document: &Value, method: &str, url: &str, described: &Value, body: &Value) -> String {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let needed = parameters.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let query: Vec<_> = needed
        .filter_map(|parameter| parameter["name"].as_str())
        .map(|name| format!("{name}={}", capital(name)))
        .collect();
    let url = url.split('{').enumerate().map(|(place, part)| match part.split_once('}') {
        Some((name, rest)) if place > 0 => format!("{}{rest}", capital(name)),
        _ => part.to_owned(),
    });
    let url: String = url.collect();
    let url = if query.is_empty() { url } else { format!("{url}?{}", query.join("&")) };
    let mut lines = vec![match method {
        "GET" => format!("curl \"{url}\""),
        _ => format!("curl -X {method} \"{url}\""),
    }];
    let is_open =
        described["security"].as_array().is_some_and(|all| all.iter().all(|one| one == &serde_json::json!({})));
    if !is_open {
        lines.push("-H \"Authorization: Bearer $KEY\"".to_owned());
    }
    let example = &resolved(document, body)["example"];
    if !body.is_null() {
        let body =
            if example.is_null() { "{}".to_owned() } else { serde_json::to_string_pretty(example).unwrap_or_default() };
        lines.push("-H \"Content-Type: application/json\"".to_owned());
        lines.push(format!("-d '{}'", body.replace('\'', "'\\''")));
    }
    lines.join(" \\\n  ")
}

fn capital(name: &str) -> String {
    name.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operation_lists_what_it_takes_and_answers_with_members_of_members() {
        let thing = json!({
            "type": "object", "required": ["name"], "example": { "name": "it's" },
            "properties": {
                "name": { "type": "string", "description": "What `it` is called." },
                "part": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Part" }] },
            },
        });
        let part =
            json!({ "type": "object", "properties": { "at": { "type": ["string", "null"], "format": "date-time" } } });
        let list =
            json!({ "properties": { "data": { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } } } });
        let document = json!({ "components": { "schemas": { "Thing": thing, "Part": part, "List": list } } });
        let described = json!({
            "operationId": "createThing",
            "parameters": [{ "name": "id", "in": "path", "required": true }, { "name": "day", "in": "query", "required": true }],
            "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
            "responses": {
                "201": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/List" } } } },
                "400": {},
            },
        });
        let operation = Operation::of(&document, "post", "/things/{id}/more", &described, "https://x.test/api/v1");
        let shown = |rows: &[FieldRow]| {
            let row = |row: &FieldRow| format!("{} {} {}", row.name, row.shape, row.required);
            rows.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&operation.body),
            ["name text true", "part object or null false", "part.at time or null false"]
        );
        let answered = &operation.answers[0];
        assert_eq!(shown(&answered.fields)[..2], ["data list false", "data[].name text true"]);
        assert_eq!((answered.status.as_str(), operation.errors.join(" ").as_str()), ("201", "400"));
        assert_eq!(
            operation.example,
            "curl -X POST \"https://x.test/api/v1/things/ID/more?day=DAY\" \\\n  -H \"Authorization: Bearer $KEY\" \\\n  -H \
             \"Content-Type: application/json\" \\\n  -d '{\n  \"name\": \"it'\\''s\"\n}'"
        );
    }
}
