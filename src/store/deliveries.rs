//! Tables `deliveries` and `dead_letters`: attempts to deliver, and requests that a destination refuses.

mod carried;
mod day;
mod hours;
mod places;
mod removal;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::{Builder, Uuid};

pub use self::carried::{CarriedRequest, Range, find, list_carried};
pub use self::day::{GOAL_MS, HourOfDay, count_day};
pub use self::hours::{HOURS, Hour, count_by_hour};
pub use self::removal::delete_orphans;
use super::cursors::Key;
use super::log::Position;
use super::xid::Xid;
use super::{Result, Store, Tenant};
use crate::delivery::DeadLetterReason;
use crate::destination::selection;
use crate::id::{DeliveryId, DestinationId};
use crate::otlp::answer::Evidence;

/// The outcome's name of entries that were not sent.
const LEFT_OUT: &str = "left_out";

/// One attempt to hand a batch to a destination, or entries that were left out. Serialised as the row that it becomes.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    pub id: DeliveryId,
    /// From looking up the name to the last byte of the answer.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// Requests in the batch.
    pub requests: usize,
    /// Bytes before compression.
    pub bytes: usize,
    /// The outcome's name.
    pub outcome: &'static str,
    pub status: Option<u16>,
    /// A sentence of the receiver or about the failure.
    pub answer: Option<String>,
    /// The entries. None: a probe, which carries nothing.
    #[serde(flatten)]
    pub covered: Option<Covered>,
    /// What is kept of the answer.
    #[serde(flatten)]
    pub evidence: Evidence,
}

impl Delivery {
    /// Entries of which nothing is sent.
    pub fn left_out(id: DeliveryId, covered: Covered) -> Self {
        let (duration, evidence) = (Duration::ZERO, Evidence::default());
        let covered = Some(covered);
        Self { id, duration, requests: 0, bytes: 0, outcome: LEFT_OUT, status: None, answer: None, covered, evidence }
    }

    /// Whether a request was made.
    pub fn was_sent(&self) -> bool {
        self.outcome != LEFT_OUT
    }
}

/// The range of the log that an attempt covers.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Covered {
    /// The same for every attempt with the same entries, so that a receiver can tell that it knows them.
    batch_id: Uuid,
    /// With `after_position` the place behind which the entries lie.
    after_xid: Xid,
    /// With `after_xid` a place.
    after_position: i64,
    /// With `last_position` the place of the last entry.
    last_xid: Xid,
    /// With `last_xid` a place.
    last_position: i64,
    /// Completion of the earliest request, if the attempt was accepted.
    pub oldest: Option<DateTime<Utc>>,
    /// Completion of the latest request, if the attempt was accepted.
    pub newest: Option<DateTime<Utc>>,
    /// Entries that were not sent. None: all were.
    left_out: Option<LeftOut>,
}

impl Covered {
    /// The entries behind `after` up to `until`, less those that were left out.
    pub fn new(destination: DestinationId, (after, until): (Position, Position), left_out: LeftOut) -> Self {
        let mut hash = Sha256::new_with_prefix(destination.0);
        for place in [after, until] {
            hash.update(place.xid.0.to_be_bytes());
            hash.update(place.position.to_be_bytes());
        }
        let hash = hash.finalize();
        Self {
            batch_id: Builder::from_custom_bytes(hash.first_chunk().copied().unwrap_or_default()).into_uuid(),
            after_xid: after.xid,
            after_position: after.position,
            last_xid: until.xid,
            last_position: until.position,
            oldest: None,
            newest: None,
            left_out: left_out.is_any().then_some(left_out),
        }
    }
}

/// No more than Postgres' `integer` holds.
fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_i32(i32::try_from(duration.as_millis()).unwrap_or(i32::MAX))
}

/// Entries that were not sent, counted by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// Entries that completed before the destination existed.
    pub before_destination: usize,
    /// Entries that completed longer ago than the receiver accepts.
    pub too_old: usize,
    /// Entries whose API key is excluded, or not among those that are included.
    pub key: usize,
    /// Entries for which a filter rule does not hold.
    pub rule: usize,
    /// Entries whose session or trace is not among those that are kept.
    pub sampling: usize,
    /// Entries beyond the budget of the day.
    pub budget: usize,
    /// The first of those: what the rules keep of the entries before it was sent. None: none were beyond it, or an older version
    /// counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_from: Option<Position>,
    /// Entries of a replay that were delivered before.
    pub delivered: usize,
}

impl LeftOut {
    pub fn is_any(self) -> bool {
        self != Self::default()
    }

    /// Counts the entry at this place, which the destination's rules leave out.
    pub fn count(&mut self, reason: selection::LeftOut, place: Position) {
        if reason == selection::LeftOut::Budget {
            self.budget_from.get_or_insert(place);
        }
        *match reason {
            selection::LeftOut::KeyExcluded | selection::LeftOut::KeyNotIncluded => &mut self.key,
            selection::LeftOut::Rules { .. } => &mut self.rule,
            selection::LeftOut::Sampled => &mut self.sampling,
            selection::LeftOut::Budget => &mut self.budget,
        } += 1;
    }
}

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

/// Records dead letters of a destination. A dead letter that exists already stays unchanged.
///
/// Each request is looked up as the next entry, in order. A join that was planned while the log was small makes Postgres read
/// the account's whole log.
pub(super) async fn dead_letter(connection: &mut PgConnection, key: Key, letters: &[DeadLetter]) -> Result<()> {
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
pub(super) async fn remove_accepted(connection: &mut PgConnection, key: Key, accepted: &[Position]) -> Result<()> {
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

/// A row of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    pub id: DeliveryId,
    pub started_at: DateTime<Utc>,
    /// Milliseconds until the end of the answer.
    pub duration_ms: i32,
    /// Requests in the batch.
    pub requests: i32,
    /// Bytes before compression.
    pub bytes: i32,
    /// The outcome's name.
    pub outcome: String,
    pub status: Option<i16>,
    /// A sentence of the receiver or about the failure.
    pub answer: Option<String>,
    pub left_out: Json<LeftOut>,
}

impl ListedDelivery {
    pub fn place(&self) -> Before {
        Before { started_at: self.started_at, id: self.id }
    }
}

/// The attempt after which a listing goes on to older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    pub started_at: DateTime<Utc>,
    /// Tells apart attempts that began at the same time.
    pub id: DeliveryId,
}

/// Which attempts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// Those that were not accepted.
    Failed,
    /// Those of requests that became dead letters.
    WithDeadLetters,
}

/// How many attempts are looked at for those that are asked for.
const MOST_WALKED: i64 = 20_000;

/// A destination's attempts, the newest first.
pub async fn list(
    tenant: &mut Tenant,
    destination: DestinationId,
    which: Which,
    before: Option<Before>,
    limit: i64,
) -> Result<Vec<ListedDelivery>> {
    let account = tenant.account().0;
    let deliveries = sqlx::query_as!(
        ListedDelivery,
        r#"SELECT d.id AS "id: DeliveryId", d.started_at, d.duration_ms, d.requests, d.bytes, d.outcome, d.status, d.answer,
                  coalesce(d.left_out, '{}') AS "left_out!: Json<LeftOut>"
           FROM (SELECT * FROM deliveries
                 WHERE account_id = $1 AND destination_id = $2
                   AND (started_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
                 ORDER BY started_at DESC, id DESC LIMIT $6) d
           WHERE (NOT $7 OR d.outcome NOT IN ('delivered', 'delivered_in_part', 'left_out'))
             AND (NOT $8 OR EXISTS (SELECT FROM dead_letters l
                                    WHERE l.account_id = $1 AND l.destination_id = $2
                                      AND (l.xid, l.position) > (d.after_xid, d.after_position)
                                      AND (l.xid, l.position) <= (d.last_xid, d.last_position)))
           ORDER BY d.started_at DESC, d.id DESC LIMIT $5"#,
        account,
        destination.0,
        before.map(|before| before.started_at) as Option<DateTime<Utc>>,
        before.map(|before| before.id.0) as Option<Uuid>,
        limit,
        if which == Which::All { limit } else { MOST_WALKED },
        which == Which::Failed,
        which == Which::WithDeadLetters
    );
    Ok(deliveries.fetch_all(tenant.connection()).await?)
}

/// The attempt at which a listing of some ended because so many were looked at. None: it came to the end.
pub async fn find_last_walked(
    tenant: &mut Tenant,
    destination: DestinationId,
    before: Option<Before>,
) -> Result<Option<Before>> {
    let account = tenant.account().0;
    let last = sqlx::query_as!(
        Before,
        r#"SELECT started_at, id AS "id: DeliveryId" FROM deliveries
           WHERE account_id = $1 AND destination_id = $2
             AND (started_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
           ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET $5"#,
        account,
        destination.0,
        before.map(|before| before.started_at) as Option<DateTime<Utc>>,
        before.map(|before| before.id.0) as Option<Uuid>,
        MOST_WALKED - 1
    );
    Ok(last.fetch_optional(tenant.connection()).await?)
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
        super::interval::interval(retention)
    );
    Ok(deleted.execute(store.pool()).await?.rows_affected())
}
