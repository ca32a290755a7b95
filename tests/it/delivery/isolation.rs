//! One destination's trouble is not another's (spec 4.1).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::own_cluster::OwnCluster;
use super::receiver::{Answer, Reply};
use super::short_or_long;
use super::stage::{Stage, Tenant, name, names};

/// The longest that a healthy destination's fresh request may be delayed by others (p99).
const DELAY: Duration = Duration::from_secs(1);

/// A healthy destination, and the worker that serves it.
struct Healthy<'s> {
    stage: &'s Stage,
    tenant: Tenant,
}

impl Healthy<'_> {
    /// Records a request and says when it was committed.
    async fn commits(&self, name: &str) -> Instant {
        self.stage.records(&self.tenant, std::iter::once(name.to_owned())).await;
        Instant::now()
    }

    /// How long these requests took from the commit to the receiver.
    async fn delays(&self, committed: &[(String, Instant)]) -> Vec<Duration> {
        let project = self.tenant.projects[0];
        let all = |count: &HashMap<String, usize>| committed.iter().all(|(name, _)| count.contains_key(name));
        self.stage.until("all arrive", |log| all(log.counts(project))).await;
        self.stage.receiver.read(|log| {
            let arrivals = log.accepted(project);
            let read: HashMap<_, _> = arrivals
                .flat_map(|arrival| arrival.events().iter().map(|event| (event.request.as_str(), arrival.read)))
                .collect();
            committed.iter().map(|(name, at)| read[name.as_str()].saturating_duration_since(*at)).collect()
        })
    }
}

/// Records requests one after the other, each for both at the same moment. How long each took beside the others and alone.
async fn delays(beside: &Healthy<'_>, alone: &Healthy<'_>, count: usize) -> Vec<(Duration, Duration)> {
    let mut committed = (Vec::new(), Vec::new());
    for number in 0..count {
        let name = name("fresh", number);
        let (one, other) = tokio::join!(beside.commits(&name), alone.commits(&name));
        committed.0.push((name.clone(), one));
        committed.1.push((name, other));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (beside, alone) = tokio::join!(beside.delays(&committed.0), alone.delays(&committed.1));
    beside.into_iter().zip(alone).collect()
}

fn p99(mut delays: Vec<Duration>) -> Duration {
    delays.sort_unstable();
    delays[delays.len() * 99 / 100]
}

/// What is delayed by others is what comes later than a request for a worker without them, which is recorded at the same
/// moment: a machine that is busy with other things makes both late.
#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_destination_is_served_within_a_second_beside_ones_that_hang_and_ones_with_a_flood() {
    let (cluster, calm_cluster) = tokio::join!(OwnCluster::quick(), OwnCluster::quick());
    let stage = Stage::on(&cluster.url(), &cluster.admin_url()).await;
    let calm = Stage::on(&calm_cluster.url(), &calm_cluster.admin_url()).await;
    let waiting = short_or_long(50_000, 1_000_000);
    let (hanging, flood) = (stage.tenant(&[1, 2]).await, stage.tenant(&[3]).await);
    let beside = Healthy { stage: &stage, tenant: stage.tenant(&[4]).await };
    let alone = Healthy { stage: &calm, tenant: calm.tenant(&[4]).await };
    let workers = [stage.worker(), calm.worker()];
    for healthy in [&beside, &alone] {
        let first = (name("first", 0), healthy.commits(&name("first", 0)).await);
        healthy.delays(&[first]).await;
    }

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
    // A receiver that takes a second for each batch, and later longer, so that the flood outlasts the measuring anywhere.
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
    let delays = delays(&beside, &alone, short_or_long(100, 1_000)).await;
    let arrived = stage.receiver.read(|log| log.distinct(3));
    assert!(arrived < flooded, "the flood was over before the end: it proves nothing");
    let later = p99(delays.iter().map(|(beside, alone)| beside.saturating_sub(*alone)).collect());
    let late: Vec<_> = delays.iter().enumerate().filter(|(_, (beside, alone))| *beside > *alone + DELAY / 2).collect();
    let seen = format!("p99 {later:?} later beside {waiting} waiting requests; of {}: {late:?}", delays.len());
    println!("{seen}");
    assert!(later < DELAY, "{seen}\n{}", workers[0].log());
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
