//! Listens for keys that end or are enabled again, in any process.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgNotification};
use tokio::time::timeout;

use super::{ENABLED, ENDED};
use crate::id::ApiKeyId;
use crate::store::{Error, Result, Store};

/// A connection that is silent for so long is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChange {
    /// It was revoked or disabled, or its account deleted.
    Ended(ApiKeyId),
    /// It was disabled, and is no longer.
    Enabled(ApiKeyId),
}

#[derive(Debug)]
pub struct Listener(PgListener);

impl Listener {
    /// Every key that ends from now on is notified.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn connect(store: &Store) -> Result<Self> {
        store.listener(ENDED).await.map(Self)
    }

    /// Waits for the next key that ends or returns.
    ///
    /// # Errors
    /// When the connection is lost. A new one is needed.
    pub async fn next(&mut self) -> Result<KeyChange> {
        loop {
            let notification = self.0.try_recv().await?.ok_or_else(|| Error::lost(io::ErrorKind::ConnectionAborted))?;
            if let Some(change) = change(&notification) {
                return Ok(change);
            }
        }
    }

    /// Asks for a sign of life and gives the notifications that arrived before it. Postgres notifies a connection before it
    /// answers it, so this and [`Self::next`] have given every key that ended before the call.
    ///
    /// # Errors
    /// When the connection is lost or stays silent.
    pub async fn catch_up(&mut self) -> Result<Vec<KeyChange>> {
        let alive = sqlx::query!("SELECT 1 AS alive").fetch_all(&mut self.0);
        timeout(PATIENCE, alive).await.map_err(|_| Error::lost(io::ErrorKind::TimedOut))??;
        Ok(std::iter::from_fn(|| self.0.next_buffered()).filter_map(|notification| change(&notification)).collect())
    }
}

fn change(notification: &PgNotification) -> Option<KeyChange> {
    match notification.payload().strip_prefix(ENABLED) {
        Some(key) => key.parse().ok().map(KeyChange::Enabled),
        None => notification.payload().parse().ok().map(KeyChange::Ended),
    }
}
