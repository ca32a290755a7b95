//! Every way in which a connection can fail: the requests arrive all the same, with the same identifiers.

use std::time::Duration;

use super::receiver::Reply;
use super::stage::{Stage, names};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_receiver_does_to_connections_nothing_is_missing_in_the_end() {
    let stage = Stage::new().await;
    let one = stage.tenant(&[1, 2, 3, 4, 5]).await;
    let other = stage.tenant(&[6, 7, 8, 9]).await;
    let fails = |project, times, reply: Reply| {
        stage.receiver.answers(project, move |call| if call.number <= times { reply.clone() } else { Reply::accept() });
    };
    fails(1, 4, Reply::Reset);
    stage.receiver.slams(2, 4);
    fails(3, 3, Reply::CloseInHead);
    fails(4, 1, Reply::SlowBody(Duration::from_millis(30)));
    fails(5, 1, Reply::EndlessBody);
    fails(6, 1, Reply::Hang);
    fails(9, 1, Reply::CloseInBody);
    let mut flaps = 0;
    stage.receiver.answers(7, move |_| {
        flaps += 1;
        if flaps % 2 == 1 { Reply::status(503) } else { Reply::accept() }
    });
    let first = stage.records(&one, names("one", 100)).await;
    let second = stage.records(&other, names("other", 100)).await;
    let _worker = stage.worker();
    stage.until("the receiver hangs", |log| log.of(6).count() == 1).await;
    stage.until("the others arrive beside it", |log| log.distinct(7) == 100 && log.distinct(8) == 100).await;
    stage.receiver.recovers(6);
    for (tenant, sent) in [(&one, &first), (&other, &second)] {
        for project in &tenant.projects {
            stage.until("all arrive", |log| log.distinct(*project) == sent.len()).await;
            stage.receiver.read(|log| log.assert_each_once(*project, sent));
        }
    }
    // A status of 2xx is the answer, whatever becomes of its body: their batches were delivered the first time.
    for project in [4, 5, 9] {
        stage
            .receiver
            .read(|log| assert_eq!(log.of(project).map(|arrival| arrival.events().len()).sum::<usize>(), 100));
    }
    stage.receiver.read(|log| log.assert_the_same_on_every_repeat());
    assert_eq!(stage.count("SELECT count(*) FROM dead_letters").await, 0);
}
