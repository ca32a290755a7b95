//! Deliveries of a destination.

use actix_web::web;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::shown;
use crate::broadcast::deliveries::{
    self, Before, Deliveries, ListedDeadLetter, ListedDelivery, MOST_COUNTED, Page, Part, Position, Xid,
};
use crate::delivery::DeadLetterReason;
use crate::id::DeliveryId;
use crate::state::State;
use crate::store::accounts;
use crate::web::amount::{bytes, count, count_up_to, grouped, milliseconds};
use crate::web::destination_state::{DestinationState, Waiting};
use crate::web::error::{Error, Result};
use crate::web::extract::Visit;
use crate::web::html;
use crate::web::outcome;
use crate::web::pages::deliveries::{AttemptRow, DeadLetterRow, DeliveriesPage, Listing, Standing};
use crate::web::shell::Section;
use crate::web::when::{When, span};

/// Where the page begins.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Place {
    before: Option<String>,
    dead_letters_before: Option<String>,
}

/// `GET /settings/observability/destinations/{id}/deliveries`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    id: web::Path<String>,
    place: Option<web::Query<Place>>,
) -> Result {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let part = place.and_then(|place| part(&place)).ok_or(Error::NotFound)?;
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    let found = deliveries::find(&mut tenant, id, part).await?.ok_or(Error::NotFound)?;
    let kept = chrono::TimeDelta::from_std(state.config.delivery.retention).unwrap_or(chrono::TimeDelta::MAX);
    let page = DeliveriesPage {
        shell: visitor.shell(Section::Observability, format!("Deliveries to {}", found.destination.name)),
        name: found.destination.name.clone(),
        path: format!("/settings/observability/destinations/{id}"),
        can_edit: visitor.can_edit(),
        kept: span(kept),
        standing: (part == Part::Newest).then(|| standing(&found, account.broadcast_enabled, visitor.now)),
        attempts: found.attempts.as_ref().map(|attempts| Listing {
            rows: attempts.rows.iter().map(|attempt| attempt_row(attempt, visitor.now)).collect(),
            empty: empty(&found, part != Part::Newest, account.broadcast_enabled),
            older: attempts.older.map(written),
            is_older: part != Part::Newest,
        }),
        dead_letters: found.dead_letters.as_ref().and_then(|letters| dead_letters(letters, part, visitor.now)),
    };
    Ok(shown(&state, visitor.notice, html::ok(&page)))
}

/// What an address asks for. None: nothing that a page links to.
fn part(place: &Place) -> Option<Part> {
    match (&place.before, &place.dead_letters_before) {
        (None, None) => Some(Part::Newest),
        (Some(before), None) => parse(before).map(Part::Attempts),
        (None, Some(before)) => parse_position(before).map(Part::DeadLetters),
        (Some(_), Some(_)) => None,
    }
}

/// A place in the log as it stands in an address.
fn written_position(place: Position) -> String {
    format!("{}.{}", place.xid.0, place.position)
}

fn parse_position(place: &str) -> Option<Position> {
    let (xid, position) = place.split_once('.')?;
    Some(Position { xid: Xid(xid.parse().ok()?), position: position.parse().ok()? })
}

/// A place as it stands in an address: when an attempt began, to the microsecond, and its identifier.
fn written(before: Before) -> String {
    format!("{}.{}", before.started_at.timestamp_micros(), before.id)
}

fn parse(place: &str) -> Option<Before> {
    let (micros, id) = place.split_once('.')?;
    let started_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    // Beyond these years Postgres and this program do not agree on what a time is.
    let year = chrono::Datelike::year(&started_at);
    (1970..=9999).contains(&year).then_some(Before { started_at, id: id.parse().map(DeliveryId).ok()? })
}

fn standing(found: &Deliveries, is_on: bool, now: DateTime<Utc>) -> Standing {
    let (destination, lag) = (&found.destination, &found.lag);
    let told = |number: i64, text: String| if number == 0 { String::new() } else { text };
    Standing {
        state: DestinationState::of(destination, lag, is_on, now),
        waiting: Waiting::of(lag, now),
        delivered: grouped(destination.delivered),
        last_delivery: destination.last_success_at.map(|at| When::new(at, now)),
        expired: told(lag.expired, count(lag.expired, "request")),
        refused: told(lag.dead_letters, count_up_to(lag.dead_letters, MOST_COUNTED, "request")),
    }
}

/// Why there is nothing to show, and what to do about it.
fn empty(found: &Deliveries, is_older: bool, is_on: bool) -> &'static str {
    let destination = &found.destination;
    match (is_older, is_on, destination.enabled) {
        (true, ..) => "There is nothing older.",
        (_, false, _) => {
            "Nothing was sent. Turn on Enable Broadcast, then send a request: its delivery is listed here."
        }
        (_, _, false) => "Nothing was sent. Once this destination is on again, what waits is sent and listed here.",
        _ => "Nothing was sent. Send a request with an API key: a moment later its delivery is listed here.",
    }
}

/// None: there are none, which the newest page need not say.
fn dead_letters(
    letters: &Page<ListedDeadLetter, Position>,
    part: Part,
    now: DateTime<Utc>,
) -> Option<Listing<DeadLetterRow>> {
    let is_older = part != Part::Newest;
    (is_older || !letters.rows.is_empty()).then(|| Listing {
        rows: letters.rows.iter().map(|letter| dead_letter_row(letter, now)).collect(),
        empty: "There is nothing older.",
        older: letters.older.map(written_position),
        is_older,
    })
}

fn attempt_row(attempt: &ListedDelivery, now: DateTime<Utc>) -> AttemptRow {
    let (outcome, tone) = outcome::words(&attempt.outcome);
    let mut facts = if attempt.outcome == "left_out" {
        vec!["Nothing was to be sent".to_owned()]
    } else if attempt.requests == 0 {
        vec!["Probe that carried nothing".to_owned()]
    } else {
        vec![count(attempt.requests.into(), "request"), bytes(attempt.bytes)]
    };
    facts.push(milliseconds(attempt.duration_ms));
    facts.extend(attempt.status.map(|status| format!("HTTP {status}")));
    AttemptRow {
        outcome,
        tone,
        at: When::new(attempt.started_at, now),
        facts,
        answer: attempt.answer.clone().unwrap_or_default(),
    }
}

fn dead_letter_row(letter: &ListedDeadLetter, now: DateTime<Utc>) -> DeadLetterRow {
    let reason = match letter.reason {
        DeadLetterReason::Refused => "The receiver refuses this request",
        DeadLetterReason::FailsReceiver => "The receiver fails whenever it is sent this request",
        DeadLetterReason::Unbuildable => "No trace can be built of the recorded request",
    };
    DeadLetterRow {
        request: letter.generation_id.clone(),
        reason,
        put_aside: When::new(letter.created_at, now),
        recorded: When::new(letter.recorded_at, now),
        status: letter.status.map(|status| format!("HTTP {status}")).unwrap_or_default(),
        answer: letter.answer.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_address_and_nothing_else_is_one() {
        let id = "0190a0b0-0000-7000-8000-000000000000".parse().unwrap();
        let before = Before { started_at: DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap(), id };
        assert_eq!(parse(&written(before)), Some(before));
        let no_year = format!("{}.{id}", i64::MAX);
        for wrong in ["", ".", "1", "1.", "x.y", "1.x", "-9000000000000000.x", &no_year] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        let restored = Position { xid: Xid(3), position: -12 };
        assert_eq!(parse_position(&written_position(restored)), Some(restored));
        for wrong in ["", ".", "1", "1.", "-1.1", "x.y", "1.9223372036854775808"] {
            assert_eq!(parse_position(wrong), None, "{wrong}");
        }
    }
}
