//! Batches that were just built, for other destinations of their account.
//!
//! Destinations of an account mostly stand at the same place in its log, and those that read the same form and make no choices of
//! their own are sent the same bytes. The first of them has the batch built, and the others wait for it: compressing it alone costs
//! more than sending it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use super::batch::{Batch, Target, WithContent};
use crate::destination::{Encoding, Limits};
use crate::id::AccountId;
use crate::otlp::Compression;
use crate::store::log::{Entries, Position, ReadEntry};
use crate::trace::TraceSettings;

/// Bytes that are kept: at the most ten usual batches without compression, and some fifty with it.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Batches that are kept, however small. A batch is looked up by comparing it with each of them.
pub(super) const MOST_BATCHES: usize = 64;

/// What was built earlier is built anew: it may have been erased.
const MOST_AGE: Duration = Duration::from_secs(1);

/// The newest last.
#[derive(Debug, Default)]
pub(super) struct SharedBatches(Mutex<VecDeque<SharedBatch>>);

#[derive(Debug)]
struct SharedBatch {
    made_of: MadeOf,
    begun: Instant,
    built: Arc<OnceCell<Batch>>,
}

/// All that a batch depends on, where nothing in it is particular to one destination.
#[derive(Debug, PartialEq)]
struct MadeOf {
    account: AccountId,
    entries: Vec<ReadAs>,
    traces: TraceSettings,
    encoding: Encoding,
    compression: Compression,
    limits: Limits,
    resource: Vec<(&'static str, String)>,
}

/// How an entry was read.
#[derive(Debug, PartialEq)]
struct ReadAs {
    place: Position,
    is_wanted: bool,
    has_content: bool,
}

impl SharedBatches {
    /// Where the batch for `target` is, or will be. None: nobody else is sent the same.
    pub(super) fn find(&self, entries: &Entries, target: &Target<'_>) -> Option<Arc<OnceCell<Batch>>> {
        let made_of = MadeOf::of(entries, target)?;
        let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        batches.retain(|batch| batch.begun.elapsed() < MOST_AGE);
        if let Some(known) = batches.iter().rfind(|batch| batch.made_of == made_of) {
            return Some(known.built.clone());
        }
        let built = Arc::default();
        batches.push_back(SharedBatch { made_of, begun: Instant::now(), built: Arc::clone(&built) });
        let mut bytes: usize = batches.iter().map(SharedBatch::bytes).sum();
        while bytes > MOST_BYTES || batches.len() > MOST_BATCHES {
            let Some(oldest) = batches.pop_front() else { break };
            bytes -= oldest.bytes();
        }
        Some(built)
    }
}

impl SharedBatch {
    /// Those of the body, and of the places beside it.
    fn bytes(&self) -> usize {
        let bodies = self.built.get().map_or(0, |batch| batch.parcels.iter().map(|parcel| parcel.body.len()).sum());
        bodies + 2 * size_of_val(&*self.made_of.entries)
    }
}

impl MadeOf {
    fn of(entries: &Entries, target: &Target<'_>) -> Option<Self> {
        // Each field is named, so that one more is either compared or rules sharing out.
        let Target {
            traces,
            choice: None,
            redactor: None,
            content: WithContent::AsRead,
            encoding,
            compression,
            limits,
            is_live: true,
            not_before: None,
            allowance: None,
            account,
            resource,
        } = *target
        else {
            return None;
        };
        Some(Self {
            account,
            entries: entries.list().iter().map(ReadAs::of).collect(),
            traces: traces.clone(),
            encoding,
            compression,
            limits,
            resource: resource.to_vec(),
        })
    }
}

impl ReadAs {
    fn of(entry: &ReadEntry) -> Self {
        Self { place: entry.place(), is_wanted: entry.wanted, has_content: entry.content.is_some() }
    }
}
