//! Every way in which a connection can fail: the requests arrive all the same, with the same identifiers.

use std::time::Duration;

use super::receiver::{Answer, Reply};
use super::stage::{Stage, name, names};

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

/// Several batches are on the wire at the same time; the one in the middle fails last.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_fails_after_later_ones_were_accepted_is_sent_again() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let (late, mut fails) = (name("late", 1_200), 2);
    stage.receiver.answers(1, move |call| {
        if fails > 0 && call.events.iter().any(|event| event.request == late) {
            fails -= 1;
            return Answer::of(503).after(Duration::from_millis(800)).into();
        }
        Answer::of(200).after(Duration::from_millis(50)).into()
    });
    let sent = stage.records(&tenant, names("late", 4_000)).await;
    let _worker = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.until_count("SELECT count(*) FROM cursors c JOIN destinations d ON d.id = c.destination_id WHERE health = 'healthy' AND leased_by IS NULL", 1).await;
    stage.receiver.read(|log| {
        log.assert_none_missing(1, &sent);
        log.assert_the_same_on_every_repeat();
        // Only what was on the wire behind the one that failed may come again.
        assert!(log.counts(1).values().all(|count| *count <= 3));
        assert!(log.counts(1)["gen-late-0000000"] == 1 && log.counts(1)["gen-late-0003999"] == 1);
    });
}

/// Addresses to which no request can go: the egress policy refuses, nobody listens, or what answers speaks no TLS.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_waits_and_says_why() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2, 3, 4]).await;
    let address = stage.receiver.address().to_string();
    stage.leads(&tenant, 1, &stage.receiver.dsn(2).replace(&address, "127.0.0.2:80")).await;
    stage.leads(&tenant, 2, &stage.receiver.dsn(3).replace(&address, "127.0.0.1:1")).await;
    stage.leads(&tenant, 3, &stage.receiver.dsn(4).replace("http:", "https:")).await;
    let sent = stage.records(&tenant, names("reach", 10)).await;
    let allowed = format!("{address}, 127.0.0.1:1");
    let _worker = stage.worker_with(&[("TRACECAST_EGRESS_ALLOW", &allowed)]);
    let stands = async |place: usize, health: &str, outcome: &str| {
        let id = tenant.destinations[place];
        let cursor =
            format!("SELECT count(*) FROM destinations WHERE id = '{id}' AND health = '{health}' AND reason <> ''");
        stage.until_count(&cursor, 1).await;
        let noted = format!(
            "SELECT least(count(*), 1) FROM deliveries WHERE destination_id = '{id}' AND outcome = '{outcome}'"
        );
        stage.until_count(&noted, 1).await;
    };
    stands(1, "needs_attention", "address_refused").await;
    stands(2, "failing", "unreachable").await;
    stands(3, "needs_attention", "tls_failed").await;
    stage.until("the other arrives", |log| log.distinct(1) == sent.len()).await;
    for (place, project) in [(1, 2), (2, 3), (3, 4)] {
        stage.moves(&tenant, place, project).await;
        stage.until("what waited arrives", |log| log.distinct(project) == sent.len()).await;
        stage.receiver.read(|log| log.assert_each_once(project, &sent));
    }
}
