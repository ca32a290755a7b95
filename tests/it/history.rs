//! The history of a destination's settings: who changed what, and the way back (spec 10.3).

use serde_json::json;

use crate::support::app::TestApp;

/// Saves what is sent: what becomes of email addresses.
async fn saves(app: &TestApp, cookie: &str, destination: &str, revision: &str, email: &str) {
    let off = ["phone", "card", "iban", "ip", "token"].map(|name| (format!("sent-{name}"), "keep"));
    let rest = [
        ("revision", revision),
        ("sent-email", email),
        ("sent-user", "as_is"),
        ("sent-session", "as_is"),
        ("sent-metadata", "all"),
        ("sent-system-prompt", "on"),
        ("sent-tool-definitions", "on"),
        ("sent-tool-content", "on"),
        ("do", "save"),
    ];
    let off = off.iter().map(|(name, value)| (name.as_str(), *value));
    let form: Vec<_> = off.chain(rest).collect();
    let answer = app.posts_form(cookie, &format!("{destination}/sent"), &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn version_says_who_changed_what_and_is_restored_as_a_new_one_with_the_secrets_of_now() {
    const NOW: &str = "SELECT coalesce(redaction #>> '{redaction,email}', 'all') FROM destinations";
    const WHO: &str = "SELECT coalesce(string_agg(who, ' ' ORDER BY revision), '') FROM destination_revisions";
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    saves(&app, &cookie, &destination, "1", "mask").await;
    saves(&app, &cookie, &destination, "2", "hash").await;
    assert_eq!(app.database.reads(NOW).await, ["hash"]);
    assert_eq!(app.database.reads(WHO).await, ["ada@example.com ada@example.com ada@example.com"]);
    let secrets = app.database.reads("SELECT encode(sha256(secrets), 'hex') FROM destinations").await;

    let path = format!("{destination}/versions");
    let page = app.gets(&cookie, &path).await.text;
    for words in ["Version 3", "in force", "ada@example.com", "Email addresses:", "<del>mask</del>", "<ins>hash</ins>"]
    {
        assert!(page.contains(words), "`{words}` is not in {page}");
    }

    let answer = app.posts_form(&cookie, &path, &[("revision", "2"), ("version", "2")]).await;
    assert_eq!(answer.status, 409, "{}", answer.text);
    let answer = app.posts_form(&cookie, &path, &[("revision", "3"), ("version", "7")]).await;
    assert_eq!(answer.status, 404, "{}", answer.text);
    assert_eq!(app.database.reads(NOW).await, ["hash"]);
    let answer = app.posts_form(&cookie, &path, &[("revision", "3"), ("version", "2")]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(app.database.reads(NOW).await, ["mask"]);
    let page = app.gets(&cookie, &path).await.text;
    assert!(page.contains("<del>hash</del>") && page.contains("<ins>mask</ins>"), "{page}");
    assert_eq!(app.database.reads("SELECT encode(sha256(secrets), 'hex') FROM destinations").await, secrets);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_another_host_are_not_restored_without_their_secret() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let destination = app.connects(&cookie).await;
    saves(&app, &cookie, &destination, "1", "mask").await;
    // As if it had led elsewhere once.
    let elsewhere = json!("http://elsewhere.example/api/1/integration/otlp/v1/traces");
    let moved = format!(
        "UPDATE destination_revisions SET settings = jsonb_set(settings, '{{otlp_endpoint}}', '{elsewhere}') WHERE revision = 1"
    );
    app.database.runs(&moved).await;
    let path = format!("{destination}/versions");
    let answer = app.posts_form(&cookie, &path, &[("revision", "2"), ("version", "1")]).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert_eq!(app.database.reads("SELECT revision::text FROM destinations").await, ["2"]);
    app.stop().await;
}
