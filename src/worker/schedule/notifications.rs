//! Notifications of commits to the log.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::id::AccountId;
use crate::store::Store;
use crate::store::log::Listener;

/// Pause before the next try to listen when the database is away.
const RECONNECT: Duration = Duration::from_secs(1);

/// Listens on a connection of its own, which is made anew when it breaks.
#[derive(Debug)]
pub(super) struct Notifications {
    store: Store,
    listener: Option<Listener>,
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
        match Listener::connect(&self.store).await {
            Ok(listener) => self.listener = Some(listener),
            Err(error) => tracing::warn!(%error, "the worker cannot listen for completed requests and polls instead"),
        }
    }

    /// The accounts of the next notifications. Empty: any may have new requests, as after the connection was lost.
    pub(super) async fn next(&mut self) -> BTreeSet<AccountId> {
        let Some(listener) = &mut self.listener else { return std::future::pending().await };
        listener.next().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "listening for completed requests broke off");
            self.listener = None;
            BTreeSet::new()
        })
    }
}
