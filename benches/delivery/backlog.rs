//! Events that wait: a thousand are recorded through the program's own recorder, and copied by SQL under other names.

use sqlx::{AssertSqlSafe, PgConnection};
use tracecast::id::AccountId;
use tracecast::recorder::Recorder;
use tracecast::state::State;
use tracecast::store::log::CHANNEL;

use crate::event;
use crate::outcome::Result;

/// Events that differ in their texts.
pub(crate) const TEMPLATES: u64 = 1_000;

/// Rows of one transaction.
const CHUNK: u64 = 20_000;

/// Where the request's name begins in the recorded bytes, `{"id":"…`, counted from 1.
const NAME_AT: i32 = 8;

/// The columns that each copy has of its own; the others are copied as they stand.
const MADE_ANEW: [&str; 7] =
    ["account_id", "recorded_at", "completed_at", "xid", "position", "generation_id", "payload"];

/// The recorded events from which all others are made.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// The statement that appends copies: account, first and last number.
    append: String,
    /// Whose log holds the templates.
    pub(crate) account: AccountId,
    /// Numbers given out so far.
    used: u64,
}

impl Backlog {
    /// Records the templates as events of `account`.
    pub(crate) async fn prepare(state: &State, admin: &mut PgConnection, account: AccountId) -> Result<Self> {
        let (recorder, writer) = Recorder::new(state.store.clone(), state.random);
        for number in 0..TEMPLATES {
            let (request, content) = event::completed(number);
            recorder.record(account, &request, &content, None);
        }
        drop(recorder);
        writer.run().await;
        sqlx::raw_sql("CREATE SCHEMA bench").execute(&mut *admin).await?;
        sqlx::query(
            "CREATE TABLE bench.templates AS
             SELECT row_number() OVER (ORDER BY position) - 1 AS number, r.* FROM completed_requests r WHERE account_id = $1",
        )
        .bind(account.0)
        .execute(&mut *admin)
        .await?;
        sqlx::raw_sql("CREATE INDEX ON bench.templates (number); ALTER TABLE bench.templates DROP COLUMN account_id")
            .execute(&mut *admin)
            .await?;
        let columns: Vec<String> = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = 'completed_requests' AND column_name <> ALL ($1) AND is_generated = 'NEVER'",
        )
        .bind(&MADE_ANEW[..])
        .fetch_all(admin)
        .await?;
        Ok(Self { append: append(&columns), account, used: TEMPLATES })
    }

    /// Appends so many events to the log of an account, as fast as it goes.
    pub(crate) async fn append(&mut self, admin: &mut PgConnection, account: AccountId, events: u64) -> Result<()> {
        let mut left = events;
        while left > 0 {
            let chunk = left.min(CHUNK);
            self.append_each(admin, &[account], chunk).await?;
            left -= chunk;
        }
        Ok(())
    }

    /// Appends `events` to the log of each account and tells the worker, in one transaction, as a group commit does.
    /// Gives the number of the first event.
    pub(crate) async fn commit(
        &mut self,
        admin: &mut PgConnection,
        accounts: &[AccountId],
        events: u64,
    ) -> Result<u64> {
        let first = self.begin(admin, accounts, events).await?;
        end(admin).await?;
        Ok(first)
    }

    /// The same up to the moment before the commit, which is [`end`]'s.
    pub(crate) async fn begin(&mut self, admin: &mut PgConnection, accounts: &[AccountId], events: u64) -> Result<u64> {
        let first = self.used;
        sqlx::raw_sql("BEGIN").execute(&mut *admin).await?;
        self.append_each(admin, accounts, events).await?;
        let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(names.join(",")).execute(admin).await?;
        Ok(first)
    }

    async fn append_each(&mut self, admin: &mut PgConnection, accounts: &[AccountId], events: u64) -> Result<()> {
        let ids: Vec<_> = accounts.iter().map(|account| account.0).collect();
        let count = events * accounts.len() as u64;
        sqlx::query(AssertSqlSafe(self.append.clone()))
            .bind(ids)
            .bind(i64::try_from(self.used)?)
            .bind(i64::try_from(self.used + count)?)
            .execute(admin)
            .await?;
        self.used += count;
        Ok(())
    }
}

/// Commits what was begun.
pub(crate) async fn end(admin: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("COMMIT").execute(admin).await?;
    Ok(())
}

/// Numbers go round among the accounts, so that events of one account lie apart as they do in life.
fn append(columns: &[String]) -> String {
    let list = columns.join(", ");
    let copied: Vec<_> = columns.iter().map(|column| format!("t.{column}")).collect();
    format!(
        "INSERT INTO completed_requests (account_id, completed_at, generation_id, payload, {list})
         SELECT ($1::uuid[])[1 + g.number % cardinality($1::uuid[])], clock_timestamp(), g.name,
                overlay(t.payload PLACING convert_to(g.name, 'UTF8') FROM {NAME_AT}), {}
         FROM (SELECT n AS number, 'gen-1788596085-' || lpad(n::text, 20, '0') AS name
               FROM generate_series($2::bigint, $3::bigint - 1) n) g
         JOIN bench.templates t ON t.number = g.number % {TEMPLATES}
         ORDER BY g.number",
        copied.join(", ")
    )
}

/// Writes what is dirty and sets the hint bits now, so that no run pays for an earlier one.
pub(crate) async fn settle(admin: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("VACUUM ANALYZE completed_requests").execute(&mut *admin).await?;
    checkpoint(admin).await
}

/// Writes what is dirty. Unlike a vacuum it leaves the plans alone, which connections have made.
pub(crate) async fn checkpoint(admin: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql("CHECKPOINT").execute(admin).await?;
    Ok(())
}
