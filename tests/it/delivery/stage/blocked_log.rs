//! A log that nobody can write to for a while, so that a test knows where a recorder stands.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::Stage;

/// Entries that wait to be written.
const WAITING: &str = "FROM pg_locks WHERE NOT granted AND relation = 'completed_requests'::regclass";

pub(crate) struct BlockedLog<'s> {
    stage: &'s Stage,
    /// Holds the lock for as long as its transaction is open.
    holder: PgConnection,
}

impl<'s> BlockedLog<'s> {
    pub(super) async fn of(stage: &'s Stage) -> Self {
        let mut holder = stage.sql().await;
        let lock = "BEGIN; LOCK TABLE completed_requests IN SHARE MODE";
        sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
        Self { stage, holder }
    }

    /// Returns when a recorder has sent what it writes, and waits.
    pub(crate) async fn until_written_to(&self) {
        self.stage.until_count(&format!("SELECT count(*) {WAITING}"), 1).await;
    }

    /// Ends the session of the recorder that waits; nobody is left behind.
    pub(crate) async fn breaks_off(&self) {
        let mut sql = self.stage.sql().await;
        let session: i32 =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT pid {WAITING}"))).fetch_one(&mut sql).await.unwrap();
        sqlx::query("SELECT pg_terminate_backend($1)").bind(session).execute(&mut sql).await.unwrap();
        self.stage.until_count(&format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {session}"), 0).await;
    }

    pub(crate) async fn opens(self) {
        self.holder.close().await.unwrap();
    }
}
