//! SIGTERM lets what runs end; a second signal does not (spec 4.2).

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tracecast::random::Random;

use super::receiver::{Answer, Reply};
use super::short_or_long;
use super::stage::{Stage, name, names};
use crate::support::program::Program;

/// The longest that a graceful stop may take.
const LIMIT: Duration = Duration::from_secs(20);

const LEASED: &str = "SELECT count(*) FROM cursors WHERE leased_by IS NOT NULL";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_asked_to_stop_at_any_moment_leaves_nothing_half_done() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2, 3]).await;
    for project in [1, 2] {
        stage.receiver.answers(project, move |_| Answer::of(200).after(Duration::from_millis(30 * project)).into());
    }
    let mut sent = Vec::new();
    for round in 0..short_or_long(4, 20) {
        sent.extend(stage.records(&tenant, names(&format!("stop{round}"), 1_500)).await);
        let before = stage.receiver.read(|log| log.arrivals.len());
        let mut worker = stage.worker();
        stage.until("it works", |log| log.arrivals.len() > before).await;
        let moment = u64::from(Random.bytes::<1>().unwrap()[0]) * 2;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        worker.signal(Signal::TERM);
        worker.ends_well_within(LIMIT).await;
        assert_eq!(stage.count(LEASED).await, 0, "every lease is given back\n{}", worker.log());
    }
    let _worker = stage.worker();
    for project in tenant.projects {
        stage.until("all arrive", |log| log.distinct(project) == sent.len()).await;
        stage.receiver.read(|log| log.assert_each_once(project, &sent));
    }
    stage.receiver.read(|log| assert_eq!(log.repeats(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_a_worker_at_once_and_another_takes_over() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |call| if call.number == 1 { Reply::Hang } else { Reply::accept() });
    let sent = stage.records(&tenant, names("second", 10)).await;
    let mut worker = stage.worker();
    stage.until("a request is on the wire", |log| log.of(1).count() == 1).await;
    worker.signal(Signal::TERM);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(worker.is_running(), "the first signal waits for the request\n{}", worker.log());
    let asked = Instant::now();
    worker.signal(Signal::INT);
    let status = worker.ends_within(Duration::from_secs(2)).await;
    assert_eq!(status.signal(), None, "it ends by itself");
    let _other = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    assert!(asked.elapsed() < Duration::from_secs(10), "taken over only after {:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_does_not_hold_up_a_stop() {
    if !super::is_long() {
        return;
    }
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    stage.receiver.answers(1, |_| Reply::Hang);
    let sent = stage.records(&tenant, names("hang", 10)).await;
    let mut worker = stage.worker();
    stage.until("a request is on the wire", |log| log.of(1).count() == 1 && log.distinct(2) == 10).await;
    worker.signal(Signal::TERM);
    worker.ends_within(LIMIT).await;
    stage.receiver.recovers(1);
    let _other = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| log.assert_each_once(2, &sent));
}

/// The next process can listen only when this one is gone: one receiver would keep everybody out for as long as it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_does_not_keep_everybody_out_while_serve_restarts() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |_| Reply::Hang);
    let sent = stage.records(&tenant, names("restart", 10)).await;
    let mut settings = stage.settings();
    settings.push(("TRACECAST_BIND", "127.0.0.1:0".to_owned()));
    let mut first = Program::start("serve", &settings);
    first.logs("\"listening\"").await;
    stage.until("a request is on the wire", |log| log.of(1).count() == 1).await;
    let asked = Instant::now();
    first.signal(Signal::TERM);
    first.ends_well_within(LIMIT).await;
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(10), "it ended only after {took:?}\n{}", first.log());
    stage.receiver.recovers(1);
    let _next = Program::start("serve", &settings);
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| log.assert_the_same_on_every_repeat());
}

/// A worker that was stopped beyond its lease wakes up in a world that went on without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_slept_beyond_its_lease_changes_nothing_when_it_wakes() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |call| match call.number {
        1 => Answer::of(200).after(Duration::from_millis(400)).into(),
        _ => Answer::of(200).after(Duration::from_millis(20)).into(),
    });
    let mut sent = stage.records(&tenant, names("sleep", 2_500)).await;
    let sleeper = stage.worker_with(&[("TRACECAST_LEASE", "1s")]);
    stage.until("a request is on the wire", |log| log.of(1).count() >= 1).await;
    sleeper.signal(Signal::STOP);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _other = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    let place = "SELECT position FROM cursors";
    stage.until_count("SELECT count(*) FROM cursors WHERE leased_by IS NULL AND delivered = 2500", 1).await;
    let before = stage.count(place).await;

    sleeper.signal(Signal::CONT);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stage.count(place).await, before, "the cursor stays where it was");
    assert_eq!(stage.count("SELECT delivered FROM cursors").await, 2_500);
    sent.extend(stage.records(&tenant, names("awake", 10)).await);
    stage.until("what comes later arrives", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| {
        log.assert_none_missing(1, &sent);
        log.assert_the_same_on_every_repeat();
        let repeated: Vec<_> = log.counts(1).iter().filter(|(_, count)| **count > 1).collect();
        assert!(repeated.iter().all(|(_, count)| **count == 2));
        // What was on the wire when it fell asleep, four batches at the most, nobody knows to be delivered: it is sent again.
        // Nothing else is.
        assert!(repeated.len() <= 4 * 500, "{} were sent again", repeated.len());
        assert!(!repeated.iter().any(|(id, _)| **id == name("sleep", 2_499)), "the end was sent again");
    });
}
