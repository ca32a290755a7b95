//! A budget of a day while workers are killed around its end: no receiver gets more requests than it, and none is lost that waits.

use std::time::Duration;

use serde_json::json;
use tracecast::destination::selection::Rules;
use tracecast::store::destinations;

use super::short_or_long;
use super::stage::{Stage, Tenant, names};
use crate::delivery::receiver::Answer;

/// Requests a day, and how many are recorded.
const BUDGET: usize = 240;
const ROUND: usize = 60;

/// Limits the destination at `place`.
async fn limits(stage: &Stage, tenant: &Tenant, place: usize, beyond: &str) {
    let mut rules = Rules::default();
    let members = json!({ "daily_budget": { "requests": BUDGET, "beyond": beyond } });
    rules.replace(members.as_object().unwrap()).unwrap();
    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    let id = tenant.destinations[place];
    let revision = destinations::find(&mut transaction, id).await.unwrap().unwrap().revision;
    let stored = rules.to_stored();
    assert!(destinations::put_choice(&mut transaction, id, revision, stored.as_ref(), None).await.unwrap());
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn budget_is_kept_whenever_a_worker_is_killed_and_what_it_holds_is_sent_the_next_day() {
    const HELD: &str = "SELECT count(*) FROM cursors WHERE held_until IS NOT NULL";
    const LEFT_OUT: &str = "SELECT coalesce(sum((left_out->>'budget')::bigint), 0)::bigint FROM deliveries";
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    limits(&stage, &tenant, 0, "hold").await;
    limits(&stage, &tenant, 1, "leave_out").await;
    // Kills meet requests on the wire.
    for project in [1, 2] {
        stage.receiver.answers(project, |_| Answer::of(200).after(Duration::from_millis(30)).into());
    }
    let rounds = short_or_long(8, 40).max(2 * BUDGET / ROUND);
    let (mut worker, mut sent) = (stage.worker(), Vec::new());
    for round in 0..rounds {
        sent.extend(stage.records(&tenant, names(&format!("round{round:02}"), ROUND)).await);
        tokio::time::sleep(Duration::from_millis(40 * (round as u64 % 9))).await;
        worker.kill();
        worker = stage.worker();
    }
    let beyond = sent.len() - BUDGET;
    stage.until("the budgets are spent", |log| [1, 2].iter().all(|project| log.distinct(*project) == BUDGET)).await;
    while stage.count(HELD).await != 1 || stage.count(LEFT_OUT).await != i64::try_from(beyond).unwrap() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.receiver.read(|log| {
        for project in [1, 2] {
            log.assert_none_missing(project, &sent[..BUDGET]);
        }
        log.assert_the_same_on_every_repeat();
    });

    // The next days: each has its budget, and brings what waits.
    for day in 2..=sent.len().div_ceil(BUDGET) {
        let tomorrow = "WITH held AS (UPDATE cursors SET budget_day = budget_day - 1, held_until = now()
                                      WHERE held_until IS NOT NULL RETURNING 1)
                        SELECT count(*) FROM held";
        assert_eq!(stage.count(tomorrow).await, 1);
        let so_far = (day * BUDGET).min(sent.len());
        stage.until("a day's requests arrive", |log| log.distinct(1) == so_far).await;
        stage.receiver.read(|log| log.assert_none_missing(1, &sent[..so_far]));
        while so_far < sent.len() && stage.count(HELD).await != 1 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(stage.receiver.read(|log| log.distinct(2)), BUDGET, "what was left out is not sent later");
    assert_eq!(stage.count("SELECT count(*) FROM dead_letters").await, 0);
}
