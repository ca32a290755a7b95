//! One completed request by its name.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::support::app::{Answer, TestApp, read};
use crate::support::http::client;

/// Members without which OpenRouter's SDKs raise.
const READ: &str = "id created_at model app_id external_user streamed cancelled latency moderation_latency generation_time \
                    tokens_prompt tokens_completion native_tokens_prompt native_tokens_completion native_tokens_reasoning \
                    native_tokens_cached native_tokens_completion_images num_media_prompt num_media_completion \
                    num_input_audio_prompt num_search_results num_fetches web_search_engine origin is_byok finish_reason \
                    native_finish_reason service_tier usage total_cost cache_discount upstream_inference_cost router user_agent \
                    http_referer request_id session_id preset_id api_type upstream_id provider_name provider_responses \
                    response_cache_source_id data_region workspace_id";

async fn asked(app: &TestApp, key: &str, id: &str) -> Answer {
    reads(app, key, &format!("?id={id}")).await
}

/// `rest`: what stands behind the path of generations.
async fn reads(app: &TestApp, key: &str, rest: &str) -> Answer {
    let request = client().request(Method::GET, format!("{}/api/v1/generation{rest}", app.url)).bearer_auth(key);
    read(request.send().await.unwrap()).await
}

/// As soon as it is recorded.
async fn found(app: &TestApp, key: &str, id: &str) -> Value {
    for _ in 0..200 {
        let answer = asked(app, key, id).await;
        if answer.status == 200 {
            return answer.data(200);
        }
        answer.error(404);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} is never there");
}

#[tokio::test(flavor = "multi_thread")]
async fn generation_says_what_was_recorded_of_a_request_and_nothing_of_its_content() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    let key = caller.posts("/keys", &json!({ "name": "app" })).await.json()["key"].as_str().unwrap().to_owned();
    let question = json!({
        "model": "demo/echo",
        "messages": [{ "role": "user", "content": "canary" }],
        "user": "user_1",
        "session_id": "session_1",
    });
    let answer = app.asks(&key, &question.to_string()).await.json();
    let id = answer["id"].as_str().unwrap();
    let data = found(&app, &key, id).await;
    assert!(READ.split_whitespace().all(|member| data.get(member).is_some()), "{data}");
    assert_eq!((&data["id"], &data["model"]), (&answer["id"], &json!("demo/echo")));
    assert_eq!((&data["external_user"], &data["session_id"]), (&json!("user_1"), &json!("session_1")));
    assert_eq!(data["tokens_prompt"], answer["usage"]["prompt_tokens"]);
    assert_eq!(data["total_cost"], answer["usage"]["cost"]);
    assert_eq!((&data["streamed"], &data["finish_reason"]), (&json!(false), &json!("stop")));
    assert_eq!(data["workspace_id"], caller.account.to_string());
    assert!(!data.to_string().contains("canary"), "{data}");
    assert_eq!(asked(&app, &caller.key, id).await.data(200), data);

    let unknown = asked(&app, &stranger.key, "gen-1-x").await;
    unknown.error(404);
    for name in [id, "nonsense", "gen-4294967295-x", "gen-99999999999999999999-x"] {
        assert_eq!(asked(&app, &stranger.key, name).await.text, unknown.text, "{name}");
    }
    asked(&app, &key, "gen-1-x&id=").await.error(404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_read_by_the_key_that_made_the_request_and_by_management_keys_alone() {
    let app = TestApp::start().await;
    let caller = Caller::of(&app, "ada@example.com").await;
    let stranger = Caller::of(&app, "eve@example.com").await;
    let makes_a_key = async |name: &str| {
        let made = caller.posts("/keys", &json!({ "name": name })).await.json();
        made["key"].as_str().unwrap().to_owned()
    };
    let (key, other) = (makes_a_key("app").await, makes_a_key("other").await);
    let messages = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": "canary" },
    ]);
    let question = json!({ "model": "demo/echo", "messages": messages }).to_string();
    let config = json!({ "dsn": app.receiver.dsn(), "otlpEndpoint": app.receiver.endpoint() });
    let destination = json!({ "type": "sentry", "name": "Production", "config": config });
    caller.posts("/observability/destinations", &destination).await.data(201);
    let workspace = format!("/workspaces/{}", caller.account);
    caller.patches(&workspace, &json!({ "is_observability_broadcast_enabled": true })).await.data(200);
    let answer = app.asks(&key, &question).await.json();
    let id = answer["id"].as_str().unwrap();
    found(&app, &key, id).await;
    let content = format!("/content?id={id}");
    let data = reads(&app, &key, &content).await.data(200);
    assert_eq!(data["input"]["messages"], messages);
    assert_eq!(data["output"]["completion"], answer["choices"][0]["message"]["content"]);
    assert_eq!((&data["output"]["reasoning"], &data["error"]), (&Value::Null, &Value::Null));
    assert_eq!(reads(&app, &caller.key, &content).await.data(200), data);
    let (sentence, _) = reads(&app, &other, &content).await.error(403);
    assert!(sentence.contains("the key that made this request"), "{sentence}");
    let unknown = reads(&app, &stranger.key, "/content?id=gen-1-x").await;
    unknown.error(404);
    assert_eq!(reads(&app, &stranger.key, &content).await.text, unknown.text);

    let audit = app
        .database
        .reads("SELECT actor_kind || ' ' || actor FROM audit_log WHERE event = 'content_read' ORDER BY id")
        .await;
    assert_eq!(audit, ["key app", "key Terraform"]);
    caller.patches(&workspace, &json!({ "content_readers": "nobody" })).await.data(200);
    for key in [&key, &caller.key] {
        reads(&app, key, &content).await.error(403);
    }
    caller.patches(&workspace, &json!({ "content_readers": "admins", "privacy_mode": true })).await.data(200);
    let private = app.asks(&key, &question).await.json()["id"].as_str().unwrap().to_owned();
    found(&app, &key, &private).await;
    let (sentence, _) = reads(&app, &key, &format!("/content?id={private}")).await.error(404);
    assert!(sentence.contains("was not recorded"), "{sentence}");
    app.stop().await;
}
