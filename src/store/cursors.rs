//! Table `cursors`: how far each destination has read, and which worker reads it now (spec 4.2).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::deliveries::{DeadLetter, Delivery};
use super::log::Position;
use super::sessions::interval;
use super::xid::Xid;
use super::{Result, Store, deliveries};
use crate::id::{AccountId, DestinationId};

/// First half of the advisory lock that a worker's session holds while it lives; the second is its number. ("tc")
pub const LIVENESS_LOCK_CLASS: i32 = 29795;

/// A destination of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The tenant.
    pub account: AccountId,
    /// The destination.
    pub destination: DestinationId,
}

/// The right to take one turn for a destination, and all that the turn needs to know.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Fences the turn's end.
    pub number: i64,
    /// Where the cursor stands.
    pub xid: Xid,
    /// Where the cursor stands.
    pub position: i64,
    /// Requests that completed before are none of this destination's.
    pub since: DateTime<Utc>,
    /// Failed attempts in a row.
    pub failures: i32,
    /// The kind's slug.
    pub kind: String,
    /// Open values.
    pub settings: Json<BTreeMap<String, String>>,
    /// Sealed values.
    pub secrets: Vec<u8>,
    /// Privacy Mode of the account or the destination.
    pub private: bool,
}

/// Where a turn leaves its destination.
#[derive(Debug, Clone)]
pub enum Standing<'a> {
    /// Works; back-off is cleared.
    Healthy,
    /// To be tried again, not before this long from now.
    Waiting {
        /// `failing` or `needs_attention`.
        health: &'static str,
        /// A sentence for the page.
        reason: &'a str,
        /// Least pause.
        pause: Duration,
    },
    /// As before.
    Unchanged,
}

/// How a turn ended.
#[derive(Debug)]
pub struct TurnEnd<'a> {
    /// Where the cursor goes. None: it stays.
    pub advance_to: Option<Position>,
    /// Requests delivered by the turn.
    pub delivered: i64,
    /// Where the turn leaves its destination.
    pub standing: Standing<'a>,
    /// The attempt, if there was one.
    pub delivery: Option<Delivery<'a>>,
    /// Requests put aside for good.
    pub dead_letters: Vec<DeadLetter<'a>>,
}

impl TurnEnd<'_> {
    /// Nothing happened.
    pub fn unchanged() -> Self {
        Self { advance_to: None, delivered: 0, standing: Standing::Unchanged, delivery: None, dead_letters: Vec::new() }
    }
}

/// Takes the liveness lock of a worker's number on a connection of its own, which must be kept. False: taken.
pub async fn lock_liveness(connection: &mut PgConnection, worker: i32) -> Result<bool> {
    let locked =
        sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1, $2) AS "locked!""#, LIVENESS_LOCK_CLASS, worker);
    Ok(locked.fetch_one(connection).await?)
}

/// Destinations that could take a turn now: on, free, not waiting, with something to read. `accounts` empty: of all.
pub async fn list_ready(store: &Store, accounts: &[AccountId]) -> Result<Vec<Key>> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let keys = sqlx::query_as!(
        Key,
        r#"SELECT c.account_id AS "account: AccountId", c.destination_id AS "destination: DestinationId"
           FROM cursors c
           JOIN destinations d ON d.account_id = c.account_id AND d.id = c.destination_id
           JOIN accounts a ON a.id = c.account_id
           WHERE a.broadcast_enabled AND d.enabled
             AND (cardinality($1::uuid[]) = 0 OR c.account_id = ANY ($1))
             AND (c.not_before IS NULL OR c.not_before <= clock_timestamp())
             AND (c.leased_until IS NULL OR c.leased_until < clock_timestamp()
                  OR NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted
                                   AND l.classid = $2::int::oid AND l.objid = c.leased_by::oid))
             AND EXISTS (SELECT FROM completed_requests r
                         WHERE r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position)
                           AND r.xid < pg_snapshot_xmin(pg_current_snapshot()))
           ORDER BY c.leased_until NULLS FIRST"#,
        &accounts,
        LIVENESS_LOCK_CLASS
    );
    Ok(keys.fetch_all(store.pool()).await?)
}

/// Takes the lease of a destination for one turn. None: it is off, waiting, gone or somebody else's.
pub async fn lease(store: &Store, key: Key, worker: i32, lease: Duration) -> Result<Option<Lease>> {
    let lease = sqlx::query_as!(
        Lease,
        r#"WITH free AS (
               SELECT c.account_id, c.destination_id FROM cursors c
               WHERE c.account_id = $1 AND c.destination_id = $2
                 AND (c.not_before IS NULL OR c.not_before <= clock_timestamp())
                 AND (c.leased_until IS NULL OR c.leased_until < clock_timestamp()
                      OR NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted
                                       AND l.classid = $5::int::oid AND l.objid = c.leased_by::oid))
               FOR UPDATE SKIP LOCKED)
           UPDATE cursors c
           SET lease_number = c.lease_number + 1, leased_by = $3, leased_until = clock_timestamp() + $4::interval
           FROM free, destinations d, accounts a
           WHERE c.account_id = free.account_id AND c.destination_id = free.destination_id
             AND d.account_id = c.account_id AND d.id = c.destination_id AND d.enabled
             AND a.id = c.account_id AND a.broadcast_enabled
           RETURNING c.lease_number AS number, c.xid AS "xid: Xid", c.position, c.since, c.failures, d.kind,
                     d.settings AS "settings: Json<BTreeMap<String, String>>", d.secrets,
                     (a.privacy_mode OR d.privacy_mode) AS "private!""#,
        key.account.0,
        key.destination.0,
        worker,
        interval(lease),
        LIVENESS_LOCK_CLASS
    );
    Ok(lease.fetch_optional(store.pool()).await?)
}

/// Ends a turn: moves the cursor, notes the attempt, gives the lease back. False: the lease was lost, nothing was changed.
pub async fn record_turn(store: &Store, key: Key, number: i64, end: &TurnEnd<'_>) -> Result<bool> {
    let (health, reason, pause) = match &end.standing {
        Standing::Healthy => (Some("healthy"), None, None),
        Standing::Waiting { health, reason, pause } => (Some(*health), Some(*reason), Some(interval(*pause))),
        Standing::Unchanged => (None, None, None),
    };
    let mut transaction = store.pool().begin().await?;
    let updated = sqlx::query!(
        "UPDATE cursors
         SET xid = coalesce($4, xid), position = coalesce($5, position), delivered = delivered + $6,
             leased_by = NULL, leased_until = NULL,
             health = coalesce($7, health),
             reason = CASE WHEN $7::text IS NULL THEN reason ELSE $8 END,
             failures = CASE $7 WHEN 'healthy' THEN 0 ELSE failures + ($7::text IS NOT NULL)::int END,
             failing_since = CASE WHEN $7::text IS NULL THEN failing_since
                                  WHEN $7 = 'healthy' THEN NULL ELSE coalesce(failing_since, clock_timestamp()) END,
             not_before = CASE WHEN $7::text IS NULL THEN not_before ELSE clock_timestamp() + $9::interval END,
             last_success_at = CASE $7 WHEN 'healthy' THEN clock_timestamp() ELSE last_success_at END
         WHERE account_id = $1 AND destination_id = $2 AND lease_number = $3",
        key.account.0,
        key.destination.0,
        number,
        end.advance_to.map(|place| place.xid) as _,
        end.advance_to.map(|place| place.position),
        end.delivered,
        health,
        reason,
        pause as _
    )
    .execute(&mut *transaction)
    .await?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(delivery) = &end.delivery {
        deliveries::create(&mut transaction, key, delivery).await?;
    }
    for letter in &end.dead_letters {
        deliveries::create_dead_letter(&mut transaction, key, letter).await?;
    }
    transaction.commit().await?;
    Ok(true)
}
