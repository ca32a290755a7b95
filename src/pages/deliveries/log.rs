//! Which part of a destination's log the page shows, and how an address names it.

use chrono::{DateTime, Datelike as _};
use serde::Deserialize;

use crate::id::{DeliveryId, DestinationId};
use crate::store::deliveries::{self, Before, ListedDeadLetter, ListedDelivery};
use crate::store::log::Position;
use crate::store::xid::Xid;
use crate::store::{self, Tenant};

/// Attempts, or dead letters, on one page.
const ON_PAGE: usize = 50;

/// Where the page begins, as its address says it.
#[derive(Debug, Deserialize)]
pub(in crate::pages) struct Address {
    before: Option<String>,
    dead_letters_before: Option<String>,
}

/// What the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The newest attempts and dead letters.
    Newest,
    /// Attempts older than this one.
    Attempts(Before),
    /// Dead letters of requests older than this place.
    DeadLetters(Position),
}

/// Some rows of many, the newest first.
#[derive(Debug)]
pub(super) struct Rows<T> {
    /// At most [`ON_PAGE`].
    pub(super) rows: Vec<T>,
    /// How an address names where older ones begin, if there are any.
    pub(super) older: Option<String>,
}

impl Part {
    /// The part that an address names. None: no page links to such an address.
    pub(super) fn named(address: &Address) -> Option<Self> {
        match (&address.before, &address.dead_letters_before) {
            (None, None) => Some(Self::Newest),
            (Some(before), None) => parse_attempt(before).map(Self::Attempts),
            (None, Some(before)) => parse_position(before).map(Self::DeadLetters),
            (Some(_), Some(_)) => None,
        }
    }

    /// Attempts to deliver to a destination. None: this part shows none.
    pub(super) async fn attempts(
        self,
        tenant: &mut Tenant,
        id: DestinationId,
    ) -> store::Result<Option<Rows<ListedDelivery>>> {
        let before = match self {
            Self::Newest => None,
            Self::Attempts(before) => Some(before),
            Self::DeadLetters(_) => return Ok(None),
        };
        let rows = deliveries::list(tenant, id, before, one_more()).await?;
        Ok(Some(Rows::of(rows, name_of)))
    }

    /// Dead letters of a destination. None: this part shows none.
    pub(super) async fn dead_letters(
        self,
        tenant: &mut Tenant,
        id: DestinationId,
    ) -> store::Result<Option<Rows<ListedDeadLetter>>> {
        let before = match self {
            Self::Newest => Position::END,
            Self::DeadLetters(before) => before,
            Self::Attempts(_) => return Ok(None),
        };
        let rows = deliveries::list_dead_letters(tenant, id, before, one_more()).await?;
        Ok(Some(Rows::of(rows, |last| name_of_position(last.place()))))
    }
}

impl<T> Rows<T> {
    /// The rows that fit a page. One more was read if there are older ones.
    fn of(mut rows: Vec<T>, name: impl FnOnce(&T) -> String) -> Self {
        let has_older = rows.len() > ON_PAGE;
        rows.truncate(ON_PAGE);
        let older = rows.last().filter(|_| has_older).map(name);
        Self { rows, older }
    }
}

fn one_more() -> i64 {
    i64::try_from(ON_PAGE + 1).unwrap_or(i64::MAX)
}

/// When an attempt began, to the microsecond, and its identifier.
fn name_of_attempt(before: Before) -> String {
    format!("{}.{}", before.started_at.timestamp_micros(), before.id)
}

/// How an address names an attempt.
pub(super) fn name_of(attempt: &ListedDelivery) -> String {
    name_of_attempt(Before { started_at: attempt.started_at, id: attempt.id })
}

pub(in crate::pages) fn parse_attempt(name: &str) -> Option<Before> {
    let (micros, id) = name.split_once('.')?;
    let started_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    // Beyond these years Postgres and this program do not agree on what a time is.
    let is_usual = (1970..=9999).contains(&started_at.year());
    is_usual.then_some(Before { started_at, id: id.parse().map(DeliveryId).ok()? })
}

fn name_of_position(place: Position) -> String {
    format!("{}.{}", place.xid.0, place.position)
}

fn parse_position(name: &str) -> Option<Position> {
    let (xid, position) = name.split_once('.')?;
    Some(Position { xid: Xid(xid.parse().ok()?), position: position.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_address_and_nothing_else_is_one() {
        let id = "0190a0b0-0000-7000-8000-000000000000".parse().unwrap();
        let before = Before { started_at: DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap(), id };
        assert_eq!(parse_attempt(&name_of_attempt(before)), Some(before));
        let no_year = format!("{}.{id}", i64::MAX);
        for wrong in ["", ".", "1", "1.", "x.y", "1.x", "-9000000000000000.x", &no_year] {
            assert_eq!(parse_attempt(wrong), None, "{wrong}");
        }
        let restored = Position { xid: Xid(3), position: -12 };
        assert_eq!(parse_position(&name_of_position(restored)), Some(restored));
        for wrong in ["", ".", "1", "1.", "-1.1", "x.y", "1.9223372036854775808"] {
            assert_eq!(parse_position(wrong), None, "{wrong}");
        }
    }
}
