//! Deliveries of a destination.

mod log;

use actix_web::web;
use chrono::{DateTime, TimeDelta, Utc};

use self::log::{Address, Part, Rows};
use super::shown;
use crate::broadcast::listing;
use crate::delivery::DeadLetterReason;
use crate::state::State;
use crate::store::accounts;
use crate::store::deliveries::{ListedDeadLetter, ListedDelivery};
use crate::web::amount::{bytes, count, milliseconds};
use crate::web::error::{Error, Result};
use crate::web::extract::Visit;
use crate::web::html;
use crate::web::outcome;
use crate::web::pages::deliveries::{AttemptRow, DeadLetterRow, DeliveriesPage, Listing};
use crate::web::shell::Section;
use crate::web::standing::Standing;
use crate::web::when::{When, span};

const NOTHING_OLDER: &str = "There is nothing older.";

/// `GET /settings/observability/destinations/{id}/deliveries`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    id: web::Path<String>,
    address: Option<web::Query<Address>>,
) -> Result {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let part = address.and_then(|address| Part::named(&address)).ok_or(Error::NotFound)?;
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    let listed = listing::find(&mut tenant, id, &account, visitor.now).await?.ok_or(Error::NotFound)?;
    let attempts = part.attempts(&mut tenant, id).await?;
    let dead_letters = part.dead_letters(&mut tenant, id).await?;
    let is_older = part != Part::Newest;
    let empty = if is_older { NOTHING_OLDER } else { advice(account.broadcast_enabled, listed.destination.enabled) };
    let kept = TimeDelta::from_std(state.config.delivery.retention).unwrap_or(TimeDelta::MAX);
    let page = DeliveriesPage {
        shell: visitor.shell(Section::Observability, format!("Deliveries to {}", listed.destination.name)),
        name: listed.destination.name.clone(),
        path: format!("/settings/observability/destinations/{id}"),
        can_edit: visitor.can_edit(),
        kept: span(kept),
        standing: (!is_older).then(|| Standing::of(&listed, visitor.now)),
        attempts: attempts.map(|Rows { rows, older }| Listing {
            rows: rows.into_iter().map(|attempt| attempt_row(attempt, visitor.now)).collect(),
            empty,
            older,
            is_older,
        }),
        // That there are none, the newest page need not say.
        dead_letters: dead_letters.filter(|letters| is_older || !letters.rows.is_empty()).map(|letters| Listing {
            rows: letters.rows.into_iter().map(|letter| dead_letter_row(letter, visitor.now)).collect(),
            empty: NOTHING_OLDER,
            older: letters.older,
            is_older,
        }),
    };
    Ok(shown(&state, visitor.notice, html::ok(&page)))
}

/// Why nothing was sent so far, and what to do about it.
fn advice(is_on: bool, is_enabled: bool) -> &'static str {
    match (is_on, is_enabled) {
        (false, _) => "Nothing was sent. Turn on Enable Broadcast, then send a request: its delivery is listed here.",
        (_, false) => "Nothing was sent. Once this destination is on again, what waits is sent and listed here.",
        _ => "Nothing was sent. Send a request with an API key: a moment later its delivery is listed here.",
    }
}

fn attempt_row(attempt: ListedDelivery, now: DateTime<Utc>) -> AttemptRow {
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
        answer: attempt.answer.unwrap_or_default(),
    }
}

fn dead_letter_row(letter: ListedDeadLetter, now: DateTime<Utc>) -> DeadLetterRow {
    let reason = match letter.reason {
        DeadLetterReason::Refused => "The receiver refuses this request",
        DeadLetterReason::FailsReceiver => "The receiver fails whenever it is sent this request",
        DeadLetterReason::Unbuildable => "No trace can be built of the recorded request",
    };
    DeadLetterRow {
        request: letter.generation_id,
        reason,
        put_aside: When::new(letter.created_at, now),
        recorded: When::new(letter.recorded_at, now),
        status: letter.status.map(|status| format!("HTTP {status}")).unwrap_or_default(),
        answer: letter.answer.unwrap_or_default(),
    }
}
