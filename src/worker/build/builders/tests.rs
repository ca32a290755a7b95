//! Which batches wait for room.

use futures_util::FutureExt as _;

use super::*;
use crate::destination::{Encoding, Limits};
use crate::otlp::Compression;
use crate::trace::TraceSettings;
use crate::worker::build::batch::WithContent;

#[test]
fn a_small_batch_does_not_wait_behind_large_ones() {
    let builders = Builders {
        room: Semaphore::new(0),
        large: Idle::default(),
        small: Idle::default(),
        resource: Resource::new("test"),
        empty: Bytes::new(),
    };
    let target = Target {
        traces: &TraceSettings::default(),
        content: WithContent::AsRead,
        encoding: Encoding::OtlpProtobuf,
        compression: Compression::None,
        limits: Limits::USUAL,
        resource: &[],
    };
    let built = |count| {
        let entries = Entries::unwanted(count);
        builders.build(&entries, target).now_or_never().map(|batch| batch.entries)
    };
    assert_eq!(built(AT_A_TIME - 1), Some(AT_A_TIME - 1));
    assert_eq!(built(AT_A_TIME), None, "it waits for room");
}
