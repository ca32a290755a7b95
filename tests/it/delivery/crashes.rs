//! Workers that are killed again and again, and a Postgres that crashes: nothing is missing, and every repeat is the same.

use std::time::{Duration, Instant};

use tracecast::random::Random;

use super::own_cluster::OwnCluster;
use super::receiver::{Answer, Receiver, Reply};
use super::short_or_long;
use super::stage::{Stage, names};

/// A worker that takes over those of a killed one does so within this time (spec 4.2).
const TAKE_OVER: Duration = Duration::from_secs(5);

fn up_to(limit: u64) -> Duration {
    let random = u64::from(u16::from_le_bytes(Random.bytes::<2>().unwrap()));
    Duration::from_millis(random * limit / u64::from(u16::MAX))
}

/// One receiver is well, the others each have their own trouble.
fn trouble(receiver: &Receiver) {
    receiver.answers(2, |_| Answer::of(200).after(Duration::from_millis(40)).into());
    receiver.answers(3, |call| if call.number % 3 == 1 { Reply::status(503) } else { Reply::accept() });
    receiver.answers(4, |call| if call.number % 2 == 1 { Reply::Reset } else { Reply::accept() });
    receiver.answers(5, |call| if call.number % 4 == 2 { Reply::Hang } else { Reply::accept() });
    receiver.answers(7, |call| match call.number % 3 {
        0 => Answer::of(429).header("retry-after", "1").into(),
        1 => Reply::CloseInHead,
        _ => Reply::accept(),
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missing_after_kills_at_any_moment_and_a_crash_of_postgres() {
    let cluster = OwnCluster::durable().await;
    let stage = Stage::on(&cluster.url(), &cluster.admin_url()).await;
    let tenants = [stage.tenant(&[1, 2, 3, 4, 5]).await, stage.tenant(&[6, 7]).await];
    trouble(&stage.receiver);
    let kills = short_or_long(8, 60);
    let mut workers = [stage.worker(), stage.worker()];
    let mut sent = [Vec::new(), Vec::new()];
    for round in 0..kills {
        for (tenant, sent) in tenants.iter().zip(&mut sent) {
            sent.extend(stage.records(tenant, names(&format!("kill{round:02}"), 150)).await);
        }
        tokio::time::sleep(up_to(900)).await;
        let victim = &mut workers[round % 2];
        victim.kill();
        if round % 20 == 3 {
            cluster.crashes().await;
        }
        *victim = stage.worker();
    }
    for project in 1..=7 {
        stage.receiver.recovers(project);
    }
    for (tenant, sent) in tenants.iter().zip(&sent) {
        for project in &tenant.projects {
            stage.until(&format!("all arrive at {project}"), |log| log.distinct(*project) == sent.len()).await;
            stage.receiver.read(|log| log.assert_none_missing(*project, sent));
        }
    }
    assert_eq!(stage.count("SELECT count(*) FROM dead_letters").await, 0, "nobody refused anything");
    stage.receiver.read(|log| {
        log.assert_the_same_on_every_repeat();
        assert!(log.repeats() > 0, "the kills hit something");
        println!("{kills} kills, {} requests received, {} events sent again", log.arrivals.len(), log.repeats());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_destinations_of_a_killed_worker_are_taken_over_within_five_seconds() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |call| if call.number == 1 { Reply::Hang } else { Reply::accept() });
    // The lease alone would last ten minutes.
    let lease = [("TRACECAST_LEASE", "10m")];
    let mut worker = stage.worker_with(&lease);
    let sent = stage.records(&tenant, names("over", 20)).await;
    stage.until("a request is on the wire", |log| log.of(1).count() == 1).await;
    let held = "SELECT count(*) FROM cursors WHERE leased_until > now() + interval '9 minutes'";
    assert_eq!(stage.count(held).await, 1);
    let _other = stage.worker_with(&lease);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.receiver.read(|log| log.of(1).count()), 1, "the other one waits while this one lives");
    worker.kill();
    let killed = Instant::now();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    assert!(killed.elapsed() < TAKE_OVER, "taken over only after {:?}", killed.elapsed());
}
