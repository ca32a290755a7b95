//! The Enable Broadcast switch, flipped while requests complete: each belongs to the period in which it completed (spec 1).

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tracecast::store::Store;

use super::postgres_proxy::PostgresProxy;
use super::receiver::Arrival;
use super::short_or_long;
use super::stage::{Stage, name};
use crate::support::database::Database;

/// A period, and how near to its ends nothing completes: what completes at the very moment of the click is in nobody's eyes.
const PERIOD: Duration = Duration::from_millis(200);
const MARGIN: Duration = Duration::from_millis(60);

#[tokio::test(flavor = "multi_thread")]
async fn what_completes_while_broadcast_is_on_arrives_and_nothing_else() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1, 2]).await;
    let _worker = stage.worker();
    let recording = stage.recording(&tenant);
    let (mut expected, mut others, mut number) = (Vec::new(), 0, 0);
    for flip in 0..short_or_long(13, 51) {
        let on = flip % 2 == 0;
        stage.switches(&tenant, on).await;
        let begun = Instant::now();
        tokio::time::sleep(MARGIN).await;
        while begun.elapsed() < PERIOD.saturating_sub(MARGIN) {
            let name = name("flip", number);
            number += 1;
            recording.record(&name);
            if on {
                expected.push(name);
            } else {
                others += 1;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(PERIOD.saturating_sub(begun.elapsed())).await;
    }
    recording.ends().await;
    assert!(expected.len() > 20 && others > 20, "{} on, {others} off", expected.len());
    // The last period is an on period, in which everything that waited may leave.
    for project in [1, 2] {
        stage.until("all arrive", |log| log.distinct(project) >= expected.len()).await;
    }
    stage
        .until_count("SELECT count(*) FROM cursors WHERE position >= (SELECT max(position) FROM completed_requests WHERE broadcast)", 2)
        .await;
    for project in [1, 2] {
        stage.receiver.read(|log| log.assert_each_once(project, &expected));
    }
    let without = "SELECT count(*) FROM completed_requests WHERE NOT broadcast AND content IS NOT NULL";
    assert_eq!(stage.count(without).await, 0, "content that nobody may receive is not stored");
}

/// What completed in an on period, but was not sent before the switch went off, waits for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_broadcast_goes_off_leaves_when_it_is_on_again() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[1]).await;
    let sent = stage.records(&tenant, (0..10).map(|number| name("kept", number))).await;
    stage.switches(&tenant, false).await;
    stage.records(&tenant, (0..10).map(|number| name("lost", number))).await;
    let _worker = stage.worker();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    stage.receiver.read(|log| assert_eq!(log.of(1).count(), 0, "Broadcast is off"));
    stage.switches(&tenant, true).await;
    stage.until("what waited arrives", |log| log.distinct(1) == sent.len()).await;
    stage.receiver.read(|log| {
        log.assert_each_once(1, &sent);
        assert!(log.of(1).flat_map(Arrival::events).all(|event| event.has_content));
    });
}

/// The answer that tells the database's clock takes its time.
#[tokio::test(flavor = "multi_thread")]
async fn what_completes_right_after_the_click_belongs_to_the_new_period() {
    let database = Database::new().await;
    let stage = Stage::on(&database.url, &database.admin_url).await;
    let proxy = PostgresProxy::before(&database.url).await;
    proxy.slows(Duration::from_millis(200));
    let options = PgConnectOptions::from_str(&proxy.url(&database.url)).unwrap().options([("app.upkeep", "on")]);
    let tenant = stage.tenant(&[]).await;
    let recording = Stage::recording_on(Store::open(options, "tracecast test", 1), &tenant);
    for (number, on) in [false, true, false].into_iter().enumerate() {
        stage.switches(&tenant, on).await;
        recording.record(&name(if on { "on" } else { "off" }, number));
        let written = i64::try_from(number).unwrap() + 1;
        stage.until_count("SELECT count(*) FROM completed_requests", written).await;
    }
    recording.ends().await;
    let wrong = "SELECT count(*) FROM completed_requests WHERE broadcast <> (generation_id LIKE 'gen-on-%')";
    assert_eq!(stage.count(wrong).await, 0);
}

/// A recorder that waits for a connection, and then for Postgres, while the switch is flipped in between.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_late_belongs_to_the_period_in_which_it_completed() {
    let stage = Stage::new().await;
    let tenant = stage.tenant(&[]).await;
    let options = PgConnectOptions::from_str(&stage.url).unwrap().options([("app.upkeep", "on")]);
    let store = Store::open(options, "tracecast test", 1);
    let recording = Stage::recording_on(store.clone(), &tenant);
    for (number, on) in [true, false, true, false].into_iter().enumerate() {
        stage.switches(&tenant, on).await;
        let (busy, blocked) = (store.pool().acquire().await.unwrap(), stage.blocks_the_log().await);
        recording.record(&name(if on { "on" } else { "off" }, number));
        tokio::time::sleep(Duration::from_millis(200)).await;
        if number < 2 {
            stage.switches(&tenant, !on).await;
        }
        drop(busy);
        blocked.until_written_to().await;
        if number >= 2 {
            stage.switches(&tenant, !on).await;
        }
        blocked.opens().await;
        let written = i64::try_from(number).unwrap() + 1;
        stage.until_count("SELECT count(*) FROM completed_requests", written).await;
    }
    recording.ends().await;
    let wrong = "SELECT count(*) FROM completed_requests WHERE broadcast <> (generation_id LIKE 'gen-on-%')";
    assert_eq!(stage.count(wrong).await, 0);
}
