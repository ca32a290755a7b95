//! The builders of a process, shared by its turns: a builder's memory is large and costs more to take anew for each turn than
//! a small batch costs to build, and more of them than processors would build nothing sooner.
//!
//! A small batch does not wait behind large ones: it is built sooner than a large one comes to let others have the thread, and
//! a fresh request is not delayed by somebody's backlog (spec 4.1).

use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::batch::{AT_A_TIME, Batch, Builder, Target};
use crate::config::Config;
use crate::otlp::Resource;
use crate::store::log::Entries;

/// Bytes of entries beyond which a batch is not small, however few they are: those of some thirty usual requests.
const SMALL_BYTES: usize = 64 * 1024;

/// Builds the batches of all turns, as many large ones at a time as there are processors, and small ones at once.
#[derive(Debug)]
pub(in crate::worker) struct Builders {
    room: Semaphore,
    large: Idle,
    /// As many as threads of the runtime: a small batch is built without letting others have the thread.
    small: Idle,
    resource: Resource,
    empty: Bytes,
}

impl Builders {
    pub(in crate::worker) fn new(config: &Config) -> Self {
        Self {
            room: Semaphore::new(available_parallelism().map_or(1, usize::from)),
            large: Idle::default(),
            small: Idle::default(),
            resource: Resource::new(&config.service_name),
            empty: config.delivery.compression.empty_body(),
        }
    }

    /// The body of a request that carries nothing.
    pub(in crate::worker) fn empty(&self) -> Bytes {
        self.empty.clone()
    }

    /// Builds and encodes what fits into one request, once there is room if it is much. See [`Builder::build`].
    pub(in crate::worker) async fn build(&self, entries: &Entries, target: Target<'_>) -> Batch {
        let is_small = entries.len() < AT_A_TIME && entries.bytes() <= SMALL_BYTES;
        let (idle, _permit) = if is_small {
            (&self.small, None)
        } else {
            // The semaphore is never closed; without a permit there would only be a builder more.
            (&self.large, self.room.acquire().await.ok())
        };
        let mut builder = idle.pop().unwrap_or_else(|| Builder::new(self.resource.clone()));
        let batch = builder.build(entries, target).await;
        idle.push(builder);
        batch
    }
}

/// Builders that nobody uses at the moment.
#[derive(Debug, Default)]
struct Idle(Mutex<Vec<Builder>>);

impl Idle {
    fn pop(&self) -> Option<Builder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn push(&self, builder: Builder) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(builder);
    }
}

#[cfg(test)]
mod tests;
