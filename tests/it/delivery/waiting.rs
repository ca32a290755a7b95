//! A receiver that asks for time gets it (spec 4.3).

use std::collections::BTreeMap;
use std::time::{Duration, Instant, UNIX_EPOCH};

use tracecast::clock::Clock;

use super::receiver::{Answer, Journal, Reply};
use super::stage::{PATIENCE, Stage, names};

/// The pause between the first answer and the second request.
fn pause(log: &Journal, project: u64) -> Option<Duration> {
    let (_, answered) = log.of(project).next()?.answered?;
    Some(*log.begun.get(&project)?.get(1)? - answered)
}

fn date_in(pause: Duration) -> String {
    // Dates have whole seconds; the next one makes sure that the pause is not shorter.
    let now = Duration::from_nanos(Clock::System.unix_nanos().0);
    httpdate::fmt_http_date(UNIX_EPOCH + now + pause + Duration::from_secs(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_begins_before_the_time_that_the_receiver_named() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2, 3, 4]).await;
    let asks = |project, header: &'static str, value: Box<dyn Fn() -> String + Send>, status| {
        stage.receiver.answers(project, move |call| match call.number {
            1 => Answer::of(status).header(header, value()).into(),
            _ => Reply::accept(),
        });
    };
    asks(1, "retry-after", Box::new(|| "2".to_owned()), 429);
    asks(2, "retry-after", Box::new(|| date_in(Duration::from_secs(2))), 503);
    asks(3, "x-sentry-rate-limits", Box::new(|| "9:error:key, 2:span:organization:span_quota".to_owned()), 429);
    // Concerns errors alone: the usual back-off of some 50 ms holds.
    asks(4, "x-sentry-rate-limits", Box::new(|| "30:error:organization".to_owned()), 429);
    let sent = stage.records(&tenant, names("wait", 10)).await;
    let _worker = stage.worker();
    for project in [1, 2, 3, 4] {
        stage.until("all arrive", |log| log.distinct(project) == sent.len()).await;
        let pause = stage.receiver.read(|log| pause(log, project)).unwrap();
        if project == 4 {
            assert!(pause < Duration::from_secs(9), "project 4 waited {pause:?} without being asked to");
        } else {
            assert!(pause >= Duration::from_secs(2), "project {project} was given only {pause:?}");
            assert!(pause < Duration::from_secs(9), "project {project} waited {pause:?}");
        }
    }
}

/// How long the destination is left alone after so many failures, as it is written down: a worker may look only later.
async fn pauses(stage: &Stage, most: usize) -> BTreeMap<i32, f64> {
    let (mut seen, begun) = (BTreeMap::new(), Instant::now());
    let pause = "SELECT failures, extract(epoch FROM not_before - turn_ended_at)::float8 FROM cursors c JOIN destinations d ON d.id = c.destination_id WHERE failures > 0";
    let mut connection = stage.sql().await;
    while seen.len() < most {
        assert!(begun.elapsed() < PATIENCE, "{seen:?}");
        seen.extend(sqlx::query_as::<_, (i32, f64)>(pause).fetch_optional(&mut connection).await.unwrap());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_grow_with_each_failure_and_vanish_with_a_success() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |_| Reply::status(503));
    let mut sent = stage.records(&tenant, names("first", 1)).await;
    let _worker = stage.worker_with(&[("TRACECAST_RETRY_BASE", "200ms"), ("TRACECAST_RETRY_CAP", "10s")]);
    let pauses = pauses(&stage, 4).await;
    stage.receiver.recovers(1);
    // min(10 s, 200 ms · 2^(n-1)) × U(0.5, 1.5), and what lies between two readings of the clock.
    for (failures, pause) in &pauses {
        let mean = 10_f64.min(0.2 * 2_f64.powi(failures - 1));
        assert!((0.49 * mean..1.51 * mean).contains(pause), "after {failures} failures: {pauses:?}");
    }
    stage.until("it arrives", |log| log.distinct(1) == 1).await;
    sent.extend(stage.records(&tenant, names("again", 1)).await);
    stage.until("the next arrives", |log| log.distinct(1) == 2).await;
    stage
        .until_count(
            "SELECT count(*) FROM destinations WHERE failures = 0 AND health = 'healthy' AND not_before IS NULL",
            1,
        )
        .await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
}
