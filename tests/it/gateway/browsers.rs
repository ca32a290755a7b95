//! Clients in a browser (CORS): which sites' pages may ask models, and that nothing else opens to them.

use reqwest::Method;
use serde_json::json;
use tracecast::config::{Given, Source};

use super::server::{Got, Server, client, got, question, question_with};
use super::upstream::{ModelServer, Script};
use crate::support::app::TestApp;

const SITE: &str = "https://chat.example";
const ASKED: &str = "authorization,content-type,x-stainless-os";

async fn preflight(url: &str, path: &str, site: &str) -> Got {
    let request = client().request(Method::OPTIONS, format!("{url}{path}")).header("origin", site);
    let request = request.header("access-control-request-method", "POST");
    got(request.header("access-control-request-headers", ASKED)).await
}

#[tokio::test]
async fn preflight_of_a_listed_site_is_answered_at_the_asking_doors_only() {
    let server = Server::with(&[("cors-origins", "https://chat.example, http://localhost:5173")]).await;
    for path in
        ["/api/v1/chat/completions", "/v1//chat/completions/", "/v1/models", "/v1/responses", "/api/v1/messages"]
    {
        let answer = preflight(&server.url, path, SITE).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, SITE), "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), ASKED);
        assert_eq!(answer.header("access-control-allow-methods"), "GET, POST");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        assert!(answer.header("vary").contains("origin") && !answer.header("access-control-max-age").is_empty());
    }
    for path in ["/api/v1/openapi.json", "/api/v1/nothing", "/healthz"] {
        let answer = preflight(&server.url, path, SITE).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    let stranger = preflight(&server.url, "/v1/chat/completions", "https://evil.example").await;
    assert_eq!((stranger.status, stranger.header("access-control-allow-origin")), (403, ""));
    assert!(stranger.text.contains("TRACECAST_CORS_ORIGINS"), "{}", stranger.text);
}

#[tokio::test]
async fn answers_errors_and_streams_may_be_read_by_a_listed_site() {
    let server = Server::with(&[("cors-origins", SITE)]).await;
    let stream = question_with(&json!({ "stream": true }));
    for (request, status) in [
        (server.asking().json(&question()), 200),
        (server.asking().json(&stream), 200),
        (server.asking().body("{"), 400),
        (client().post(format!("{}/v1/chat/completions", server.url)).json(&question()), 401),
        (client().put(format!("{}/v1/chat/completions", server.url)), 405),
    ] {
        let answer = got(request.header("origin", SITE)).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, SITE), "{}", answer.text);
        let exposed = answer.header("access-control-expose-headers");
        assert!(exposed.contains("X-Generation-Id") && exposed.contains("Retry-After"), "{exposed}");
    }
    let stranger = got(server.asking().header("origin", "https://evil.example").json(&question())).await;
    assert_eq!((stranger.status, stranger.header("access-control-allow-origin")), (200, ""));
}

#[tokio::test]
async fn star_lets_every_site_ask_and_an_upstreams_failure_is_readable() {
    let upstream = ModelServer::start([Script::json(400, &json!({ "error": { "message": "No." } }))]).await;
    let server = Server::with(&[("cors-origins", "*"), ("upstream-base-url", &upstream.base_url)]).await;
    assert_eq!(preflight(&server.url, "/v1/chat/completions", "null").await.header("access-control-allow-origin"), "*");
    let answer = got(server.asking().header("origin", SITE).json(&question())).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (400, "*"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_closed_and_so_does_a_public_server_without_the_setting() {
    let public = |given: Given| given.with("public-url", "https://traces.example.com", Source::Argument);
    let app = TestApp::start_with(|given| public(given).with("cors-origins", "*", Source::Argument)).await;
    for path in ["/sign-in", "/healthz", "/api/v1/openapi.json", "/nothing"] {
        let page = got(client().get(format!("{}{path}", app.url)).header("origin", SITE)).await;
        assert_eq!(page.header("access-control-allow-origin"), "", "{path}");
    }
    app.stop().await;
    let app = TestApp::start_with(public).await;
    let refused = preflight(&app.url, "/v1/chat/completions", SITE).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (403, ""));
    app.stop().await;
}
