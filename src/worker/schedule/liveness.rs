//! Keeps the worker's sign of life (spec 4.2).

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::store::cursors;

/// Pause before the next try when the database is away.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(in crate::worker) struct Liveness {
    state: State,
    held: Option<cursors::Liveness>,
}

impl Liveness {
    pub(in crate::worker) fn new(state: State) -> Self {
        Self { state, held: None }
    }

    /// Lets go of the number if its connection is gone.
    pub(in crate::worker) async fn check(&mut self) {
        if let Some(held) = &mut self.held
            && !held.is_held().await
        {
            self.held = None;
        }
    }

    /// This worker's number, whose lock is held. A lost connection means a new number. None: stopped while waiting.
    pub(in crate::worker) async fn number(&mut self, stop: &CancellationToken) -> Option<i32> {
        while self.held.is_none() {
            let number = i32::from_le_bytes(self.state.random.bytes().unwrap_or_default()) & i32::MAX;
            match cursors::Liveness::lock(&self.state.store, number).await {
                Ok(Some(held)) => return Some(self.held.insert(held).worker),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the worker waits for the database"),
            }
            stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await?;
        }
        self.held.as_ref().map(|held| held.worker)
    }

    pub(in crate::worker) async fn release(self) {
        if let Some(held) = self.held {
            held.release().await;
        }
    }
}
