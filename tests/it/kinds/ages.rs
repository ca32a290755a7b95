//! Requests that are older than a vendor accepts.

use std::time::Duration;

use super::hosted::Hosts;
use super::vendor::Vendor;
use super::{GENERATION, Person, app, fake};

#[tokio::test(flavor = "multi_thread")]
async fn request_that_is_older_than_dynatrace_accepts_is_left_out_and_the_page_says_so() {
    let app = app(&Hosts::new()).await;
    let vendor = Vendor::start(fake("dynatrace")).await;
    let person = Person::new(&app, &vendor, "ada").await;
    let destination = person.connects(&[]).await;
    app.posts_form(&person.cookie, &format!("{destination}/pause"), &[]).await;
    person.asks(2).await;
    app.database
        .runs(
            "UPDATE cursors SET since = since - interval '3 hours';
             UPDATE completed_requests SET completed_at = completed_at - interval '61 minutes'
             WHERE (xid, position) = (SELECT xid, position FROM completed_requests ORDER BY xid, position LIMIT 1)",
        )
        .await;
    app.posts_form(&person.cookie, &format!("{destination}/resume"), &[]).await;
    assert_eq!(vendor.shows(GENERATION, 1).await.len(), 1);
    let path = format!("{destination}/deliveries");
    let mut page = String::new();
    for _ in 0..600 {
        page = app.gets(&person.cookie, &path).await.text;
        if page.contains("left out") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(page.contains("1 request left out: older than Dynatrace accepts (60 minutes)"), "{page}");
    assert_eq!(vendor.shown(GENERATION).len(), 1);
    app.stop().await;
}
