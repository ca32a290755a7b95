//! Listens for commits to the log. Notifications are hints: one may be lost with its connection, or never be sent.

use std::collections::BTreeSet;
use std::io;

use sqlx::postgres::PgListener;

use super::CHANNEL;
use crate::id::AccountId;
use crate::store::{Error, Result, Store};

#[derive(Debug)]
pub struct Listener(PgListener);

impl Listener {
    pub async fn connect(store: &Store) -> Result<Self> {
        store.listener(CHANNEL).await.map(Self)
    }

    /// The accounts of the next notification, and of all that have arrived by then. Empty: any account may have new requests.
    ///
    /// # Errors
    /// When the connection is lost. A new one is needed.
    pub async fn next(&mut self) -> Result<BTreeSet<AccountId>> {
        let first = self.0.try_recv().await?.ok_or_else(|| Error::lost(io::ErrorKind::ConnectionAborted))?;
        let mut accounts: BTreeSet<_> = named(first.payload()).collect();
        while !accounts.is_empty()
            && let Some(notification) = self.0.next_buffered()
        {
            accounts.extend(named(notification.payload()));
        }
        Ok(accounts)
    }
}

fn named(payload: &str) -> impl Iterator<Item = AccountId> {
    payload.split(',').filter_map(|id| id.parse().ok())
}
