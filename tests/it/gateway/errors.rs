//! Errors in the language of the caller's client: OpenRouter's under `/api/v1`, OpenAI's under `/v1`, Anthropic's on `/messages`.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::server::{Got, Server, client, got, question};
use super::upstream::{ModelServer, Script};

/// One request for each way to fail before a model is asked, to `path`: its status, and the request.
fn failing(server: &Server, path: &str) -> Vec<(u16, RequestBuilder)> {
    let to = |path: &str| client().post(format!("{}{path}", server.url)).header("content-type", "application/json");
    let keyed = || to(path).bearer_auth(&server.key);
    vec![
        (400, keyed().body("{")),
        (401, to(path).body("{}")),
        (403, to(path).bearer_auth(&server.management_key).body("{}")),
        (404, to(&format!("{path}/nothing")).body("{}")),
        (405, client().put(format!("{}{path}", server.url))),
        (413, keyed().body(vec![b' '; 21 << 20])),
        (415, keyed().header("content-encoding", "br").body("{}")),
        (421, keyed().header("host", "evil.example").body("{}")),
    ]
}

fn openais_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

fn anthropics_type(status: u16) -> &'static str {
    match status {
        400 | 413 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        _ => "api_error",
    }
}

#[track_caller]
fn is_named(got: &Got) {
    let id = got.header("x-generation-id");
    assert!(id.starts_with("gen-"), "{id}");
    assert_eq!((got.header("x-request-id"), got.header("request-id")), (id, id));
}

#[tokio::test]
async fn error_under_the_openrouter_base_has_the_status_as_code_and_openais_type_and_param() {
    let server = Server::start().await;
    for (status, request) in failing(&server, "/api/v1/chat/completions") {
        let got = got(request).await;
        let error = got.json()["error"].clone();
        assert_eq!((got.status, &error["code"]), (status, &json!(status)), "{}", got.text);
        assert_eq!((&error["type"], &error["param"]), (&json!(openais_type(status)), &Value::Null));
    }
    let wrong_type = server.asks(&json!({ "messages": 7 })).await;
    assert_eq!((wrong_type.status, &wrong_type.json()["error"]["param"]), (400, &json!("messages")));
    is_named(&wrong_type);
}

#[tokio::test]
async fn error_under_the_openai_base_has_no_code_of_ours() {
    let server = Server::start().await;
    for (status, request) in failing(&server, "/v1/chat/completions") {
        let got = got(request).await;
        let error = got.json()["error"].clone();
        assert_eq!((got.status, error.get("code")), (status, Some(&Value::Null)), "{}", got.text);
        assert_eq!(error["type"], openais_type(status));
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn error_on_messages_has_anthropics_shape_under_either_base() {
    let server = Server::start().await;
    let asked = ["/v1/messages", "/api/v1/messages/count_tokens"].map(|path| failing(&server, path));
    let wrong_base = client().post(format!("{}/v1/v1/messages", server.url)).body("{}");
    for (status, request) in asked.into_iter().flatten().chain([(404, wrong_base)]) {
        let got = got(request).await;
        let body = got.json();
        assert_eq!((got.status, &body["type"]), (status, &json!("error")), "{}", got.text);
        assert_eq!(body["error"]["type"], anthropics_type(status), "{}", got.text);
        let named = Some(got.header("request-id")).filter(|id| !id.is_empty());
        assert_eq!(body.get("request_id"), Some(&json!(named)), "{}", got.text);
    }
    let invalid = client().post(format!("{}/v1/messages", server.url)).header("x-api-key", &server.key);
    is_named(&got(invalid.json(&json!({ "messages": 7 }))).await);
}

#[tokio::test]
async fn code_of_the_model_server_reaches_openais_clients() {
    let words = json!({ "message": "Too long.", "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded" });
    let upstream = ModelServer::start([Script::json(400, &json!({ "error": words }))]).await;
    let server = Server::before(&upstream.base_url).await;
    let request = client().post(format!("{}/v1/chat/completions", server.url)).bearer_auth(&server.key);
    let of_openai = got(request.json(&question())).await;
    let error = of_openai.json()["error"].clone();
    assert_eq!((of_openai.status, &error["code"]), (400, &json!("context_length_exceeded")));
    assert_eq!((&error["type"], &error["param"]), (&json!("invalid_request_error"), &json!("messages")));
    is_named(&of_openai);
    let of_openrouter = server.asks(&question()).await.json()["error"].clone();
    assert_eq!((&of_openrouter["code"], &of_openrouter["param"]), (&json!(400), &json!("messages")));
}

#[tokio::test]
async fn answer_has_its_name_in_the_headers_of_all_vendors() {
    let server = Server::start().await;
    let answered = server.asks(&question()).await;
    assert_eq!(answered.status, 200);
    is_named(&answered);
    assert_eq!(server.record().await["id"], answered.header("request-id"));
}
