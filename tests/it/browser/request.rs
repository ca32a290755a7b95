//! The page of a request, as people see it.

use serde_json::json;

use crate::support::app::TestApp;
use crate::support::browser::Browser;

#[tokio::test(flavor = "multi_thread")]
async fn request_is_open_to_everybody() {
    let app = TestApp::start().await;
    let Some(browser) = Browser::start(&app.url).await else { return };
    let cookie = app.signs_up("ada@example.com").await;
    let member = app.joins(&app.invites(&cookie, "member").await, "grace@example.com").await;
    app.connects(&cookie).await;
    app.switches(&cookie, "on").await;
    let body = json!({
        "model": "demo/echo", "user": "user_1", "session_id": "session_1",
        "trace": { "trace_name": "Weather report", "team": "birds" },
        "messages": [
            { "role": "system", "content": "Say what you know, and what you assume. ".repeat(40) },
            { "role": "user", "content": "Will it rain?" },
            { "role": "assistant", "tool_calls": [
                { "id": "call_1", "type": "function", "function": { "name": "forecast", "arguments": "{\"day\": 1}" } }] },
            { "role": "tool", "tool_call_id": "call_1", "content": "Rain from noon on." },
        ],
    });
    let answer = app.asks(&app.creates_key(&cookie).await, &body.to_string()).await;
    let id = serde_json::from_str::<serde_json::Value>(&answer.text).unwrap()["id"].as_str().unwrap().to_owned();
    app.receives("Weather report").await;
    browser.is_signed_in(&cookie).await;
    browser.opens(&format!("/activity/{id}")).await;
    browser.waits_for("What became of it").await;
    browser.waits_for("Rain from noon on.").await;
    browser.finds_nothing_wrong("a request").await;
    browser.follows("session_1").await;
    browser.waits_for("1. ").await;
    browser.waits_for("Rain from noon on.").await;
    browser.finds_nothing_wrong("a session").await;
    browser.opens(&format!("/activity/{id}")).await;
    browser.clicks("main a[href^='/activity/traces/']").await;
    browser.waits_for("Requests that share it").await;
    browser.finds_nothing_wrong("a trace").await;

    browser.is_signed_in(&member).await;
    browser.opens(&format!("/activity/{id}")).await;
    browser.waits_for("Only admins read conversations here").await;
    browser.finds_nothing_wrong("a request, as a member").await;
    browser.opens("/activity/gen-1-unknown").await;
    browser.waits_for("This request is not kept").await;
    browser.finds_nothing_wrong("a request that is not kept").await;
    browser.stop().await;
    app.stop().await;
}
