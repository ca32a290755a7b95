//! The end of a batch: the cursor moves, the attempts are noted, the lease is renewed or given back, all or nothing.

use std::time::Duration;

use sqlx::PgConnection;

use super::lease::Current;
use super::{Fence, Key};
use crate::store::deliveries::{self, DeadLetter, Delivery, Rows};
use crate::store::log::Position;
use crate::store::sessions::interval;
use crate::store::{Result, Store};

/// Least attempts before a destination is switched off (spec 4.3).
const LEAST_ATTEMPTS: i32 = 10;

/// Where a batch leaves its destination.
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

/// How far a batch, or a confirmation, brings its destination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where the cursor goes. None: it stays.
    pub advance_to: Option<Position>,
    /// Requests that were accepted. They count once they are confirmed.
    pub accepted: i64,
    /// Up to here all that was accepted is delivered, and how many requests of it were not confirmed before.
    pub confirmed: Option<(Position, i64)>,
    /// The cursor goes back to where everything is confirmed, and does not advance.
    pub falls_back: bool,
}

impl Progress {
    /// Requests that are delivered now.
    pub fn delivered(&self) -> i64 {
        self.confirmed.map_or(0, |(_, requests)| requests)
    }
}

/// What is written down about a batch.
#[derive(Debug)]
pub struct TurnEnd<'a> {
    /// How far it brings its destination.
    pub progress: Progress,
    /// Where the batch leaves its destination.
    pub standing: Standing<'a>,
    /// The destination's revision when the batch was sent. What it says of older settings than those of now is not noted.
    pub revision: i32,
    /// HTTP 500s in a row for the batch at the cursor, this one included.
    pub server_errors: i32,
    /// The next requests carry nothing, to see whether the receiver takes any.
    pub probes_first: bool,
    /// Entries that are still to be built one by one.
    pub careful: i32,
    /// The attempts, in order.
    pub deliveries: Vec<Delivery<'a>>,
    /// Requests put aside for good.
    pub dead_letters: Vec<DeadLetter<'a>>,
    /// The lease is kept for this much longer. None: it is given back.
    pub keep: Option<Duration>,
    /// A destination without one success for so long is switched off.
    pub switch_off_after: Duration,
}

/// What became of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It was lost, or the destination is gone: nothing was changed.
    Lost,
    /// All is written; so things stand now.
    Written(Current),
    /// All is written, and the destination was switched off.
    SwitchedOff,
}

/// Writes down the end of a batch, if the lease still is what `fence` says.
///
/// The commit is not waited for (`synchronous_commit`): if a crash of Postgres forgets it, all of it is forgotten, and the
/// batch is sent again as the same traces. Waiting for the disk would cost more than reading, building and sending.
pub async fn record_turn(store: &Store, key: Key, fence: Fence, end: &TurnEnd<'_>) -> Result<Kept> {
    if end.dead_letters.is_empty() {
        return record(&mut *store.connection().await?, key, fence, end).await;
    }
    // Not part of the usual statement, which would have to get ready for the whole log each time.
    let mut transaction = store.begin().await?;
    let kept = record(&mut transaction, key, fence, end).await?;
    if kept != Kept::Lost {
        deliveries::put_aside(&mut transaction, key, &end.dead_letters).await?;
    }
    transaction.commit().await?;
    Ok(kept)
}

#[expect(clippy::too_many_lines, reason = "one statement, so that all of it happens or nothing, in one round trip")]
async fn record(connection: &mut PgConnection, key: Key, fence: Fence, end: &TurnEnd<'_>) -> Result<Kept> {
    let (health, reason, pause) = match &end.standing {
        Standing::Healthy => (Some("healthy"), None, None),
        Standing::Waiting { health, reason, pause } => (Some(*health), Some(*reason), Some(interval(*pause))),
        Standing::Unchanged => (None, None, None),
    };
    let rows = Rows::of(&end.deliveries);
    let Progress { advance_to, accepted, confirmed, falls_back } = end.progress;
    let written = sqlx::query!(
        r#"WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
           moved AS (
               UPDATE cursors
               SET xid = CASE WHEN $26 THEN coalesce($24, confirmed_xid, xid) ELSE coalesce($5, xid) END,
                   position = CASE WHEN $26 THEN coalesce($25, confirmed_position, position) ELSE coalesce($6, position) END,
                   confirmed_xid = CASE WHEN $26 OR unconfirmed + $27 <= $7 THEN NULL
                                        ELSE coalesce($24, confirmed_xid, xid) END,
                   confirmed_position = CASE WHEN $26 OR unconfirmed + $27 <= $7 THEN NULL
                                             ELSE coalesce($25, confirmed_position, position) END,
                   unconfirmed = CASE WHEN $26 OR unconfirmed + $27 <= $7 THEN 0 ELSE unconfirmed + $27 - $7 END,
                   accepted_at = CASE WHEN $26 OR unconfirmed + $27 <= $7 THEN NULL
                                      WHEN $27 > 0 THEN clock_timestamp() ELSE accepted_at END,
                   delivered = delivered + $7,
                   probes_first = CASE WHEN revision <= $23 THEN $28 ELSE probes_first END,
                   server_errors = CASE WHEN revision <= $23 THEN $11 ELSE server_errors END, careful = $12, deaths = 0, builds = 0,
                   leased_by = CASE WHEN $13::interval IS NULL THEN NULL ELSE leased_by END,
                   leased_until = clock_timestamp() + $13::interval, turn_ended_at = clock_timestamp(),
                   health = CASE WHEN revision <= $23 THEN coalesce($8, health) ELSE health END,
                   reason = CASE WHEN $8::text IS NULL OR revision > $23 THEN reason ELSE $9 END,
                   failures = CASE WHEN $8::text IS NULL OR revision > $23 THEN failures
                                   WHEN $8 = 'healthy' THEN 0 ELSE failures + 1 END,
                   failing_since = CASE WHEN $8::text IS NULL OR revision > $23 THEN failing_since
                                        WHEN $8 = 'healthy' THEN NULL ELSE coalesce(failing_since, clock_timestamp()) END,
                   not_before = CASE WHEN $8::text IS NULL OR revision > $23 THEN not_before
                                     ELSE clock_timestamp() + $10::interval END,
                   last_success_at = CASE $8 WHEN 'healthy' THEN clock_timestamp() ELSE last_success_at END
               FROM lazily
               WHERE account_id = $1 AND destination_id = $2 AND leased_by = $3 AND lease_number = $4
               RETURNING failures, failing_since),
           attempts AS (
               INSERT INTO deliveries (account_id, destination_id, id, started_at, duration_ms, requests, bytes, outcome, status, answer)
               SELECT $1, $2, e.id, clock_timestamp() - e.duration * interval '1 millisecond', e.duration, e.requests, e.bytes,
                      e.outcome, e.status, e.answer
               FROM moved, unnest($14::uuid[], $15::integer[], $16::integer[], $17::integer[], $18::text[], $19::smallint[],
                                  $20::text[]) AS e (id, duration, requests, bytes, outcome, status, answer)),
           switched_off AS (
               UPDATE destinations
               SET enabled = false, switched_off_at = clock_timestamp(), revision = revision + 1, updated_at = clock_timestamp()
               FROM moved
               WHERE account_id = $1 AND id = $2 AND enabled AND $8 <> 'healthy' AND moved.failures >= $21
                 AND moved.failing_since <= clock_timestamp() - $22::interval
               RETURNING id)
           SELECT d.revision, (a.privacy_mode OR d.privacy_mode) AS "private!", (a.broadcast_enabled AND d.enabled) AS "on!",
                  EXISTS (SELECT FROM switched_off) AS "switched_off!"
           FROM moved, destinations d, accounts a
           WHERE d.account_id = $1 AND d.id = $2 AND a.id = $1"#,
        key.account.0,
        key.destination.0,
        fence.worker,
        fence.lease,
        advance_to.map(|place| place.xid) as _,
        advance_to.map(|place| place.position),
        end.progress.delivered(),
        health,
        reason,
        pause as _,
        end.server_errors,
        end.careful,
        end.keep.map(interval) as _,
        &rows.id as _,
        &rows.duration_ms as _,
        &rows.requests as _,
        &rows.bytes as _,
        &rows.outcome as _,
        &rows.status as _,
        &rows.answer as _,
        LEAST_ATTEMPTS,
        interval(end.switch_off_after),
        end.revision,
        confirmed.map(|(place, _)| place.xid) as _,
        confirmed.map(|(place, _)| place.position),
        falls_back,
        accepted,
        end.probes_first
    )
    .fetch_optional(connection)
    .await?;
    Ok(match written {
        None => Kept::Lost,
        Some(row) if row.switched_off => Kept::SwitchedOff,
        Some(row) => Kept::Written(Current { revision: row.revision, private: row.private, on: row.on }),
    })
}
