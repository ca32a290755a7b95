//! One destination's trouble is not another's (spec 4.1).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::own_cluster::OwnCluster;
use super::receiver::{Answer, Event, Reply};
use super::short_or_long;
use super::stage::{Stage, Tenant, name, names};

/// The longest that a healthy destination's fresh request may be delayed by others (p99).
const DELAY: Duration = Duration::from_secs(1);

/// On a machine that is busy with other things requests are late also without the others: so much later is not their fault.
const BUSY: u32 = 5;

/// Records requests one after the other and says how long they took from the commit to the receiver, sorted.
async fn delays(stage: &Stage, tenant: &Tenant, prefix: &str, count: usize) -> Vec<Duration> {
    let mut committed = HashMap::new();
    for number in 0..count {
        let name = name(prefix, number);
        stage.records(tenant, std::iter::once(name.clone())).await;
        committed.insert(name, Instant::now());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let project = tenant.projects[0];
    stage.until("all arrive", |log| committed.keys().all(|name| log.counts(project).contains_key(name))).await;
    stage.receiver.read(|log| {
        let arrivals =
            log.accepted(project).flat_map(|arrival| arrival.events().iter().map(|event| (event, arrival.read)));
        let delay =
            |(event, read): (&Event, Instant)| Some(read.saturating_duration_since(*committed.get(&event.request)?));
        let mut delays: Vec<_> = arrivals.filter_map(delay).collect();
        delays.sort_unstable();
        delays
    })
}

fn p99(delays: &[Duration]) -> Duration {
    delays[delays.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_destination_is_served_within_a_second_beside_ones_that_hang_and_ones_with_a_flood() {
    let cluster = OwnCluster::quick().await;
    let stage = Stage::on(&cluster.url(), &cluster.admin_url()).await;
    let waiting = short_or_long(50_000, 1_000_000);
    let (hanging, flood, healthy) = (stage.tenant(&[1, 2]).await, stage.tenant(&[3]).await, stage.tenant(&[4]).await);
    let _worker = stage.worker();
    let alone = delays(&stage, &healthy, "alone", 50).await;

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
    stage.receiver.answers(3, |_| Answer::of(200).after(Duration::from_secs(1)).into());
    stage.copies(&hanging, "hang", waiting).await;
    // For a receiver that takes a second for each batch.
    let flooded = short_or_long(50_000, 200_000);
    stage.copies(&flood, "flood", flooded).await;
    stage
        .until("the others are busy", |log| {
            log.tries(1) > 0 && log.tries(2) > 0 && log.distinct(3) > 0 && log.begun.len() >= 73
        })
        .await;
    let beside = delays(&stage, &healthy, "beside", short_or_long(100, 1_000)).await;
    let (p50, p99, alone) = (beside[beside.len() / 2], p99(&beside), p99(&alone));
    println!("beside {waiting} waiting requests: p50 {p50:?}, p99 {p99:?}; alone: p99 {alone:?}");
    assert!(p99 < DELAY.max(alone * BUSY), "p50 {p50:?}, p99 {p99:?}; alone: p99 {alone:?}");
    stage
        .receiver
        .read(|log| assert!(log.distinct(3) < flooded, "the flood was over before the end: it proves nothing"));
}
