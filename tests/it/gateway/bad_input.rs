//! Bad input (spec 3.6): a 4xx with a sentence, never a 5xx, and a record where the key was valid.

use serde_json::json;

use super::server::{Server, client, got, question, question_with};

#[tokio::test]
async fn no_malformed_unknown_and_revoked_keys_get_the_identical_answer() {
    let server = Server::start().await;
    let revoked = tracecast::auth::api_keys::create(
        &server.state,
        &tracecast::audit::Actor::operator(server.account),
        tracecast::token::ApiKeyType::Inference,
        "old",
    )
    .await
    .unwrap();
    let listed =
        tracecast::store::api_keys::list(&mut server.state.store.tenant(server.account).await.unwrap()).await.unwrap();
    let id = listed.iter().find(|key| key.name == "old").unwrap().id;
    tracecast::auth::api_keys::revoke(&server.state, &tracecast::audit::Actor::operator(server.account), id)
        .await
        .unwrap();
    let unknown =
        tracecast::token::ApiKey::new(tracecast::token::ApiKeyType::Inference, tracecast::random::Random).unwrap();

    let url = format!("{}/api/v1/chat/completions", server.url);
    let mut answers = vec![got(client().post(&url).json(&question())).await];
    for header in [
        format!("Bearer {}", revoked.reveal()),
        format!("Bearer {}", unknown.reveal()),
        "Bearer nonsense".to_owned(),
        "Bearer".to_owned(),
        "Basic YTpi".to_owned(),
        format!("Bearer {}\u{e9}", server.key),
    ] {
        let header = reqwest::header::HeaderValue::from_bytes(header.as_bytes()).unwrap();
        answers.push(got(client().post(&url).header("authorization", header).json(&question())).await);
    }
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (401, &answers[0].text));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    answers[0].error();
    server.records_nothing().await;
}

#[tokio::test]
async fn a_management_key_cannot_ask_models() {
    let server = Server::start().await;
    let request = client().post(format!("{}/api/v1/chat/completions", server.url)).bearer_auth(&server.management_key);
    let got = got(request.json(&question())).await;
    assert_eq!(got.status, 403);
    assert!(got.error().contains("inference key"));
}

#[tokio::test]
async fn bodies_that_are_no_acceptable_json_are_refused_and_recorded() {
    let server = Server::start().await;
    let nested = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: [(Vec<u8>, &str); 9] = [
        (b"".to_vec(), "not valid JSON"),
        (b"{\"model\":".to_vec(), "not valid JSON"),
        (b"{\"model\":\"\xff\"}".to_vec(), "UTF-8"),
        (b"[1]".to_vec(), "JSON object"),
        (b"null".to_vec(), "JSON object"),
        (format!("{{\"messages\":[],\"trace\":{{\"a\":{nested}}}}}").into_bytes(), "126 levels"),
        (b"{\"messages\":[],\"a\":1,\"a\":2}".to_vec(), "\"a\" stands twice"),
        (b"{\"messages\":[],\"trace\":{\"x\":1,\"x\":2}}".to_vec(), "\"x\" stands twice"),
        (b"{\"messages\":[],\"temperature\":1e400}".to_vec(), "out of range"),
    ];
    for (body, sentence) in cases {
        let got = server.posts(body).await;
        assert_eq!(got.status, 400, "{sentence}");
        assert!(got.error().contains(sentence), "{}", got.text);
        let record = server.record().await;
        assert_eq!(record["id"], got.header("x-generation-id"));
        assert_eq!((&record["status"], &record["ending"]["failed"]["kind"]), (&json!(400), &json!("invalid_request")));
    }
}

#[tokio::test]
async fn known_fields_of_the_wrong_type_are_named() {
    let server = Server::start().await;
    for (field, value) in [
        ("messages", json!("hello")),
        ("messages", json!(null)),
        ("model", json!(7)),
        ("stream", json!("yes")),
        ("temperature", json!("hot")),
        ("max_tokens", json!(1.5)),
        ("user", json!(12345)),
        ("session_id", json!(["s"])),
        ("trace", json!("name")),
        ("stream_options", json!(true)),
        ("stop", json!([1])),
        ("tools", json!({})),
        ("seed", json!("x")),
    ] {
        let got = server.asks(&question_with(&json!({ field: value }))).await;
        assert_eq!(got.status, 400, "{field}");
        assert!(got.error().contains(&format!("`{field}`")), "{}", got.text);
        assert_eq!(got.json()["error"]["metadata"]["field"], field);
        assert_eq!(server.record().await["ending"]["failed"]["kind"], "invalid_request");
    }
    let got = server.asks(&json!({ "messages": [{ "role": "user", "content": "a" }, { "role": 1 }] })).await;
    assert!(got.error().contains("`messages[1].role`"), "{}", got.text);
}

#[tokio::test]
async fn a_refused_request_keeps_the_callers_ids() {
    let server = Server::start().await;
    let body = json!({ "user": "u", "session_id": "s", "trace": { "trace_id": "t", "team": "x" }, "stream": "yes" });
    let got = server.asks(&question_with(&body)).await;
    assert_eq!(got.status, 400);
    let record = server.record().await;
    assert_eq!(record["request_model"], "openai/gpt-4o");
    let context = json!({ "user": "u", "session_id": "s", "trace_id": "t", "metadata": [["team", "x"]] });
    assert_eq!(record["context"], context);
}

#[tokio::test]
async fn unknown_fields_nul_and_lone_surrogates_are_taken() {
    let server = Server::start().await;
    let body = r#"{"messages":[{"role":"user","content":"a\u0000b\ud800c"}],"trace":{"k":"\udfff\u0000"},"new_field":{"x":[]}}"#;
    let got = server.posts(body).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let record = server.record().await;
    assert_eq!(record["ending"], "completed");
    let text = record.to_string();
    assert!(!text.contains("\\u0000") && text.contains('\u{fffd}'), "{text}");
}

#[tokio::test]
async fn a_nul_anywhere_hides_no_request_from_the_record() {
    let server = Server::start().await;
    for (body, status) in [
        (r#"{"model":"m\u0000","messages":[{"role":"user","content":"x"}]}"#, 200),
        (r#"{"model":"m\u0000","messages":[{"role":"user","content":"x\u0000"}],"stream":true}"#, 200),
        (r#"{"model":"m\u0000","messages":7}"#, 400),
        (r#"{"messages":[],"stop":["\u0000"],"user":"\u0000","session_id":"s\u0000"}"#, 200),
        (
            r#"{"messages":[],"trace":{"trace_id":"\u0000","trace_name":"\u0000","span_name":"\u0000","\u0000":["\u0000"]}}"#,
            200,
        ),
        (
            r#"{"messages":[{"role":"\u0000","tool_calls":[{"id":"\u0000","function":{"name":"\u0000","arguments":"\u0000"}}]}]}"#,
            200,
        ),
        (r#"{"messages":[],"tools":[{"type":"\u0000","function":{"name":"\u0000","parameters":{"\u0000":0}}}]}"#, 200),
    ] {
        let got = server.posts(body).await;
        assert_eq!(got.status, status, "{body}: {}", got.text);
        let record = server.record().await.to_string();
        assert!(!record.contains("\\u0000"), "{body}: {record}");
    }
    let named = json!({"model": "m".repeat(100_000)});
    assert_eq!(server.asks(&question_with(&named)).await.status, 200);
    assert!(server.record().await.to_string().len() < 10_000);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let server = Server::start().await;
    let large = vec![b' '; 21 * 1024 * 1024];
    let got = server.posts(large.clone()).await;
    assert_eq!(got.status, 413);
    assert!(got.error().contains("20 MiB"));
    assert_eq!(server.record().await["ending"]["failed"]["kind"], "payload_too_large");
    let pieces = large.chunks(64 * 1024).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>();
    let got = server.posts(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))).await;
    assert_eq!(got.status, 413);
    assert_eq!(server.record().await["status"], 413);
}

#[tokio::test]
async fn a_long_conversation_below_the_limit_is_answered() {
    let server = Server::start().await;
    let text = "word ".repeat(1_000_000);
    let got = server.asks(&json!({ "messages": [{ "role": "user", "content": text }] })).await;
    assert_eq!(got.status, 200);
    assert!(server.record().await["content"].to_string().len() < 1_000_000);
}

#[tokio::test]
async fn every_wrong_turn_under_the_api_answers_in_the_envelope() {
    let server = Server::start().await;
    let at = |path: &str| format!("{}{path}", server.url);
    for path in ["/api/v1/chat/completion", "/api/v1", "/api/v2/x", "/api"] {
        let got = got(client().get(at(path))).await;
        assert_eq!(got.status, 404, "{path}");
        got.error();
    }
    let of_openai = got(client().get(at("/v1/model"))).await;
    assert_eq!((of_openai.status, &of_openai.json()["error"]["code"]), (404, &serde_json::Value::Null));
    let wrong_method = got(client().get(at("/api/v1/chat/completions"))).await;
    assert_eq!((wrong_method.status, wrong_method.header("allow")), (405, "POST"));
    wrong_method.error();
    let form = got(server.asking().header("content-type", "application/x-www-form-urlencoded").body("a=b")).await;
    assert_eq!(form.status, 415);
    form.error();
    let utf16 = server.asking().header("content-type", "application/json; charset=utf-16").body("{}");
    assert_eq!(got(utf16).await.status, 400);
    let document = got(client().get(at("/api/v1/openapi.json"))).await;
    assert_eq!((document.status, &document.json()["openapi"]), (200, &json!("3.1.0")));
}
