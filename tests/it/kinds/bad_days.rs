//! Bad days that one vendor alone has: a quota that looks like a refusal, requests that are too long, orphans.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::hosted::Hosts;
use super::vendor::Vendor;
use super::{GENERATION, Person, TRACE, app, fake};
use crate::support::app::TestApp;

/// How the destination at this path stands once it failed: its health, and how many minutes it waits.
async fn standing(app: &TestApp, destination: &str) -> (String, Option<f64>) {
    let mut connection = PgConnection::connect(&app.database.admin_url).await.unwrap();
    let query = "SELECT health, (extract(epoch FROM not_before - now()) / 60)::float8 FROM destinations \
                 WHERE health <> 'healthy' AND id = $1::uuid";
    let id = destination.rsplit('/').next().unwrap();
    for _ in 0..600 {
        if let Some(standing) = sqlx::query_as(query).bind(id).fetch_optional(&mut connection).await.unwrap() {
            return standing;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{destination} stays healthy")
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_that_is_a_quota_waits_for_an_hour_and_one_that_is_none_needs_attention() {
    let app = app(&Hosts::new()).await;
    for (number, (kind, status, body, health, words)) in [
        (
            "langfuse",
            403,
            r#"{"message":"Ingestion suspended: usage threshold exceeded"}"#,
            "failing",
            "limit is reached",
        ),
        ("langfuse", 403, r#"{"message":"Usage threshold exceeded"}"#, "failing", "limit is reached"),
        ("langfuse", 403, r#"{"message":"organisation key"}"#, "needs_attention", "key of the organisation"),
        ("posthog", 400, r#"{"error":"AI quota exceeded"}"#, "failing", "quota is used up"),
        ("posthog", 400, r#"{"error":"project restricted"}"#, "needs_attention", "has restricted this project"),
        ("mlflow", 404, r#"{"detail":"Experiment 12 not found"}"#, "needs_attention", "does not know this experiment"),
    ]
    .into_iter()
    .enumerate()
    {
        let vendor = Vendor::start(fake(kind)).await;
        let person = Person::new(&app, &vendor, &format!("{kind}-{number}")).await;
        let destination = person.connects(&[]).await;
        vendor.has_bad_days(&[(status, body)]);
        person.asks(1).await;
        let (found, minutes) = standing(&app, &destination).await;
        assert_eq!(found, health, "{body}");
        if health == "failing" {
            assert!(minutes.is_some_and(|minutes| (55.0..70.0).contains(&minutes)), "{body}: {minutes:?}");
        }
        let page = app.gets(&person.cookie, &format!("{destination}/deliveries")).await;
        assert!(page.text.contains(words), "{body}: {}", page.text);
        assert_eq!((vendor.refused(), vendor.shown(TRACE).len()), (1, 0), "{body}: it was asked again");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn posthog_gets_what_is_too_much_for_one_request_in_halves() {
    let app = app(&Hosts::new()).await;
    let vendor = Vendor::start(fake("posthog")).await;
    let person = Person::new(&app, &vendor, "ada").await;
    let destination = person.connects(&[]).await;
    // What waits together is sent together.
    app.posts_form(&person.cookie, &format!("{destination}/pause"), &[]).await;
    person.asks(4).await;
    vendor.takes_at_most(1);
    app.posts_form(&person.cookie, &format!("{destination}/resume"), &[]).await;
    assert_eq!(vendor.shows(GENERATION, 4).await.len(), 4);
    assert!(vendor.refused() >= 2, "{} requests held too much", vendor.refused());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn langsmith_loses_the_root_only_where_a_person_joins_a_trace_that_never_arrives() {
    let app = app(&Hosts::new()).await;
    let vendor = Vendor::start(fake("langsmith")).await;
    let person = Person::new(&app, &vendor, "ada").await;
    person.connects(&[("joinApplicationTraces", "true")]).await;
    person.asks(1).await;
    vendor.shows(GENERATION, 1).await;
    assert_eq!(vendor.shown(TRACE).len(), 0, "the fake forgets orphans");
    let (taken, shown) = vendor.taken_and_shown();
    assert_eq!(taken, shown + 1);
    app.stop().await;
}
