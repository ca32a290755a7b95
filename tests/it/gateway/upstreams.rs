//! Several model servers: which of them is asked, who is asked when one fails, and what of that is recorded.

use serde_json::{Value, json};

use super::server::{Record, Server, question_with};
use super::upstream::{ModelServer, Script};

fn answer(model: &str) -> Script {
    let message = json!({ "role": "assistant", "content": "Fixed." });
    let choices = json!([{ "index": 0, "message": message, "finish_reason": "stop" }]);
    Script::json(200, &json!({ "id": "c", "model": model, "choices": choices }))
}

/// Asks `a` for `a/…` without the prefix, `b` for everything else.
async fn before(a: &str, b: &str) -> Server {
    let table = json!({
        "upstreams": [
            { "name": "a", "base_url": a, "api_key_env": "A_KEY", "models": ["a/*"], "strip": "a/", "speaks": ["openai"] },
            { "name": "messages", "base_url": a, "models": ["claude-*"], "speaks": ["anthropic"] },
            { "name": "b", "base_url": b, "models": ["b/*", "other"], "speaks": ["openai"] },
        ],
        "fallbacks": { "a/1": ["b/1"] },
    });
    Server::with(&[("upstreams", &table.to_string())]).await
}

fn body(asked: &super::upstream::Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap()
}

fn attempts(record: &Record) -> Vec<(String, String, Value)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let attempts = record["failed_attempts"].as_array().cloned().unwrap_or_default();
    attempts.iter().map(|one| (text(&one["provider"]), text(&one["model"]), one["status"].clone())).collect()
}

#[tokio::test]
async fn model_goes_to_the_first_server_whose_pattern_fits_by_the_name_that_it_knows() {
    let (a, b) = (ModelServer::start([answer("2")]).await, ModelServer::start([answer("other")]).await);
    let server = before(&a.base_url, &b.base_url).await;
    let text = r#"{"top_p":1.0,"model":"a/2","messages":[ {"role":"user","content":"\u00e9"} ]}"#;
    assert_eq!(server.posts(text).await.status, 200);
    let asked = a.asked().pop().unwrap();
    assert_eq!(asked.body, text.replace("a/2", "2"));
    assert!(asked.head.contains("authorization: bearer sk-a_key"), "{}", asked.head);
    let record = server.record().await;
    assert_eq!((&record["request_model"], &record["response"]["provider"]), (&json!("a/2"), &json!("a")));

    assert_eq!(server.asks(&question_with(&json!({ "model": "other" }))).await.status, 200);
    assert_eq!((a.asked().len(), body(&b.asked()[0])["model"].as_str()), (1, Some("other")));
    assert!(!b.asked()[0].head.contains("authorization"));
    assert_eq!(server.record().await["response"]["provider"], "b");
}

#[tokio::test]
async fn model_without_a_server_is_a_404_that_names_it_and_the_list() {
    let a = ModelServer::start([answer("1")]).await;
    let server = before(&a.base_url, &a.base_url).await;
    let got = server.asks(&question_with(&json!({ "model": "gpt-9" }))).await;
    assert_eq!(got.status, 404);
    assert!(got.error().contains("`gpt-9`") && got.error().contains("/api/v1/models"), "{}", got.error());
    let record = server.record().await;
    assert_eq!(
        (&record["ending"]["failed"]["kind"], &record["request_model"]),
        (&json!("model_not_found"), &json!("gpt-9"))
    );
    let got = server.asks(&question_with(&json!({ "model": "claude-1" }))).await;
    assert_eq!(
        (got.status, got.error().as_str()),
        (404, "The model server of this model does not speak /chat/completions.")
    );
    assert_eq!(server.record().await["ending"]["failed"]["kind"], "other_api");
    assert!(a.asked().is_empty());
}

#[tokio::test]
async fn next_model_is_asked_where_one_fails_and_each_attempt_is_recorded_with_provider_and_model() {
    for (status, tries) in [(500, 1), (429, 1), (408, 1), (503, 2)] {
        let a = ModelServer::start([Script::json(status, &json!({ "error": { "message": "No." } }))]).await;
        let b = ModelServer::start([answer("llama")]).await;
        let server = before(&a.base_url, &b.base_url).await;
        let got = server.asks(&question_with(&json!({ "model": "a/1" }))).await;
        assert_eq!((got.status, a.asked().len(), b.asked().len()), (200, tries, 1), "{status}");
        assert_eq!(body(&b.asked()[0])["model"], "b/1");
        let record = server.record().await;
        let expected = vec![("a".to_owned(), "1".to_owned(), json!(status)); tries];
        assert_eq!(attempts(&record), expected);
        assert_eq!((&record["request_model"], &record["response"]["model"]), (&json!("a/1"), &json!("llama")));
        assert_eq!((&record["response"]["provider"], &record["ending"]), (&json!("b"), &json!("completed")));
        assert_eq!(record["failed_attempts"][0]["server"], "127.0.0.1");
        assert!(record["failed_attempts"][0]["ended"].as_u64() <= record["times"]["upstream_begun"].as_u64());
    }
}

#[tokio::test]
async fn server_that_nobody_listens_at_gives_way_and_the_fallbacks_model_is_known_without_its_word() {
    let message = json!({ "role": "assistant", "content": "Fixed." });
    let choices = json!([{ "index": 0, "message": message, "finish_reason": "stop" }]);
    let b = ModelServer::start([Script::json(200, &json!({ "choices": choices }))]).await;
    let server = before("http://127.0.0.1:9/v1", &b.base_url).await;
    assert_eq!(server.asks(&question_with(&json!({ "model": "a/1" }))).await.status, 200);
    let record = server.record().await;
    assert_eq!(attempts(&record), vec![("a".to_owned(), "1".to_owned(), Value::Null); 2]);
    assert_eq!(record["failed_attempts"][0]["kind"], "connection_error");
    assert_eq!((&record["response"]["model"], &record["response"]["provider"]), (&json!("b/1"), &json!("b")));
}

#[tokio::test]
async fn models_of_the_request_come_before_the_table_and_are_not_passed_on() {
    let a = ModelServer::start([Script::json(500, &json!({}))]).await;
    let b = ModelServer::start([Script::json(429, &json!({})), answer("other")]).await;
    let server = before(&a.base_url, &b.base_url).await;
    let question = question_with(&json!({ "model": "a/1", "models": ["a/1", "nobody's", "b/7", "other"] }));
    assert_eq!(server.asks(&question).await.status, 200);
    let models: Vec<_> = b.asked().iter().map(|asked| body(asked)["model"].clone()).collect();
    assert_eq!(models, ["b/7", "other"]);
    assert!(a.asked().iter().chain(&b.asked()).all(|asked| body(asked).get("models").is_none()));
    let record = server.record().await;
    assert_eq!(attempts(&record).len(), 2);
    assert_eq!(attempts(&record)[1], ("b".to_owned(), "b/7".to_owned(), json!(429)));

    let got = server.asks(&question_with(&json!({ "models": "a/1" }))).await;
    assert_eq!((got.status, &got.json()["error"]["metadata"]["field"]), (400, &json!("models")));
}

#[tokio::test]
async fn refusal_for_the_requests_sake_is_the_answer() {
    let a = ModelServer::start([Script::json(400, &json!({ "error": { "message": "Bad `top_p`." } }))]).await;
    let b = ModelServer::start([answer("1")]).await;
    let server = before(&a.base_url, &b.base_url).await;
    let got = server.asks(&question_with(&json!({ "model": "a/1" }))).await;
    assert_eq!((got.status, got.error().as_str(), b.asked().len()), (400, "Bad `top_p`.", 0));
    assert!(attempts(&server.record().await).is_empty());
}

#[tokio::test]
async fn nobody_else_is_asked_after_the_first_byte() {
    let event = json!({ "id": "c", "choices": [{ "index": 0, "delta": { "content": "Hal" } }] });
    let a = ModelServer::start([Script::stream().event(&event).pause(20)]).await;
    let b = ModelServer::start([answer("1")]).await;
    let server = before(&a.base_url, &b.base_url).await;
    let got = server.asks(&question_with(&json!({ "model": "a/1", "stream": true }))).await;
    assert!(got.status == 200 && got.text.contains("Hal") && got.text.contains("\"error\""), "{}", got.text);
    assert!(b.asked().is_empty());
    let record = server.record().await;
    assert_eq!(
        (&record["ending"]["failed"]["kind"], &record["response"]["provider"]),
        (&json!("stream_interrupted"), &json!("a"))
    );
}

#[tokio::test]
async fn where_all_fail_the_last_failure_is_the_answer() {
    let a = ModelServer::start([Script::json(500, &json!({}))]).await;
    let b =
        ModelServer::start([Script::with_header(429, "retry-after: 7", &json!({ "error": { "message": "Wait." } }))])
            .await;
    let server = before(&a.base_url, &b.base_url).await;
    let got = server.asks(&question_with(&json!({ "model": "a/1" }))).await;
    assert_eq!((got.status, got.error().as_str(), got.header("retry-after")), (429, "Wait.", "7"));
    let record = server.record().await;
    assert_eq!((&record["ending"]["failed"]["kind"], attempts(&record).len()), (&json!("429"), 1));
    assert_eq!((&record["response"]["provider"], &record["cost"]), (&json!("b"), &json!({})));
}
