//! Requests for which no further attempt is made.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::delivery::DeadLetterReason;
use crate::id::DestinationId;
use crate::store::cursors::Key;
use crate::store::interval::interval;
use crate::store::log::Position;
use crate::store::xid::Xid;
use crate::store::{Result, Store, Tenant};

/// A completed request that no further attempt is made for.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The request's place in the log.
    pub place: Position,
    pub reason: DeadLetterReason,
    pub status: Option<u16>,
    /// The receiver's sentence.
    pub answer: Option<String>,
}

/// Dead letters as one array for each column.
#[derive(Default)]
struct Letters<'a> {
    xid: Vec<Xid>,
    position: Vec<i64>,
    reason: Vec<&'a str>,
    status: Vec<Option<i16>>,
    answer: Vec<Option<&'a str>>,
}

impl<'a> Letters<'a> {
    fn of(letters: &'a [DeadLetter]) -> Self {
        let mut rows = Self::default();
        for letter in letters {
            rows.xid.push(letter.place.xid);
            rows.position.push(letter.place.position);
            rows.reason.push(letter.reason.name());
            rows.status.push(letter.status.map(u16::cast_signed));
            rows.answer.push(letter.answer.as_deref());
        }
        rows
    }
}

/// Records dead letters of a destination. One that exists already stays unchanged, unless a person dropped it: it waits again.
///
/// Each request is looked up as the next entry, in order. A join that was planned while the log was small makes Postgres read
/// the account's whole log.
pub(in crate::store) async fn dead_letter(
    connection: &mut PgConnection,
    key: Key,
    letters: &[DeadLetter],
) -> Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    let letters = Letters::of(letters);
    let insert = sqlx::query!(
        "INSERT INTO dead_letters (account_id, destination_id, xid, position, generation_id, recorded_at, reason, status, answer)
         SELECT $1, $2, r.xid, r.position, r.generation_id, r.recorded_at, e.reason, e.status, e.answer
         FROM unnest($3::xid8[], $4::bigint[], $5::text[], $6::smallint[], $7::text[])
                  AS e (xid, position, reason, status, answer)
              CROSS JOIN LATERAL (SELECT xid, position, generation_id, recorded_at FROM completed_requests
                                  WHERE account_id = $1 AND (xid, position) >= (e.xid, e.position) AND broadcast
                                  ORDER BY xid, position LIMIT 1) r
         WHERE (r.xid, r.position) = (e.xid, e.position)
         ON CONFLICT (account_id, destination_id, xid, position) DO UPDATE
         SET dropped_at = NULL, created_at = clock_timestamp(), reason = excluded.reason, status = excluded.status,
             answer = excluded.answer
         WHERE dead_letters.dropped_at IS NOT NULL",
        key.account.0,
        key.destination.0,
        &letters.xid as _,
        &letters.position as _,
        &letters.reason as _,
        &letters.status as _,
        &letters.answer as _
    );
    insert.execute(connection).await?;
    Ok(())
}

/// These requests were accepted after all: they are dead letters no longer.
pub(in crate::store) async fn remove_accepted(
    connection: &mut PgConnection,
    key: Key,
    accepted: &[Position],
) -> Result<()> {
    if accepted.is_empty() {
        return Ok(());
    }
    let (xids, positions): (Vec<Xid>, Vec<i64>) = accepted.iter().map(|place| (place.xid, place.position)).unzip();
    let delete = sqlx::query!(
        "DELETE FROM dead_letters d USING unnest($3::xid8[], $4::bigint[]) AS e (xid, position)
         WHERE d.account_id = $1 AND d.destination_id = $2 AND d.xid = e.xid AND d.position = e.position",
        key.account.0,
        key.destination.0,
        &xids as _,
        &positions
    );
    delete.execute(connection).await?;
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDeadLetter {
    /// The transaction that recorded the request. With `position` the request's place in the log.
    pub xid: Xid,
    /// Sequence within the transaction.
    pub position: i64,
    pub generation_id: String,
    pub recorded_at: DateTime<Utc>,
    /// When the request was given up.
    pub created_at: DateTime<Utc>,
    pub reason: DeadLetterReason,
    pub status: Option<i16>,
    /// The receiver's sentence.
    pub answer: Option<String>,
}

impl ListedDeadLetter {
    pub fn place(&self) -> Position {
        Position { xid: self.xid, position: self.position }
    }
}

/// A destination's dead letters from `before` on to older ones, those of the newest requests first.
pub async fn list_dead_letters(
    tenant: &mut Tenant,
    destination: DestinationId,
    before: Position,
    limit: i64,
) -> Result<Vec<ListedDeadLetter>> {
    let account = tenant.account().0;
    let letters = sqlx::query_as!(
        ListedDeadLetter,
        r#"SELECT xid AS "xid: Xid", position, generation_id, recorded_at, created_at,
                  reason AS "reason: DeadLetterReason", status, answer
           FROM dead_letters
           WHERE account_id = $1 AND destination_id = $2 AND (xid, position) < ($3, $4) AND dropped_at IS NULL
           ORDER BY xid DESC, position DESC LIMIT $5"#,
        account,
        destination.0,
        before.xid as _,
        before.position,
        limit
    );
    Ok(letters.fetch_all(tenant.connection()).await?)
}

/// Drops those of these requests that are dead letters of a destination, and says how many there were.
pub async fn drop_dead_letters(tenant: &mut Tenant, destination: DestinationId, ids: &[String]) -> Result<u64> {
    let account = tenant.account().0;
    let drop = sqlx::query!(
        "UPDATE dead_letters SET dropped_at = clock_timestamp()
         WHERE account_id = $1 AND destination_id = $2 AND dropped_at IS NULL AND generation_id = ANY ($3)",
        account,
        destination.0,
        ids
    );
    Ok(drop.execute(tenant.connection()).await?.rows_affected())
}

/// Deletes dead letters of requests that the retention has removed.
pub async fn delete_expired_dead_letters(store: &Store, retention: Duration) -> Result<u64> {
    let deleted = sqlx::query!(
        "DELETE FROM dead_letters WHERE recorded_at < clock_timestamp() - $1::interval",
        interval(retention)
    );
    Ok(deleted.execute(store.pool()).await?.rows_affected())
}
