//! What the log promises to those that read it: late commits, names reported twice, entries of a newer format.

use std::time::Duration;

use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio_util::task::TaskTracker;
use tracecast::completed_request::FORMAT;
use tracecast::random::Random;

use super::short_or_long;
use super::stage::{Stage, Writing, names};

/// Writers at the same time.
const WRITERS: usize = 8;

/// What a writer does between writing an entry and its end, and whether that end is a commit.
type Round = (Duration, bool);

/// What every writer does, by a seed that a failure tells and `TRACECAST_TEST_SEED` gives again. The order in which the
/// system runs them is not repeated.
fn plan(each: usize) -> Vec<Vec<Round>> {
    let given = std::env::var_os("TRACECAST_TEST_SEED").map(|seed| seed.to_str().unwrap().parse().unwrap());
    let seed = given.unwrap_or_else(|| u64::from_le_bytes(Random.bytes().unwrap()));
    println!("TRACECAST_TEST_SEED={seed}");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed.to_le_bytes(); 4].concat());
    let round = ((0..16_384_u64).prop_map(Duration::from_micros), weighted(0.875));
    let plan = vec(vec(round, each), WRITERS);
    plan.new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap().current()
}

/// Commits that come late in every possible order, some of them never, against a worker that reads on each notification.
#[tokio::test(flavor = "multi_thread")]
async fn entries_whose_commits_come_late_arrive_once_each_and_in_the_logs_order() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let template = stage.records(&tenant, names("late", 1)).await.remove(0);
    let _worker = stage.worker();
    let (each, tasks) = (short_or_long(100, 1_000), TaskTracker::new());
    let writers = plan(each).into_iter().enumerate().map(|(writer, rounds)| {
        let writing = Writing { url: stage.url.clone(), account: tenant.account, template: template.clone() };
        tasks.spawn(async move {
            for (number, (pause, commits)) in (1 + writer * each..).zip(rounds) {
                writing.write(("late", number), pause, commits).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let committed: Vec<String> =
        sqlx::query_scalar("SELECT generation_id FROM completed_requests ORDER BY xid, position")
            .fetch_all(&mut stage.sql().await)
            .await
            .unwrap();
    assert!(committed.len() > WRITERS * each / 2);
    let by_sequence: Vec<String> = sqlx::query_scalar("SELECT generation_id FROM completed_requests ORDER BY position")
        .fetch_all(&mut stage.sql().await)
        .await
        .unwrap();
    assert_ne!(committed, by_sequence, "the test means something only if sequence values commit out of order");
    stage.until("all arrive", |log| log.distinct(1) >= committed.len()).await;
    stage.receiver.read(|log| {
        log.assert_each_once(1, &committed);
        log.assert_in_order(1, &committed, 4);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_reported_twice_is_one_entry() {
    let stage = Stage::new().await;
    let (one, other) = (stage.tenant(&[1]).await, stage.tenant(&[2]).await);
    let twice = || names("twice", 20);
    let sent = stage.records(&one, twice().chain(twice())).await.split_off(20);
    stage.records(&one, twice()).await;
    stage.records(&other, twice()).await;
    let _worker = stage.worker();
    // Another account's requests are its own, whatever their names.
    for project in [1, 2] {
        stage.until("all arrive", |log| log.distinct(project) == 20).await;
        stage.until_count("SELECT count(*) FROM cursors WHERE delivered >= 20", 2).await;
        stage.receiver.read(|log| log.assert_each_once(project, &sent));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entry_that_cannot_be_read_back_becomes_a_dead_letter_and_the_others_arrive() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let sent = stage.records(&tenant, names("torn", 10)).await;
    let tear = sqlx::query("UPDATE completed_requests SET payload = '\\xff00' WHERE generation_id = $1").bind(&sent[4]);
    tear.execute(&mut stage.sql().await).await.unwrap();
    let _worker = stage.worker();
    stage.until("the others arrive", |log| log.distinct(1) == 9).await;
    stage
        .until_count("SELECT count(*) FROM dead_letters WHERE generation_id = 'gen-torn-0000004' AND status IS NULL", 1)
        .await;
    stage.until_count("SELECT count(*) FROM cursors c JOIN destinations d ON d.id = c.destination_id WHERE health = 'healthy' AND delivered = 9", 1).await;
    let others: Vec<_> = sent.into_iter().filter(|name| name != "gen-torn-0000004").collect();
    stage.receiver.read(|log| log.assert_each_once(1, &others));
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_a_newer_format_wait_for_a_newer_worker() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let sent = stage.records(&tenant, names("newer", 10)).await;
    let put_format = |format: i16| {
        let newer = sent[6].clone();
        let stage = &stage;
        async move {
            let update = sqlx::query("UPDATE completed_requests SET format = $1 WHERE generation_id = $2");
            update.bind(format).bind(newer).execute(&mut stage.sql().await).await.unwrap();
        }
    };
    put_format(FORMAT + 1).await;
    let worker = stage.worker();
    stage.until("what lies before arrives", |log| log.distinct(1) == 6).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent[..6]));
    assert_eq!(stage.count("SELECT count(*) FROM dead_letters").await, 0);
    drop(worker);
    put_format(FORMAT).await;
    let _worker = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == 10).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
}
