//! The builders of a process, shared by its turns: a builder's memory is large and costs more to take anew for each turn than
//! a small batch costs to build, and more of them than processors would build nothing sooner.
//!
//! A small batch does not wait behind large ones: it is built sooner than a large one comes to let others have the thread, and
//! a fresh request is not delayed by somebody's backlog (spec 4.1).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use super::batch::{AT_A_TIME, Batch, Builder, Target};
use super::shared_batches::SharedBatches;
use super::shared_reads::SharedReads;
use crate::config::Config;
use crate::otlp::Resource;
use crate::store::log::Entries;

/// Bytes of entries beyond which a batch is not small, however few they are: those of some thirty usual requests.
const SMALL_BYTES: usize = 64 * 1024;

/// Builds the batches of all turns, as many large ones at a time as there are processors, and small ones at once.
#[derive(Debug)]
pub(in crate::worker) struct Builders {
    /// Room for large batches.
    room: Semaphore,
    /// Builders that nobody uses at the moment. There are at most as many as processors for large batches, and as threads of the
    /// runtime for small ones, which are built without letting others have the thread.
    idle: Mutex<Vec<Builder>>,
    shared: SharedBatches,
    /// What the next batches are built of.
    pub(super) reads: SharedReads,
    resource: Resource,
}

impl Builders {
    pub(in crate::worker) fn new(config: &Config) -> Self {
        Self::with_room(available_parallelism().map_or(1, usize::from), config)
    }

    fn with_room(large: usize, config: &Config) -> Self {
        let resource = Resource::new(&config.service_name);
        let (shared, reads) = (SharedBatches::default(), SharedReads::default());
        Self { room: Semaphore::new(large), idle: Mutex::default(), shared, reads, resource }
    }

    /// Builds and encodes what fits into one request, once there is room if it is much. See [`Builder::build`].
    pub(in crate::worker) async fn build(&self, entries: &Entries, target: Target<'_>) -> Batch {
        let is_small = entries.len() < AT_A_TIME && entries.bytes() <= SMALL_BYTES;
        // The semaphore is never closed; without a permit there would only be a builder more.
        let _room = if is_small { None } else { self.room.acquire().await.ok() };
        let idle = self.idle().pop();
        let mut builder = idle.unwrap_or_else(|| Builder::new(self.resource.clone()));
        let batch = builder.build(entries, target).await;
        self.idle().push(builder);
        batch
    }

    /// The same for a destination with others beside it in its account: what several of them are sent is built once.
    pub(in crate::worker) async fn build_once(&self, entries: &Entries, target: Target<'_>) -> Batch {
        match self.shared.find(entries, &target) {
            Some(shared) => shared.get_or_init(|| self.build(entries, target)).await.clone(),
            None => self.build(entries, target).await,
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Builder>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
