//! What Postgres says of itself, at a start and to `tracecast doctor`: on two connections of their own, because a pool keeps trying.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, Row as _, raw_sql};

use super::{Error, Result};
use crate::clock::Clock;

/// How long Postgres may take to say all of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pooler hands out the connection that came back last, unless somebody else takes it in between.
const TRIES: usize = 3;

/// A server that is reached.
#[derive(Debug, Clone)]
pub struct Server {
    /// As people write it: 15.4.
    pub version: String,
    /// As programs compare it: 150004.
    pub number: i32,
    pub user: String,
    pub writes: Writes,
    /// Bytes of this database.
    pub bytes: u64,
    /// Whether a commit waits for a standby.
    pub is_synchronous: bool,
    /// How far its clock is ahead of ours.
    pub ahead: TimeDelta,
}

/// Whether a server takes writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    Taken,
    /// It is a standby.
    Standby,
    /// Its sessions are read-only (`default_transaction_read_only`).
    ReadOnly,
}

/// What lies between this program and its database.
#[derive(Debug)]
pub enum Reached {
    Server(Server),
    /// A pooler whose sessions share connections to Postgres.
    SharedSessions,
}

/// Asks the server behind an address.
///
/// # Errors
/// When it cannot be reached or refuses.
pub async fn examine(options: &PgConnectOptions, clock: Clock) -> Result<Reached> {
    let options = options.clone().application_name("tracecast start").extra_float_digits(None);
    let examined = tokio::time::timeout(PATIENCE, async {
        let (mut one, mut other) = (options.connect().await?, options.connect().await?);
        if are_shared(&mut one, &mut other).await? {
            return Ok(Reached::SharedSessions);
        }
        Ok(Reached::Server(describe(&mut one, clock).await?))
    });
    examined.await.unwrap_or_else(|_| Err(Error::lost(std::io::ErrorKind::TimedOut)))
}

/// Whether two sessions, both of which are open, get the same process of Postgres. In session mode, and without a pooler, each has its
/// own until it ends. In simple queries, because prepared ones need what is being looked for.
async fn are_shared(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool> {
    for _ in 0..TRIES {
        let before = process(one).await?;
        match raw_sql("BEGIN").execute(&mut *other).await {
            // In statement mode a pooler lets no transaction begin.
            Err(sqlx::Error::Database(_)) => return Ok(true),
            begun => begun?,
        };
        let others = process(other).await?;
        let is_moved = others == before || process(one).await? != before;
        raw_sql("ROLLBACK").execute(&mut *other).await?;
        if is_moved {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn process(connection: &mut PgConnection) -> Result<i32> {
    Ok(raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)?)
}

async fn describe(connection: &mut PgConnection, clock: Clock) -> Result<Server> {
    let asked = clock.now();
    let theirs: DateTime<Utc> =
        sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "now!""#).fetch_one(&mut *connection).await?;
    let ours = asked + (clock.now() - asked) / 2;
    let row = sqlx::query!(
        r#"SELECT current_setting('server_version') AS "version!", current_setting('server_version_num')::integer AS "number!",
                  current_user::text AS "user!", pg_is_in_recovery() AS "is_standby!",
                  current_setting('transaction_read_only') = 'on' AS "is_read_only!",
                  pg_database_size(current_database()) AS "bytes!",
                  current_setting('synchronous_standby_names') <> '' AS "is_synchronous!""#
    );
    let row = row.fetch_one(connection).await?;
    Ok(Server {
        version: row.version,
        number: row.number,
        user: row.user,
        writes: match (row.is_standby, row.is_read_only) {
            (true, _) => Writes::Standby,
            (false, true) => Writes::ReadOnly,
            (false, false) => Writes::Taken,
        },
        bytes: row.bytes.unsigned_abs(),
        is_synchronous: row.is_synchronous,
        ahead: theirs - ours,
    })
}
