//! Hears of every key that ends, in whatever process it is ended.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgNotification};
use tokio::time::timeout;

use super::ENDED;
use crate::id::ApiKeyId;
use crate::store::{Error, Result, Store};

/// A connection without a sign of life for so long is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection that listens.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Listener {
    /// From here on everything is told.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn connect(store: &Store) -> Result<Self> {
        store.listener(ENDED).await.map(Self)
    }

    /// Waits for the next key that ends.
    ///
    /// # Errors
    /// When the connection is lost: a new one is needed.
    pub async fn next(&mut self) -> Result<ApiKeyId> {
        loop {
            let told = self.0.try_recv().await?.ok_or_else(|| Error::lost(io::ErrorKind::ConnectionAborted))?;
            if let Some(key) = key(&told) {
                return Ok(key);
            }
        }
    }

    /// Asks for a sign of life. What was told until it came: of whatever ended before this was called, it or [`Self::next`] has
    /// told then, since Postgres notifies a connection before it answers it.
    ///
    /// # Errors
    /// When the connection is lost, or nothing comes.
    pub async fn catch_up(&mut self) -> Result<Vec<ApiKeyId>> {
        let alive = sqlx::query!("SELECT 1 AS alive").fetch_all(&mut self.0);
        timeout(PATIENCE, alive).await.map_err(|_| Error::lost(io::ErrorKind::TimedOut))??;
        Ok(std::iter::from_fn(|| self.0.next_buffered()).filter_map(|told| key(&told)).collect())
    }
}

fn key(told: &PgNotification) -> Option<ApiKeyId> {
    told.payload().parse().ok()
}
