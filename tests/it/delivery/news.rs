//! What is recorded while a turn runs: it is sent beside what is on the wire, and by the turn that runs.

use std::time::Duration;

use super::own_cluster::OwnCluster;
use super::receiver::{Arrival, Reply};
use super::stage::{Stage, name, names};

fn requests(arrival: &Arrival) -> Vec<&str> {
    arrival.events().iter().map(|event| event.request.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_while_a_request_is_on_the_wire_does_not_wait_for_its_answer() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |call| if call.number == 1 { Reply::Hang } else { Reply::accept() });
    let _worker = stage.worker();
    let mut sent = stage.records(&tenant, names("first", 1)).await;
    stage.until("a request is on the wire", |log| log.of(1).count() == 1).await;
    for (number, prefix) in ["other", "third"].into_iter().enumerate() {
        let recorded = stage.records(&tenant, names(prefix, 1)).await;
        stage.until("it is sent", |log| log.of(1).count() == number + 2).await;
        stage.receiver.read(|log| assert_eq!(log.of(1).last().map(requests).unwrap(), recorded));
        sent.extend(recorded);
    }
    stage.receiver.recovers(1);
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
}

/// A transaction that writes anywhere in the cluster holds back what is recorded after its beginning.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_transaction_held_back_does_not_wait_for_an_answer_either() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |call| if call.number == 1 { Reply::Hang } else { Reply::accept() });
    let _worker = stage.worker();
    stage.records(&tenant, names("first", 1)).await;
    stage.until("a request is on the wire", |log| log.of(1).count() == 1).await;
    let mut older = stage.sql().await;
    sqlx::raw_sql("BEGIN; SELECT pg_current_xact_id()").execute(&mut older).await.unwrap();
    let recorded = stage.records(&tenant, names("other", 1)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(stage.receiver.read(|log| log.of(1).count()), 1, "it cannot be read yet");
    sqlx::raw_sql("COMMIT").execute(&mut older).await.unwrap();
    stage.until("it is sent", |log| log.of(1).count() == 2).await;
    stage.receiver.read(|log| assert_eq!(log.of(1).last().map(requests).unwrap(), recorded));
}

/// The older transaction may end at any moment, also between two statements of a turn that wants to know what there is.
#[tokio::test(flavor = "multi_thread")]
async fn whenever_an_older_transaction_ends_what_it_held_back_does_not_wait_for_an_answer() {
    let stage = Stage::new().await;
    let mut tenants = Vec::new();
    for project in 1..=30 {
        stage.receiver.answers(project, |call| if call.number == 1 { Reply::Hang } else { Reply::accept() });
        tenants.push(stage.tenant(&[project]).await);
    }
    let _worker = stage.worker();
    for tenant in &tenants {
        stage.records(tenant, names("first", 1)).await;
    }
    let all = |count: usize| {
        stage.until("all are on the wire", move |log| (1..=30).all(|project| log.of(project).count() == count))
    };
    all(1).await;
    let mut older = stage.sql().await;
    for round in 1..=3 {
        sqlx::raw_sql("BEGIN; SELECT pg_current_xact_id()").execute(&mut older).await.unwrap();
        for tenant in &tenants {
            stage.records(tenant, std::iter::once(name("other", round))).await;
        }
        sqlx::raw_sql("COMMIT").execute(&mut older).await.unwrap();
        all(round + 1).await;
    }
    for project in 1..=30 {
        stage
            .receiver
            .read(|log| assert_eq!(log.of(project).flat_map(requests).count(), 4, "project {project}: again"));
    }
}

/// Notifications are hints: one may be lost with a connection, or never be sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_told_of_does_not_wait_for_an_answer_either() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |call| if call.number == 1 { Reply::Hang } else { Reply::accept() });
    let _worker = stage.worker();
    stage.records(&tenant, names("quiet", 1)).await;
    stage.until("a request is on the wire", |log| log.of(1).count() == 1).await;
    let recorded = stage.copies_quietly(&tenant, "quiet", 1).await;
    stage.until("it is sent", |log| log.of(1).count() == 2).await;
    stage.receiver.read(|log| assert_eq!(log.of(1).last().map(requests).unwrap(), [recorded]));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_follow_each_other_closely_take_no_lease_each() {
    const REQUESTS: usize = 20;
    // What writes elsewhere in a cluster holds requests back, and a turn does not stay for those.
    let cluster = OwnCluster::quick().await;
    let stage = Stage::on(&cluster.url(), &cluster.admin_url()).await;
    let tenant = stage.tenant(&[1, 2]).await;
    let _worker = stage.worker();
    let recording = stage.recording(&tenant);
    let sent: Vec<String> = names("close", REQUESTS).collect();
    for (number, name) in sent.iter().enumerate() {
        recording.record(name);
        stage.until("it arrives", |log| [1, 2].iter().all(|project| log.distinct(*project) == number + 1)).await;
    }
    let leases = stage.count("SELECT sum(lease_number)::bigint FROM cursors").await;
    assert!(usize::try_from(leases).unwrap() < REQUESTS, "{leases} leases for {REQUESTS} requests to two destinations");
    recording.ends().await;
    for project in tenant.projects {
        stage.receiver.read(|log| log.assert_each_once(project, &sent));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_resumed_beside_a_turn_that_stays_gets_what_it_missed_and_what_follows() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    assert!(stage.resumes_or_pauses(&tenant, 1, false).await);
    let _worker = stage.worker();
    let recording = stage.recording(&tenant);
    let mut sent = Vec::new();
    for number in 0..10 {
        sent.push(name("beside", number));
        recording.record(&sent[number]);
        stage.until("it arrives", |log| log.distinct(1) == number + 1).await;
        if number == 5 {
            assert!(stage.resumes_or_pauses(&tenant, 1, true).await);
        }
    }
    stage.until("the other has all", |log| log.distinct(2) == sent.len()).await;
    recording.ends().await;
    for project in tenant.projects {
        stage.receiver.read(|log| log.assert_each_once(project, &sent));
    }
}

/// A rolling restart: an older worker meets the requests of a newer web process.
#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_newer_format_are_left_alone_and_not_leased_again_and_again() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let sent = stage.records(&tenant, names("newer", 3)).await;
    let puts = async |statement: &'static str| sqlx::raw_sql(statement).execute(&mut stage.sql().await).await.unwrap();
    puts("UPDATE completed_requests SET format = format + 100").await;
    let _worker = stage.worker();
    stage.until_count("SELECT count(*) FROM cursors WHERE lease_number > 0", 1).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let leases = stage.count("SELECT lease_number FROM cursors").await;
    assert!(leases < 10, "{leases} leases");
    stage.receiver.read(|log| assert_eq!(log.of(1).count(), 0));
    puts("UPDATE completed_requests SET format = format - 100").await;
    stage.until("they arrive", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
}
