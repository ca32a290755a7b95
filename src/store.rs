//! All SQL. One file for a group of tables; plain functions named `find_`, `list_`, `create_`, `put_`, `record_`, `lease_`,
//! `delete_`.
//!
//! Rows of a tenant are reached only through a [`Tenant`], a transaction that carries the account: there is no way to ask
//! for a tenant's row without saying whose it is.

pub mod accounts;
pub mod activity;
pub mod api_keys;
pub mod audit;
mod content_readers;
pub mod cursors;
pub mod deliveries;
pub mod demo;
pub mod destinations;
pub mod expired;
mod hosts;
mod interval;
pub mod invitations;
pub mod log;
pub mod losses;
pub mod members;
mod migrations;
pub mod notification;
pub mod partitions;
pub mod password_resets;
pub mod receipts;
pub mod replays;
mod restored;
mod role;
pub mod roles;
pub mod sealed;
pub mod second_factor;
pub mod server;
mod session;
pub mod sessions;
pub mod throttle;
pub mod users;
pub mod xid;

use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, Postgres, SqlSafeStr, Transaction};

pub use self::hosts::Hosts;
pub use self::migrations::{MIGRATIONS, Schema};
pub use self::session::{PLANNED_ONCE, Setting};
use crate::id::{AccountId, UserId};
use crate::token::TokenHash;

/// A connection that was used this recently is not tested before its next use: a test doubles the round trips.
const UNTESTED: Duration = Duration::from_secs(1);

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to Postgres. Cheap to clone. Each role has its own, so that a busy worker cannot starve the pages.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
}

/// Postgres did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Postgres cannot be reached, or the connection broke.
    #[error("the database did not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Postgres refused: our mistake, or a schema of another version.
    #[error("the database refused: {0}")]
    Refused(#[source] sqlx::Error),
    /// The migrations cannot be applied.
    #[error("the migrations cannot be applied: {0}")]
    Migration(#[source] MigrateError),
    /// A newer version of the program has migrated this database.
    #[error(
        "the schema of the database is of a newer version of Tracecast (migration {found}) than this program (migration {known})"
    )]
    SchemaIsNewer {
        /// A migration that this program does not know.
        found: i64,
        /// The newest migration that this program knows.
        known: i64,
    },
}

impl Error {
    /// A connection that was lost or stays silent.
    pub fn lost(kind: io::ErrorKind) -> Self {
        Self::Unavailable(sqlx::Error::Io(kind.into()))
    }

    /// Whether Postgres is away. Then the same may succeed later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// For logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "database_unavailable",
            Self::Refused(_) => "database_refused",
            Self::Migration(_) => "migration_failed",
            Self::SchemaIsNewer { .. } => "schema_is_newer",
        }
    }

    /// Whether a row of the same name exists already.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Refused(sqlx::Error::Database(refusal)) if refusal.is_unique_violation())
    }

    /// Whether the given values are at fault: nothing mends them, and the same statement with others may succeed at once. All
    /// other refusals (a schema of another version, a missing right, a file that cannot be read) come from the state of
    /// Postgres, which an operator can mend.
    pub fn lies_in_the_values(&self) -> bool {
        match self {
            Self::Refused(sqlx::Error::Encode(_)) => true,
            Self::Refused(sqlx::Error::Database(refusal)) => refusal.code().is_some_and(|code| blames_values(&code)),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(ref refusal) if has_no_partition(&**refusal) => Self::Unavailable(error),
            sqlx::Error::Database(ref refusal) if refusal.code().is_some_and(|code| passes(&code)) => {
                Self::Unavailable(error)
            }
            sqlx::Error::Database(_)
            | sqlx::Error::RowNotFound
            | sqlx::Error::Encode(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. } => Self::Refused(error),
            _ => Self::Unavailable(error),
        }
    }
}

/// Whether the same statement may succeed later, by the class of Postgres' error code (its documentation, appendix A):
/// a connection that broke, a transaction that was rolled back, a lack of resources such as room on the disk, a lock, an operator
/// who ends the session or restarts the server, a disk that fails, a server that cannot write yet, a session that was idle for
/// too long.
fn passes(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "40" | "53" | "55" | "57" | "58"))
        || matches!(code, "25006" | "25P03" | "25P04")
}

/// Whether the values are at fault: invalid data, a violated constraint, or more than fits a row.
fn blames_values(code: &str) -> bool {
    matches!(code.get(..2), Some("22" | "23" | "54"))
}

/// Whether a row's partition does not exist, as after a restore or a jump of the clock. A worker creates it. Postgres reports
/// this with the code of a violated CHECK, but names no constraint.
fn has_no_partition(refusal: &dyn DatabaseError) -> bool {
    refusal.code().is_some_and(|code| code == "23514") && refusal.constraint().is_none()
}

pub type Result<T> = std::result::Result<T, Error>;

impl Store {
    /// Opens connections when they are needed, at most `connections`.
    ///
    /// `application` is what `pg_stat_activity` shows.
    pub fn open(options: PgConnectOptions, application: &str, connections: u32) -> Self {
        Self::open_with(&[], options, application, connections)
    }

    /// The same, with settings that each connection gets.
    pub fn open_with(settings: &[Setting], options: PgConnectOptions, application: &str, connections: u32) -> Self {
        let settings: Arc<[Setting]> = session::BOUNDS.iter().chain(settings).copied().collect();
        // Every version of Postgres that is supported prints numbers exactly, and poolers refuse a setting that they do not know.
        let options = options.application_name(application).extra_float_digits(None);
        let pool = PgPoolOptions::new()
            .after_connect(move |connection, _| {
                let settings = settings.clone();
                Box::pin(async move { session::prepare(connection, &settings).await })
            })
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|connection, usage| {
                Box::pin(async move {
                    if usage.idle_for > UNTESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Self { pool }
    }

    /// Begins a transaction for one account.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn tenant(&self, account: AccountId) -> Result<Tenant> {
        let transaction = self.begin_with(beginning("app.account_id", account)).await?;
        Ok(Tenant { account, transaction })
    }

    /// Begins a transaction for one person, across their accounts.
    async fn person(&self, person: UserId) -> Result<Transaction<'static, Postgres>> {
        self.begin_with(beginning("app.user_id", person)).await
    }

    /// Begins a transaction that reaches the row which this token or key opens.
    async fn holder(&self, secret: &TokenHash) -> Result<Transaction<'static, Postgres>> {
        self.begin_with(beginning("app.secret", hex::encode(secret.as_bytes()))).await
    }

    /// Begins a transaction that reaches the rows of no account.
    async fn begin(&self) -> Result<Transaction<'static, Postgres>> {
        self.begin_with("BEGIN").await
    }

    /// Begins a transaction.
    ///
    /// On a task of its own, which goes on when nobody waits for it any more, as when a caller hangs up: a beginning that is
    /// dropped half-way leaves the connection in the pool with an open transaction (sqlx 0.9 rolls back what it counts, and
    /// counts only what it saw begin), in which the next statement of somebody else would never be committed.
    ///
    /// # Errors
    /// When Postgres is away.
    #[expect(clippy::disallowed_methods, reason = "a stop need not wait for it: closing the pool does")]
    async fn begin_with(&self, statement: impl SqlSafeStr + Send + 'static) -> Result<Transaction<'static, Postgres>> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
        Ok(begun.map_err(|_| sqlx::Error::WorkerCrashed)??)
    }

    /// The pool, for work that spans accounts and for LISTEN.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// One of its connections, for several statements in a row.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn connection(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    /// Opens further connections to this server. Those that are open stay.
    fn redirect(&self, server: &PgConnectOptions) {
        let options = (*self.pool.connect_options()).clone();
        self.pool.set_connect_options(options.host(server.get_host()).port(server.get_port()));
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// `BEGIN` and the reach of the transaction (row-level security, spec 5.2), in one message. `value` is a UUID or hexadecimal.
fn beginning(setting: &'static str, value: impl Display) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("BEGIN; SELECT set_config('{setting}', '{value}', true)"))
}

/// Lets the transaction reach the rows of this account from here on (row-level security, spec 5.2).
async fn set_account(connection: &mut PgConnection, account: AccountId) -> Result<()> {
    sqlx::query_scalar!("SELECT set_config('app.account_id', $1, true)", account.to_string())
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Lets the transaction reach a person's memberships and sessions from here on.
async fn set_person(connection: &mut PgConnection, person: UserId) -> Result<()> {
    sqlx::query_scalar!("SELECT set_config('app.user_id', $1, true)", person.to_string()).fetch_one(connection).await?;
    Ok(())
}

/// A transaction within one account. The transaction of a signed-in person also reaches their own sessions, and the names of
/// their other accounts.
#[derive(Debug)]
pub struct Tenant {
    account: AccountId,
    transaction: Transaction<'static, Postgres>,
}

impl Tenant {
    /// The account whose rows it reaches.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Makes the changes last. Without a commit they are undone.
    ///
    /// # Errors
    /// When Postgres is away; whether the changes were made is then not known.
    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }

    fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_sessions_starts_or_is_full_is_away_and_has_not_refused() {
        let ended = ["57P01", "57P02", "57P03", "57014", "40001", "40P01", "55P03", "08006", "25006", "25P03"];
        for code in ended.into_iter().chain(["53300", "53100", "53200", "58030", "58P01"]) {
            assert!(passes(code), "{code}");
        }
        for code in ["22021", "23505", "42P01", "42703", "54000", "XX000", ""] {
            assert!(!passes(code), "{code}");
        }
    }

    #[test]
    fn only_what_the_values_are_to_blame_for_is_laid_on_them() {
        for code in ["22021", "22003", "23505", "23502", "54000"] {
            assert!(blames_values(code), "{code}");
        }
        // Postgres reports a read-only file system as a missing right, and an exhausted quota as an internal error.
        for code in
            ["42501", "42P01", "42703", "3D000", "28P01", "XX000", "XX001", "53100", "58030", "25006", "57P01", ""]
        {
            assert!(!blames_values(code), "{code}");
        }
    }
}
