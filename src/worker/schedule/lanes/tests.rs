//! Who is in which lane, and what a full lane does.

use std::future::pending;

use futures_util::FutureExt as _;
use sqlx::postgres::PgConnectOptions;
use tokio_util::task::TaskTracker;

use super::LaneName::{Healthy, Struggling};
use super::*;

fn admission(requests: usize) -> Arc<Admission> {
    let store = || Store::open(PgConnectOptions::new(), "nobody connects", 1);
    Admission::new(requests, store(), store())
}

/// A turn whose requests are slow at once.
async fn hasty(admission: &Arc<Admission>, lane: LaneName) -> Permit {
    Permit { slow: Duration::from_millis(1), ..admission.admit(lane).await }
}

fn asks_among_struggling(permit: &Permit) -> bool {
    std::ptr::eq(permit.store(), &raw const permit.admission.struggling.store)
}

/// Room for turns that are demoted.
fn free(admission: &Admission) -> usize {
    admission.struggling.turns.available_permits()
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn lane_takes_no_more_turns_and_requests_than_it_has_room_for() {
    let admission = admission(1);
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        turns.push(admission.admit(Healthy).await);
    }
    assert_eq!(admission.room(Healthy), 0);
    assert!(admission.admit(Healthy).now_or_never().is_none());
    let request = turns[0].request().await;
    assert!(turns[1].request().now_or_never().is_none());
    drop(request);
    assert!(turns[1].request().now_or_never().is_some());
    turns.pop();
    assert!(admission.admit(Healthy).now_or_never().is_some());
}

#[tokio::test]
async fn struggling_turns_take_no_room_of_healthy_ones() {
    let admission = admission(1);
    let mut turns = Vec::new();
    while free(&admission) > 0 {
        turns.push(admission.admit(Struggling).await);
    }
    let requests: Vec<_> = turns.iter().map(|turn| turn.request().now_or_never()).collect();
    assert!(requests.iter().all(Option::is_some));
    assert_eq!(admission.room(Healthy), TURNS);
    let healthy = admission.admit(Healthy).await;
    assert!(healthy.request().now_or_never().is_some());
}

#[tokio::test]
async fn requests_that_hang_do_not_keep_others_from_starting() {
    let admission = admission(1);
    let hanging = TaskTracker::new();
    for _ in 0..STRUGGLING {
        let turn = hasty(&admission, Healthy).await;
        hanging.spawn(async move { turn.hold(turn.request().await, pending::<()>()).await });
    }
    let turn = admission.admit(Healthy).await;
    assert_eq!(turn.hold(turn.request().await, async { 7 }).await, 7);
    until(|| admission.room(Healthy) == TURNS - 1).await;
    assert_eq!(free(&admission), 0);
}

#[tokio::test]
async fn turn_keeps_its_place_where_the_struggling_lane_is_full() {
    let admission = admission(1);
    let mut struggling = Vec::new();
    while free(&admission) > 0 {
        struggling.push(admission.admit(Struggling).await);
    }
    let turn = admission.admit(Healthy).await;
    turn.learn(false);
    assert_eq!(admission.room(Healthy), TURNS - 1);
    assert!(asks_among_struggling(&turn));
    struggling.pop();
    turn.learn(true);
    turn.learn(false);
    assert_eq!((admission.room(Healthy), free(&admission)), (TURNS, 0));
}

#[tokio::test]
async fn turn_is_demoted_while_its_receiver_fails_and_promoted_when_it_accepts() {
    let admission = admission(1);
    let turn = admission.admit(Struggling).await;
    assert!(asks_among_struggling(&turn) && !turn.may_stay());
    turn.learn(true);
    assert!(!asks_among_struggling(&turn) && turn.may_stay());
    assert_eq!((admission.room(Healthy), free(&admission)), (TURNS - 1, STRUGGLING));
    turn.learn(false);
    assert!(asks_among_struggling(&turn) && !turn.may_stay());
    assert_eq!((admission.room(Healthy), free(&admission)), (TURNS, STRUGGLING - 1));
}

#[tokio::test]
async fn slow_turn_asks_the_database_among_healthy_ones_until_its_grace_is_over() {
    for grace in [Duration::from_hours(1), Duration::ZERO] {
        let admission = admission(1);
        let turn = Permit { grace, ..hasty(&admission, Healthy).await };
        let hanging = std::pin::pin!(async { turn.hold(turn.request().await, pending::<()>()).await });
        let demoted = std::pin::pin!(until(|| free(&admission) < STRUGGLING));
        futures_util::future::select(hanging, demoted).await;
        assert_eq!(asks_among_struggling(&turn), grace == Duration::ZERO);
    }
}

#[tokio::test]
async fn turn_stays_only_while_half_of_the_lane_is_free() {
    let admission = admission(1);
    let turns = (admission.admit(Healthy).await, admission.admit(Healthy).await);
    assert!(turns.0.may_stay());
    let third = admission.admit(Healthy).await;
    assert!(!third.may_stay());
    drop(third);
    admission.set_crowded(Struggling, true);
    assert!(turns.1.may_stay());
    admission.set_crowded(Healthy, true);
    assert!(!turns.1.may_stay() && turns.1.is_crowded());
}

#[tokio::test]
async fn destinations_that_failed_before_fill_a_part_of_the_struggling_lane_and_demoted_turns_the_rest() {
    let admission = admission(1);
    let mut turns = Vec::new();
    while admission.room(Struggling) > 0 {
        turns.push(admission.admit(Struggling).await);
    }
    assert_eq!(turns.len(), FAILING);
    for _ in FAILING..STRUGGLING {
        let turn = admission.admit(Healthy).await;
        turn.learn(false);
        turns.push(turn);
    }
    assert_eq!((admission.room(Healthy), admission.room(Struggling), free(&admission)), (TURNS, 0, 0));
    turns.truncate(FAILING);
    assert_eq!((admission.room(Struggling), free(&admission)), (0, STRUGGLING - FAILING));
    turns.pop();
    assert_eq!(admission.room(Struggling), 1);
}

#[tokio::test]
async fn struggling_turns_read_as_many_at_a_time_as_they_have_connections() {
    let admission = admission(1);
    let (first, second) = (admission.admit(Struggling).await, admission.admit(Struggling).await);
    let healthy = admission.admit(Healthy).await;
    let read = first.read().await;
    assert!(second.read().now_or_never().is_none());
    assert!(healthy.read().now_or_never().is_some());
    drop(read);
    assert!(second.read().now_or_never().is_some());
}
