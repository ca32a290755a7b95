//! Guessing passwords: slow, and it tells nothing (spec 5.4).

use futures_util::future::join_all;

use super::{PASSWORD, behind_a_proxy, executes, signs_in, signs_in_from, tries_from, value};
use crate::support::app::TestApp;
use crate::support::http::client;

const WRONG: &str = "not the password at all";

/// Every other attempt is let through as if the time had passed.
const WAITED: &str = "UPDATE sign_in_throttle SET open_at = last_at, since = since - interval '2 minutes'";

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_each_further_one_doubles_the_wait_up_to_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    app.signs_up("ada@example.com").await;
    for wait in [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        let before: f64 = value(&app, "SELECT extract(epoch FROM clock_timestamp())::float8").await;
        assert_eq!(signs_in(&app, "ada@example.com", WRONG).await.status, 422);
        let by_name = "SELECT ARRAY[extract(epoch FROM open_at), extract(epoch FROM last_at)]::float8[]
                       FROM sign_in_throttle WHERE subject = sha256('name|ada@example.com')";
        let times: Vec<f64> = value(&app, by_name).await;
        // It is counted from a moment between these two, which lie as far apart as looking at a password takes.
        let (least, most) = (times[0] - times[1], times[0] - before);
        assert!((least - 0.001..most + 0.001).contains(&f64::from(wait)), "{wait} s, and it was {least} to {most}");
        executes(&app, WAITED).await;
    }
    // Never for good: the right password is right as soon as the wait is over, and all is forgotten.
    assert_eq!(signs_in(&app, "ada@example.com", PASSWORD).await.status, 303);
    let left: i64 =
        value(&app, "SELECT count(*) FROM sign_in_throttle WHERE subject = sha256('name|ada@example.com')").await;
    assert_eq!(left, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_closed_not_even_the_right_password_is_looked_at() {
    let app = TestApp::start().await;
    app.signs_up("ada@example.com").await;
    assert_eq!(signs_in(&app, "ada@example.com", WRONG).await.status, 422);
    // The name alone: the address would be enough for the rest.
    let close = "UPDATE sign_in_throttle SET open_at = now() + interval '10 minutes' WHERE subject = sha256('name|ada@example.com')";
    executes(&app, close).await;
    let answer = signs_in(&app, " ADA@example.com", PASSWORD).await;
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("Wait 10 minutes, then try again."), "{}", answer.text);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_attempts_at_once_gain_nothing() {
    let app = TestApp::start_with(behind_a_proxy).await;
    app.signs_up("ada@example.com").await;
    signs_in_from(&app, "198.51.100.1", "ada@example.com", WRONG).await;
    executes(&app, "UPDATE sign_in_throttle SET attempts = 12, open_at = last_at").await;
    let attempts = (0..12).map(|number| {
        let app = &app;
        async move { signs_in_from(app, &format!("203.0.113.{number}"), "ada@example.com", WRONG).await.status }
    });
    let statuses = join_all(attempts).await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 11, "{statuses:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_twenty_attempts_a_minute_whatever_names_it_tries() {
    let app = TestApp::start_with(behind_a_proxy).await;
    app.signs_up("ada@example.com").await;
    let tries = |address: &'static str, name: String| {
        let app = &app;
        async move { signs_in_from(app, address, &name, WRONG).await.status }
    };
    let statuses = join_all((0..25).map(|number| tries("203.0.113.7", format!("n{number}@example.com")))).await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 20, "{statuses:?}");
    // What is left of our own proxy's word is the client's claim and changes nothing.
    assert_eq!(tries("192.0.2.1, 203.0.113.7", "another@example.com".to_owned()).await, 429);
    assert_eq!(tries("203.0.113.8", "another@example.com".to_owned()).await, 422);
    executes(&app, WAITED).await;
    assert_eq!(tries("203.0.113.7", "another@example.com".to_owned()).await, 422);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_configured_proxies_no_header_changes_the_address() {
    let app = TestApp::start().await;
    for number in 0..20 {
        let (address, name) = (format!("203.0.113.{number}"), format!("n{number}@example.com"));
        signs_in_from(&app, &address, &name, WRONG).await;
    }
    assert_eq!(signs_in_from(&app, "203.0.113.99", "more@example.com", WRONG).await.status, 429);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_is_answered_with_the_same_page_and_the_same_waits() {
    let app = TestApp::start().await;
    app.signs_up("ada@example.com").await;
    for round in 0..5 {
        let known = signs_in(&app, "ada@example.com", WRONG).await;
        let unknown = signs_in(&app, "eve@example.com", WRONG).await;
        assert_eq!((known.status, unknown.status), (422, 422), "{round}");
        assert_eq!(known.text.replace("ada@", "eve@"), unknown.text);
    }
    executes(&app, "UPDATE sign_in_throttle SET open_at = now() + interval '10 minutes'").await;
    let known = signs_in(&app, "ada@example.com", WRONG).await;
    let unknown = signs_in(&app, "eve@example.com", WRONG).await;
    assert_eq!((known.status, unknown.status), (429, 429));
    assert_eq!(known.text.replace("ada@", "eve@"), unknown.text);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_answer_while_every_hashing_permit_is_taken_and_a_password_is_hashed_for_unknown_names_too() {
    let app = TestApp::start_with(behind_a_proxy).await;
    let cookie = app.signs_up("ada@example.com").await;
    let all = app.takes_every_hashing_permit().await;
    let client = client();
    let crowd = (0..100).map(|number| {
        let (app, client) = (&app, &client);
        async move {
            let name = if number % 2 == 0 { "ada@example.com".to_owned() } else { format!("n{number}@example.com") };
            let form = [("email", name.as_str()), ("password", PASSWORD)];
            tries_from(client, app, &format!("10.0.{number}.1"), &form).await.status
        }
    });
    let mut crowd = Box::pin(join_all(crowd));
    let others = async {
        for _ in 0..20 {
            assert_eq!(app.gets(&cookie, "/settings/observability").await.status, 200);
        }
    };
    tokio::select! {
        statuses = &mut crowd => panic!("nobody can have been looked at: {statuses:?}"),
        () = others => {}
    }
    drop(all);
    let statuses = crowd.await;
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 50, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 303 | 422 | 429)), "{statuses:?}");
    app.stop().await;
}
