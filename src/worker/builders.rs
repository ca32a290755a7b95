//! The builders of a process, shared by its turns: a builder's memory is large and costs more to take anew for each turn than
//! a small batch costs to build, and more of them than processors would build nothing sooner.

use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use super::batch::{Batch, Builder, WithContent};
use crate::config::Config;
use crate::otlp::{Compression, Resource};
use crate::store::log::Entries;
use crate::trace::TraceSettings;

/// Builds the batches of all turns, as many at a time as there are processors.
#[derive(Debug)]
pub(super) struct Builders {
    room: Semaphore,
    idle: Mutex<Vec<Builder>>,
    resource: Resource,
    compression: Compression,
}

impl Builders {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            room: Semaphore::new(available_parallelism().map_or(1, usize::from)),
            idle: Mutex::default(),
            resource: Resource::new(&config.service_name),
            compression: config.delivery.compression,
        }
    }

    /// Builds and encodes what fits into one request, once there is room. See [`Builder::build`].
    pub(super) async fn build(&self, entries: &Entries, settings: &TraceSettings, content: WithContent) -> Batch {
        // The semaphore is never closed; without a permit there would only be a builder more.
        let _permit = self.room.acquire().await.ok();
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut builder = idle.unwrap_or_else(|| Builder::new(self.resource.clone(), self.compression));
        let batch = builder.build(entries, settings, content).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(builder);
        batch
    }
}
