//! Notifications of commits to the log. They are hints: one may be lost with its connection, or never be sent.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::time::Instant;

use crate::id::AccountId;
use crate::store::Store;
use crate::store::log::{CHANNEL, accounts_of_notification};

/// Pause before the next try to listen when the database is away.
const RECONNECT: Duration = Duration::from_secs(1);

/// Listens on a connection of its own, which is made anew when it breaks.
#[derive(Debug)]
pub(super) struct Notifications {
    store: Store,
    listener: Option<PgListener>,
    retry_at: Instant,
}

impl Notifications {
    pub(super) fn new(store: Store) -> Self {
        Self { store, listener: None, retry_at: Instant::now() }
    }

    /// Connects, if that is necessary and the last try lies back far enough.
    pub(super) async fn listen(&mut self) {
        if self.listener.is_some() || Instant::now() < self.retry_at {
            return;
        }
        self.retry_at = Instant::now() + RECONNECT;
        match connected(&self.store).await {
            Ok(listener) => self.listener = Some(listener),
            Err(error) => tracing::warn!(%error, "the worker cannot listen for completed requests and polls instead"),
        }
    }

    /// The accounts of the next notification, and of all that have arrived by then. None: any may have new requests, as after the
    /// connection was lost.
    pub(super) async fn next(&mut self) -> Option<BTreeSet<AccountId>> {
        let Some(listener) = &mut self.listener else { return std::future::pending().await };
        let first = match listener.try_recv().await {
            Ok(first) => first?,
            Err(error) => {
                tracing::warn!(%error, "listening for completed requests broke off");
                self.listener = None;
                return None;
            }
        };
        let mut accounts = BTreeSet::from_iter(accounts_of_notification(first.payload()));
        if accounts.is_empty() {
            return None;
        }
        while let Some(notification) = listener.next_buffered() {
            accounts.extend(accounts_of_notification(notification.payload()));
        }
        Some(accounts)
    }
}

async fn connected(store: &Store) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
