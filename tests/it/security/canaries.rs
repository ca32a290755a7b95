//! Canaries: markup that must never come out raw, and secrets that must never come out at all.

use tracecast::config::Source;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{PASSWORD, executes, signs_in, value};
use crate::support::app::TestApp;

/// Breaks out of text, attributes and scripts, were it not escaped.
const MARKUP: &str = "\"'><script>canary</script><img src=x onerror=canary>{{7*7}}";
const RAW: [&str; 3] = ["<script>canary", "<img src=x", "49"];

/// Every page that shows something which somebody typed.
async fn pages(app: &TestApp, cookie: &str, destination: &str) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    let key: String = value(app, "SELECT id::text FROM api_keys LIMIT 1").await;
    for path in [
        "/settings/observability".to_owned(),
        "/activity?range=all".to_owned(),
        format!("{destination}/edit"),
        format!("{destination}/delete"),
        "/settings/keys".to_owned(),
        format!("/settings/keys/{key}/revoke"),
        "/settings/members".to_owned(),
        "/settings/members/leave".to_owned(),
        "/settings/account".to_owned(),
        "/settings/account/you".to_owned(),
        "/settings/account/delete".to_owned(),
        "/settings/account/audit".to_owned(),
        "/settings/account/audit.csv".to_owned(),
        "/settings/account/second-factor".to_owned(),
    ] {
        let answer = app.gets(cookie, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        shown.push((path, answer.text));
    }
    shown
}

fn is_harmless(path: &str, page: &str) {
    let (page, raw) = if path.ends_with(".csv") { ("", &RAW[..0]) } else { (page, &RAW[..2]) };
    for raw in raw {
        assert!(!page.contains(raw), "{raw} on {path}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_every_field_is_shown_as_text() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let destination = app.connects(&ada).await;
    app.creates_key(&ada).await;
    app.posts_form(&ada, "/settings/keys", &[("name", MARKUP), ("type", "inference")]).await;
    app.posts_form(&ada, "/settings/account/name", &[("name", MARKUP)]).await;
    app.posts_form(&ada, &format!("{destination}/defaults"), &[("name", MARKUP), ("revision", "1")]).await;
    executes(&app, "UPDATE sessions SET device = '<script>canary</script>', address = '<script>canary</script>'").await;
    executes(
        &app,
        "UPDATE destinations SET health = 'failing', reason = '<script>canary</script>', failing_since = now()",
    )
    .await;
    let shown = pages(&app, &ada, &destination).await;
    for (path, page) in &shown {
        is_harmless(path, page);
    }
    let escaped = shown.iter().filter(|(_, page)| page.contains("&#60;script&#62;canary")).count();
    assert!(escaped >= 7, "the canaries are on the pages, as text: {escaped}");

    let invitation = app.invites(&ada, "member").await;
    let stranger = app.signs_up("eve@example.com").await;
    for (cookie, path) in
        [("", invitation.clone()), (&*stranger, invitation), ("", "/sign-in?next=/%22%3E%3Cscript%3Ecanary".to_owned())]
    {
        is_harmless(&path, &app.gets(cookie, &path).await.text);
    }
    for (path, field) in [
        ("/sign-in", "email"),
        ("/sign-in", "next"),
        ("/sign-up", "account_name"),
        ("/sign-up", "email"),
        ("/settings/keys", "name"),
        ("/settings/account/delete", "account_name"),
        ("/settings/observability/sentry", "dsn"),
        ("/settings/observability/sentry", "otlp_endpoint"),
        ("/settings/observability/sentry", "environment"),
        ("/settings/observability/sentry", "name"),
    ] {
        is_harmless(path, &app.posts_form(&ada, path, &[(field, MARKUP)]).await.text);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_the_answer_of_a_receiver_is_shown_as_text_and_cut() {
    let receiver = MockServer::start().await;
    let long = format!("{MARKUP}{}", "x".repeat(5_000));
    for (status, body) in [(400, long.as_str()), (403, MARKUP), (500, MARKUP)] {
        receiver.reset().await;
        let answer =
            ResponseTemplate::new(status).set_body_string(body).insert_header("server", "<script>canary</script>");
        Mock::given(any()).respond_with(answer).mount(&receiver).await;
        let address = receiver.address().to_string();
        let app = TestApp::start_with(|given| given.with("egress-allow", address.clone(), Source::Argument)).await;
        let ada = app.signs_up("ada@example.com").await;
        let dsn = format!("http://7c1f6e0b2a9d4c35b8e06f1d5a72943e@{address}/1");
        let page = app.posts_form(&ada, "/settings/observability/sentry", &[("dsn", dsn.as_str())]).await;
        assert_eq!(page.status, 422, "{}", page.text);
        is_harmless("the verdict", &page.text);
        assert!(!page.text.contains(&"x".repeat(400)), "the answer is cut");
        app.stop().await;
    }
}

/// Everything that is stored, as text; bytes as hexadecimal digits.
async fn dump(app: &TestApp) -> String {
    let tables: Vec<String> =
        value(app, "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'").await;
    let mut whole = String::new();
    for table in tables {
        whole +=
            &value::<String>(app, &format!("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t")).await;
    }
    whole
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_database_or_on_a_page_in_a_form_that_anybody_can_read() {
    let app = TestApp::start().await;
    let ada = app.signs_up("ada@example.com").await;
    let destination = app.connects(&ada).await;
    let key = app.creates_key(&ada).await;
    let invitation = app.invites(&ada, "member").await;
    let session = signs_in(&app, "ada@example.com", PASSWORD).await.session;
    let page = app.posts_form(&ada, "/settings/account/second-factor/new", &[]).await.text;
    let totp: String = page.split("id=\"totp-key\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    app.posts_form(&ada, "/settings/observability/broadcast", &[("enabled", "true")]).await;
    app.asks(&key, r#"{"model":"m","messages":[{"role":"user","content":"x"}],"trace":{"trace_name":"canary trace"}}"#)
        .await;
    app.receives("canary trace").await;

    let dsn = app.receiver.dsn();
    let public_key = dsn.split(['/', '@']).nth(2).unwrap();
    let secrets =
        [PASSWORD, public_key, &key, invitation.rsplit('/').next().unwrap(), session.split('=').nth(1).unwrap(), &totp];
    let dump = dump(&app).await;
    assert!(dump.contains("ada@example.com") && dump.contains(&hex::encode("canary trace")), "the dump is complete");
    for secret in secrets {
        assert!(!dump.contains(secret) && !dump.contains(&hex::encode(secret)), "{secret} is in the database");
    }
    for (path, page) in pages(&app, &ada, &destination).await {
        for secret in secrets {
            assert!(!page.contains(secret), "{secret} is on {path}");
        }
    }
    app.stop().await;
}
