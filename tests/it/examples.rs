//! The model that the examples of pages ask for: one that answers here.

use serde_json::json;

use crate::gateway::upstream::{ModelServer, Script};
use crate::support::app::TestApp;
use tracecast::config::Source;

/// What the page of a new key and that of the five steps ask for, and whether they say that it is to be replaced.
async fn examples(app: &TestApp, cookie: &str) -> [(Vec<String>, bool); 2] {
    let new_key = app.posts_form(cookie, "/settings/keys", &[("name", "app"), ("type", "inference")]).await.text;
    [new_key, app.gets(cookie, "/settings/observability").await.text].map(|page| {
        let quoted = |before: &'static str| {
            page.split(before).skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned))
        };
        let models = quoted(r#""model": ""#).chain(quoted(r#"model=""#)).collect();
        (models, page.contains("in place of <code>MODEL</code>"))
    })
}

/// What both pages are to show.
fn ask_for(model: &str) -> [(Vec<String>, bool); 2] {
    let is_placeholder = model == "MODEL";
    [(vec![model.to_owned(); 2], is_placeholder), (vec![model.to_owned()], is_placeholder)]
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_ask_for_the_built_in_model_where_it_is_the_only_one() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    assert_eq!(examples(&app, &cookie).await, ask_for("demo/echo"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_ask_for_a_listed_model_once_one_is_known_and_ask_no_server_for_it() {
    let data = json!([{ "id": "a'; reboot #" }, { "id": "meta/llama-3.3" }, { "id": "other" }]);
    let upstream = ModelServer::start([Script::json(200, &json!({ "data": data }))]).await;
    let base_url = upstream.base_url.clone();
    let app = TestApp::start_with(|given| given.with("upstream-base-url", base_url, Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    assert_eq!(examples(&app, &cookie).await, ask_for("MODEL"));
    assert!(upstream.asked().is_empty(), "a page asks no model server");
    let key = app.creates_key(&cookie).await;
    assert_eq!(app.lists_models(&key).await.status, 200);
    assert_eq!(examples(&app, &cookie).await, ask_for("meta/llama-3.3"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_ask_for_a_model_that_the_operators_table_names_and_that_speaks_their_api() {
    let table = json!({ "upstreams": [
        { "name": "a", "base_url": "http://a/v1", "models": ["claude"], "speaks": ["anthropic"] },
        { "name": "b", "base_url": "http://b/v1", "models": ["b/*", "gpt-4o"] }] });
    let app = TestApp::start_with(|given| given.with("upstreams", table.to_string(), Source::Argument)).await;
    let cookie = app.signs_up("ada@example.com").await;
    assert_eq!(examples(&app, &cookie).await, ask_for("gpt-4o"));
    app.stop().await;
}
