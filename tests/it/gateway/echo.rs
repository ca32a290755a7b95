//! The built-in model: what a newcomer's first tools and structured output get without a provider's key.

use serde_json::{Value, json};

use super::server::{Server, question_with};

fn city() -> Value {
    json!({
        "type": "object", "properties": { "city": { "type": "string" }, "population": { "type": "integer" } },
        "required": ["city", "population"], "additionalProperties": false,
    })
}

#[tokio::test]
async fn demo_echo_calls_a_tool_and_is_recorded_with_its_call() {
    let server = Server::start().await;
    let tool = json!({ "type": "function", "function": { "name": "get_city", "parameters": city() } });
    for streaming in [false, true] {
        let got = server.asks(&question_with(&json!({ "tools": [tool], "stream": streaming }))).await;
        assert_eq!(got.status, 200, "{}", got.text);
        let record = server.record().await;
        assert_eq!(record["response"]["finish_reasons"], json!(["tool_calls"]));
        assert_eq!(record["response"]["model"], "demo/echo");
        let output = record["content"].to_string();
        assert!(output.contains("get_city") && output.contains("population"), "{output}");
    }
}

#[tokio::test]
async fn demo_echo_answers_a_schema_with_an_instance() {
    let server = Server::start().await;
    let format = json!({ "type": "json_schema", "json_schema": { "name": "city", "schema": city() } });
    let got = server.asks(&question_with(&json!({ "response_format": format }))).await;
    let body = got.json();
    let instance: Value = serde_json::from_str(body["choices"][0]["message"]["content"].as_str().unwrap()).unwrap();
    assert!(instance["city"].is_string() && instance["population"].is_u64(), "{instance}");
}

#[tokio::test]
async fn models_below_demo_that_do_not_exist_are_refused_by_name() {
    let server = Server::start().await;
    let got = server.asks(&question_with(&json!({ "model": "demo/gpt" }))).await;
    assert_eq!(got.status, 404);
    assert!(got.error().contains("`demo/gpt`"), "{}", got.text);
    assert_eq!(server.record().await["status"], 404);
}

#[tokio::test]
async fn demo_echo_speaks_every_protocol_and_is_recorded_with_its_words() {
    let server = Server::start().await;
    let asked = json!([{ "role": "user", "content": "Hello" }]);
    for (path, mut body) in [
        ("/responses", json!({ "model": "gpt-5", "input": "Hello" })),
        ("/messages", json!({ "model": "claude-sonnet-4-5", "max_tokens": 50, "messages": asked })),
        ("/completions", json!({ "model": "davinci", "prompt": "Hello" })),
    ] {
        for streaming in [false, true] {
            body["stream"] = json!(streaming);
            let got = server.asks_at(path, &body).await;
            assert_eq!(got.status, 200, "{path}: {}", got.text);
            let record = server.record().await;
            assert_eq!(record["ending"], "completed", "{path}");
            assert_eq!(record["response"]["finish_reasons"], json!(["stop"]), "{path}");
            assert_eq!(record["response"]["model"], "demo/echo", "{path}");
            assert!(record["usage"]["output"].as_u64() > Some(0), "{path}: {}", record["usage"]);
            assert!(record["cost"]["total"].as_f64() > Some(0.0), "{path}: {}", record["cost"]);
            assert!(record["content"].to_string().contains("You said: Hello"), "{path}: {}", record["content"]);
        }
    }
}

#[tokio::test]
async fn demo_echo_embeds_and_counts_tokens() {
    let server = Server::start().await;
    let got = server.asks_at("/embeddings", &json!({ "model": "e", "input": ["a", "b"], "dimensions": 3 })).await;
    assert_eq!(got.json()["data"][1]["embedding"].as_array().unwrap().len(), 3, "{}", got.text);
    let record = server.record().await;
    assert_eq!((&record["operation"], &record["ending"]), (&json!("embeddings"), &json!("completed")));

    let body = json!({ "model": "claude-sonnet-4-5", "messages": [{ "role": "user", "content": "Hello" }] });
    let got = server.asks_at("/messages/count_tokens", &body).await;
    assert!(got.json()["input_tokens"].as_u64() > Some(0), "{}", got.text);
    server.records_nothing().await;
}
