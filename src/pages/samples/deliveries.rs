//! Deliveries of a destination.

use super::{ago, before, drawn, health_panel, now, person, trouble};
use crate::broadcast::health::{Health, Trouble};
use crate::pages::components::health::{HealthPanel, Waiting};
use crate::pages::dead_letters::{DeadLettersPage, Question};
use crate::pages::deliveries::{AttemptRow, Day, DeadLetterRow, DeliveriesPage, Group, Listing};
use crate::pages::delivery::{DeliveryPage, RequestRow};
use crate::pages::shell::{Section, Shell};
use crate::store::deliveries::HourOfDay;

const PATH: &str = "/settings/observability/destinations/0199-1";

fn attempt(outcome: &str, tone: &'static str, status: Option<&str>, answer: &str) -> AttemptRow {
    let mut facts = vec!["500 requests".to_owned(), "1.1 MB".to_owned(), "102 ms".to_owned()];
    facts.extend(status.map(str::to_owned));
    let code = status.and_then(|status| status.trim_start_matches("HTTP ").parse().ok());
    let answer = answer.to_owned();
    let name = Some("1800000000000000.0199-2".to_owned());
    AttemptRow { outcome: outcome.to_owned(), tone, at: ago(3), requests: 500, name, facts, status: code, answer }
}

fn deliveries(
    health: Option<HealthPanel>,
    attempts: Option<Listing<Group>>,
    dead_letters: Option<Listing<DeadLetterRow>>,
) -> DeliveriesPage {
    DeliveriesPage {
        shell: Shell::settings(Section::Observability, "Deliveries to Production", person()),
        name: "Production".to_owned(),
        path: PATH.to_owned(),
        sign: "Se",
        kept: "7 days".to_owned(),
        caveats: &[],
        is_older: health.is_none(),
        day: None,
        health: health.unwrap_or_else(|| health_panel(Health::Healthy)),
        attempts,
        filters: vec![
            ("All", format!("{PATH}/deliveries"), true),
            ("Failed", format!("{PATH}/deliveries?show=failed"), false),
        ],
        older_attempts: "before".to_owned(),
        dead_letters,
    }
}

fn listing<T>(rows: Vec<T>, older: Option<&str>, is_older: bool) -> Listing<T> {
    let empty = "Nothing was sent. Turn on Enable Broadcast, then send a request: its delivery is listed here.";
    Listing { rows, empty, older: older.map(str::to_owned), is_older }
}

fn alone(attempt: AttemptRow) -> Group {
    Group { day: None, rows: vec![attempt] }
}

fn dead_letter() -> DeadLetterRow {
    DeadLetterRow {
        request: "gen-0123456789abcdefghijkl".to_owned(),
        path: "/activity/gen-0123456789abcdefghijkl".to_owned(),
        reason: "The receiver refuses this request",
        since: ago(4),
        recorded: ago(5),
        status: "HTTP 400".to_owned(),
        answer: "The receiver refused this request (HTTP 400: <script>alert(1)</script>).".to_owned(),
    }
}

#[test]
fn deliveries_before_anything_is_sent() {
    let attempts = listing(Vec::new(), None, false);
    insta::assert_snapshot!(drawn(&deliveries(Some(health_panel(Health::Healthy)), Some(attempts), None)));
}

fn hour(hours_ago: i32, delivered: i64, in_failed: i64, delays: Option<(i64, i64)>) -> HourOfDay {
    let (half_ms, most_ms) = delays.unzip();
    let (timed, in_time) = (delivered, delivered * 9 / 10);
    let (half_of_day_ms, most_of_day_ms) = (half_ms, most_ms);
    HourOfDay { hours_ago, delivered, in_failed, timed, in_time, half_ms, most_ms, half_of_day_ms, most_of_day_ms }
}

#[test]
fn deliveries_of_a_day() {
    let hours = [
        hour(0, 722, 0, Some((198, 658))),
        hour(1, 1_872, 44, Some((1_400, 86_000))),
        hour(4, 0, 3, None),
        hour(23, 5, 0, Some((21, 90))),
    ];
    let attempts = listing(vec![alone(attempt("Delivered", "good", Some("HTTP 200"), ""))], None, false);
    let page = deliveries(None, Some(attempts), None);
    let page = DeliveriesPage { day: Day::new(&hours, now()), is_older: false, ..page };
    insta::assert_snapshot!(drawn(&page));
}

#[test]
fn deliveries_that_fail() {
    let failing = HealthPanel {
        waiting: Waiting {
            requests: "10,000+ requests".to_owned(),
            oldest: Some(ago(12)),
            unconfirmed: "3 requests".to_owned(),
        },
        delivered: "1,234".to_owned(),
        last_delivery: Some(ago(13)),
        expired: "7 requests".to_owned(),
        refused: "51 requests".to_owned(),
        dead_letters: "51".to_owned(),
        ..health_panel(Health::Failing(Trouble {
            next: Some(before(-3)),
            ..trouble("The receiver is not available at the moment (HTTP 503).")
        }))
    };
    let attempts = [
        attempt(
            "Receiver not available",
            "warn",
            Some("HTTP 503"),
            "The receiver is not available at the moment (HTTP 503).",
        ),
        attempt("No answer in time", "warn", None, "The server did not answer in time."),
        attempt("Delivered", "good", Some("HTTP 200"), ""),
    ];
    let older = "1800000000123456.0190a0b0-0000-7000-8000-000000000000";
    let many = Group {
        day: Some("15 January 2027".to_owned()),
        rows: (0..5).map(|_| attempt("Delivered", "good", Some("HTTP 200"), "")).collect(),
    };
    let attempts = attempts.into_iter().map(alone).chain([many]).collect();
    let attempts = listing(attempts, Some(older), false);
    let letters = listing(vec![dead_letter()], Some("1234.-56"), false);
    insta::assert_snapshot!(drawn(&deliveries(Some(failing), Some(attempts), Some(letters))));
}

#[test]
fn older_deliveries() {
    let attempts = vec![alone(attempt("Delivered", "good", Some("HTTP 200"), ""))];
    insta::assert_snapshot!(drawn(&deliveries(None, Some(listing(attempts, None, true)), None)));
}

#[test]
fn older_dead_letters() {
    let letters = listing(vec![dead_letter()], Some("1234.-56"), true);
    insta::assert_snapshot!(drawn(&deliveries(None, None, Some(letters))));
}

fn dead_letters(letters: Vec<DeadLetterRow>, question: Option<Question>) -> DeadLettersPage {
    DeadLettersPage {
        shell: Shell::settings(Section::Observability, "Dead letters of Production", person()),
        name: "Production".to_owned(),
        path: PATH.to_owned(),
        sign: "Se",
        health: health_panel(Health::Healthy),
        kept: "7 days".to_owned(),
        can_edit: true,
        letters: listing(letters, Some("1234.-56"), false),
        question,
    }
}

#[test]
fn dead_letters_to_pick() {
    insta::assert_snapshot!(drawn(&dead_letters(vec![dead_letter()], None)));
}

#[test]
fn dead_letters_about_to_be_dropped() {
    let picked = vec!["gen-0123456789abcdefghijkl".to_owned()];
    let question = Question { words: "Drop 1 dead letter?".to_owned(), picked };
    insta::assert_snapshot!(drawn(&dead_letters(vec![dead_letter()], Some(question))));
}

#[test]
fn delivery_with_what_the_receiver_shows_differently() {
    let request = |id: &str, notes: &[&str]| RequestRow {
        id: id.to_owned(),
        path: format!("/activity/{id}"),
        completed: ago(4),
        notes: notes.iter().map(|note| (*note).to_owned()).collect(),
    };
    let notes = ["The environment is shown as eu-prod, because Sentry finds no other form of it.", "<b>bold</b>"];
    insta::assert_snapshot!(drawn(&DeliveryPage {
        shell: Shell::settings(Section::Observability, "A delivery to Production", person()),
        name: "Production".to_owned(),
        back: format!("{PATH}/deliveries"),
        attempt: attempt("Delivered", "good", Some("HTTP 200"), ""),
        requests: vec![request("gen-1", &[]), request("gen-2", &notes)],
        has_more: true,
        about: Some(("Sentry", "/docs/destinations/sentry".to_owned())),
    }));
}
