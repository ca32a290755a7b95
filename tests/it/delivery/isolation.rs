//! One destination's trouble is not another's (spec 4.1).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::machine;
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
async fn a_healthy_destination_is_served_within_a_second_beside_ones_that_hang_and_ones_with_a_flood()
-> Result<(), String> {
    let alone = machine::alone().await;
    let (cluster, calm_cluster) = tokio::join!(OwnCluster::quick(), OwnCluster::quick());
    let stage = Stage::alone(&cluster.url(), &cluster.admin_url(), &alone).await;
    let calm = Stage::alone(&calm_cluster.url(), &calm_cluster.admin_url(), &alone).await;
    let waiting = short_or_long(50_000, 1_000_000);
    let (hanging, flood) = (stage.tenant(&[1, 2]).await, stage.tenant(&[3]).await);
    let beside = Healthy { stage: &stage, tenant: stage.tenant(&[4]).await };
    let by_itself = Healthy { stage: &calm, tenant: calm.tenant(&[4]).await };
    let workers = [stage.worker(), calm.worker()];
    for healthy in [&beside, &by_itself] {
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
    let delays = delays(&beside, &by_itself, short_or_long(100, 1_000)).await;
    let arrived = stage.receiver.read(|log| log.distinct(3));
    assert!(arrived < flooded, "the flood was over before the end: it proves nothing");
    let later = p99(delays.iter().map(|(beside, alone)| beside.saturating_sub(*alone)).collect());
    let late: Vec<_> = delays.iter().enumerate().filter(|(_, (beside, alone))| *beside > *alone + DELAY / 2).collect();
    let seen = format!("p99 {later:?} later beside {waiting} waiting requests; of {}: {late:?}", delays.len());
    println!("{}", workers[0].log());
    // Said last, behind the log, and without a trace of the stack.
    println!("{seen}");
    if later < DELAY { Ok(()) } else { Err(seen) }
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
