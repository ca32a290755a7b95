//! What each status means for the requests that were sent and for their destination (spec 4.3).

use std::time::Duration;

use sqlx::{PgConnection, Row as _};

use super::receiver::Reply;
use super::stage::{Stage, Tenant, names};
use super::{is_long, short_or_long};

/// What is seen of a destination whose receiver gives one answer again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Sent once, and the destination is healthy.
    Delivered,
    /// The requests wait and are tried again.
    Waits,
    /// The requests wait and the destination needs attention.
    NeedsAttention,
    /// Each request is a dead letter, and nothing waits.
    DeadLetters,
}

fn expected(status: u16) -> Class {
    match status {
        // The protocol would change, and HTTP is over.
        101 => Class::NeedsAttention,
        200..=299 => Class::Delivered,
        // 415 concerns Sentry's endpoint, not a request (spec 2.1).
        400 | 413 | 422 => Class::DeadLetters,
        // 1xx only announces an answer; then the connection closes.
        100..=199 | 408 | 429 | 500..=599 => Class::Waits,
        _ => Class::NeedsAttention,
    }
}

fn statuses() -> Vec<u16> {
    if is_long() {
        return (100..=599).collect();
    }
    let named =
        [100, 101, 103, 200, 202, 204, 206, 299, 300, 301, 304, 308, 399, 400, 401, 402, 403, 404, 405, 408, 409];
    let others = [410, 413, 415, 418, 422, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 520, 599];
    named.into_iter().chain(others).collect()
}

/// Requests of each destination: few enough that a receiver that refuses all of them is not suspected of refusing
/// everything.
const REQUESTS: usize = 3;

async fn class(connection: &mut PgConnection, tenant: &Tenant, place: usize) -> Option<Class> {
    let row = sqlx::query(
        "SELECT health, failures, delivered,
                (SELECT count(*) FROM dead_letters l WHERE l.destination_id = c.destination_id) AS letters
         FROM cursors c JOIN destinations d ON d.id = c.destination_id
         WHERE c.account_id = $1 AND c.destination_id = $2",
    );
    let row = row.bind(tenant.account.0).bind(tenant.destinations[place].0);
    let row = row.fetch_one(connection).await.unwrap();
    let (health, failures): (String, i32) = (row.get("health"), row.get("failures"));
    let (delivered, letters): (i64, i64) = (row.get("delivered"), row.get("letters"));
    let all = i64::try_from(REQUESTS).unwrap();
    match (health.as_str(), failures, delivered, letters) {
        ("healthy", 0, delivered, 0) if delivered == all => Some(Class::Delivered),
        // Nothing waits; but who takes nothing at all is not healthy.
        ("failing", 1.., 0, letters) if letters == all => Some(Class::DeadLetters),
        ("failing", 1.., 0, 0) => Some(Class::Waits),
        ("needs_attention", 1.., 0, 0) => Some(Class::NeedsAttention),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_is_of_its_class_and_what_waits_arrives_once_the_receiver_recovers() {
    let stage = Stage::new().await;
    let mut tenants = Vec::new();
    for projects in statuses().chunks(5) {
        let projects: Vec<u64> = projects.iter().map(|status| u64::from(*status)).collect();
        for project in &projects {
            let status = u16::try_from(*project).unwrap();
            stage.receiver.answers(*project, move |_| Reply::status(status));
        }
        let tenant = stage.tenant(&projects).await;
        let sent = stage.records(&tenant, names(&format!("s{}", projects[0]), REQUESTS)).await;
        tenants.push((tenant, sent));
    }
    let pauses = [("TRACECAST_RETRY_BASE", "500ms"), ("TRACECAST_RETRY_CAP", short_or_long("1s", "3s"))];
    let _worker = stage.worker_with(&pauses);

    let mut connection = stage.sql().await;
    for (tenant, _) in &tenants {
        for (place, project) in tenant.projects.iter().enumerate() {
            let expected = expected(u16::try_from(*project).unwrap());
            let mut seen = None;
            for _ in 0..1_000 {
                seen = class(&mut connection, tenant, place).await;
                if seen == Some(expected) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(seen, Some(expected), "status {project}");
        }
    }

    for project in tenants.iter().flat_map(|(tenant, _)| &tenant.projects) {
        stage.receiver.recovers(*project);
    }
    for (tenant, sent) in &tenants {
        for (place, project) in tenant.projects.iter().enumerate() {
            if expected(u16::try_from(*project).unwrap()) == Class::DeadLetters {
                continue;
            }
            let destination = tenant.destinations[place];
            let letters = format!("SELECT count(*) FROM dead_letters WHERE destination_id = '{destination}'");
            let settled = format!("SELECT delivered + ({letters}) FROM cursors WHERE destination_id = '{destination}'");
            stage.until_count(&settled, i64::try_from(sent.len()).unwrap()).await;
            // HTTP 500 is tried five times, then single requests become dead letters; elsewhere there are none.
            let dead_letters = usize::try_from(stage.count(&letters).await).unwrap();
            assert!(dead_letters == 0 || *project == 500, "status {project}: {dead_letters} dead letters");
            stage.receiver.read(|log| {
                assert_eq!(log.distinct(*project) + dead_letters, sent.len(), "status {project}");
                assert!(log.counts(*project).values().all(|count| *count == 1), "status {project}");
            });
        }
    }
}
