//! The worker's sign of life: a session advisory lock, gone the moment its connection is (spec 4.2).

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::state::State;
use crate::store::{self, cursors};

/// Pause before the next try when the database is away.
const PAUSE: Duration = Duration::from_millis(500);
/// A connection that does not answer within this time is gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Holds the lock on a connection of its own.
#[derive(Debug)]
pub(in crate::worker) struct Liveness {
    state: State,
    held: Option<(PgConnection, i32)>,
}

impl Liveness {
    pub(in crate::worker) fn new(state: State) -> Self {
        Self { state, held: None }
    }

    /// Lets go of the number if its connection is gone.
    pub(in crate::worker) async fn check(&mut self) {
        if let Some((connection, _)) = self.held.as_mut()
            && !matches!(tokio::time::timeout(PATIENCE, connection.ping()).await, Ok(Ok(())))
        {
            self.held = None;
        }
    }

    /// This worker's number, whose lock is held. A lost connection means a new number. None: stopped while waiting.
    pub(in crate::worker) async fn number(&mut self, stop: &CancellationToken) -> Option<i32> {
        if let Some((_, number)) = &self.held {
            return Some(*number);
        }
        loop {
            match self.lock().await {
                Ok(Some((connection, number))) => {
                    self.held = Some((connection, number));
                    return Some(number);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the worker waits for the database"),
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    pub(in crate::worker) async fn release(self) {
        if let Some((connection, _)) = self.held {
            let _ = connection.close().await;
        }
    }

    async fn lock(&self) -> Result<Option<(PgConnection, i32)>, store::Error> {
        let bytes = self.state.random.bytes::<4>().unwrap_or_default();
        let number = i32::from_le_bytes(bytes) & i32::MAX;
        let mut connection = self.state.store.pool().acquire().await?.detach();
        let locked = cursors::lock_liveness(&mut connection, number).await?;
        Ok(locked.then_some((connection, number)))
    }
}
