//! A worker's sign of life: a session advisory lock, gone the moment its connection is (spec 4.2).

use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::store::{Result, Store};

/// First half of the lock; the second is the worker's number. ("tc")
pub(super) const LIVENESS_LOCK_CLASS: i32 = 29795;

/// A connection that does not answer within this time is gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lock, on a connection of its own.
#[derive(Debug)]
pub struct Liveness {
    connection: PgConnection,
    /// The worker's number.
    pub worker: i32,
}

impl Liveness {
    /// Takes the lock of this number. None: another session holds it.
    pub async fn lock(store: &Store, worker: i32) -> Result<Option<Self>> {
        let mut connection = store.pool().acquire().await?.detach();
        let locked =
            sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1, $2) AS "locked!""#, LIVENESS_LOCK_CLASS, worker);
        let locked = locked.fetch_one(&mut connection).await?;
        Ok(locked.then_some(Self { connection, worker }))
    }

    /// Whether the connection still answers.
    pub async fn is_held(&mut self) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.connection.ping()).await, Ok(Ok(())))
    }

    pub async fn release(self) {
        // A connection that is gone has let go already.
        let _ = self.connection.close().await;
    }
}
