//! One model of a list: the model server's own object, and what it lacks of what the clients of OpenAI and of OpenRouter read.

use serde_json::json;
use serde_json::value::RawValue;

use crate::gateway::token_price::TokenPrice;
use crate::json::{Members, ObjectWriter, Text, quoted};

/// A model that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The name by which callers ask for it.
    pub id: String,
    /// The entry, as JSON.
    pub json: String,
}

/// What is known here of a model that a server lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The name by which callers ask for it.
    pub id: String,
    pub price: Option<TokenPrice>,
}

/// Where servers say how many tokens a model reads: OpenRouter and Together, vLLM, Groq, Mistral, Anthropic.
const CONTEXT_LENGTHS: [&str; 5] =
    ["context_length", "max_model_len", "context_window", "max_context_length", "max_input_tokens"];

impl Model {
    /// The models of a server's answer: an object with `data` or `models`, or an array alone. `listed` takes the server's own
    /// name of one; entries without a name, and those that it does not know, are left out. None: the answer is no list.
    pub fn list(body: &[u8], owner: &str, listed: impl Fn(&str) -> Option<Listed>) -> Option<Vec<Self>> {
        let text = std::str::from_utf8(body).ok()?;
        let entries: Vec<&RawValue> = match Members::of(text) {
            Some(answer) => answer.read("data").or_else(|| answer.read("models"))?,
            None => serde_json::from_str(text).ok()?,
        };
        let of = |entry: &RawValue| {
            let own = Members::of(entry.get())?;
            let own_name = own.read::<Text<'_>>("id").or_else(|| own.read("name")).filter(|name| !name.is_empty())?;
            let Listed { id, price } = listed(&own_name)?;
            let own = if id == *own_name { own } else { own.without("id") };
            Some(Self { json: completed(&own, &id, owner, price), id })
        };
        Some(entries.into_iter().filter_map(of).collect())
    }

    /// A model of which no server says more than its name.
    pub(super) fn complete(id: &str, owner: &str, price: Option<TokenPrice>) -> Self {
        Self { id: id.to_owned(), json: completed(&Members::default(), id, owner, price) }
    }
}

/// The server's own members in their order and bytes, and those that it lacks.
fn completed(own: &Members<'_>, id: &str, owner: &str, price: Option<TokenPrice>) -> String {
    let length = CONTEXT_LENGTHS.into_iter().find_map(|key| own.read::<u64>(key));
    let length = length.map_or_else(|| "null".to_owned(), |length| length.to_string());
    let name = own.read::<Text<'_>>("display_name").map_or_else(|| quoted(id), |name| quoted(&name));
    let owner = id.split_once('/').map_or(owner, |(owner, _)| owner);
    let TokenPrice { prompt, completion } = price.unwrap_or_default();
    let text = r#"["text"]"#.to_owned();
    let architecture = [
        ("modality", quoted("text->text")),
        ("input_modalities", text.clone()),
        ("output_modalities", text),
        ("tokenizer", quoted("Other")),
        ("instruct_type", "null".to_owned()),
    ];
    let pricing = [("prompt", quoted(&dollars(prompt))), ("completion", quoted(&dollars(completion)))];
    let top_provider = [
        ("is_moderated", "false".to_owned()),
        ("context_length", length.clone()),
        ("max_completion_tokens", "null".to_owned()),
    ];
    let links = [("details", quoted(&format!("/api/v1/models/{id}/endpoints")))];
    let within = |key: &str, lacking: &[(&str, String)]| with_what_lacks(&own.read(key).unwrap_or_default(), lacking);
    let parts = [
        ("architecture", within("architecture", &architecture)),
        ("pricing", within("pricing", &pricing)),
        ("top_provider", within("top_provider", &top_provider)),
        ("links", within("links", &links)),
    ];
    let mut own = own.clone();
    for (part, _) in &parts {
        own = own.without(part);
    }
    let whole = [
        ("id", quoted(id)),
        ("object", quoted("model")),
        ("created", json!(0).to_string()),
        ("owned_by", quoted(owner)),
        ("canonical_slug", quoted(id)),
        ("name", name),
        ("context_length", length),
        ("default_parameters", "null".to_owned()),
        ("per_request_limits", "null".to_owned()),
        ("supported_parameters", "[]".to_owned()),
        ("supported_voices", "null".to_owned()),
    ];
    with_what_lacks(&own, &whole.into_iter().chain(parts).collect::<Vec<_>>())
}

/// An amount without the last digit that division leaves.
fn dollars(amount: f64) -> String {
    ((amount * 1e12).round() / 1e12).to_string()
}

/// An object with the members that are missing, or null although their value is known.
fn with_what_lacks(own: &Members<'_>, lacking: &[(&str, String)]) -> String {
    let mut writer = ObjectWriter::with_capacity(1024);
    for (key, value) in own.iter() {
        let known = lacking.iter().find(|(lacking, _)| *lacking == key).map(|(_, known)| known.as_str());
        writer.raw(key, known.filter(|_| value == "null").unwrap_or(value));
    }
    for (key, value) in lacking.iter().filter(|(key, _)| !own.contains(key)) {
        writer.raw(key, value);
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn list(body: &str) -> Option<Vec<Model>> {
        let price = TokenPrice { prompt: 0.000_002_5, completion: 0.00001 };
        let listed = |own_name: &str| {
            let id = own_name.strip_prefix("short/").map_or(own_name, |_| "whole/name").to_owned();
            (own_name != "hidden").then(|| Listed { id, price: (own_name == "priced").then_some(price) })
        };
        Model::list(body.as_bytes(), "vllm", listed)
    }

    fn entry(body: &str) -> Value {
        serde_json::from_str(&list(body).unwrap()[0].json).unwrap()
    }

    #[test]
    fn entry_of_four_keys_gets_what_openrouters_clients_read() {
        let entry =
            entry(r#"{"object":"list","data":[{"id":"priced","object":"model","created":1700000000,"owned_by":"x"}]}"#);
        let expected = json!({
            "id": "priced", "object": "model", "created": 1_700_000_000, "owned_by": "x", "canonical_slug": "priced", "name": "priced",
            "context_length": null,
            "architecture": { "modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"],
                "tokenizer": "Other", "instruct_type": null },
            "pricing": { "prompt": "0.0000025", "completion": "0.00001" },
            "top_provider": { "is_moderated": false, "context_length": null, "max_completion_tokens": null },
            "default_parameters": null, "per_request_limits": null, "supported_parameters": [], "supported_voices": null,
            "links": { "details": "/api/v1/models/priced/endpoints" },
        });
        assert_eq!(entry, expected);
    }

    #[test]
    fn own_members_stay_with_their_bytes_and_parts_are_filled_up() {
        let body = r#"{"data":[{"id":"a/b","x":1.0,"created":1e9,"name":null,"pricing":{"prompt":"1"},"max_model_len":4096}]}"#;
        let model = &list(body).unwrap()[0];
        assert!(
            model.json.starts_with(r#"{"id":"a/b","x":1.0,"created":1e9,"name":"a/b","max_model_len":4096"#),
            "{}",
            model.json
        );
        let entry: Value = serde_json::from_str(&model.json).unwrap();
        assert_eq!(entry["pricing"], json!({ "prompt": "1", "completion": "0" }));
        assert_eq!((&entry["owned_by"], &entry["context_length"]), (&json!("a"), &json!(4096)));
        assert_eq!(entry["top_provider"]["context_length"], 4096);
    }

    #[test]
    fn lists_have_several_shapes_and_entries_without_a_name_are_left_out() {
        for body in [
            r#"{"data":[{"id":"m"},{"object":"model"},7,{"id":""},{"id":"hidden"}]}"#,
            r#"{"models":[{"name":"m"}]}"#,
            r#"[{"id":"m"}]"#,
        ] {
            let ids: Vec<String> = list(body).unwrap().into_iter().map(|model| model.id).collect();
            assert_eq!(ids, ["m"], "{body}");
        }
        for body in ["<!doctype html>", r#"{"error":{}}"#, r#"{"data":7}"#, "7", ""] {
            assert_eq!(list(body), None, "{body}");
        }
        assert_eq!(list(r#"{"data":[]}"#), Some(Vec::new()));
    }

    #[test]
    fn entry_bears_the_name_by_which_callers_ask() {
        let body = r#"{"data":[{"id":"short/name","own":1}]}"#;
        assert_eq!(list(body).unwrap()[0].id, "whole/name");
        let entry = entry(body);
        assert_eq!(
            (&entry["id"], &entry["owned_by"], &entry["own"]),
            (&json!("whole/name"), &json!("whole"), &json!(1))
        );
    }

    #[test]
    fn name_for_people_is_the_servers_own() {
        assert_eq!(entry(r#"{"data":[{"id":"claude","display_name":"Claude"}]}"#)["name"], "Claude");
    }
}
