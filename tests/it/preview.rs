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

#[tokio::test(flavor = "multi_thread")]
async fn member_sees_the_preview_where_the_account_lets_members_read_and_saves_nothing() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let destination = app.connects(&ada).await;
    app.switches(&ada, "on").await;
    let key = app.creates_key(&ada).await;
    let invitation = app.invites(&ada, "member").await;
    let bob = app.joins(&invitation, "bob@example.com").await;
    let body = json!({
        "model": "demo/echo", "trace": { "trace_name": "first" },
        "messages": [{ "role": "user", "content": "write to ada@b.example now" }],
    });
    assert_eq!(app.asks(&key, &body.to_string()).await.status, 200);
    app.receives("first").await;
    let posts = async |button: &str| {
        let keep = ["sent-phone", "sent-card", "sent-iban", "sent-ip", "sent-token"].map(|name| (name, "keep"));
        let rest = [("sent-user", "as_is"), ("sent-session", "as_is"), ("sent-metadata", "all"), ("do", button)];
        let form = [("revision", "1"), ("sent-email", "mask")].into_iter().chain(keep).chain(rest);
        let form: Vec<_> = form.collect();
        app.posts_form(&bob, &format!("{destination}/sent"), &form).await
    };
    let button = r#"value="preview">Preview</button>"#;
    let page = async || app.gets(&bob, &format!("{destination}/edit")).await.text;
    assert!(!page().await.contains(button), "only admins read content");
    assert_eq!(posts("preview").await.status, 403);
    app.database.runs("UPDATE accounts SET content_readers = 'members'").await;
    let shown = page().await;
    assert!(shown.contains(button) && !shown.contains(r#"value="save">Save</button>"#), "{shown}");
    let preview = posts("preview").await;
    assert!(preview.status == 200 && preview.text.contains("ada@b.example"), "{}", preview.text);
    let read = "SELECT count(*)::text FROM audit_log WHERE event = 'content_read' AND actor_id IS NOT NULL";
    assert_eq!(app.database.reads(read).await, ["1"]);
    for button in ["save", "add-pattern", ""] {
        assert_eq!(posts(button).await.status, 403, "{button}");
    }
    assert_eq!(app.database.reads("SELECT revision::text FROM destinations").await, ["1"]);
    app.stop().await;
}
