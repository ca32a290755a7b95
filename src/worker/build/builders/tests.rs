//! Which batches wait for room.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::*;
use crate::config::Given;
use crate::destination::{Encoding, Limits};
use crate::id::AccountId;
use crate::otlp::Compression;
use crate::trace::TraceSettings;
use crate::worker::build::batch::WithContent;

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
