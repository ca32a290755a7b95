//! One destination's trouble is not another's (spec 4.1).

use std::time::Duration;

use super::receiver::{Answer, Journal, Reply};
use super::short_or_long;
use super::stage::{Stage, name, names};

/// How late it is served is measured by `./bench --only healthy`. Here the others never come to an end: one that waits for them is
/// never served.
#[tokio::test(flavor = "multi_thread")]
async fn healthy_destination_is_served_beside_ones_that_hang_and_one_with_a_flood() {
    let stage = Stage::new().await;
    let waiting = short_or_long(50_000, 1_000_000);
    let (hanging, flood) = (stage.tenant(&[1, 2]).await, stage.tenant(&[3]).await);
    let healthy = stage.tenant(&[4]).await;
    let worker = stage.worker();
    let first = stage.records(&healthy, names("first", 1)).await;
    stage.until("the worker works", |log| log.distinct(4) == first.len()).await;

    stage.receiver.answers(1, |_| Reply::Hang);
    // More of them than a process has slots for requests.
    for tenant in 0..14 {
        let projects: Vec<u64> = (0..5).map(|place| 100 + tenant * 5 + place).collect();
        for project in &projects {
            stage.receiver.answers(*project, |_| Reply::Hang);
        }
        let tenant = stage.tenant(&projects).await;
        stage.records(&tenant, names("stuck", 3)).await;
    }
    stage.receiver.answers(2, |_| Reply::Reset);
    // A receiver that takes a second for each batch, and later longer, so that the flood outlasts what is served beside it.
    let flooded = short_or_long(50_000, 200_000);
    stage.receiver.answers(3, move |call| {
        let seconds = if call.number < flooded / 500 / 2 { 1 } else { 5 };
        Answer::of(200).after(Duration::from_secs(seconds)).into()
    });
    stage.copies(&hanging, "hang", waiting).await;
    stage.copies(&flood, "flood", flooded).await;
    stage
        .until("the others are busy", |log| {
            log.tries(1) > 0 && log.tries(2) > 0 && log.distinct(3) > 0 && log.begun.len() >= 73
        })
        .await;
    let count = short_or_long(100, 1_000);
    for number in 0..count {
        stage.records(&healthy, std::iter::once(name("fresh", number))).await;
        stage.until("a fresh request is served", |log| log.distinct(4) == first.len() + number + 1).await;
    }
    let arrived = stage.receiver.read(|log| log.distinct(3));
    assert!(arrived < flooded, "the flood was over first: {arrived} of {flooded}\n{}", worker.log());
}

/// Connections of the worker's turns whose receivers fail or hang.
const LOW_PRIORITY: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                            AND application_name = 'tracecast worker, low priority'";

#[tokio::test(flavor = "multi_thread")]
async fn turns_of_receivers_that_fail_wait_for_each_other_on_connections_of_their_own() {
    let stage = Stage::new().await;
    let (healthy, failing) = (stage.tenant(&[1]).await, stage.tenant(&[2]).await);
    let _worker = stage.worker();
    let sent = stage.records(&healthy, names("fine", 3)).await;
    stage.until("they arrive", |log| log.distinct(1) == sent.len()).await;
    assert_eq!(stage.count(LOW_PRIORITY).await, 0, "nothing fails");
    stage.receiver.answers(2, |_| Reply::status(503));
    stage.records(&failing, names("refused", 3)).await;
    stage.until("it is tried again", |log| log.tries(2) > 2).await;
    assert_ne!(stage.count(LOW_PRIORITY).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_destinations_hang_than_turns_may_run_and_a_healthy_one_is_served_meanwhile() {
    let stage = Stage::new().await;
    let healthy = stage.tenant(&[1]).await;
    let hanging = 100..112_u64;
    for project in hanging.clone() {
        stage.receiver.answers(project, |_| Reply::Hang);
    }
    for projects in hanging.clone().collect::<Vec<_>>().chunks(4) {
        let tenant = stage.tenant(projects).await;
        stage.records(&tenant, names("stuck", 3)).await;
    }
    // Eight turns.
    let _worker = stage.worker_with(&[("TRACECAST_MAX_IN_FLIGHT", "2")]);
    stage.until("all are tried", |log| hanging.clone().all(|project| log.tries(project) == 1)).await;
    let sent = stage.records(&healthy, names("fresh", 3)).await;
    stage.until("the healthy one is served", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| {
        assert!(hanging.clone().all(|project| log.tries(project) == 1), "none of the others has given up yet");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn destinations_that_failed_before_leave_room_for_ones_that_begin_to_hang() {
    let stage = Stage::new().await;
    let healthy = stage.tenant(&[1]).await;
    // More than the sixteen that may struggle at the same time.
    let (failing, hanging) = (100..120_u64, 200..205_u64);
    for project in failing.clone().chain(hanging.clone()) {
        stage.receiver.answers(project, |_| Reply::Hang);
    }
    for projects in failing.clone().collect::<Vec<_>>().chunks(4) {
        let tenant = stage.tenant(projects).await;
        stage.records(&tenant, names("stuck", 3)).await;
    }
    let failed =
        "UPDATE destinations SET health = 'failing', failures = 1, failing_since = now() WHERE account_id <> $1";
    sqlx::query(failed).bind(healthy.account.0).execute(&mut stage.sql().await).await.unwrap();
    let _worker = stage.worker_with(&[("TRACECAST_MAX_IN_FLIGHT", "2")]);
    let tried = |log: &Journal| failing.clone().filter(|project| log.tries(*project) > 0).count();
    stage.until("some that failed are tried", |log| tried(log) >= 4).await;
    let begins = stage.tenant(&hanging.clone().collect::<Vec<_>>()).await;
    stage.records(&begins, names("begins", 3)).await;
    stage.until("all that begin to hang are tried", |log| hanging.clone().all(|project| log.tries(project) == 1)).await;
    let sent = stage.records(&healthy, names("fresh", 3)).await;
    stage.until("the healthy one is served", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| {
        assert_eq!(tried(log), 4, "the others that failed wait for these");
        assert!(hanging.clone().all(|project| log.tries(project) == 1), "none of them has given up yet");
    });
}
