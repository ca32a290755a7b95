//! The acknowledgement of a batch, all or nothing: the cursor moves, the attempts are recorded, the lease is renewed or given
//! back.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::types::Json;

use super::lease::Current;
use super::{Fence, Key};
use crate::id::DestinationId;
use crate::store::deliveries::{self, DeadLetter, Delivery};
use crate::store::destinations::{self, HealthChange, HealthNote};
use crate::store::interval::interval;
use crate::store::log::Position;
use crate::store::{Result, Store};

/// How far a batch, or a confirmation, brings its destination.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The cursor's new place. None: it stays.
    pub advance_to: Option<Position>,
    /// Requests that were accepted. They count once they are confirmed.
    pub accepted: i64,
    /// Accepted requests up to this place are delivered; with the number of those that were unconfirmed before.
    pub confirmed: Option<(Position, i64)>,
    /// The cursor goes back to the last confirmed place, and does not advance.
    pub falls_back: bool,
}

impl Progress {
    /// Requests that count as delivered now.
    pub fn delivered(&self) -> i64 {
        self.confirmed.map_or(0, |(_, requests)| requests)
    }
}

/// The result of a batch.
#[derive(Debug)]
pub struct Acknowledgement<'a> {
    pub destination: DestinationId,
    pub progress: Progress,
    pub health: HealthNote<'a>,
    /// HTTP 500s in a row for the batch at the cursor, this one included.
    pub server_errors: i32,
    /// Entries that are still to be built one by one.
    pub poison_one_by_one: i32,
    /// Whether Privacy Mode kept content back.
    pub private: bool,
    /// In order.
    pub deliveries: Vec<Delivery<'a>>,
    pub dead_letters: Vec<DeadLetter<'a>>,
    /// How much longer the lease is held. None: it is given back.
    pub keep: Option<Duration>,
}

/// The state of the lease at an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// The lease was lost, or the destination is gone. Nothing was recorded.
    Lost,
    /// All is recorded. These are the current settings.
    Held(Current),
    /// All is recorded, and the destination was switched off.
    Disabled,
}

/// Acknowledges a batch, if the lease is still the one of `fence`.
///
/// The commit is not waited for (`synchronous_commit`). A crash of Postgres that loses it loses all of it, and the batch is
/// sent again as the same traces. Waiting for the disk would cost more than reading, building and sending.
///
/// A successful batch is one statement, which writes the destination's row only if the destination was not healthy.
pub async fn acknowledge(store: &Store, fence: Fence, result: &Acknowledgement<'_>) -> Result<Acknowledged> {
    let failed = matches!(result.health.change, HealthChange::Waiting { .. });
    if !failed && result.dead_letters.is_empty() {
        let mut connection = store.connection().await?;
        let current = move_cursor(&mut connection, fence, result).await?;
        return Ok(current.map_or(Acknowledged::Lost, Acknowledged::Held));
    }
    let mut transaction = store.begin().await?;
    let Some(current) = move_cursor(&mut transaction, fence, result).await? else { return Ok(Acknowledged::Lost) };
    let disabled =
        destinations::note_failure(&mut transaction, fence.account, result.destination, &result.health).await?;
    let key = Key { account: fence.account, destination: result.destination };
    // Apart from the usual statement, which would otherwise be planned for the whole log each time.
    deliveries::dead_letter(&mut transaction, key, &result.dead_letters).await?;
    transaction.commit().await?;
    Ok(if disabled { Acknowledged::Disabled } else { Acknowledged::Held(current) })
}

/// Moves the cursor, and records attempts and a recovery with it. None: the lease is lost.
#[expect(clippy::too_many_lines, reason = "one statement, so that all of it happens or nothing, in one round trip")]
async fn move_cursor(
    connection: &mut PgConnection,
    fence: Fence,
    result: &Acknowledgement<'_>,
) -> Result<Option<Current>> {
    let Progress { advance_to, accepted, confirmed, falls_back } = result.progress;
    let row = sqlx::query!(
        r#"WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
           moved AS (
               UPDATE cursors c
               SET xid = CASE WHEN $11 THEN coalesce($9, confirmed_xid, xid) ELSE coalesce($5, xid) END,
                   position = CASE WHEN $11 THEN coalesce($10, confirmed_position, position) ELSE coalesce($6, position) END,
                   confirmed_xid = CASE WHEN $11 OR unconfirmed + $7 <= $8 THEN NULL
                                        ELSE coalesce($9, confirmed_xid, xid) END,
                   confirmed_position = CASE WHEN $11 OR unconfirmed + $7 <= $8 THEN NULL
                                             ELSE coalesce($10, confirmed_position, position) END,
                   unconfirmed = CASE WHEN $11 OR unconfirmed + $7 <= $8 THEN 0 ELSE unconfirmed + $7 - $8 END,
                   accepted_at = CASE WHEN $11 OR unconfirmed + $7 <= $8 THEN NULL
                                      WHEN $7 > 0 THEN clock_timestamp() ELSE accepted_at END,
                   delivered = delivered + $8,
                   last_success_at = CASE WHEN $12 THEN clock_timestamp() ELSE last_success_at END,
                   server_errors = CASE WHEN revision <= $15 THEN $13 ELSE server_errors END,
                   poison_one_by_one = $14, poison_lost_leases = 0, poison_unfinished = 0,
                   leased_by = CASE WHEN $16::interval IS NULL THEN NULL ELSE leased_by END,
                   leased_until = clock_timestamp() + $16::interval, turn_ended_at = now()
               FROM lazily
               WHERE account_id = $1 AND id = $2 AND leased_by = $3 AND lease_number = $4
               RETURNING c.account_id, c.destination_id, c.id, c.purpose),
           attempts AS (
               INSERT INTO deliveries (account_id, destination_id, cursor_id, id, started_at, duration_ms, requests, bytes, outcome,
                                       status, answer, batch_id, after_xid, after_position, last_xid, last_position, revision,
                                       private, encoder, attempt, left_out, oldest_delay_ms, newest_delay_ms, headers, body)
               SELECT m.account_id, m.destination_id, m.id, e.id, clock_timestamp() - e.duration_ms * interval '1 millisecond',
                      e.duration_ms, e.requests, e.bytes, e.outcome, e.status, e.answer, e.batch_id, e.after_xid, e.after_position,
                      e.last_xid, e.last_position, $15, $17, e.encoder, e.attempt, e.left_out,
                      extract(epoch FROM clock_timestamp() - e.oldest) * 1000, extract(epoch FROM clock_timestamp() - e.newest) * 1000,
                      e.headers, e.body
               FROM moved m, json_to_recordset($18::json) AS e (
                   id uuid, duration_ms integer, requests integer, bytes integer, outcome text, status smallint, answer text,
                   batch_id uuid, after_xid xid8, after_position bigint, last_xid xid8, last_position bigint, encoder smallint,
                   attempt integer, left_out jsonb, oldest timestamptz, newest timestamptz, headers jsonb, body text)),
           recovered AS (
               UPDATE destinations d
               SET health = CASE WHEN $12 THEN 'healthy' ELSE health END, reason = CASE WHEN $12 THEN NULL ELSE reason END,
                   failures = CASE WHEN $12 THEN 0 ELSE failures END,
                   failing_since = CASE WHEN $12 THEN NULL ELSE failing_since END,
                   not_before = CASE WHEN $12 THEN NULL ELSE not_before END, probes_first = $19
               FROM moved m
               WHERE d.account_id = m.account_id AND d.id = m.destination_id AND d.settings_revision <= $15
                 AND ($12 AND d.health <> 'healthy' OR d.probes_first <> $19))
           SELECT d.revision, (a.privacy_mode OR d.privacy_mode) AS "private!",
                  (a.broadcast_enabled AND d.enabled
                   AND (m.purpose = 'live' OR NOT live_waits(m.account_id, m.destination_id))) AS "on!"
           FROM moved m
           JOIN destinations d ON d.account_id = m.account_id AND d.id = m.destination_id
           JOIN accounts a ON a.id = m.account_id"#,
        fence.account.0,
        fence.cursor.0,
        fence.worker,
        fence.lease,
        advance_to.map(|place| place.xid) as _,
        advance_to.map(|place| place.position),
        accepted,
        result.progress.delivered(),
        confirmed.map(|(place, _)| place.xid) as _,
        confirmed.map(|(place, _)| place.position),
        falls_back,
        matches!(result.health.change, HealthChange::Healthy),
        result.server_errors,
        result.poison_one_by_one,
        result.health.revision,
        result.keep.map(interval) as _,
        result.private,
        Json(&result.deliveries) as _,
        result.health.probes_first
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Current { revision: row.revision, private: row.private, on: row.on }))
}
