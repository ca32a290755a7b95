//! Which part of a destination's log the page shows, and how an address names it.

use serde::Deserialize;

use crate::id::DestinationId;
use crate::store::deliveries::{self, Before, ListedDeadLetter, ListedDelivery, Which};
use crate::store::log::Position;
use crate::store::{self, Tenant};

/// Attempts, or dead letters, on one page.
const ON_PAGE: usize = 50;

/// Where the page begins, as its address says it.
#[derive(Debug, Deserialize)]
pub(in crate::pages) struct Address {
    before: Option<String>,
    show: Option<String>,
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
        (id, which): (DestinationId, Which),
    ) -> store::Result<Option<Rows<ListedDelivery>>> {
        let before = match self {
            Self::Newest => None,
            Self::Attempts(before) => Some(before),
            Self::DeadLetters(_) => return Ok(None),
        };
        let rows = deliveries::list(tenant, id, which, before, one_more()).await?;
        let mut rows = Rows::of(rows, |last| last.place().name());
        if rows.older.is_none() && which != Which::All {
            rows.older = deliveries::find_last_walked(tenant, id, before).await?.map(Before::name);
        }
        Ok(Some(rows))
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
        dead_letters(tenant, id, before).await.map(Some)
    }
}

/// Dead letters of a destination, from a place on to older ones.
pub(super) async fn dead_letters(
    tenant: &mut Tenant,
    id: DestinationId,
    before: Position,
) -> store::Result<Rows<ListedDeadLetter>> {
    let rows = deliveries::list_dead_letters(tenant, id, before, one_more()).await?;
    Ok(Rows::of(rows, |last| last.place().name()))
}

/// What to list of the attempts: words, address, and whether it is chosen.
pub(super) fn filters(which: Which, id: DestinationId) -> Vec<(&'static str, String, bool)> {
    let path = format!("/settings/observability/destinations/{id}/deliveries");
    let link = |(it, name, words): (Which, &str, &'static str)| {
        let query = if name.is_empty() { String::new() } else { format!("?show={name}") };
        (words, format!("{path}{query}"), it == which)
    };
    WHICH.into_iter().map(link).collect()
}

/// How an address of older attempts begins behind the question mark.
pub(super) fn older(which: Which) -> String {
    let name = WHICH.into_iter().find(|(it, ..)| *it == which).map_or("", |(_, name, _)| name);
    if name.is_empty() { "before".to_owned() } else { format!("show={name}&before") }
}

/// Attempts to choose from, by their names in addresses.
const WHICH: [(Which, &str, &str); 3] = [
    (Which::All, "", "All"),
    (Which::Failed, "failed", "Failed"),
    (Which::WithDeadLetters, "dead-letters", "With dead letters"),
];

impl Address {
    /// Which attempts to list. None: no page links to such an address.
    pub(super) fn which(&self) -> Option<Which> {
        let named = self.show.as_deref().unwrap_or_default();
        WHICH.into_iter().find(|(_, name, _)| *name == named).map(|(which, ..)| which)
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
