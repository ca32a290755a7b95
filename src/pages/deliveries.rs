//! Deliveries of a destination: its health, what was sent with which outcome, and what it refused for good.

mod day;
mod groups;
mod log;

use actix_web::web;
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

pub use self::day::Day;
use self::groups::group;
pub use self::groups::{AttemptRow, Group};
use self::log::{Address, Part, Rows};
use super::activity::paths;
use super::answer::{self, shown};
use super::components::amount::{bytes, count, milliseconds};
use super::components::health::HealthPanel;
use super::components::outcome;
use super::components::when::{When, span};
use super::error::{Error, Result};
use super::shell::{Section, Shell};
use super::visit::Visit;
use crate::broadcast::listing;
use crate::delivery::DeadLetterReason;
use crate::destination::{Kind, kinds};
use crate::id::DestinationId;
use crate::state::State;
use crate::store::deliveries::{self, LeftOut, ListedDeadLetter, ListedDelivery, Which};
use crate::store::log::Position;
use crate::store::{self, Tenant, accounts};

const NOTHING_OLDER: &str = "There is nothing older.";

const NO_DEAD_LETTERS: &str =
    "None. Every request that is refused for good would be listed here with the receiver's words.";

#[derive(Debug, Template)]
#[template(path = "pages/deliveries.html")]
pub struct DeliveriesPage {
    pub shell: Shell,
    /// What its people call the destination.
    pub name: String,
    /// Its address, to which `/edit` and `/deliveries` are added.
    pub path: String,
    /// How long attempts are kept, for example "7 days".
    pub kept: String,
    /// What an acceptance does not mean with this kind.
    pub caveats: &'static [&'static str],
    pub health: HealthPanel,
    /// Whether this is a page of older rows, which does not say how the destination stands.
    pub is_older: bool,
    /// The kind's two letters.
    pub sign: &'static str,
    /// None where nothing was sent in the last 24 hours, and on pages of older rows.
    pub day: Option<Day>,
    /// None on a page of older dead letters.
    pub attempts: Option<Listing<Group>>,
    /// Which attempts to list: words, address, and whether it is chosen.
    pub filters: Vec<(&'static str, String, bool)>,
    /// How an address of older attempts begins behind the question mark.
    pub older_attempts: String,
    /// None where there are none, and on a page of older attempts.
    pub dead_letters: Option<Listing<DeadLetterRow>>,
}

/// Some rows of many, the newest first.
#[derive(Debug)]
pub struct Listing<T> {
    /// At most as many as fit a page.
    pub rows: Vec<T>,
    /// Why there are none and what to do, where there are none.
    pub empty: &'static str,
    /// How an address names where older rows begin, if there are any.
    pub older: Option<String>,
    /// Whether these are older rows.
    pub is_older: bool,
}

/// A request that the destination refused for good.
#[derive(Debug)]
pub struct DeadLetterRow {
    pub request: String,
    /// The address of its page.
    pub path: String,
    /// Why, in words.
    pub reason: &'static str,
    /// When it became a dead letter.
    pub since: When,
    /// When the request was recorded.
    pub recorded: When,
    /// HTTP status, with its unit; empty for none.
    pub status: String,
    /// The receiver's answer in a sentence; empty for nothing.
    pub answer: String,
}

/// `GET /settings/observability/destinations/{id}/deliveries`
pub(super) async fn show(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    id: web::Path<String>,
    address: Option<web::Query<Address>>,
) -> Result {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let address = address.ok_or(Error::NotFound)?;
    let part = Part::named(&address).ok_or(Error::NotFound)?;
    let which = address.which().ok_or(Error::NotFound)?;
    let account = accounts::find(&mut tenant).await?.ok_or(Error::NotFound)?;
    // First, so that the head of the page is never older than its rows.
    let attempts = part.attempts(&mut tenant, (id, which)).await?;
    let dead_letters = part.dead_letters(&mut tenant, id).await?;
    let listed = listing::find(&mut tenant, id, &account, visitor.now).await?.ok_or(Error::NotFound)?;
    let is_older = part != Part::Newest;
    let hours = if is_older { Vec::new() } else { deliveries::count_day(&mut tenant, id).await? };
    let empty = if which != Which::All {
        "None of the 20,000 attempts that were looked at."
    } else if is_older {
        NOTHING_OLDER
    } else {
        advice(account.broadcast_enabled, listed.destination.enabled)
    };
    let kept = TimeDelta::from_std(state.config.delivery.retention).unwrap_or(TimeDelta::MAX);
    let kind = kinds::find(&listed.destination.kind);
    let page = DeliveriesPage {
        shell: visitor.shell(Section::Observability, format!("Deliveries to {}", listed.destination.name)),
        name: listed.destination.name.clone(),
        sign: kind.map_or("?", |kind| kind.manifest.sign),
        caveats: kind.map_or(&[], Kind::caveats),
        path: format!("/settings/observability/destinations/{id}"),
        kept: span(kept),
        health: HealthPanel::of(&listed, visitor.now),
        is_older,
        day: Day::new(&hours, visitor.now),
        filters: log::filters(which, id),
        older_attempts: log::older(which),
        attempts: attempts.map(|Rows { rows, older }| Listing {
            rows: group(rows.into_iter().map(|attempt| attempt_row(&attempt, kind, visitor.now)).collect()),
            empty,
            older,
            is_older,
        }),
        // The newest page does not mention dead letters where there are none.
        dead_letters: dead_letters.filter(|letters| is_older || !letters.rows.is_empty()).map(|letters| Listing {
            rows: letters.rows.into_iter().map(|letter| dead_letter_row(letter, visitor.now)).collect(),
            empty: NOTHING_OLDER,
            older: letters.older,
            is_older,
        }),
    };
    Ok(shown(&state, visitor.notice, answer::ok(&page)))
}

/// Why nothing was sent so far, and what to do about it.
fn advice(is_on: bool, is_enabled: bool) -> &'static str {
    match (is_on, is_enabled) {
        (false, _) => "Nothing was sent. Turn on Enable Broadcast, then send a request: its delivery is listed here.",
        (_, false) => "Nothing was sent. Once this destination is on again, what waits is sent and listed here.",
        _ => "Nothing was sent. Send a request with an API key: a moment later its delivery is listed here.",
    }
}

pub(super) fn attempt_row(attempt: &ListedDelivery, kind: Option<&Kind>, now: DateTime<Utc>) -> AttemptRow {
    let (outcome, tone) = outcome::words(&attempt.outcome);
    let left_out = left_out(attempt.left_out.0, kind);
    let is_left_out = attempt.outcome == "left_out";
    let mut facts = if is_left_out {
        if left_out.is_empty() { vec!["Nothing was to be sent".to_owned()] } else { Vec::new() }
    } else if attempt.requests == 0 {
        vec!["Probe that carried nothing".to_owned()]
    } else {
        vec![count(attempt.requests.into(), "request"), bytes(attempt.bytes)]
    };
    facts.extend(Some(milliseconds(attempt.duration_ms)).filter(|_| attempt.duration_ms > 0));
    facts.extend(attempt.status.map(|status| format!("HTTP {status}")));
    facts.extend(left_out);
    AttemptRow {
        outcome,
        tone,
        at: When::new(attempt.started_at, now),
        requests: attempt.requests.into(),
        name: (attempt.requests > 0 || is_left_out).then(|| attempt.place().name()),
        facts,
        status: attempt.status,
        answer: attempt.answer.clone().unwrap_or_default(),
    }
}

/// The requests of an attempt that were not sent, by reason.
fn left_out(left_out: LeftOut, kind: Option<&Kind>) -> Vec<String> {
    let LeftOut { before_destination, too_old, key, rule, sampling, budget, budget_from: _, delivered } = left_out;
    let accepts = match kind.and_then(|kind| Some((kind.manifest.label, kind.oldest()?))) {
        Some((label, oldest)) => format!("{label} accepts ({} minutes)", oldest.as_secs() / 60),
        None => "the receiver accepts".to_owned(),
    };
    [
        (before_destination, "completed before this destination existed".to_owned()),
        (too_old, format!("older than {accepts}")),
        (key, "made with an API key that is not among the chosen ones".to_owned()),
        (rule, "a filter rule does not hold".to_owned()),
        (sampling, "not in the share of the sessions".to_owned()),
        (budget, "the day's limit of requests was reached".to_owned()),
        (delivered, "delivered before".to_owned()),
    ]
    .into_iter()
    .filter(|(requests, _)| *requests > 0)
    .map(|(requests, reason)| {
        format!("{} left out: {reason}", count(i64::try_from(requests).unwrap_or(i64::MAX), "request"))
    })
    .collect()
}

/// A page of dead letters, from a place on to older ones.
pub(super) async fn dead_letters(
    tenant: &mut Tenant,
    id: DestinationId,
    before: Position,
    now: DateTime<Utc>,
) -> store::Result<Listing<DeadLetterRow>> {
    let is_older = before != Position::END;
    let Rows { rows, older } = log::dead_letters(tenant, id, before).await?;
    let rows = rows.into_iter().map(|letter| dead_letter_row(letter, now)).collect();
    Ok(Listing { rows, empty: if is_older { NOTHING_OLDER } else { NO_DEAD_LETTERS }, older, is_older })
}

fn dead_letter_row(letter: ListedDeadLetter, now: DateTime<Utc>) -> DeadLetterRow {
    let reason = match letter.reason {
        DeadLetterReason::Refused => "The receiver refuses this request",
        DeadLetterReason::FailsReceiver => "The receiver fails whenever it is sent this request",
        DeadLetterReason::Unbuildable => "No trace can be built of the recorded request",
    };
    DeadLetterRow {
        path: paths::request(&letter.generation_id),
        request: letter.generation_id,
        reason,
        since: When::new(letter.created_at, now),
        recorded: When::new(letter.recorded_at, now),
        status: letter.status.map(|status| format!("HTTP {status}")).unwrap_or_default(),
        answer: letter.answer.unwrap_or_default(),
    }
}
