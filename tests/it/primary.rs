//! The database as the program wants it: a primary, whichever of several hosts that is, with sessions of its own.

use std::time::Duration;

use secrecy::SecretString;
use tracecast::app::{App, StartError};
use tracecast::config::{Config, Given, Source};
use url::Url;

use crate::delivery::postgres_proxy::PostgresProxy;
use crate::support::app::{SEALING_KEY, TestApp};
use crate::support::database::Database;
use crate::support::pooler::Pooler;

/// Why the program does not start on this database.
async fn refusal(url: &str) -> StartError {
    let mut config = Config::parse(&Given::defaults().with("keys", SEALING_KEY, Source::Argument)).unwrap();
    config.database_url = Some(SecretString::from(url));
    App::build(config).await.unwrap_err()
}

/// An address that names the hosts of all of these.
fn several(urls: &[String]) -> String {
    let host = |url: &String| Url::parse(url).unwrap().socket_addrs(|| None).unwrap()[0].to_string();
    let hosts: Vec<_> = urls.iter().map(host).collect();
    let url = Url::parse(&urls[0]).unwrap();
    let query = url.query().unwrap_or_default();
    format!("postgres://{}@{}{}?target_session_attrs=read-write&{query}", url.username(), hosts.join(","), url.path())
}

#[tokio::test(flavor = "multi_thread")]
async fn start_refuses_a_database_that_takes_no_writes_and_tries_again() {
    let database = Database::new().await;
    database.runs("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$").await;
    let refused = refusal(&database.url).await;
    assert!(matches!(refused, StartError::ReadOnly) && refused.may_pass(), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn start_refuses_a_pooler_whose_sessions_share_connections() {
    let database = Database::new().await;
    // Over TCP, because PgBouncer runs as a user whom the socket does not let in.
    let proxy = PostgresProxy::before(&database.url).await;
    for mode in ["transaction", "statement"] {
        let Some(pooler) = Pooler::before(&proxy.url(&database.url), mode) else { return };
        let refused = refusal(&pooler.url(&database.url)).await;
        assert!(matches!(refused, StartError::SharedSessions) && !refused.may_pass(), "{mode}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn program_works_behind_a_pooler_in_session_mode_that_has_no_settings_of_ours() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let Some(pooler) = Pooler::before(&proxy.url(&database.url), "session") else { return };
    let url = pooler.url(&database.url);
    let app = TestApp::start_through(database, &url).await;
    let cookie = app.signs_up("ada@example.com").await;
    app.switches(&cookie, "true").await;
    app.connects(&cookie).await;
    let key = app.creates_key(&cookie).await;
    let asked = app.asks(&key, r#"{"model":"demo/echo","messages":[{"role":"user","content":"hello"}]}"#).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    app.receives("chat demo/echo").await;
    let roles = "SELECT DISTINCT application_name || ': ' || usename FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tracecast web'";
    assert_eq!(app.database.reads(roles).await.len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn program_follows_the_primary_to_another_of_its_hosts() {
    let database = Database::new().await;
    let (one, other) = (PostgresProxy::before(&database.url).await, PostgresProxy::before(&database.url).await);
    let urls = ["postgres://nobody@127.0.0.1:1/none".to_owned(), one.url(&database.url), other.url(&database.url)];
    let url = several(&[urls[1].clone(), urls[0].clone(), urls[2].clone()]);
    let app = TestApp::start_through(database, &url).await;
    let cookie = app.signs_up("ada@example.com").await;
    assert!(other.statements().completed_by("tracecast web").await == 0, "the first host that takes writes is used");
    one.refuses();
    for _ in 0..600 {
        if app.gets(&cookie, "/settings/observability").await.status == 200 {
            assert!(other.statements().completed_by("tracecast web").await > 0);
            return app.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the program never found the other host");
}

#[tokio::test(flavor = "multi_thread")]
async fn start_names_hosts_of_which_none_takes_writes() {
    let refused = refusal("postgres://nobody@127.0.0.1:1,127.0.0.1:2/none").await;
    assert!(matches!(refused, StartError::NoPrimary) && refused.may_pass(), "{refused}");
}
