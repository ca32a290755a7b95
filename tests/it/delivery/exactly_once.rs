//! Without faults: everything once, and in order.

use std::collections::HashSet;
use std::time::Duration;

use super::receiver::{Answer, Journal, KEY};
use super::stage::{Stage, names};

/// Batches of a destination that are on the wire at the same time (spec 4.2).
const IN_FLIGHT: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_arrive_once_each_and_in_order() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    // Time in which others may be on the wire beside it.
    let pause = Duration::from_millis(800);
    stage.receiver.answers(1, move |_| Answer::of(200).after(pause).into());
    let sent = stage.records(&tenant, names("order", 10_000)).await;
    let _worker = stage.worker();
    stage.until("all arrive", |journal| journal.distinct(1) == sent.len()).await;
    let judge = |journal: &Journal| {
        journal.assert_each_once(1, &sent);
        journal.assert_in_order(1, &sent, IN_FLIGHT);
        assert_eq!(journal.repeats(), 0);
        let most = journal.most_at_once(1, pause);
        assert!(most <= IN_FLIGHT, "{most} batches were on the wire at the same time");
        let connections: HashSet<_> = journal.of(1).map(|arrival| arrival.connection).collect();
        assert!(connections.len() <= 2 * IN_FLIGHT, "{} connections: they are not kept", connections.len());
        assert!(journal.of(1).all(|arrival| arrival.key == KEY));
    };
    stage.receiver.read(judge);
}

/// For a receiver that cannot take more.
#[tokio::test(flavor = "multi_thread")]
async fn a_destination_has_no_more_requests_on_the_wire_than_the_operator_allows() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let pause = Duration::from_millis(200);
    stage.receiver.answers(1, move |_| Answer::of(200).after(pause).into());
    let sent = stage.records(&tenant, names("one", 3_000)).await;
    let _worker = stage.worker_with(&[("TRACECAST_MAX_IN_FLIGHT_PER_DESTINATION", "1")]);
    stage.until("all arrive", |journal| journal.distinct(1) == sent.len()).await;
    stage.receiver.read(|journal| {
        assert_eq!(journal.most_at_once(1, pause), 1);
        journal.assert_in_order(1, &sent, 1);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_side_by_side_send_everything_once() {
    let stage = Stage::new().await;
    let (one, other) = (stage.tenant(&[1, 2, 3]).await, stage.tenant(&[4, 5]).await);
    let _workers = [stage.worker(), stage.worker()];
    let mut sent = [Vec::new(), Vec::new()];
    for round in 0..10 {
        sent[0].extend(stage.records(&one, names(&format!("a{round}"), 100)).await);
        sent[1].extend(stage.records(&other, names(&format!("b{round}"), 100)).await);
    }
    for (tenant, sent) in [&one, &other].into_iter().zip(&sent) {
        for project in &tenant.projects {
            stage.until("all arrive", |journal| journal.distinct(*project) == sent.len()).await;
            stage.receiver.read(|journal| journal.assert_each_once(*project, sent));
        }
    }
    stage.receiver.read(|journal| assert_eq!(journal.repeats(), 0));
}
