//! What programs call wears headers, too, and answers to known names only (spec 5.4, 5.5).

use actix_web::middleware::from_fn;
use actix_web::web;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tracecast::config::{Given, Source};

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::handlers;
use crate::support::http::client;
use crate::support::listener::free_port;
use crate::support::program::Program;

const QUESTION: &str = r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#;
const STREAMED: &str = r#"{"model":"demo/echo","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;

fn over_https(given: Given) -> Given {
    given.with("public-url", "https://traces.example.com", Source::Argument)
}

#[track_caller]
fn is_dressed(response: &Response, is_https: bool, what: &str) {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (name, value) in [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", if is_https { "max-age=31536000; includeSubDomains" } else { "" }),
    ] {
        assert_eq!(header(name), value, "{what}: {name}");
    }
    assert_eq!(header("access-control-allow-origin"), "", "{what}");
    let kept = matches!(what, "/api/v1/openapi.json" | "another origin");
    assert_eq!(header("cache-control"), if kept { "public, max-age=300" } else { "no-store" }, "{what}");
}

/// A request for each kind of answer that is no page.
fn requests(app: &TestApp, key: &str) -> Vec<(&'static str, RequestBuilder, u16)> {
    let ask = |method: Method, path: &str| client().request(method, format!("{}{path}", app.url));
    let complete = |body: &'static str| {
        let request = ask(Method::POST, "/api/v1/chat/completions").header("content-type", "application/json");
        request.body(body)
    };
    vec![
        ("/healthz", ask(Method::GET, "/healthz"), 200),
        ("/healthz by POST", ask(Method::POST, "/healthz"), 405),
        ("/readyz", ask(Method::GET, "/readyz"), 200),
        ("/api/v1/openapi.json", ask(Method::GET, "/api/v1/openapi.json"), 200),
        ("/v1/openapi.json by POST", ask(Method::POST, "/v1/openapi.json"), 405),
        ("TRACE", ask(Method::TRACE, "/api/v1/openapi.json"), 405),
        ("TRACE of nothing", ask(Method::TRACE, "/api/v1"), 404),
        ("another origin", ask(Method::GET, "/v1/openapi.json").header("origin", "https://evil.example"), 200),
        ("no such address", ask(Method::GET, "/api/v1/nothing"), 404),
        ("no such version", ask(Method::GET, "/api/v9/nothing"), 404),
        ("no key", complete(QUESTION), 401),
        ("no JSON", complete("{").bearer_auth(key), 400),
        ("another type", complete(QUESTION).bearer_auth(key).header("content-encoding", "br"), 415),
        ("an answer", complete(QUESTION).bearer_auth(key), 200),
        ("a stream", complete(STREAMED).bearer_auth(key), 200),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_no_page_wears_headers_that_make_it_none() {
    for is_https in [false, true] {
        let app = TestApp::start_with(|given| if is_https { over_https(given) } else { given }).await;
        let cookie = app.signs_up("ada@example.com").await;
        let key = app.creates_key(&cookie).await;
        for (what, request, status) in requests(&app, &key) {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), status, "{what}");
            is_dressed(&response, is_https, what);
        }
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_reach_the_server_by_its_own_names_the_operators_and_addresses() {
    let app = TestApp::start_with(|given| over_https(given).with("allowed-hosts", "tracecast", Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    let key = app.creates_key(&cookie).await;
    for ours in ["traces.example.com", "tracecast:8080", "127.0.0.1", "10.1.2.3:8080", "[fd00::1]:8080", "localhost"] {
        for (what, request, status) in requests(&app, &key) {
            assert_eq!(request.header("host", ours).send().await.unwrap().status(), status, "{what} of {ours}");
        }
    }
    for other in ["evil.example", "tracecast.evil.example", "traces.example.com.", "b\u{fc}cher"] {
        for (what, request, _) in requests(&app, &key) {
            let response = request.header("host", other.as_bytes()).send().await.unwrap();
            assert_eq!(response.status(), 421, "{what} of {other}");
            is_dressed(&response, true, "421");
            // OpenAI's clients look for a word of the model server's there.
            let code = if response.url().path().starts_with("/v1/") { Value::Null } else { 421.into() };
            let body: Value = response.json().await.unwrap();
            let message = body["error"]["message"].as_str().unwrap();
            assert!(body["error"]["code"] == code && message.contains("TRACECAST_ALLOWED_HOSTS"), "{body}");
        }
    }
    app.stop().await;
}

async fn panics() -> &'static str {
    panic!("on purpose")
}

#[actix_web::test]
async fn a_panic_before_a_program_becomes_an_answer_in_the_envelope() {
    let server = crate::gateway::server::Server::start().await;
    let (url, handle) = handlers::serve(server.state.clone(), |config| {
        let api = web::scope("").wrap(from_fn(tracecast::api::edge::edge));
        config.service(api.route("/panics", web::get().to(panics)));
    });
    for _ in 0..3 {
        let response = client().get(format!("{url}/panics")).send().await.unwrap();
        assert_eq!(response.status(), 500);
        is_dressed(&response, false, "a panic");
        let body = response.text().await.unwrap();
        assert!(body.starts_with("{\"error\":{\"code\":500") && !body.contains("on purpose"), "{body}");
    }
    handle.stop(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_no_page_either() {
    let database = Database::new().await;
    let metrics = format!("127.0.0.1:{}", free_port(&["127.0.0.1"]));
    let keys = "ab".repeat(32);
    let settings = [("DATABASE_URL", &*database.url), ("TRACECAST_KEYS", &keys), ("TRACECAST_METRICS_BIND", &metrics)];
    let _program = Program::serve(&settings);
    let response = client().get(format!("http://{metrics}/metrics")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    is_dressed(&response, false, "the numbers");
}
