//! Connections that stay with those who ask again and again.
//!
//! sqlx's pool asks Postgres for a sign of life each time a connection comes back (0.9, `return_to_pool`), which for a short
//! statement is a second round trip. Whoever knows that a statement was answered to its end keeps the connection for the next
//! one instead.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{PATIENCE, Result, UNTESTED};

/// Connections that are left to everybody else.
const LEFT: u32 = 2;

/// What is kept of a pool.
#[derive(Debug)]
pub(super) struct Kept {
    /// Bounds how many connections are kept or in use here, so that nobody else waits for a kept one. None: none is kept.
    room: Option<Arc<Semaphore>>,
    idle: Mutex<Vec<(PoolConnection<Postgres>, Instant)>>,
}

/// A connection for one statement. It goes back to the pool, unless it is kept.
#[derive(Debug)]
pub(super) struct Line {
    kept: Arc<Kept>,
    connection: PoolConnection<Postgres>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Kept {
    /// Of a pool of so many connections. Of a small one nothing is kept.
    pub(super) fn new(connections: u32) -> Arc<Self> {
        let room = connections.checked_sub(LEFT).and_then(|room| usize::try_from(room).ok()).filter(|room| *room > 0);
        Arc::new(Self { room: room.map(|room| Arc::new(Semaphore::new(room))), idle: Mutex::default() })
    }

    /// A kept connection, or one of the pool.
    pub(super) async fn line(self: &Arc<Self>, pool: &PgPool) -> Result<Line> {
        let permit = match self.room.clone() {
            // Closed only with the pool, which then says so.
            Some(room) => timeout(PATIENCE, room.acquire_owned()).await.map_err(|_| sqlx::Error::PoolTimedOut)?.ok(),
            None => None,
        };
        let connection = match permit.as_ref().and_then(|_| self.take()) {
            Some(connection) => connection,
            None => pool.acquire().await?,
        };
        Ok(Line { kept: self.clone(), connection, permit })
    }

    /// One that was used a moment ago. Older ones go back to the pool, which tests them.
    fn take(&self) -> Option<PoolConnection<Postgres>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((connection, used)) = idle.pop() {
            if used.elapsed() < UNTESTED {
                return Some(connection);
            }
        }
        None
    }

    /// Gives all back to the pool, and keeps no more.
    pub(super) fn close(&self) {
        if let Some(room) = &self.room {
            room.close();
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Line {
    /// The statement was answered to its end: the next one may follow on the same connection.
    pub(super) fn keep(self) {
        let mut idle = self.kept.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let is_open = self.kept.room.as_ref().is_some_and(|room| !room.is_closed());
        if is_open && self.permit.is_some() {
            idle.push((self.connection, Instant::now()));
        }
    }
}

impl Deref for Line {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Line {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
