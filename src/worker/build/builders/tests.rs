//! Which batches wait for room, and which are built once for several destinations.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::*;
use crate::completed_request::sample::{request, small_content};
use crate::config::Given;
use crate::destination::selection::Rules;
use crate::destination::{Encoding, Limits};
use crate::id::{AccountId, DestinationId};
use crate::otlp::Compression;
use crate::trace::{Dialect, TraceSettings};
use crate::worker::build::batch::{Choice, WithContent};
use crate::worker::build::shared_batches::MOST_BATCHES;

fn target(traces: &TraceSettings) -> Target<'_> {
    Target {
        traces,
        choice: None,
        redactor: None,
        content: WithContent::AsRead,
        encoding: Encoding::OtlpProtobuf,
        compression: Compression::None,
        limits: Limits::USUAL,
        account: AccountId(Uuid::nil()),
        is_live: true,
        not_before: None,
        allowance: None,
        resource: &[],
    }
}

#[test]
fn a_small_batch_does_not_wait_behind_large_ones() {
    let builders = Builders::with_room(0, &Config::parse(&Given::defaults()).unwrap());
    let settings = TraceSettings::default();
    let target = target(&settings);
    let built = |count| {
        let entries = Entries::unwanted(count);
        builders.build(&entries, target).now_or_never().map(|batch| batch.entries)
    };
    assert_eq!(built(AT_A_TIME - 1), Some(AT_A_TIME - 1));
    assert_eq!(built(AT_A_TIME), None, "it waits for room");
}

#[test]
fn request_that_is_too_old_for_the_receiver_is_left_out_and_counted() {
    let builders = Builders::new(&Config::parse(&Given::defaults()).unwrap());
    let (settings, completed_at) = (TraceSettings::default(), DateTime::<Utc>::default());
    for (not_before, too_old) in [(completed_at + Duration::from_nanos(1), 3), (completed_at, 0)] {
        let target = Target { not_before: Some(not_before), ..target(&settings) };
        let batch = builders.build(&Entries::without_bytes(3, true), target).now_or_never().unwrap();
        assert_eq!((batch.left_out.too_old, batch.places.len(), batch.entries), (too_old, 0, 3));
        assert_eq!(batch.unreadable.len(), 3 - too_old, "those that are not too old have no bytes to be read");
    }
}

/// A small batch of requests at these places, with or without what was said.
fn entries(positions: impl Iterator<Item = i64>, has_content: bool) -> Entries {
    let (payload, content) = (serde_json::to_vec(&request()).unwrap(), small_content().to_bytes());
    Entries::wanted(positions, &payload, has_content.then_some(&content))
}

/// The batch for a destination with others beside it.
fn batch_for(builders: &Builders, entries: &Entries, target: Target<'_>) -> Batch {
    let batch = builders.build_once(entries, target).now_or_never().unwrap();
    assert_eq!((batch.places.len(), batch.parcels.len()), (entries.len(), 1));
    batch
}

/// Whether both have one and the same body, not only an equal one.
fn is_one(a: &Batch, b: &Batch) -> bool {
    a.parcels[0].body.as_ptr() == b.parcels[0].body.as_ptr()
}

#[test]
fn batch_that_two_destinations_are_sent_alike_is_built_once() {
    let builders = Builders::new(&Config::parse(&Given::defaults()).unwrap());
    let (settings, equal) = (TraceSettings::default(), TraceSettings::default());
    let entries = entries(1..4, true);
    let first = batch_for(&builders, &entries, target(&settings));
    let second = batch_for(&builders, &entries, target(&equal));
    assert!(is_one(&first, &second));
    assert_eq!((first.last, first.bytes, first.has_content), (second.last, second.bytes, true));
}

#[test]
fn batch_that_differs_in_anything_is_built_for_itself() {
    let builders = Builders::new(&Config::parse(&Given::defaults()).unwrap());
    let (settings, plain) =
        (TraceSettings::default(), TraceSettings { dialect: Dialect::Plain, ..TraceSettings::default() });
    let (rules, keys, name) = (Rules::default(), BTreeMap::new(), [("model_id", "m".to_owned())]);
    let choice = Some(Choice { rules: &rules, keys: &keys, destination: DestinationId(Uuid::nil()) });
    let usual = target(&settings);
    let read = entries(1..4, true);
    let first = batch_for(&builders, &read, usual);
    for (what, other) in [
        ("dialect", Target { traces: &plain, ..usual }),
        ("rules", Target { choice, ..usual }),
        ("content", Target { content: WithContent::LeftOut, ..usual }),
        ("encoding", Target { encoding: Encoding::Lines, ..usual }),
        ("compression", Target { compression: Compression::Gzip, ..usual }),
        ("limits", Target { limits: Limits { requests: 7, ..Limits::USUAL }, ..usual }),
        ("age", Target { not_before: Some(DateTime::default()), ..usual }),
        ("account", Target { account: AccountId(Uuid::max()), ..usual }),
        ("resource", Target { resource: &name, ..usual }),
    ] {
        assert!(!is_one(&first, &batch_for(&builders, &read, other)), "{what}");
    }
    for (what, other) in
        [("place", entries(2..5, true)), ("number", entries(1..3, true)), ("content", entries(1..4, false))]
    {
        assert!(!is_one(&first, &batch_for(&builders, &other, usual)), "{what}");
    }
    assert!(is_one(&first, &batch_for(&builders, &read, usual)), "it is still kept");
}

#[test]
fn shared_batches_do_not_pile_up() {
    let builders = Builders::new(&Config::parse(&Given::defaults()).unwrap());
    let settings = TraceSettings::default();
    let built = |position| batch_for(&builders, &entries(position..=position, true), target(&settings));
    let first = built(0);
    let others: Vec<_> = (1..).map(built).take(MOST_BATCHES - 1).collect();
    assert!(is_one(&first, &built(0)), "as many as that are kept");
    let newest = built(1_000);
    assert!(!is_one(&first, &built(0)), "one more pushes out the oldest");
    assert!(
        is_one(&newest, &built(1_000))
            && is_one(&others[others.len() - 1], &built(i64::try_from(others.len()).unwrap()))
    );
}
