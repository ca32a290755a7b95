//! The meter: facts and rollups of all that is recorded, each entry once (spec 9.1).

use std::time::Duration;

use sqlx::AssertSqlSafe;
use tracecast::random::Random;
use tracecast::store::accounts;

use super::restored::is_restored;
use super::short_or_long;
use super::stage::{PATIENCE, Stage, Tenant, names};
use crate::support::program::Program;

/// Entries of the log that have no facts, facts that have no entry, and facts that are there twice.
const WRONG_FACTS: &str = "WITH
    entries AS (SELECT account_id, xid, position, recorded_at, completed_at, generation_id FROM completed_requests),
    facts AS (SELECT account_id, xid, position, recorded_at, completed_at, generation_id FROM request_facts)
    SELECT (SELECT count(*) FROM (TABLE entries EXCEPT ALL TABLE facts) missing)
         + (SELECT count(*) FROM (TABLE facts EXCEPT ALL TABLE entries) excess)";

/// Rollups that a full recount of the facts does not give, or gives otherwise.
const WRONG_ROLLUPS: &str = "SELECT count(*) FROM (
    SELECT account_id, grain, starts_at, model, api_key_id, environment, requests, failed, input_tokens, output_tokens, costed,
           round(cost::numeric, 6) AS cost
    FROM usage_rollups) r
    FULL JOIN (
    SELECT f.account_id, g.grain, date_trunc(g.grain, f.completed_at, 'UTC') AS starts_at,
           CASE f.outcome WHEN 'refused' THEN '' ELSE f.model END AS model,
           coalesce(f.api_key_id, '00000000-0000-0000-0000-000000000000') AS api_key_id, coalesce(f.environment, '') AS environment,
           count(*) AS requests, count(*) FILTER (WHERE f.outcome = 'failed') AS failed,
           coalesce(sum(f.input_tokens), 0) AS input_tokens, coalesce(sum(f.output_tokens), 0) AS output_tokens,
           count(f.cost) AS costed, round(coalesce(sum(f.cost), 0)::numeric, 6) AS cost
    FROM request_facts f, (VALUES ('minute'), ('hour'), ('day')) g (grain)
    GROUP BY 1, 2, 3, 4, 5, 6) c
    USING (account_id, grain, starts_at, model, api_key_id, environment)
    WHERE (r.requests, r.failed, r.input_tokens, r.output_tokens, r.costed, r.cost)
          IS DISTINCT FROM (c.requests, c.failed, c.input_tokens, c.output_tokens, c.costed, c.cost)";

/// Waits until all that is recorded is counted, and counts it once more.
async fn is_counted(stage: &Stage, requests: usize) {
    let requests = i64::try_from(requests).unwrap();
    stage.until_count("SELECT count(*) FROM request_facts", requests).await;
    assert_eq!(stage.count(WRONG_FACTS).await, 0);
    assert_eq!(stage.count(WRONG_ROLLUPS).await, 0);
    for grain in ["minute", "hour", "day"] {
        let sum = format!("SELECT coalesce(sum(requests), 0)::bigint FROM usage_rollups WHERE grain = '{grain}'");
        assert_eq!(stage.count(&sum).await, requests);
    }
}

async fn runs(stage: &Stage, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut stage.sql().await).await.unwrap();
}

/// Gives the requests recorded so far models and ends of several kinds.
async fn varies(stage: &Stage) {
    runs(
        stage,
        r#"UPDATE completed_requests
           SET payload = convert_to(replace(replace(convert_from(payload, 'UTF8'),
                   '"request_model":"', '"request_model":"of-' || position % 5 || '-'),
                   '"ending":"completed"', CASE position % 7 WHEN 0 THEN '"ending":{"failed":{"kind":"502","message":"down"}}'
                                           ELSE '"ending":"completed"' END), 'UTF8')"#,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn meter_counts_each_entry_once_whoever_is_killed() {
    let stage = Stage::new().await;
    let tenants: [Tenant; 2] = [stage.tenant(&[1]).await, stage.tenant(&[]).await];
    let mut recorded = 0;
    for tenant in &tenants {
        recorded += stage.copies(tenant, "old", 3_000).await.len();
    }
    varies(&stage).await;
    let mut workers = [stage.worker(), stage.worker()];
    for round in 0..short_or_long(6, 40) {
        for tenant in &tenants {
            recorded += stage.records(tenant, names(&format!("kill{round:02}"), 150)).await.len();
        }
        let [pause] = Random.bytes::<1>().unwrap();
        tokio::time::sleep(Duration::from_millis(u64::from(pause) * 2)).await;
        let victim = &mut workers[round % 2];
        victim.kill();
        *victim = stage.worker();
    }
    is_counted(&stage, recorded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn meter_counts_what_completed_while_broadcast_was_off_and_what_was_recorded_before_there_was_a_meter() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    stage.records(&tenant, names("before", 20)).await;
    stage.switches(&tenant, false).await;
    stage.records(&tenant, names("off", 7)).await;
    let _worker = stage.worker();
    is_counted(&stage, 27).await;
    assert_eq!(stage.count("SELECT count(*) FROM request_facts WHERE NOT broadcast").await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn meter_counts_requests_at_the_time_of_their_completion_when_a_clock_went_back() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    stage.records(&tenant, names("first", 5)).await;
    stage.records(&tenant, names("then", 5)).await;
    runs(
        &stage,
        "UPDATE completed_requests SET completed_at = completed_at - interval '3 hours' WHERE generation_id LIKE 'gen-then-%'",
    )
    .await;
    let _worker = stage.worker();
    is_counted(&stage, 10).await;
    let earlier = "SELECT count(*) FROM usage_rollups WHERE grain = 'minute' AND requests = 5 AND starts_at < now() - interval '2 hours'";
    assert_eq!(stage.count(earlier).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn meter_counts_an_entry_that_nobody_can_read_by_the_columns_of_the_log() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    stage.records(&tenant, names("read", 3)).await;
    runs(&stage, r"UPDATE completed_requests SET payload = '\xff' WHERE generation_id LIKE '%1'").await;
    let _worker = stage.worker();
    is_counted(&stage, 3).await;
    assert_eq!(stage.count("SELECT count(*) FROM request_facts WHERE latency_ms IS NULL AND model <> ''").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn meter_goes_on_where_it_stood_after_a_restore_from_a_dump() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    let mut worker = stage.worker();
    stage.records(&tenant, names("before", 10)).await;
    is_counted(&stage, 10).await;
    worker.kill();
    stage.records(&tenant, names("waits", 10)).await;
    is_restored(&stage).await;
    Program::start("migrate", &stage.settings()).ends_well_within(PATIENCE).await;
    let _worker = stage.worker();
    stage.records(&tenant, names("later", 10)).await;
    is_counted(&stage, 30).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rollups_are_kept_by_grain_and_facts_go_with_the_log() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    let rollups = ["minute", "hour", "day"].map(|grain| {
        format!(
            "INSERT INTO usage_rollups
             SELECT '{}', '{grain}', now() - days * interval '1 day', '', '00000000-0000-0000-0000-000000000000', '',
                    1, 0, 0, 0, 0, 0, 0, 0, '', ''
             FROM unnest(ARRAY[6, 8, 89, 91, 399, 401]) AS days;",
            tenant.account
        )
    });
    runs(&stage, &rollups.concat()).await;
    runs(
        &stage,
        "SELECT set_config('role', tableowner, false) FROM pg_tables WHERE tablename = 'request_facts';
         CREATE TABLE request_facts_20200101 PARTITION OF request_facts
             FOR VALUES FROM ('2020-01-01 00:00:00Z') TO ('2020-01-02 00:00:00Z');
         CALL lock_tenant_table('request_facts_20200101')",
    )
    .await;
    let _worker = stage.worker_with(&[("TRACECAST_RETENTION", "7d")]);
    for (grain, kept) in [("minute", 1), ("hour", 3), ("day", 5)] {
        stage.until_count(&format!("SELECT count(*) FROM usage_rollups WHERE grain = '{grain}'"), kept).await;
    }
    stage.until_count("SELECT count(to_regclass('request_facts_20200101'))", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_of_a_deleted_account_go_also_when_its_log_is_gone() {
    let stage = Stage::new().await;
    let (gone, other) = (stage.tenant(&[]).await, stage.tenant(&[]).await);
    let mut worker = stage.worker();
    for tenant in [&gone, &other] {
        stage.records(tenant, names("counted", 10)).await;
    }
    is_counted(&stage, 20).await;
    worker.kill();
    let mut transaction = stage.store.tenant(gone.account).await.unwrap();
    accounts::delete(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    runs(&stage, &format!("DELETE FROM completed_requests WHERE account_id = '{}'", gone.account)).await;
    let _worker = stage.worker();
    is_counted(&stage, 10).await;
    stage.until_count("SELECT count(*) FROM meters", 1).await;
}
