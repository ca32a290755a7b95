//! Edits while requests wait and while a batch is on the wire: no request begins with the old state later than a second
//! after the answer to the click (issue 3, "Edits in flight").

use std::time::{Duration, Instant};

use sqlx::AssertSqlSafe;
use tokio_util::sync::CancellationToken;
use tracecast::store::{accounts, destinations};

use super::full_door::FullDoor;
use super::receiver::{Answer, Arrival, Journal, KEY, Reply};
use super::stage::{Stage, Tenant, names};
use crate::support::program::Program;

/// How long the old state may live on.
const GRACE: Duration = Duration::from_secs(1);

/// Sixteen batches: more than leave before the click, and within the second in which the old state may live on.
const WAITING: usize = 8_000;

/// Batches that are answered before the click.
const EARLY: usize = 2;

/// A worker in the middle of it: a batch is on the wire, others wait.
struct Middle {
    sent: Vec<String>,
    /// Opened after the click. Until then only [`EARLY`] batches are answered, so that no worker is through, however late the click.
    clicked: CancellationToken,
    _worker: Program,
}

async fn in_the_middle(stage: &Stage, tenant: &Tenant) -> Middle {
    let clicked = CancellationToken::new();
    let gate = clicked.clone();
    stage.receiver.answers(1, move |call| {
        let answer = Answer::of(200).after(Duration::from_millis(500));
        if call.number > EARLY { answer.held_by(&gate).into() } else { answer.into() }
    });
    let sent = stage.records(tenant, names("edit", WAITING)).await;
    let worker = stage.worker();
    stage.until("a batch is on the wire", |log| log.of(1).count() >= 1).await;
    Middle { sent, clicked, _worker: worker }
}

/// Long enough that whatever is going to begin with the old state has begun.
async fn time_passes() {
    tokio::time::sleep(GRACE + Duration::from_millis(1_500)).await;
}

#[track_caller]
fn assert_none_later(log: &Journal, answered: Instant, is_old: impl Fn(&Arrival) -> bool) {
    let late = log.arrivals.iter().filter(|arrival| arrival.began > answered + GRACE && is_old(arrival)).count();
    assert_eq!(late, 0, "requests with the old state began more than a second after the click");
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_broadcast_off_or_pausing_stops_what_waits_until_it_is_on_again() {
    tokio::join!(off_and_on_again(false), off_and_on_again(true));
}

async fn off_and_on_again(pauses: bool) {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let middle = in_the_middle(&stage, &tenant).await;
    let turn = async |on: bool| {
        if pauses {
            assert!(stage.resumes_or_pauses(&tenant, 0, on).await);
        } else {
            stage.switches(&tenant, on).await;
        }
    };
    turn(false).await;
    let answered = Instant::now();
    middle.clicked.cancel();
    time_passes().await;
    stage.receiver.read(|log| {
        assert_none_later(log, answered, |_| true);
        assert!(log.distinct(1) < WAITING, "the worker was through before the click: it proves nothing");
    });
    turn(true).await;
    stage.until("what waited arrives", |log| log.distinct(1) == middle.sent.len()).await;
    stage.receiver.read(|log| log.assert_each_once(1, &middle.sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_destination_gets_what_waits_at_its_new_address() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let Middle { sent, clicked, _worker } = in_the_middle(&stage, &tenant).await;
    stage.moves(&tenant, 0, 2).await;
    let answered = Instant::now();
    clicked.cancel();
    stage.until("the rest arrives", |log| log.distinct(1) + log.distinct(2) >= sent.len()).await;
    time_passes().await;
    stage.receiver.read(|log| {
        assert_none_later(log, answered, |arrival| arrival.project == 1);
        let twice = log.counts(1).keys().filter(|id| log.counts(2).contains_key(*id)).count();
        assert_eq!(log.distinct(1) + log.distinct(2), sent.len() + twice);
        assert!(log.distinct(2) > 0, "the worker was through before the click: it proves nothing");
        log.assert_the_same_on_every_repeat();
    });
}

/// Its parts follow one another without anything being written down in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_halved_stops_at_the_click() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    // The last one, so that all halves before it are accepted, each after its time.
    let bad = names("halved", 500).last().unwrap();
    let clicked = CancellationToken::new();
    let gate = clicked.clone();
    stage.receiver.answers(1, move |call| {
        let is_refused = call.events.iter().any(|event| event.request == bad);
        let answer = Answer::of(if is_refused { 400 } else { 200 }).after(Duration::from_millis(400));
        if call.number > 3 { answer.held_by(&gate).into() } else { answer.into() }
    });
    let sent = stage.records(&tenant, names("halved", 500)).await;
    let _worker = stage.worker();
    stage.until("it is halved", |log| log.of(1).count() >= 3).await;
    stage.switches(&tenant, false).await;
    let answered = Instant::now();
    clicked.cancel();
    time_passes().await;
    stage.receiver.read(|log| {
        assert_none_later(log, answered, |_| true);
        assert!(log.distinct(1) < sent.len() - 1, "the worker was through before the click: it proves nothing");
    });
    stage.switches(&tenant, true).await;
    stage.until("what waited arrives", |log| log.distinct(1) == sent.len() - 1).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent[..sent.len() - 1]));
}

/// The batch that was on the wire ends with a refusal of the old settings.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_old_settings_does_not_make_the_new_ones_wait() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let edited = CancellationToken::new();
    let gate = edited.clone();
    stage.receiver.answers(1, move |_| Answer::of(403).held_by(&gate).into());
    let sent = stage.records(&tenant, names("late", 10)).await;
    let _worker = stage.worker_with(&[("TRACECAST_RETRY_CAP", "10m")]);
    stage.until("a batch is on the wire", |log| log.of(1).count() == 1).await;
    stage.moves(&tenant, 0, 2).await;
    edited.cancel();
    stage.until_count("SELECT count(*) FROM deliveries WHERE outcome = 'forbidden'", 1).await;
    assert_eq!(stage.count("SELECT count(*) FROM destinations WHERE health = 'healthy' AND failures = 0").await, 1);
    stage.until("all arrive", |log| log.distinct(2) == sent.len()).await;
    stage.receiver.read(|log| assert_eq!(log.of(1).count(), 1));
}

/// A request whose connection breaks is tried once more, which is a request like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_after_the_click_is_not_tried_again() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    stage.receiver.answers(1, |_| Reply::Hang);
    let sent = stage.records(&tenant, names("broken", 10)).await;
    let _worker = stage.worker();
    stage.until("a batch is on the wire", |log| log.of(1).count() == 1).await;
    stage.switches(&tenant, false).await;
    let answered = Instant::now();
    tokio::time::sleep(GRACE + Duration::from_millis(100)).await;
    stage.receiver.recovers(1);
    time_passes().await;
    stage.receiver.read(|log| assert_none_later(log, answered, |_| true));
    stage.switches(&tenant, true).await;
    stage.until("what waited arrives", |log| log.distinct(1) == sent.len()).await;
}

/// The settings are checked before a connection is made, which takes up to five seconds, and the click comes meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_its_connection_is_the_last_that_leaves_after_the_click() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let door = FullDoor::before(stage.receiver.address()).await;
    stage.leads(&tenant, 0, &format!("http://{KEY}@{}/1", door.address())).await;
    let sent = stage.records(&tenant, names("connect", 1_000)).await;
    let address = door.address().to_string();
    let settings = [("TRACECAST_EGRESS_ALLOW", address.as_str()), ("TRACECAST_MAX_IN_FLIGHT_PER_DESTINATION", "1")];
    let _worker = stage.worker_with(&settings);
    stage.until("its request waits for the connection", |_| door.is_waited_before()).await;
    stage.switches(&tenant, false).await;
    tokio::time::sleep(GRACE + Duration::from_millis(100)).await;
    door.opens();
    stage.until("the connection comes about", |_| door.let_through() > 0).await;
    time_passes().await;
    stage.receiver.read(|log| {
        assert_eq!((log.tries(1), log.of(1).count()), (1, 1), "nothing begins with a connection that is there");
        assert!(log.distinct(1) < sent.len(), "the worker was through before the click: it proves nothing");
    });
    assert_eq!(stage.count("SELECT count(*) FROM deliveries").await, 1);
    stage.switches(&tenant, true).await;
    stage.until("what waited arrives", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| log.assert_each_once(1, &sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn privacy_mode_of_destination_or_account_keeps_content_from_what_waits() {
    tokio::join!(content_is_kept(false), content_is_kept(true));
}

async fn content_is_kept(of_account: bool) {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let Middle { sent, clicked, _worker } = in_the_middle(&stage, &tenant).await;
    if of_account {
        let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
        accounts::put_privacy_mode(&mut transaction, true).await.unwrap();
        transaction.commit().await.unwrap();
    } else {
        stage.turns_private(&tenant, 0).await;
    }
    let answered = Instant::now();
    clicked.cancel();
    stage.until("the rest arrives", |log| log.distinct(1) == sent.len()).await;
    time_passes().await;
    stage.receiver.read(|log| {
        assert_none_later(log, answered, |arrival| arrival.events().iter().any(|event| event.has_content));
        log.assert_each_once(1, &sent);
        let bare = log.of(1).flat_map(Arrival::events).filter(|event| !event.has_content).count();
        assert!(bare > 0, "the worker was through before the click: it proves nothing");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_destination_gets_nothing_more_and_its_secret_is_gone() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let middle = in_the_middle(&stage, &tenant).await;
    let secret: Vec<u8> =
        sqlx::query_scalar("SELECT secrets FROM destinations").fetch_one(&mut stage.sql().await).await.unwrap();
    let sealed = hex::encode(secret);
    assert_eq!(tables_with(&stage, &sealed).await, ["destinations"], "the search finds what is there");

    let mut transaction = stage.store.tenant(tenant.account).await.unwrap();
    assert!(destinations::delete(&mut transaction, tenant.destinations[0]).await.unwrap());
    transaction.commit().await.unwrap();
    let answered = Instant::now();
    middle.clicked.cancel();
    time_passes().await;
    stage.receiver.read(|log| assert_none_later(log, answered, |_| true));
    for traces in [&*sealed, KEY] {
        assert_eq!(tables_with(&stage, traces).await, Vec::<String>::new());
    }
    assert_eq!(stage.count("SELECT count(*) FROM cursors").await, 0);
}

/// Tables with a row whose text form holds `text`.
async fn tables_with(stage: &Stage, text: &str) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&mut stage.sql().await)
    .await
    .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let rows = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%{text}%'");
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(&mut stage.sql().await).await.unwrap();
        if rows > 0 {
            found.push(table);
        }
    }
    found
}
