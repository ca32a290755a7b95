//! Which part of a destination's log the page shows, and how an address names it.

use serde::Deserialize;

use crate::id::DestinationId;
use crate::store::deliveries::{self, Before, ListedDeadLetter, ListedDelivery};
use crate::store::log::Position;
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
            (Some(before), None) => Before::parse(before).map(Self::Attempts),
            (None, Some(before)) => Position::parse(before).map(Self::DeadLetters),
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
        Ok(Some(Rows::of(rows, |last| last.place().name())))
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
        Ok(Some(Rows::of(rows, |last| last.place().name())))
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
