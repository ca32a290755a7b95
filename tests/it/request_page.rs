//! The page of a request: what became of it, who may read what was said, and whose it is.

use std::time::Duration;

use serde_json::json;

use crate::security::members::joins;
use crate::support::app::TestApp;

const SECRET: &str = "The canary sings at four.";

/// Asks, and gives the request's name.
async fn asks(app: &TestApp, key: &str) -> String {
    let body = json!({
        "model": "demo/echo", "user": "user_1", "session_id": "session/one",
        "trace": { "trace_name": "Weather report", "environment": "production", "team": "birds" },
        "messages": [{ "role": "system", "content": "Be short." }, { "role": "user", "content": SECRET }],
    });
    let answer = app.asks(key, &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    serde_json::from_str::<serde_json::Value>(&answer.text).unwrap()["id"].as_str().unwrap().to_owned()
}

/// The page, as soon as it says this.
async fn says(app: &TestApp, cookie: &str, id: &str, words: &str) -> String {
    let mut text = String::new();
    for _ in 0..600 {
        text = app.gets(cookie, &format!("/activity/{id}")).await.text;
        if text.contains(words) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never says {words}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn page_of_a_request_says_what_became_of_it_what_is_known_and_what_was_said() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let key = app.creates_key(&cookie).await;
    let before = asks(&app, &key).await;
    let page = says(&app, &cookie, &before, "Left out everywhere: Broadcast was off").await;
    assert!(page.contains("Not recorded: Broadcast was off") && !page.contains(SECRET), "{page}");

    app.switches(&cookie, "on").await;
    let nowhere = asks(&app, &key).await;
    says(&app, &cookie, &nowhere, "This request went nowhere").await;

    let destination = app.connects(&cookie).await;
    let id = asks(&app, &key).await;
    let page = says(&app, &cookie, &id, "<strong>Delivered</strong>").await;
    for words in [
        "<h1>Weather report</h1>",
        "after the request ended, at ",
        "at the first attempt.",
        "HTTP 200, in ",
        "gen_ai.request.model",
        "user_1",
        "session/one",
        "birds",
        "Be short.",
        SECRET,
        &id,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains(&format!("{destination}/deliveries/")), "{page}");
    let later = says(&app, &cookie, &nowhere, "Not meant for it").await;
    assert!(later.contains("after the request completed."), "{later}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_shown_to_those_who_may_read_it_and_the_audit_log_says_to_whom() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    app.switches(&ada, "on").await;
    app.connects(&ada).await;
    let key = app.creates_key(&ada).await;
    let id = asks(&app, &key).await;
    assert!(says(&app, &bob, &id, "<strong>Delivered</strong>").await.contains("Only admins read conversations here"));
    let page = app.gets(&bob, &format!("/activity/{id}")).await.text;
    assert!(!page.contains(SECRET) && !page.contains("Be short."), "{page}");
    let read = "SELECT actor || ' ' || subject FROM audit_log WHERE event = 'content_read' ORDER BY id";
    assert!(app.database.reads(read).await.is_empty());

    assert!(app.gets(&ada, &format!("/activity/{id}")).await.text.contains(SECRET));
    app.gets(&ada, &format!("/activity/{id}")).await;
    let found = app.database.reads(read).await;
    // The hour may have changed between the two.
    assert!(found.len() <= 2 && found[0] == format!("ada@example.com {id}"), "{found:?}");
    let nobody = app.posts_form(&ada, "/settings/account/content-readers", &[("content_readers", "nobody")]).await;
    assert_eq!(nobody.status, 303);
    let page = app.gets(&ada, &format!("/activity/{id}")).await.text;
    assert!(page.contains("Nobody reads conversations here") && !page.contains(SECRET), "{page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn request_of_another_account_is_as_unknown_as_one_that_never_was() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.signs_up("ada@example.com").await, app.signs_up("eve@example.com").await);
    let id = asks(&app, &app.creates_key(&ada).await).await;
    says(&app, &ada, &id, "<h1>Weather report</h1>").await;
    let foreign = app.gets(&eve, &format!("/activity/{id}")).await;
    assert_eq!(foreign.status, 404);
    for unknown in ["gen-1-unknown", "%00", "gen-1795962714-hFm6Av9rEF3NMfxjJXWk", "x%27%3B--", &"long".repeat(2_000)] {
        let answer = app.gets(&eve, &format!("/activity/{unknown}")).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, foreign.text.as_str()), "{unknown}");
    }
    assert!(foreign.text.contains("This request is not kept") && foreign.text.contains("class=\"sections\""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payload_is_shown_as_it_was_sent_with_masked_secrets_to_those_who_may_read_it() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let bob = joins(&app, &ada, "member", "bob@example.com").await;
    app.switches(&ada, "on").await;
    app.connects(&ada).await;
    let id = asks(&app, &app.creates_key(&ada).await).await;
    let page = says(&app, &ada, &id, "Built again from the record").await;
    let received = app.receives("Weather report").await;
    let dsn = app.receiver.dsn();
    let secret = dsn.split("//").nth(1).unwrap().split('@').next().unwrap();
    assert!(page.contains("x-sentry-auth") && page.contains("$SECRET") && !page.contains(secret), "{page}");
    assert!(page.contains("bytes of OTLP protobuf") || page.contains("kB of OTLP protobuf"), "{page}");
    assert!(page.contains(&received.trace_id) && !page.contains("Another version of Tracecast sent it"), "{page}");

    let json = app.gets(&ada, &format!("/activity/{id}?file=json")).await;
    let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    let span = &json["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!((&span["traceId"], &span["name"]), (&json!(received.trace_id), &json!("Weather report")));
    let wire = app.gets(&ada, &format!("/activity/{id}?file=wire")).await;
    assert!(wire.status == 200 && wire.text.contains("Weather report"), "{}", wire.text);

    let sealed = app.gets(&bob, &format!("/activity/{id}")).await.text;
    assert!(sealed.contains("What was sent holds the conversation") && !sealed.contains("resourceSpans"), "{sealed}");
    assert_eq!(app.gets(&bob, &format!("/activity/{id}?file=json")).await.status, 404);
    app.database.runs("UPDATE deliveries SET encoder = 1").await;
    assert!(app.gets(&ada, &format!("/activity/{id}")).await.text.contains("Another version of Tracecast sent it"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_of_what_a_rule_left_out_quotes_the_rule_as_it_was() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "on").await;
    app.connects(&cookie).await;
    let key = app.creates_key(&cookie).await;
    let rule = |value| {
        let rule = json!({ "field": "environment", "operator": "equals", "value": value });
        let group = json!({ "logic": "and", "rules": [rule] });
        json!({ "version": 1, "filter_rules": { "enabled": true, "groups": [group] } }).to_string()
    };
    let stores = async |rule: String| {
        let statement = format!(
            "UPDATE destinations SET selection = '{rule}', revision = revision + 1;
             INSERT INTO destination_revisions (account_id, destination_id, revision, kind, privacy_mode, settings, masked, target, selection)
             SELECT account_id, id, revision, kind, privacy_mode, settings, masked, target, selection FROM destinations"
        );
        app.database.runs(&statement).await;
    };
    stores(rule("staging")).await;
    let id = asks(&app, &key).await;
    let page = says(&app, &cookie, &id, "<strong>Left out</strong> by filter rule 1: ").await;
    assert!(page.contains("<code>environment</code> is staging."), "{page}");
    assert!(page.contains("The rules have not changed since."), "{page}");
    stores(rule("production")).await;
    let page = app.gets(&cookie, &format!("/activity/{id}")).await.text;
    assert!(page.contains("<code>environment</code> is staging.") && page.contains("have changed since."), "{page}");
    app.stop().await;
}
