//! Tables `deliveries` and `dead_letters`: what became of batches, and of requests that a destination refuses.

mod removal;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::removal::delete_orphans;
use super::cursors::Key;
use super::log::Position;
use super::xid::Xid;
use super::{Result, Store, Tenant};
use crate::delivery::DeadLetterReason;
use crate::id::{DeliveryId, DestinationId};

/// One attempt to hand a batch to a destination. Serialised as the row that it becomes.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery<'a> {
    /// Identifier.
    pub id: DeliveryId,
    /// Milliseconds from the first byte sent to the answer's last.
    pub duration_ms: u32,
    /// Requests in the batch.
    pub requests: usize,
    /// Bytes before compression.
    pub bytes: usize,
    /// The outcome's name.
    pub outcome: &'a str,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// A sentence of the receiver or about the failure.
    pub answer: Option<Cow<'a, str>>,
    /// Counts from 1 since something was last accepted.
    pub attempt: u32,
    /// Version of the code that made the body of the entries.
    pub encoder: u16,
    /// The entries. None: it carried nothing.
    #[serde(flatten)]
    pub covered: Option<Covered>,
    /// What the receiver said in headers that hold no secret.
    pub headers: Option<&'a BTreeMap<String, String>>,
    /// The beginning of what the receiver answered.
    pub body: Option<&'a str>,
}

/// What of the log an attempt covers.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Covered {
    /// Of the destination and the range.
    pub batch_id: Uuid,
    /// Entries behind this place. See `after_position`.
    pub after_xid: Xid,
    /// See `after_xid`.
    pub after_position: i64,
    /// The last entry. See `last_position`.
    pub last_xid: Xid,
    /// See `last_xid`.
    pub last_position: i64,
    /// When the request completed that completed first, if the attempt was accepted.
    pub oldest: Option<DateTime<Utc>>,
    /// When the request completed that completed last, if the attempt was accepted.
    pub newest: Option<DateTime<Utc>>,
    /// Entries that were not sent. None: all were.
    pub left_out: Option<LeftOut>,
}

/// How many entries were not sent, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// They completed before the destination existed.
    pub before_destination: usize,
}

/// A request that no further attempt is made for.
#[derive(Debug, Clone)]
pub struct DeadLetter<'a> {
    /// The request's place in the log.
    pub place: Position,
    /// Why.
    pub reason: DeadLetterReason,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The receiver's sentence.
    pub answer: Option<&'a str>,
}

/// Dead letters turned on their side.
#[derive(Default)]
struct Letters<'a> {
    xid: Vec<Xid>,
    position: Vec<i64>,
    reason: Vec<&'a str>,
    status: Vec<Option<i16>>,
    answer: Vec<Option<&'a str>>,
}

impl<'a> Letters<'a> {
    fn of(letters: &'a [DeadLetter<'a>]) -> Self {
        let mut rows = Self::default();
        for letter in letters {
            rows.xid.push(letter.place.xid);
            rows.position.push(letter.place.position);
            rows.reason.push(letter.reason.name());
            rows.status.push(letter.status.map(u16::cast_signed));
            rows.answer.push(letter.answer);
        }
        rows
    }
}

/// Gives up requests of a destination for good. A dead letter that exists already stays as it is.
///
/// Each is asked for as the next entry, in order: for a join that was planned while the log was small Postgres reads the account's
/// whole log.
pub(super) async fn dead_letter(connection: &mut PgConnection, key: Key, letters: &[DeadLetter<'_>]) -> Result<()> {
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
         ON CONFLICT DO NOTHING",
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

/// A row of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    /// Identifier.
    pub id: DeliveryId,
    /// When the attempt began.
    pub started_at: DateTime<Utc>,
    /// Milliseconds until the answer.
    pub duration_ms: i32,
    /// Requests in the batch.
    pub requests: i32,
    /// Bytes before compression.
    pub bytes: i32,
    /// The outcome's name.
    pub outcome: String,
    /// HTTP status.
    pub status: Option<i16>,
    /// A sentence.
    pub answer: Option<String>,
}

/// Where a listing goes on: after this attempt, to older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Its identifier, because two can begin at the same time.
    pub id: DeliveryId,
}

/// Attempts of a destination, the newest first.
pub async fn list(
    tenant: &mut Tenant,
    destination: DestinationId,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<ListedDelivery>> {
    let account = tenant.account().0;
    let deliveries = sqlx::query_as!(
        ListedDelivery,
        r#"SELECT id AS "id: DeliveryId", started_at, duration_ms, requests, bytes, outcome, status, answer FROM deliveries
           WHERE account_id = $1 AND destination_id = $2
             AND (started_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
           ORDER BY started_at DESC, id DESC LIMIT $5"#,
        account,
        destination.0,
        before.map(|before| before.started_at) as Option<DateTime<Utc>>,
        before.map(|before| before.id.0) as Option<Uuid>,
        limit
    );
    Ok(deliveries.fetch_all(tenant.connection()).await?)
}

/// A request that a destination refuses for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDeadLetter {
    /// The transaction that recorded the request; with `position` its place in the log.
    pub xid: Xid,
    /// Sequence within it.
    pub position: i64,
    /// The request's name.
    pub generation_id: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When it was given up.
    pub created_at: DateTime<Utc>,
    /// Why.
    pub reason: DeadLetterReason,
    /// HTTP status, if there was an answer.
    pub status: Option<i16>,
    /// The receiver's sentence.
    pub answer: Option<String>,
}

impl ListedDeadLetter {
    /// The request's place in the log.
    pub fn place(&self) -> Position {
        Position { xid: self.xid, position: self.position }
    }
}

/// Dead letters of a destination, those of the newest requests first, from `before` on to older ones.
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
           WHERE account_id = $1 AND destination_id = $2 AND (xid, position) < ($3, $4)
           ORDER BY xid DESC, position DESC LIMIT $5"#,
        account,
        destination.0,
        before.xid as _,
        before.position,
        limit
    );
    Ok(letters.fetch_all(tenant.connection()).await?)
}

/// Removes dead letters whose request the retention has removed.
pub async fn delete_expired_dead_letters(store: &Store, retention: Duration) -> Result<u64> {
    let deleted = sqlx::query!(
        "DELETE FROM dead_letters WHERE recorded_at < clock_timestamp() - $1::interval",
        super::interval::interval(retention)
    );
    Ok(deleted.execute(store.pool()).await?.rows_affected())
}
