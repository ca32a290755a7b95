//! Receivers that refuse, take a part, or take a request only without its content (spec 4.3).

use super::receiver::{Arrival, Event, Reply};
use super::stage::{Stage, name, names};

#[tokio::test(flavor = "multi_thread")]
async fn refused_request_among_five_hundred_becomes_a_dead_letter_and_the_others_arrive() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let sent = stage.records(&tenant, names("refuse", 500)).await;
    let bad = name("refuse", 137);
    let refused = bad.clone();
    stage.receiver.answers(1, move |call| {
        let has_it = call.events.iter().any(|event| event.request == refused);
        if has_it { Reply::status(400) } else { Reply::accept() }
    });
    let _worker = stage.worker();
    stage.until("the others arrive", |log| log.distinct(1) == 499).await;
    stage.until_count("SELECT count(*) FROM dead_letters", 1).await;
    let letter: (String, i16, String) = sqlx::query_as("SELECT generation_id, status, answer FROM dead_letters")
        .fetch_one(&mut stage.sql().await)
        .await
        .unwrap();
    assert_eq!((letter.0.as_str(), letter.1), (bad.as_str(), 400));
    assert!(letter.2.contains("HTTP 400"), "{}", letter.2);
    let others: Vec<_> = sent.into_iter().filter(|id| *id != bad).collect();
    stage.receiver.read(|log| {
        log.assert_each_once(1, &others);
        assert!(log.tries(1) <= 40, "{} requests: more than halving needs", log.tries(1));
    });
    stage.until_count("SELECT count(*) FROM cursors c JOIN destinations d ON d.id = c.destination_id WHERE health = 'healthy' AND delivered = 499", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_is_sent_once_more_without_its_content() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    let large = name("large", 5);
    for project in [1, 2] {
        let large = large.clone();
        stage.receiver.answers(project, move |call| {
            // The second receiver takes it in no form.
            let too_large = |event: &Event| event.request == large && (event.has_content || project == 2);
            if call.events.iter().any(too_large) { Reply::status(413) } else { Reply::accept() }
        });
    }
    let sent = stage.records(&tenant, names("large", 20)).await;
    let _worker = stage.worker();
    stage.until("all arrive", |log| log.distinct(1) == 20 && log.distinct(2) == 19).await;
    stage.until_count("SELECT count(*) FROM dead_letters WHERE status = 413", 1).await;
    stage.receiver.read(|log| {
        log.assert_each_once(1, &sent);
        for event in log.accepted(1).flat_map(Arrival::events) {
            assert_eq!(event.has_content, event.request != large, "{}", event.request);
        }
        let bare = log.of(2).filter(|arrival| arrival.events().iter().any(|event| !event.has_content)).count();
        assert_eq!(bare, 1, "once more, not more often");
        log.assert_the_same_on_every_repeat();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn http_500_is_answered_with_five_attempts_and_then_the_one_at_fault_becomes_a_dead_letter() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let bad = name("broken", 7);
    let breaks = bad.clone();
    stage.receiver.answers(1, move |call| {
        let has_it = call.events.iter().any(|event| event.request == breaks);
        if has_it { Reply::status(500) } else { Reply::accept() }
    });
    let sent = stage.records(&tenant, names("broken", 16)).await;
    let _worker = stage.worker();
    stage.until("the others arrive", |log| log.distinct(1) == 15).await;
    stage.until_count("SELECT count(*) FROM dead_letters WHERE status = 500", 1).await;
    let others: Vec<_> = sent.iter().filter(|id| **id != bad).cloned().collect();
    stage.receiver.read(|log| {
        log.assert_each_once(1, &others);
        let whole = log.of(1).filter(|arrival| arrival.events().len() == 16).count();
        assert_eq!(whole, 5, "the batch was tried so often");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_which_a_part_was_taken_is_never_sent_again() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |_| Reply::accept_in_part(1, "a span was too old"));
    let sent = stage.records(&tenant, names("part", 10)).await;
    let _worker = stage.worker();
    let noted =
        "SELECT count(*) FROM deliveries WHERE outcome = 'delivered_in_part' AND answer LIKE '%a span was too old%'";
    stage.until("all arrive", |log| log.distinct(1) == sent.len()).await;
    stage.until_count("SELECT delivered FROM cursors", 10).await;
    assert!(stage.count(noted).await >= 1, "the receiver's message is kept");
    stage.until_count("SELECT count(*) FROM destinations WHERE health = 'healthy' AND not_before IS NULL", 1).await;
    stage.receiver.read(|log| {
        log.assert_each_once(1, &sent);
        assert_eq!(log.repeats(), 0);
    });
}
