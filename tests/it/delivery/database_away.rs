//! Postgres goes away and comes back: callers do not notice, nothing is lost within the bound, and what is lost beyond it is
//! counted (spec 4.1, 4.2).

use std::str::FromStr as _;
use std::time::Duration;

use rustix::process::Signal;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use tracecast::app::{App, Roles, Serving};
use tracecast::config::{Config, Given, Source};
use tracecast::id::ApiKeyId;
use tracecast::random::Random;
use tracecast::recorder::BUFFER_BYTES;
use tracecast::store::Store;
use tracecast::store::api_keys::{self, NewKey};
use tracecast::token::{ApiKey, ApiKeyType};

use super::own_cluster::OwnCluster;
use super::postgres_proxy::PostgresProxy;
use super::short_or_long;
use super::stage::{Stage, Tenant, name, sealing_key};
use crate::support::database::Database;
use crate::support::http::client;

/// Requests that are answered one after the other while Postgres is away, with a pause between two: for longer than a key that was
/// looked up counts as fresh.
const REQUESTS: usize = 200;
const PAUSE: Duration = Duration::from_millis(15);

/// Nobody's answer waits for Postgres: neither for a connection (5 s) nor for a key to be looked up (10 s).
const SOON: Duration = Duration::from_secs(4);

/// A gateway whose Postgres lies behind a proxy.
struct Gateway {
    url: String,
    key: String,
    serving: Serving,
    app: App,
}

impl Gateway {
    async fn start(stage: &Stage, tenant: &Tenant) -> Self {
        let given = Given::defaults()
            .with("bind", "127.0.0.1:0", Source::Argument)
            .with("echo-delay", "0ms", Source::Argument)
            .with("keys", sealing_key(), Source::Argument);
        let mut config = Config::parse(&given).unwrap();
        config.database_url = Some(SecretString::from(stage.url.clone()));
        let app = App::build(config).await.unwrap();
        let key = ApiKey::new(ApiKeyType::Inference, Random).unwrap();
        let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
        let id = ApiKeyId(Random.uuid());
        let new = NewKey { id, key: &key, name: "app", created_by: None, expires_at: None };
        api_keys::create(&mut transaction, &new).await.unwrap();
        transaction.commit().await.unwrap();
        let serving = app.serve(Roles { web: true, worker: false }).unwrap();
        Self { url: format!("http://{}", serving.address().unwrap()), key: key.reveal().to_owned(), serving, app }
    }

    /// Asks. The request's name comes back.
    async fn asks(&self, client: &reqwest::Client) -> (u16, String) {
        let body = r#"{"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}]}"#;
        let request = client.post(format!("{}/api/v1/chat/completions", self.url)).bearer_auth(&self.key);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let name = answer.headers().get("x-generation-id").map(|name| name.to_str().unwrap().to_owned());
        answer.bytes().await.unwrap();
        (status, name.unwrap_or_default())
    }

    async fn stop(self) {
        self.serving.stop().await;
        self.app.close().await;
    }
}

/// How quick the answers are is measured by `./bench --only gateway`. Here Postgres comes back only when all have come.
#[tokio::test(flavor = "multi_thread")]
async fn gateway_answers_while_postgres_is_away_and_nothing_is_lost() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let stage = Stage::on(&proxy.url(&database.url), &database.admin_url).await;
    let tenant = stage.tenant(&[1]).await;
    let gateway = Gateway::start(&stage, &tenant).await;
    let _worker = stage.worker();
    let before = stage.records(&tenant, std::iter::once(name("before", 0))).await;
    stage.until("the worker works", |log| log.distinct(1) == before.len()).await;
    let client = client();
    let mut sent = before;
    for away in [Away::Not, Away::Refused, Away::Not, Away::Silent, Away::Not] {
        match away {
            Away::Not => proxy.passes(),
            Away::Refused => proxy.refuses(),
            Away::Silent => proxy.stalls(),
        }
        for _ in 0..short_or_long(REQUESTS, 7 * REQUESTS) {
            let answer = tokio::time::timeout(SOON, gateway.asks(&client)).await;
            let (status, name) = answer.unwrap_or_else(|_| panic!("a caller waits while Postgres is {away:?}"));
            assert_eq!(status, 200, "while Postgres was {away:?}");
            sent.push(name);
            tokio::time::sleep(PAUSE).await;
        }
    }
    stage.until("all arrive", |log| log.distinct(1) >= sent.len()).await;
    stage.receiver.read(|log| {
        log.assert_none_missing(1, &sent);
        log.assert_the_same_on_every_repeat();
    });
    gateway.stop().await;
    assert_eq!(stage.count("SELECT count(*) FROM losses").await, 0);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Away {
    Not,
    Refused,
    Silent,
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_and_crashes_of_postgres_lose_no_request_and_write_none_twice() {
    let cluster = OwnCluster::durable().await;
    let stage = Stage::on(&cluster.url(), &cluster.admin_url()).await;
    let tenant = stage.tenant(&[1]).await;
    let recording = stage.recording(&tenant);
    let mut sent = Vec::new();
    for round in 0..short_or_long(2, 10) {
        let again = async {
            for _ in 0..50 {
                ends_connections(&stage).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if round % 2 == 0 { cluster.restarts().await } else { cluster.crashes().await }
        };
        let complete = async {
            for number in 0..300 {
                sent.push(name(&format!("again{round}"), number));
                recording.record(sent.last().unwrap());
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        };
        tokio::join!(again, complete);
    }
    let buffer = recording.recorder.buffer();
    recording.ends().await;
    assert_eq!(buffer.lost(), 0);
    let mut written: Vec<String> = sqlx::query_scalar("SELECT generation_id FROM completed_requests ORDER BY 1")
        .fetch_all(&mut stage.sql().await)
        .await
        .unwrap();
    written.sort_unstable();
    sent.sort_unstable();
    assert_eq!(written, sent);
}

/// What an administrator, a failover or a pooler does: sessions end, also in the middle of a statement.
async fn ends_connections(stage: &Stage) {
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'tracecast test'";
    stage.count(end).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_buffer_cannot_hold_is_lost_and_counted_and_nothing_else() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let stage = Stage::on(&proxy.url(&database.url), &database.admin_url).await;
    let tenant = stage.tenant(&[1]).await;
    proxy.refuses();
    let recording = stage.recording(&tenant);
    let buffer = recording.recorder.buffer();
    let mut number = 0;
    while buffer.lost() < 10 {
        recording.records_large(&name("full", number));
        number += 1;
        assert!(buffer.bytes() <= BUFFER_BYTES, "{} bytes wait", buffer.bytes());
        assert!(number < 2_000, "what does not fit is not counted");
    }
    let lost = i64::try_from(buffer.lost()).unwrap();
    proxy.passes();
    recording.ends().await;
    let kept = i64::try_from(number).unwrap() - lost;
    stage.until_count("SELECT count(*) FROM completed_requests", kept).await;
    stage.until_count("SELECT coalesce(sum(requests), 0)::bigint FROM losses", lost).await;
    let names = "SELECT count(DISTINCT generation_id) FROM completed_requests";
    assert_eq!(stage.count(names).await, kept, "a commit that broke off is not written twice");
    assert!(kept > 50, "{kept} of {number}");
}

/// After a reboot both start at the same time, and whatever starts a program again gives up soon.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_starts_before_its_database_waits_for_it() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let mut stage = Stage::on(&database.url, &database.admin_url).await;
    let tenant = stage.tenant(&[1]).await;
    let sent = stage.records(&tenant, std::iter::once(name("early", 0))).await;
    stage.url = proxy.url(&database.url);
    proxy.refuses();
    let mut worker = stage.worker();
    worker.logs("waits for the database").await;
    proxy.passes();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    worker.signal(Signal::TERM);
    worker.ends_well_within(Duration::from_secs(20)).await;
}

/// Who waits for nothing is told to go, too, and ends as well as one that works: an orchestrator may have changed its mind.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_waits_for_its_database_ends_well_when_it_is_told_to() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let mut stage = Stage::on(&database.url, &database.admin_url).await;
    stage.url = proxy.url(&database.url);
    proxy.refuses();
    for signal in [Signal::TERM, Signal::INT] {
        let mut worker = stage.worker();
        worker.logs("waits for the database").await;
        worker.signal(signal);
        worker.ends_well_within(Duration::from_secs(20)).await;
    }
}

/// A database that takes longer for an answer than what is known of the settings counts as fresh.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_its_time_for_every_answer_does_not_stop_delivery() {
    let database = Database::new().await;
    let proxy = PostgresProxy::before(&database.url).await;
    let mut stage = Stage::on(&database.url, &database.admin_url).await;
    let tenant = stage.tenant(&[1]).await;
    stage.url = proxy.url(&database.url);
    let mut worker = stage.worker();
    let before = stage.records(&tenant, std::iter::once(name("before", 0))).await;
    stage.until("the worker works", |log| log.distinct(1) == before.len()).await;
    proxy.slows(Duration::from_millis(600));
    let sent = stage.records(&tenant, (0..10).map(|number| name("slowly", number))).await;
    stage.until("all arrive", |log| log.distinct(1) == before.len() + sent.len()).await;
    worker.signal(Signal::TERM);
    worker.ends_well_within(Duration::from_secs(20)).await;
    stage.receiver.read(|log| log.assert_each_once(1, &[before, sent].concat()));
}

/// The commit happened, its answer did not come, and the next try falls into the next day, whose partition knows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_broke_off_before_midnight_is_not_written_again_after_it() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    let name = name("midnight", 0);
    stage.records(&tenant, std::iter::once(name.clone())).await;
    let midnight = "UPDATE completed_requests SET recorded_at = recorded_at - interval '1 day'";
    sqlx::raw_sql(midnight).execute(&mut stage.sql().await).await.unwrap();

    let (recording, blocked) = (stage.recording(&tenant), stage.blocks_the_log().await);
    recording.record(&name);
    blocked.until_written_to().await;
    blocked.breaks_off().await;
    blocked.opens().await;
    recording.ends().await;
    assert_eq!(stage.count("SELECT count(*) FROM completed_requests").await, 1);
}

/// Somebody listens and does not read, for days: Postgres then refuses every commit that notifies.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_of_notifications_loses_nothing() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    // Filling the real one takes 8 GB.
    sqlx::raw_sql(
        "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'too many notifications in the NOTIFY queue' USING ERRCODE = '54000'; END $$;
         DO $$ BEGIN
             EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$",
    )
    .execute(&mut stage.sql().await)
    .await
    .unwrap();
    let options = PgConnectOptions::from_str(&stage.url).unwrap().options([("app.upkeep", "on")]);
    let recording = Stage::recording_on(Store::open(options, "tracecast test", 1), &tenant);
    let sent: Vec<String> = (0..5).map(|number| name("unheard", number)).collect();
    for name in &sent {
        recording.record(name);
    }
    let buffer = recording.recorder.buffer();
    recording.ends().await;
    assert_eq!(buffer.lost(), 0);
    let _worker = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
}
