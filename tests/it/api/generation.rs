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
    let request = client().request(Method::GET, format!("{}/api/v1/generation?id={id}", app.url)).bearer_auth(key);
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
