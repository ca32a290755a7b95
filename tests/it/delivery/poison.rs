//! A request over which worker after worker dies becomes a dead letter, and only that one (spec 4.3).

use sqlx::AssertSqlSafe;

use super::receiver::Reply;
use super::stage::{Stage, name, names};

/// Workers that die over a batch with a bad request: one before builds were noted, and two after. Then its requests are built
/// one by one, and three die over the bad one.
const NOTED: usize = 2;
const ALONE: usize = 3;

/// Makes a worker stand still between the beginning and the end of building the whole batch, and of building the entry behind
/// this place alone, where the tests can kill it: as if building it never ended.
async fn building_never_ends_behind(stage: &Stage, position: i64) {
    let statements = format!(
        "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
         CREATE TRIGGER never BEFORE UPDATE OF poison_unfinished ON cursors FOR EACH ROW
             WHEN (OLD.poison_unfinished > 0 AND NEW.poison_unfinished = 0
                   AND (NEW.poison_one_by_one = 0 OR OLD.position = {position} AND NEW.position = {position}))
             EXECUTE FUNCTION never()"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut stage.sql().await).await.unwrap();
}

const STUCK: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
/// What the kernel would do for a worker on another machine: its sessions end.
const END: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name LIKE 'tracecast worker%'";

#[tokio::test(flavor = "multi_thread")]
async fn request_over_which_three_workers_died_becomes_a_dead_letter_and_the_others_arrive() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |_| Reply::Hang);
    let sent = stage.records(&tenant, names("poison", 12)).await;
    let mut worker = stage.worker();
    stage.until("the batch is on the wire", |log| log.of(1).count() == 1).await;
    worker.kill();
    let bad = name("poison", 5);
    let before = format!("SELECT position FROM completed_requests WHERE generation_id = '{}'", name("poison", 4));
    building_never_ends_behind(&stage, stage.count(&before).await).await;
    stage.receiver.recovers(1);
    for _ in 0..NOTED + ALONE {
        let mut worker = stage.worker();
        stage.until_count(STUCK, 1).await;
        assert_eq!(stage.count("SELECT count(*) FROM dead_letters").await, 0, "not before three died over it alone");
        worker.kill();
        stage.count(END).await;
        stage.until_count(STUCK, 0).await;
    }
    let _worker = stage.worker();
    stage.until("the others arrive", |log| log.distinct(1) == sent.len() - 1).await;
    let letter = format!("SELECT count(*) FROM dead_letters WHERE generation_id = '{bad}' AND status IS NULL");
    stage.until_count(&letter, 1).await;
    assert_eq!(stage.count("SELECT count(*) FROM dead_letters").await, 1);
    let others: Vec<_> = sent.into_iter().filter(|name| *name != bad).collect();
    stage.receiver.read(|log| log.assert_none_missing(1, &others));
}
