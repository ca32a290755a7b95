//! Requests that a key does not let in are traces, too: one a second and key at most, which says for how many it stands.

use futures_util::future::join_all;
use serde_json::json;

use super::server::{Server, got, question, question_with};

#[tokio::test]
async fn question_with_a_management_key_is_recorded_with_the_callers_ids() {
    let server = Server::start().await;
    let question = question_with(&json!({ "user": "user_1", "session_id": "s", "trace": { "trace_name": "Agent" } }));
    let request = super::server::client().post(format!("{}/v1/chat/completions", server.url));
    let refused = got(request.bearer_auth(&server.management_key).json(&question)).await;
    assert_eq!(refused.status, 403);
    let record = server.record().await;
    assert_eq!((&record["status"], &record["refused"]), (&json!(403), &json!(1)));
    assert_eq!(
        (&record["id"], &record["route"]),
        (&json!(refused.header("x-generation-id")), &json!("/v1/chat/completions"))
    );
    assert_eq!(record["ending"]["failed"]["kind"], "wrong_key");
    let context = &record["context"];
    assert_eq!(
        (&context["user"], &context["session_id"], &context["trace_name"]),
        (&json!("user_1"), &json!("s"), &json!("Agent"))
    );
}

#[tokio::test]
async fn flood_of_a_key_becomes_a_few_traces_that_stand_for_all_of_it() {
    let server = Server::with(&[("key-rate", "1")]).await;
    let (mut refused, asked) = (0, question());
    let mut stood_for = 0;
    // Until a second trace stands for more than one request.
    while stood_for < 2 {
        let answers = join_all((0..20).map(|_| server.asks(&asked))).await;
        let refusals: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
        refused += refusals.len() as u64;
        assert!(refusals.iter().all(|refusal| !refusal.header("retry-after").is_empty()));
        let named = answers.iter().filter(|answer| !answer.header("x-generation-id").is_empty()).count();
        for _ in 0..named {
            let record = server.record().await;
            if record["status"] == 429 {
                assert_eq!(record["ending"]["failed"]["kind"], "rate_limited");
                stood_for = record["refused"].as_u64().unwrap();
            }
        }
    }
    assert!(stood_for <= refused, "{stood_for} of {refused}");
    server.records_nothing().await;
}
