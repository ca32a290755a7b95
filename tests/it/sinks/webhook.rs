//! The kind `webhook` against a receiver that verifies by somebody else's library.

use secrecy::ExposeSecret as _;
use serde_json::Value;
use standardwebhooks::Webhook;
use tracecast::audit::Actor;
use tracecast::broadcast::{Replacing, replace_signing_secret};
use tracecast::id::{AccountId, DestinationId};
use wiremock::matchers::{header_exists, method};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{eventually, reaching};
use crate::five_steps::{count, request};
use crate::support::app::{Answer, TestApp};

const WEBHOOK: &str = "/settings/observability/webhook";
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

async fn receiver(status: u16) -> MockServer {
    let receiver = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).mount(&receiver).await;
    receiver
}

fn verifies(secret: &str, request: &Request) -> bool {
    Webhook::new(secret).unwrap().verify(&request.body, &request.headers).is_ok()
}

/// The name of the request's trace.
fn trace_name(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let root = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    Some(root["name"].as_str()?.to_owned())
}

/// The message about a trace of this name.
async fn message(receiver: &MockServer, name: &str, number: usize) -> Request {
    eventually(name, async || {
        let all = receiver.received_requests().await.unwrap();
        all.into_iter().filter(|request| trace_name(request).as_deref() == Some(name)).nth(number)
    })
    .await
}

async fn only<T>(app: &TestApp, column: &str) -> T
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    use sqlx::Connection as _;
    let mut connection = sqlx::PgConnection::connect(&app.database.admin_url).await.unwrap();
    let query = sqlx::AssertSqlSafe(format!("SELECT {column} FROM destinations"));
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_is_signed_over_its_very_bytes_and_by_both_secrets_while_one_is_replaced() {
    let receiver = receiver(204).await;
    let (app, cookie) = reaching(&receiver.address().to_string()).await;
    let url = format!("{}/traces", receiver.uri());
    let refused = app.posts_form(&cookie, WEBHOOK, &[("url", &url), ("secret", "whsec_cut")]).await;
    assert!(refused.status == 422 && refused.text.contains("be copied whole"), "{}", refused.text);
    let stored = app.posts_form(&cookie, WEBHOOK, &[("name", "Hook"), ("url", &url), ("secret", SECRET)]).await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let of_test = receiver.received_requests().await.unwrap();
    assert!(of_test.iter().all(|request| verifies(SECRET, request)), "the test is signed");
    assert!(of_test[0].headers.contains_key("x-test-connection"));

    let key = app.creates_key(&cookie).await;
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    let first = message(&receiver, "Error Analysis Agent", 0).await;
    assert!(verifies(SECRET, &first) && !first.headers.contains_key("x-test-connection"));
    assert!(!first.headers.contains_key("content-encoding"));

    let (account, id) = (AccountId(only(&app, "account_id").await), DestinationId(only(&app, "id").await));
    let actor = Actor::operator(account);
    let Replacing::Replaced(new) = replace_signing_secret(&app.state(), &actor, id).await.unwrap() else {
        panic!("nothing was replaced")
    };
    assert!(new.older_until.is_some());
    let secret = new.secret.expose_secret();
    eventually("a message by both", async || {
        assert_eq!(app.asks(&key, &request()).await.status, 200);
        let last = receiver.received_requests().await.unwrap().pop()?;
        (verifies(secret, &last) && verifies(SECRET, &last)).then_some(())
    })
    .await;
    let page = app.gets(&cookie, &stored.location).await;
    assert!(!page.text.contains(secret) && !page.text.contains(SECRET), "{}", page.text);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_without_a_secret_is_not_signed_and_one_that_is_gone_is_switched_off() {
    let receiver = MockServer::start().await;
    Mock::given(header_exists("x-test-connection")).respond_with(ResponseTemplate::new(200)).mount(&receiver).await;
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(200)).up_to_n_times(1).mount(&receiver).await;
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(410)).mount(&receiver).await;
    let (app, cookie) = reaching(&receiver.address().to_string()).await;
    let url = format!("{}/traces", receiver.uri());
    let stored = app.posts_form(&cookie, WEBHOOK, &[("name", "Hook"), ("url", &url), ("method", "PUT")]).await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let key = app.creates_key(&cookie).await;
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    eventually("the end", async || {
        (count(&app, "destinations WHERE switched_off_at IS NOT NULL AND NOT enabled").await == 1).then_some(())
    })
    .await;
    let all = receiver.received_requests().await.unwrap();
    assert!(all.iter().all(|request| !request.headers.contains_key("webhook-signature")));
    let deliveries = format!("{}/deliveries", stored.location.trim_end_matches("/edit"));
    let page = app.gets(&cookie, &deliveries).await;
    assert!(page.text.contains("wants no more requests"), "{}", page.text);
    let page = app.gets(&cookie, &stored.location).await;
    assert!(page.text.contains("The receiver said that it is gone"), "{}", page.text);
    app.stop().await;
}

/// The secret that a page shows; None: it shows none.
fn shown(answer: &Answer) -> Option<String> {
    let (_, rest) = answer.text.split_once("value=\"whsec_")?;
    Some(format!("whsec_{}", rest.split_once('"')?.0.replace("&#43;", "+").replace("&#61;", "=")))
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_secret_is_made_and_replaced_by_a_button_and_shown_once() {
    let receiver = receiver(204).await;
    let (app, cookie) = reaching(&receiver.address().to_string()).await;
    let url = format!("{}/traces", receiver.uri());
    let stored = app.posts_form(&cookie, WEBHOOK, &[("name", "Hook"), ("url", &url)]).await;
    assert_eq!(stored.status, 303, "{}", stored.text);
    let page = app.gets(&cookie, &stored.location).await;
    assert!(page.text.contains("your program cannot know the sender. You see"), "{}", page.text);
    let path = format!("{}/signing-secret", stored.location.trim_end_matches("/edit"));
    let made = app.posts_form(&cookie, &path, &[("revision", "1")]).await;
    let first = shown(&made).unwrap_or_else(|| panic!("{}", made.text));
    assert!(made.text.contains("from the next batch on"), "{}", made.text);
    let page = app.gets(&cookie, &stored.location).await;
    assert!(page.text.contains("Replace secret") && !page.text.contains(&first), "{}", page.text);

    let again = app.posts_form(&cookie, &path, &[("revision", "1")]).await;
    assert_eq!((again.status, shown(&again)), (409, None), "a reload replaces nothing");
    let replaced = app.posts_form(&cookie, &path, &[("revision", "2")]).await;
    let second = shown(&replaced).unwrap_or_else(|| panic!("{}", replaced.text));
    assert!(replaced.text.contains("sign for 24 hours"), "{}", replaced.text);

    let key = app.creates_key(&cookie).await;
    assert_eq!(app.asks(&key, &request()).await.status, 200);
    let message = message(&receiver, "Error Analysis Agent", 0).await;
    assert!(verifies(&second, &message) && verifies(&first, &message));
    app.stop().await;
}
