//! Replays that a person begins: which requests they send, at which rate, and what pausing and cancelling do (spec 9.4).

use chrono::{DateTime, Utc};
use tracecast::id::CursorId;
use tracecast::random::Random;
use tracecast::store::replays::{self, Chosen, NewReplay, Replay};

use super::receiver::{Arrival, Reply};
use super::stage::{Stage, Tenant, name, names};

/// All that was recorded so far.
fn all() -> Chosen {
    Chosen::All { from: DateTime::UNIX_EPOCH, until: far_ahead() }
}

fn far_ahead() -> DateTime<Utc> {
    DateTime::from_timestamp(4_000_000_000, 0).unwrap()
}

/// Begins a replay. None: there is nothing to send.
async fn starts(stage: &Stage, tenant: &Tenant, chosen: &Chosen, rate: Option<i32>) -> Option<CursorId> {
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let (id, destination) = (CursorId(Random.uuid()), tenant.destinations[0]);
    let counted = replays::count(&mut transaction, destination, chosen).await.unwrap();
    let new = NewReplay { id, destination, chosen, counted, rate, created_by: "ada@example.com" };
    let created = replays::create(&mut transaction, &new).await.unwrap();
    transaction.commit().await.unwrap();
    created.then_some(id)
}

/// Pauses it, lets it go on, or cancels it.
async fn acts(stage: &Stage, tenant: &Tenant, id: CursorId, paused: Option<bool>) {
    let (mut transaction, destination) = (stage.store.tenant(tenant.account).await.unwrap(), tenant.destinations[0]);
    let done = match paused {
        Some(paused) => replays::put_paused(&mut transaction, destination, id, paused).await.unwrap(),
        None => replays::cancel(&mut transaction, destination, id).await.unwrap(),
    };
    assert!(done);
    transaction.commit().await.unwrap();
}

async fn replays(stage: &Stage, tenant: &Tenant) -> Vec<Replay> {
    replays::list(&mut stage.store.tenant(tenant.account).await.unwrap(), tenant.destinations[0], 20).await.unwrap()
}

fn sizes(log: &super::receiver::Journal) -> Vec<usize> {
    log.accepted(1).map(|arrival: &Arrival| arrival.events().len()).filter(|size| *size > 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_sent_again_and_are_none_once_they_are_accepted() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let bad = [name("dead", 3), name("dead", 7)];
    let refused = bad.clone();
    stage.receiver.answers(1, move |call| {
        let has_one = call.events.iter().any(|event| refused.contains(&event.request));
        if has_one { Reply::status(400) } else { Reply::accept() }
    });
    let _worker = stage.worker();
    let sent = stage.records(&tenant, names("dead", 10)).await;
    stage.until_count("SELECT count(*) FROM dead_letters", 2).await;
    stage.until("the others arrive", |log| log.distinct(1) == 8).await;
    stage.receiver.answers(1, |_| Reply::accept());

    starts(&stage, &tenant, &Chosen::DeadLetters, None).await.unwrap();
    stage.until("the two arrive", |log| log.distinct(1) == 10).await;
    stage.until_count("SELECT count(*) FROM dead_letters", 0).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
    let replay = replays(&stage, &tenant).await.remove(0);
    assert_eq!((replay.requests, replay.delivered, replay.rest, replay.is_running()), (2, 2, 0, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_the_most_that_one_batch_carries_and_a_turn_sends_one_batch() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let worker = stage.worker();
    stage.records(&tenant, names("slow", 7)).await;
    stage.until("all arrive", |log| log.distinct(1) == 7).await;
    let before = stage.receiver.read(|log| sizes(log).len());
    starts(&stage, &tenant, &all(), Some(3)).await.unwrap();
    stage.until("all arrive again", |log| sizes(log)[before..].iter().sum::<usize>() == 7).await;
    assert_eq!(stage.receiver.read(|log| sizes(log)[before..].to_vec()), [3, 3, 1]);
    stage
        .until_count("SELECT count(*) FROM cursors WHERE purpose = 'replay' AND leased_by IS NULL AND delivered = 7", 1)
        .await;
    let leases = "SELECT lease_number FROM cursors WHERE purpose = 'replay'";
    let leases: i64 = sqlx::query_scalar(leases).fetch_one(&mut stage.sql().await).await.unwrap();
    assert!(leases >= 3, "{leases} leases for three batches");
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_replay_sends_nothing_until_it_goes_on_and_a_cancelled_one_never() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let _worker = stage.worker();
    stage.records(&tenant, names("old", 4)).await;
    stage.until("all arrive", |log| log.distinct(1) == 4).await;
    let times = |stage: &Stage| stage.receiver.read(|log| sizes(log).iter().sum::<usize>());

    let cancelled = starts(&stage, &tenant, &all(), Some(1)).await.unwrap();
    acts(&stage, &tenant, cancelled, None).await;
    let paused = starts(&stage, &tenant, &all(), Some(1)).await.unwrap();
    acts(&stage, &tenant, paused, Some(true)).await;
    // The worker takes live requests on, so it would have come to the replays.
    let begun = times(&stage);
    for number in 0..3 {
        stage.records(&tenant, names(&format!("live{number}"), 1)).await;
        stage.until("it arrives", |log| log.distinct(1) == 5 + number).await;
    }
    // At most one request of each was on its way when it was stopped.
    assert!(times(&stage) <= begun + 3 + 2, "{} after {begun}", times(&stage));
    acts(&stage, &tenant, paused, Some(false)).await;
    stage.until_count("SELECT count(*) FROM cursors WHERE purpose = 'replay' AND delivered = 4", 1).await;
    let states: Vec<_> = replays(&stage, &tenant).await.iter().map(|one| (one.id, one.is_running())).collect();
    assert_eq!(states, [(paused, false), (cancelled, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_requests_are_sent_alone_and_not_those_of_another_account() {
    let stage = Stage::new().await;
    let (tenant, other) = (stage.tenant(&[1]).await, stage.tenant(&[2]).await);
    let _worker = stage.worker();
    let sent = stage.records(&tenant, names("mine", 5)).await;
    let foreign = stage.records(&other, names("foreign", 2)).await;
    stage.until("all arrive", |log| log.distinct(1) == 5 && log.distinct(2) == 2).await;
    let before = stage.receiver.read(|log| sizes(log).len());
    let ids = [&sent[1..3], &foreign[..]].concat();
    let begun = (DateTime::UNIX_EPOCH, far_ahead());
    let chosen = Chosen::Requests { ids, begun };
    starts(&stage, &tenant, &chosen, None).await.unwrap();
    stage.until_count("SELECT count(*) FROM cursors WHERE purpose = 'replay' AND delivered = 2", 1).await;
    stage.receiver.read(|log| {
        let again: Vec<_> = log.accepted(1).filter(|arrival| !arrival.events().is_empty()).skip(before).collect();
        let again: Vec<_> =
            again.iter().flat_map(|arrival| arrival.events()).map(|event| event.request.clone()).collect();
        assert_eq!(again, sent[1..3]);
    });
    let nothing = Chosen::Requests { ids: foreign, begun };
    assert_eq!(starts(&stage, &tenant, &nothing, None).await, None);
}
