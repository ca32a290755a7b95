//! The receipts of a list's requests, a mark for each destination; counts where there are many.

use std::time::Duration;

use crate::broadcast::receipts::{Receipt, of_entries};
use crate::destination::kinds;
use crate::id::DestinationId;
use crate::pages::components::amount::grouped;
use crate::store::destinations::Destination;
use crate::store::log::NamedEntry;
use crate::store::{self, Tenant};

/// Beyond so many destinations a row counts instead.
const MOST_MARKS: usize = 4;

/// What became of one request.
#[derive(Debug, PartialEq, Eq)]
pub enum Marks {
    /// One for each destination, in the order in which they were made.
    Each(Vec<Mark>),
    /// How many destinations have each state.
    Counts(Vec<Count>),
    /// Broadcast was off when it completed.
    BroadcastOff,
}

impl Marks {
    /// Whether there was no destination.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Each(all) if all.is_empty())
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    /// The mark's name: `passed`, `warning`, `left-out` or `failed`.
    pub mark: &'static str,
    /// "Sentry: delivered"
    pub words: String,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Count {
    /// As in [`Mark`].
    pub mark: &'static str,
    pub number: String,
    /// For example "delivered".
    pub state: &'static str,
}

/// The marks of these requests, in their order.
///
/// # Errors
/// When the database is away.
pub async fn marks(
    tenant: &mut Tenant,
    entries: &[NamedEntry],
    destinations: &[Destination],
    retention: Duration,
) -> store::Result<Vec<Marks>> {
    let receipts = of_entries(tenant, entries, retention).await?;
    let row = |(entry, receipts): (&NamedEntry, Vec<(DestinationId, Receipt)>)| {
        if entry.broadcast { row(&receipts, destinations) } else { Marks::BroadcastOff }
    };
    Ok(entries.iter().zip(receipts).map(row).collect())
}

/// The signs and names of the destinations, in the order of the marks; empty where rows count them. None: there are no destinations.
pub fn legend(destinations: &[Destination]) -> Option<Vec<(&'static str, String)>> {
    if destinations.is_empty() || destinations.len() > MOST_MARKS {
        return (!destinations.is_empty()).then(Vec::new);
    }
    let sign = |it: &Destination| kinds::find(&it.kind).map_or("?", |kind| kind.manifest.sign);
    Some(destinations.iter().map(|it| (sign(it), it.name.clone())).collect())
}

fn row(receipts: &[(DestinationId, Receipt)], destinations: &[Destination]) -> Marks {
    if receipts.len() <= MOST_MARKS {
        let mark = |(id, receipt): &(DestinationId, Receipt)| {
            let name = destinations.iter().find(|it| it.id == *id).map_or("A destination", |it| it.name.as_str());
            Mark { mark: shape(receipt), words: format!("{name}: {}", state(receipt)) }
        };
        return Marks::Each(receipts.iter().map(mark).collect());
    }
    let mut counts: Vec<(&'static str, &'static str, i64)> = Vec::new();
    for (_, receipt) in receipts {
        match counts.iter_mut().find(|(_, known, _)| *known == state(receipt)) {
            Some((_, _, count)) => *count += 1,
            None => counts.push((shape(receipt), state(receipt), 1)),
        }
    }
    Marks::Counts(
        counts.into_iter().map(|(mark, state, number)| Count { mark, number: grouped(number), state }).collect(),
    )
}

/// The mark of a receipt.
fn shape(receipt: &Receipt) -> &'static str {
    match receipt.name() {
        "delivered" => "passed",
        "delivered_in_part" | "waiting" => "warning",
        "dead_letter" | "expired" => "failed",
        _ => "left-out",
    }
}

fn state(receipt: &Receipt) -> &'static str {
    match receipt.name() {
        "delivered" => "delivered",
        "delivered_in_part" => "delivered in part",
        "waiting" => "waiting",
        "left_out" => "left out",
        "dead_letter" => "dead letter",
        "expired" => "expired",
        _ => "not known any more",
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn marks_beyond_four_destinations_are_counted() {
        let receipts = |count: u128| -> Vec<_> {
            (0..count).map(|number| (DestinationId(Uuid::from_u128(number)), Receipt::Unknown)).collect()
        };
        let Marks::Each(four) = row(&receipts(4), &[]) else { panic!("four are counted") };
        assert_eq!((four.len(), four[0].words.as_str()), (4, "A destination: not known any more"));
        let five = row(&receipts(5), &[]);
        let count = Count { mark: "left-out", number: "5".to_owned(), state: "not known any more" };
        assert_eq!(five, Marks::Counts(vec![count]));
    }
}
