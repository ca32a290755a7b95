//! Replays that a person begins: which requests they send, at which rate, and what pausing and cancelling do (spec 9.4).

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use tracecast::clock::Clock;
use tracecast::id::CursorId;
use tracecast::random::Random;
use tracecast::replay::{Counted, Question, count};
use tracecast::store::destinations;
use tracecast::store::replays::{self, Chosen, NewReplay, Replay};

use super::receiver::{Arrival, Reply};
use super::stage::{PATIENCE, Stage, Tenant, name, names};

/// All that was recorded so far.
fn all() -> Chosen {
    Chosen::All { from: DateTime::UNIX_EPOCH, until: far_ahead() }
}

fn far_ahead() -> DateTime<Utc> {
    DateTime::from_timestamp(4_000_000_000, 0).unwrap()
}

/// What a replay would send.
async fn counts(stage: &Stage, tenant: &Tenant, (chosen, skips_delivered): (&Chosen, bool), time: Duration) -> Counted {
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let destination = &destinations::find(&mut transaction, tenant.destinations[0]).await.unwrap().unwrap();
    let retention = Duration::from_hours(24 * 7);
    let question = Question { destination, chosen, skips_delivered, private: false, retention, time };
    count(&mut transaction, question).await.unwrap()
}

/// Begins a replay. None: there is nothing to send.
async fn starts(stage: &Stage, tenant: &Tenant, chosen: &Chosen, rate: Option<i32>) -> Option<CursorId> {
    begins(stage, tenant, (chosen, false), rate).await
}

/// The same; with `true` what was delivered before is left out.
pub(super) async fn begins(
    stage: &Stage,
    tenant: &Tenant,
    (chosen, skips_delivered): (&Chosen, bool),
    rate: Option<i32>,
) -> Option<CursorId> {
    let Counted { ends, looked_at: requests, .. } = counts(stage, tenant, (chosen, skips_delivered), PATIENCE).await;
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let (id, destination, created_by) = (CursorId(Random.uuid()), tenant.destinations[0], "ada@example.com");
    let new = NewReplay { id, destination, chosen, skips_delivered, requests, ends: ends?, rate, created_by };
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

/// A replay that ended after it looked at so many requests.
async fn until_it_ends(stage: &Stage, tenant: &Tenant) {
    for _ in 0..600 {
        if replays(stage, tenant).await.iter().all(|replay| !replay.is_running()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_leaves_out_what_was_delivered_sends_the_rest_and_nothing_twice() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let put = async |rules: Option<&serde_json::Value>| {
        let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
        let id = tenant.destinations[0];
        let revision = destinations::find(&mut transaction, id).await.unwrap().unwrap().revision;
        assert!(destinations::put_choice(&mut transaction, id, revision, rules, None).await.unwrap());
        transaction.commit().await.unwrap();
    };
    let budget = json!({ "version": 1, "daily_budget": { "requests": 3, "beyond": "leave_out" } });
    put(Some(&budget)).await;
    let _worker = stage.worker();
    let sent = stage.records(&tenant, names("limited", 8)).await;
    let through =
        "SELECT count(*) FROM cursors c WHERE c.purpose = 'live' AND c.unconfirmed = 0 AND (c.xid, c.position) =
        (SELECT xid, position FROM completed_requests ORDER BY xid DESC, position DESC LIMIT 1)";
    stage.until_count(through, 1).await;
    assert_eq!(stage.receiver.read(|log| log.distinct(1)), 3);
    let all = all();
    let held = counts(&stage, &tenant, (&all, true), PATIENCE).await;
    assert_eq!((held.requests, held.delivered, held.looked_at, held.is_whole), (5, 3, 8, true));
    put(None).await;

    begins(&stage, &tenant, (&all, true), None).await.unwrap();
    stage.until("the rest arrives", |log| log.distinct(1) == 8).await;
    until_it_ends(&stage, &tenant).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
    let left_out = "SELECT sum((left_out->>'delivered')::bigint)::bigint FROM deliveries";
    assert_eq!(stage.count(left_out).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_a_time_sends_nothing_that_completed_outside_it_wherever_it_was_recorded() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let _worker = stage.worker();
    let sent = stage.records(&tenant, names("order", 3)).await;
    stage.until("all arrive", |log| log.distinct(1) == 3).await;
    // The one in the middle of the log completed an hour after those around it.
    let later =
        "UPDATE completed_requests SET completed_at = completed_at + interval '1 hour' WHERE generation_id = $1";
    sqlx::query(later).bind(&sent[1]).execute(&mut stage.sql().await).await.unwrap();
    let before = stage.receiver.read(|log| sizes(log).len());
    let chosen = Chosen::All { from: DateTime::UNIX_EPOCH, until: Clock::System.now() + Duration::from_mins(10) };
    starts(&stage, &tenant, &chosen, None).await.unwrap();
    stage.until_count("SELECT count(*) FROM cursors WHERE purpose = 'replay' AND delivered = 2", 1).await;
    until_it_ends(&stage, &tenant).await;
    assert_eq!(stage.receiver.read(|log| sizes(log)[before..].iter().sum::<usize>()), 2);
    stage.receiver.read(|log| assert_eq!(log.counts(1).get(&sent[1]), Some(&1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_ends_when_its_time_is_over_and_the_replay_still_sends_all() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let sent = stage.copies(&tenant, "many", 1_200).await;
    let all = all();
    let cut = counts(&stage, &tenant, (&all, false), Duration::ZERO).await;
    assert_eq!((cut.requests, cut.is_whole), (500, false));
    let whole = counts(&stage, &tenant, (&all, false), PATIENCE).await;
    assert_eq!((whole.requests, whole.is_whole, whole.ends), (1_200, true, cut.ends));
    drop(sent);
}
