//! A key that was revoked at one web process opens nothing at another, whatever the way to the database is like (spec 3.1); and
//! where nothing is heard of the database, keys are believed for the grace and no longer.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use tracecast::app::{App, Roles, Serving};
use tracecast::config::{Config, Given, Source};

use super::value;
use crate::delivery::postgres_proxy::PostgresProxy;
use crate::support::app::TestApp;
use crate::support::http::client;

/// Long enough for a busy machine; a test that works does not wait for it.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a known key is believed in these tests while nothing is heard of the database.
const GRACE: Duration = Duration::from_secs(4);

/// Two web processes on one database, to which the other one's way leads through a proxy; and a key.
struct Two {
    one: TestApp,
    cookie: String,
    other: Serving,
    other_app: App,
    proxy: PostgresProxy,
    key: String,
    client: reqwest::Client,
}

impl Two {
    async fn start(grace: Duration) -> Self {
        let one = TestApp::start().await;
        let cookie = one.signs_up("ada@example.com").await;
        let key = one.creates_key(&cookie).await;
        let proxy = PostgresProxy::before(&one.database.url).await;
        let given = Given::defaults()
            .with("bind", "127.0.0.1:0", Source::Argument)
            .with("echo-delay", "0ms", Source::Argument)
            .with("key-grace", format!("{}s", grace.as_secs()), Source::Argument)
            .with("keys", "ab".repeat(32), Source::Argument);
        let mut config = Config::parse(&given).unwrap();
        config.database_url = Some(SecretString::from(proxy.url(&one.database.url)));
        let other_app = App::build(config).await.unwrap();
        let other = other_app.serve(Roles { web: true, worker: false }).unwrap();
        let two = Self { one, cookie, other, other_app, proxy, key, client: client() };
        until("both listen", async || two.listeners().await == 2).await;
        assert_eq!(two.status().await, 200);
        two
    }

    /// Connections that have heard all that was told, and do nothing else.
    async fn listeners(&self) -> i64 {
        let idle = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tracecast web, listening' \
                    AND datname = current_database() AND state = 'idle' AND query LIKE '%alive%'";
        value(&self.one, idle).await
    }

    /// What the other process answers to the key.
    async fn status(&self) -> u16 {
        let url = format!("http://{}/api/v1/chat/completions", self.other.address().unwrap());
        let body = r#"{"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}]}"#;
        let request = self.client.post(url).bearer_auth(&self.key).header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        answer.bytes().await.unwrap();
        status
    }

    /// The key is revoked at the first process, as a person does it.
    async fn revokes(&self) {
        let id: String = value(&self.one, "SELECT id::text FROM api_keys").await;
        let answer = self.one.posts_form(&self.cookie, &format!("/settings/keys/{id}/revoke"), &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }

    /// The other process goes on to let the key in, and then answers so.
    #[track_caller]
    fn lets_in_until(&self, refused: u16) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let begun = Instant::now();
            loop {
                match self.status().await {
                    200 => assert!(begun.elapsed() < PATIENCE, "{caller}: the key goes on working"),
                    status => return assert_eq!(status, refused, "{caller}: after {:?}", begun.elapsed()),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    async fn stop(self) {
        self.proxy.passes();
        self.other.stop().await;
        self.other_app.close().await;
        self.one.stop().await;
    }
}

#[track_caller]
fn until(what: &str, is_so: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        while !is_so().await {
            assert!(begun.elapsed() < PATIENCE, "{caller}: not within {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_refused_everywhere_within_a_second_however_far_the_database_is() {
    let two = Two::start(Duration::from_mins(5)).await;
    two.proxy.is_far(Duration::from_millis(300));
    for _ in 0..5 {
        assert_eq!(two.status().await, 200, "a database that is far away keeps nobody out");
    }
    two.revokes().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(two.status().await, 401);
    two.stop().await;
}

/// As after somebody revoked it behind the program's back, or where notifications do not come through.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_late_is_heeded() {
    let two = Two::start(Duration::from_mins(5)).await;
    two.proxy.is_far(Duration::from_millis(300));
    two.one.database.runs("UPDATE api_keys SET revoked_at = now()").await;
    two.lets_in_until(401).await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_end_everywhere_with_their_account() {
    let two = Two::start(Duration::from_mins(5)).await;
    two.proxy.is_far(Duration::from_millis(300));
    assert_eq!(two.status().await, 200);
    let form = [("account_name", "Acme"), ("password", super::PASSWORD)];
    let answer = two.one.posts_form(&two.cookie, "/settings/account/delete", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(two.status().await, 401);
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_cut_off_believes_a_key_for_the_grace_and_no_longer() {
    let two = Two::start(GRACE).await;
    // Longer than the grace nobody uses the key; but Postgres is there, and would tell of its end.
    tokio::time::sleep(GRACE + Duration::from_secs(1)).await;
    two.proxy.refuses();
    assert_eq!(two.status().await, 200, "callers do not notice a short absence");
    two.revokes().await;
    two.lets_in_until(503).await;
    assert_eq!(two.status().await, 503, "as for a key that nobody knows");
    two.proxy.passes();
    until("the database says that it was revoked", async || two.status().await == 401).await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_database_falls_silent_believes_a_key_for_the_grace_and_no_longer() {
    let two = Two::start(GRACE).await;
    two.proxy.swallows();
    assert_eq!(two.status().await, 200, "callers do not notice a short absence");
    two.revokes().await;
    two.lets_in_until(503).await;
    two.proxy.passes();
    until("the database says that it was revoked", async || two.status().await == 401).await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_told_while_nobody_listened_is_asked_for() {
    let two = Two::start(Duration::from_mins(5)).await;
    two.proxy.stalls();
    assert_eq!(two.status().await, 200, "callers do not notice a short absence");
    two.revokes().await;
    two.proxy.refuses();
    assert_eq!(two.status().await, 200, "nobody could tell it");
    two.proxy.is_far(Duration::from_millis(300));
    two.lets_in_until(401).await;
    two.stop().await;
}

/// Somebody listens and does not read, for days: Postgres then refuses every commit that notifies.
#[tokio::test(flavor = "multi_thread")]
async fn keys_end_though_nobody_can_be_told() {
    let app = TestApp::start().await;
    let cookie = app.signs_up("ada@example.com").await;
    let (revoked, other) = (app.creates_key(&cookie).await, app.creates_key(&cookie).await);
    // Filling the real queue takes 8 GB.
    let full = "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'too many notifications in the NOTIFY queue' USING ERRCODE = '54000'; END $$;
                DO $$ BEGIN
                    EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$";
    app.database.runs(full).await;
    let app = app.restarts_with(|given| given).await;
    let question = r#"{"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}]}"#;
    assert_eq!(app.asks(&revoked, question).await.status, 200);
    let id: String =
        value(&app, &format!("SELECT id::text FROM api_keys WHERE last_four = '{}'", &revoked[revoked.len() - 4..]))
            .await;
    assert_eq!(app.posts_form(&cookie, &format!("/settings/keys/{id}/revoke"), &[]).await.status, 303);
    assert_eq!(app.asks(&revoked, question).await.status, 401);
    assert_eq!(app.asks(&other, question).await.status, 200);
    let form = [("account_name", "Acme"), ("password", super::PASSWORD)];
    assert_eq!(app.posts_form(&cookie, "/settings/account/delete", &form).await.status, 303);
    assert_eq!(app.asks(&other, question).await.status, 401);
    app.stop().await;
}
