//! A destination that takes nothing for too long is switched off, and only a passed test switches it on again (spec 4.3).

use std::time::Duration;

use super::receiver::Reply;
use super::stage::{Stage, names};

const OFF: &str = "SELECT count(*) FROM destinations WHERE NOT enabled AND switched_off_at IS NOT NULL";

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_without_success_is_switched_off_after_ten_attempts_at_the_least() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    stage.receiver.answers(1, |_| Reply::status(503));
    let sent = stage.records(&tenant, names("off", 5)).await;
    let quickly =
        [("TRACECAST_DISABLE_AFTER", "1s"), ("TRACECAST_RETRY_BASE", "10ms"), ("TRACECAST_RETRY_CAP", "150ms")];
    let _worker = stage.worker_with(&quickly);
    stage.until_count(OFF, 1).await;
    let tries = stage.receiver.read(|log| log.tries(1));
    assert!(tries >= 10, "after {tries} attempts");
    stage.receiver.read(|log| {
        let begun = &log.begun[&1];
        assert!(*begun.last().unwrap() - begun[0] >= Duration::from_millis(950), "before the time was up");
        log.assert_each_once(2, &sent);
    });

    stage.receiver.recovers(1);
    assert!(!stage.resumes_or_pauses(&tenant, 0, true).await, "it cannot be resumed");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(stage.count(OFF).await, 1, "resuming is not enough");
    assert_eq!(stage.receiver.read(|log| log.tries(1)), tries, "nothing is sent to what is off");
    // An edit that passed its test.
    stage.moves(&tenant, 0, 1).await;
    stage.until("what waited arrives", |log| log.distinct(1) == sent.len()).await;
    assert_eq!(stage.count(OFF).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn few_attempts_or_little_time_switch_nothing_off() {
    let stage = Stage::new().await;
    let (patient, slow) = (stage.tenant(&[1]).await, stage.tenant(&[2]).await);
    for project in [1, 2] {
        stage.receiver.answers(project, |_| Reply::status(503));
    }
    stage.records(&patient, names("patient", 5)).await;
    let days = [("TRACECAST_DISABLE_AFTER", "5d"), ("TRACECAST_RETRY_BASE", "10ms"), ("TRACECAST_RETRY_CAP", "20ms")];
    let worker = stage.worker_with(&days);
    stage.until("many attempts", |log| log.tries(1) > 15).await;
    drop(worker);
    stage.switches(&patient, false).await;
    stage.records(&slow, names("slow", 5)).await;
    let short =
        [("TRACECAST_DISABLE_AFTER", "10ms"), ("TRACECAST_RETRY_BASE", "300ms"), ("TRACECAST_RETRY_CAP", "300ms")];
    let _worker = stage.worker_with(&short);
    stage.until("some attempts", |log| log.tries(2) > 4).await;
    stage.receiver.recovers(2);
    stage.until("they arrive", |log| log.distinct(2) == 5).await;
    assert_eq!(stage.count(OFF).await, 0);
}
