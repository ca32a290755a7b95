//! Which request gets which answer.

use super::{Demo, status};
use crate::support::export::{gzip, protobuf, span};

#[tokio::test]
async fn an_export_is_accepted_with_and_without_a_slash_at_the_end_by_header_and_by_query() {
    let demo = Demo::start();
    let answer = demo.export(protobuf(vec![span(1, "root")])).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["server"], "sentry-relay/26.9.0 (tracecast demo)");
    assert_eq!(answer.headers()["content-type"], "application/x-protobuf");
    assert_eq!(answer.bytes().await.unwrap().len(), 0);

    let endpoint = demo.running.endpoint();
    let with_slash = demo.post(&format!("{endpoint}/"), Vec::new()).header("x-sentry-auth", demo.credentials());
    assert_eq!(status(with_slash).await, 200);
    let key = "7c1f6e0b2a9d4c35b8e06f1d5a72943e";
    assert_eq!(status(demo.post(&format!("{endpoint}?sentry_key={key}"), Vec::new())).await, 200);
}

#[tokio::test]
async fn garbage_and_empty_bodies_answer_200() {
    let demo = Demo::start();
    assert_eq!(demo.sends(Vec::new()).await, 200);
    assert_eq!(demo.sends(b"garbage".to_vec()).await, 200);
}

#[tokio::test]
async fn an_unknown_key_and_a_wrong_project_answer_200_once_and_then_403() {
    let demo = Demo::start();
    let unknown = format!("Sentry sentry_key={}", "f".repeat(32));
    let with_unknown_key = || demo.post(&demo.running.endpoint(), Vec::new()).header("x-sentry-auth", &unknown);
    assert_eq!(status(with_unknown_key()).await, 200);
    let refused = with_unknown_key().send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let body = refused.bytes().await.unwrap();
    assert!(body.windows(9).any(|words| words == b"ProjectId"), "{body:?}");

    let other_project = demo.running.endpoint().replace("/api/1/", "/api/2/");
    let with_wrong_project = || demo.post(&other_project, Vec::new()).header("x-sentry-auth", demo.credentials());
    assert_eq!([status(with_wrong_project()).await, status(with_wrong_project()).await], [200, 403]);
}

#[tokio::test]
async fn credentials_that_are_missing_doubled_unreadable_or_too_short_are_refused() {
    let demo = Demo::start();
    let endpoint = demo.running.endpoint();
    let doubled = format!("{endpoint}?sentry_key={}", "a".repeat(32));
    let auth = |url: &str, value: &str| demo.post(url, Vec::new()).header("x-sentry-auth", value);
    assert_eq!(status(demo.post(&endpoint, Vec::new())).await, 401, "missing");
    assert_eq!(status(auth(&doubled, &demo.credentials())).await, 401, "doubled");
    assert_eq!(status(auth(&endpoint, "Bearer something")).await, 401, "unreadable");
    assert_eq!(status(auth(&endpoint, &format!("Sentry sentry_key={}", "a".repeat(31)))).await, 400, "31 characters");
}

#[tokio::test]
async fn wrong_paths_methods_projects_and_types_are_refused() {
    let demo = Demo::start();
    let endpoint = demo.running.endpoint();
    let auth = demo.credentials();
    let to = |url: String| demo.post(&url, Vec::new()).header("x-sentry-auth", &auth);
    assert_eq!(status(to(endpoint.replace("/v1/traces", "/v1/trace"))).await, 404);
    assert_eq!(status(to(endpoint.replace("/integration/otlp/v1/traces", "/envelope/"))).await, 404);
    assert_eq!(status(to(endpoint.replace("/api/1/", "/api/my-project/"))).await, 400);
    assert_eq!(status(demo.http.get(&endpoint).header("x-sentry-auth", &auth)).await, 405);
    let text = demo.http.post(&endpoint).header("x-sentry-auth", &auth).header("content-type", "text/plain");
    assert_eq!(status(text.body("hello")).await, 415);
    let typeless = demo.http.post(&endpoint).header("x-sentry-auth", &auth);
    assert_eq!(status(typeless.body(Vec::new())).await, 415);
}

#[tokio::test]
async fn compression_is_undone_within_bounds() {
    let demo = Demo::start();
    let compressed = |body: Vec<u8>| demo.export(body).header("content-encoding", "gzip");
    assert_eq!(status(compressed(gzip(&protobuf(vec![span(1, "root")])))).await, 200);
    assert_eq!(demo.running.received().totals().spans, 1);
    assert_eq!(status(compressed(b"not gzip".to_vec())).await, 400);
    let bomb = gzip(&vec![0; 13 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    assert_eq!(status(compressed(bomb)).await, 413);
}

#[tokio::test]
async fn errors_are_told_in_the_format_of_the_request() {
    let demo = Demo::start();
    let request = demo.http.post(demo.running.endpoint()).header("content-type", "application/json");
    let refused = request.body("{}").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let body: serde_json::Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
    assert_eq!(body, serde_json::json!({ "code": 16, "message": "missing authorization information" }));
}

#[tokio::test]
async fn a_receiver_may_live_under_a_prefix() {
    let options = demo_receiver::Options { prefix: "/sentry".to_owned(), ..Default::default() };
    let demo = Demo::start_with(options);
    assert!(demo.running.endpoint().contains("/sentry/api/1/integration/otlp/v1/traces"));
    assert!(demo.running.dsn().ends_with("/sentry/1"));
    assert_eq!(demo.sends(Vec::new()).await, 200);
    assert_eq!(demo.page("/requests").await.status(), 200);
}
