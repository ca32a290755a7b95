//! The preview of what is sent: one request in two ways, and nothing is saved or sent (spec 10.3).

use serde_json::json;

use crate::support::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn preview_shows_a_request_with_the_saved_settings_and_with_these_and_saves_and_sends_nothing() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    // Content that no destination may receive is not recorded.
    app.switches(&cookie, "on").await;
    let key = app.creates_key(&cookie).await;
    for (name, words) in [("first", "nothing to hide"), ("second", "write to ada@b.example now")] {
        let body = json!({
            "model": "demo/echo", "user": "user_12345", "trace": { "trace_name": name },
            "messages": [{ "role": "user", "content": words }],
        });
        assert_eq!(app.asks(&key, &body.to_string()).await.status, 200);
    }
    for name in ["first", "second"] {
        app.receives(name).await;
    }
    let newest = "SELECT generation_id FROM completed_requests ORDER BY xid, position";
    let ids = app.database.reads(newest).await;
    let before = app.database.reads("SELECT d::text FROM destinations d").await;
    let traces = app.receiver.received().traces().len();
    let off = ["phone", "card", "iban", "ip", "token"].map(|name| (format!("sent-{name}"), "keep"));
    let posts = async |of: &str| {
        let rest = [
            ("revision", "1"),
            ("sent-email", "mask"),
            ("sent-user", "hashed"),
            ("sent-session", "as_is"),
            ("sent-metadata", "all"),
            ("sent-system-prompt", "on"),
            ("sent-tool-definitions", "on"),
            ("sent-tool-content", "on"),
            ("preview-of", of),
            ("do", "preview"),
        ];
        let form: Vec<_> = off.iter().map(|(name, value)| (name.as_str(), *value)).chain(rest).collect();
        app.posts_form(&cookie, &format!("{destination}/sent"), &form).await
    };
    let answer = posts("").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for words in
        ["<mark>user_12345</mark>", "ada@b.example", "[email]", "tracecast.redactions", "Nothing was saved or sent."]
    {
        assert!(answer.text.contains(words), "`{words}` is not in {}", answer.text);
    }
    let answer = posts(&ids[0]).await;
    assert!(answer.text.contains("<mark>user_12345</mark>"), "{}", answer.text);
    assert!(!answer.text.contains("ada@b.example") && !answer.text.contains("tracecast.redactions"), "{}", answer.text);
    assert_eq!(app.database.reads("SELECT d::text FROM destinations d").await, before);
    let read = "SELECT string_agg(subject, ' ' ORDER BY id) FROM audit_log WHERE event = 'content_read'";
    assert_eq!(app.database.reads(read).await, [format!("{} {}", ids[1], ids[0])]);
    app.database.runs("UPDATE accounts SET content_readers = 'nobody'").await;
    let answer = posts("").await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert!(!answer.text.contains("ada@b.example"), "{}", answer.text);
    assert_eq!(app.receiver.received().traces().len(), traces);
    app.stop().await;
}
