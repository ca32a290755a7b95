//! A backfill beside live traffic, whose worker is killed in the middle (spec 9.4): each request of the range arrives, those that come
//! twice are the same, and new requests do not wait behind old ones.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::DateTime;
use tracecast::clock::Clock;
use tracecast::store::replays::Chosen;

use super::replays::begins;
use super::short_or_long;
use super::stage::{Stage, Tenant, name};

/// Between two live requests.
const LIVE_EVERY: Duration = Duration::from_millis(20);

/// The project of the destination that was added later.
const LATER: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_beside_live_traffic_arrives_whole_also_if_its_worker_is_killed_in_the_middle() {
    let stage = Stage::new().await;
    let mut tenant = stage.tenant(&[1]).await;
    assert!(stage.resumes_or_pauses(&tenant, 0, false).await);
    let mut expected = stage.copies(&tenant, "old", short_or_long(3_000, 100_000)).await;
    let later = stage.connects(tenant.account, LATER).await;
    tenant = Tenant { destinations: vec![later], projects: vec![LATER], ..tenant };
    let mut worker = stage.worker();
    let everything = Chosen::All { from: DateTime::UNIX_EPOCH, until: Clock::System.now() };
    begins(&stage, &tenant, (&everything, false), None).await.unwrap();

    let (recording, mut live) = (stage.recording(&tenant), Vec::new());
    let (begun, half, mut was_killed) = (Instant::now(), expected.len() / 2, false);
    while stage.receiver.read(|log| log.distinct(LATER)) < expected.len() + live.len() {
        assert!(begun.elapsed() < Duration::from_mins(10), "it does not come to its end");
        if !was_killed && stage.receiver.read(|log| log.distinct(LATER)) > half {
            worker.kill();
            worker = stage.worker();
            was_killed = true;
        }
        // None is recorded at the very end, so that there is one.
        if stage.receiver.read(|log| log.distinct(LATER)) < expected.len() {
            let name = name("live", live.len());
            recording.record(&name);
            live.push((name, Instant::now()));
        }
        tokio::time::sleep(LIVE_EVERY).await;
    }
    recording.ends().await;
    assert!(was_killed);
    expected.extend(live.iter().map(|(name, _)| name.clone()));
    stage.receiver.read(|log| {
        log.assert_none_missing(LATER, &expected);
        log.assert_the_same_on_every_repeat();
        println!("{:?} for all, {} came more than once", begun.elapsed(), log.repeats());
    });
    println!("{}", delays(&stage, &live));
}

/// How long the live requests took, in words. Nothing is asserted about it: machines differ.
fn delays(stage: &Stage, live: &[(String, Instant)]) -> String {
    let mut delays: Vec<Duration> = stage.receiver.read(|log| {
        let mut arrived: HashMap<&str, Instant> = HashMap::new();
        for arrival in log.accepted(LATER) {
            for event in arrival.events() {
                arrived.entry(&event.request).or_insert(arrival.read);
            }
        }
        live.iter().filter_map(|(name, at)| Some(arrived.get(name.as_str())?.duration_since(*at))).collect()
    });
    delays.sort_unstable();
    let within = |percent: usize| delays[(delays.len() * percent / 100).min(delays.len() - 1)];
    format!("{} live requests: median {:?}, p99 {:?}", delays.len(), within(50), within(99))
}
