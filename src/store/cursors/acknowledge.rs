//! The acknowledgement of a batch, all or nothing: the cursor moves, the attempts are recorded, the lease is renewed or given
//! back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::lease::{Current, Lease};
use crate::delivery::confirmation::Progress;
use crate::destination::selection::Spent;
use crate::otlp::VERSION;
use crate::store::deliveries::{self, DeadLetter, Delivery};
use crate::store::destinations::{self, HealthChange};
use crate::store::interval::interval;
use crate::store::log::Position;
use crate::store::{Result, Store};

/// The result of a batch.
#[derive(Debug)]
pub struct Acknowledgement<'a> {
    pub progress: Progress<Position>,
    pub health: HealthChange<'a>,
    /// Whether the next requests carry nothing, to see whether the receiver accepts any.
    pub probes_first: bool,
    /// HTTP 500s in a row for the batch at the cursor, this one included.
    pub server_errors: u32,
    /// Entries that are still to be built one by one.
    pub poison_one_by_one: i32,
    /// Attempts in a row of which none was accepted, this one included.
    pub attempt: u32,
    /// The requests of the batch that the budget of the day counts. None: there is no budget.
    pub spent: Option<Spent>,
    /// The budget is used up: the cursor is not served before, as long as the destination has this revision.
    pub held_until: Option<DateTime<Utc>>,
    /// In order.
    pub deliveries: &'a [Delivery],
    pub dead_letters: &'a [DeadLetter],
    /// Requests of a replay that were accepted: they are dead letters no longer.
    pub replayed: &'a [Position],
    /// How much longer the lease is held. None: it is given back.
    pub keep: Option<Duration>,
}

/// The state of the lease after an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseState {
    /// Another worker has it, or the destination is gone. Nothing was recorded.
    Lost,
    /// All is recorded, and the settings are those of the lease.
    Held,
    /// All is recorded, and the settings have changed.
    Outdated,
    /// All is recorded, and the destination was switched off: nothing was accepted for too long.
    Disabled,
}

/// Acknowledges a batch, if the lease is still held.
///
/// The commit is not waited for (`synchronous_commit`). A crash of Postgres that loses it loses all of it, and the batch is
/// sent again as the same traces. Waiting for the disk would cost more than reading, building and sending.
///
/// A successful batch is one statement, which writes the destination's row only if the destination was not healthy.
pub async fn acknowledge(store: &Store, lease: &Lease, result: &Acknowledgement<'_>) -> Result<LeaseState> {
    let failed = matches!(result.health, HealthChange::Waiting { .. });
    if !failed && result.dead_letters.is_empty() && result.replayed.is_empty() {
        let mut connection = store.connection().await?;
        return move_cursor(&mut connection, lease, result).await;
    }
    let mut transaction = store.begin().await?;
    let state = move_cursor(&mut transaction, lease, result).await?;
    if state == LeaseState::Lost {
        return Ok(state);
    }
    let (health, probes_first) = (result.health, result.probes_first);
    deliveries::remove_accepted(&mut transaction, lease.key(), result.replayed).await?;
    let disabled =
        destinations::note_failure(&mut transaction, lease.key(), lease.revision, health, probes_first).await?;
    // Apart from the usual statement, which would otherwise be planned for the whole log each time.
    deliveries::dead_letter(&mut transaction, lease.key(), result.dead_letters).await?;
    transaction.commit().await?;
    Ok(if disabled { LeaseState::Disabled } else { state })
}

/// Moves the cursor, and records attempts and a recovery with it.
#[expect(clippy::too_many_lines, reason = "one statement, so that all of it happens or nothing, in one round trip")]
async fn move_cursor(connection: &mut PgConnection, lease: &Lease, result: &Acknowledgement<'_>) -> Result<LeaseState> {
    let Progress { advance_to, accepted, confirmed, again } = result.progress;
    let count = |requests: usize| i64::try_from(requests).unwrap_or(i64::MAX);
    let number = |failures: u32| i32::try_from(failures).unwrap_or(i32::MAX);
    let row = sqlx::query_as!(
        Current,
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
                   budget_used = CASE WHEN $11 THEN greatest(budget_used - unconfirmed, 0) WHEN $22::date IS NULL THEN budget_used
                                      WHEN budget_day = $22 THEN budget_used + $23 ELSE $23 END,
                   budget_day = coalesce($22, budget_day), held_until = $24, held_revision = $15,
                   poison_one_by_one = $14, poison_lost_leases = 0, poison_unfinished = 0,
                   leased_by = CASE WHEN $16::interval IS NULL THEN NULL ELSE leased_by END,
                   leased_until = clock_timestamp() + $16::interval, turn_ended_at = now()
               FROM lazily
               WHERE account_id = $1 AND id = $2 AND leased_by = $3 AND lease_number = $4
               RETURNING c.account_id, c.destination_id, c.id, c.purpose, c.paused),
           attempts AS (
               INSERT INTO deliveries (account_id, destination_id, cursor_id, id, started_at, duration_ms, requests, bytes, outcome,
                                       status, answer, batch_id, after_xid, after_position, last_xid, last_position, revision,
                                       private, encoder, attempt, left_out, oldest_delay_ms, newest_delay_ms, headers, body)
               SELECT m.account_id, m.destination_id, m.id, e.id, clock_timestamp() - e.duration_ms * interval '1 millisecond',
                      e.duration_ms, e.requests, e.bytes, e.outcome, e.status, e.answer, e.batch_id, e.after_xid, e.after_position,
                      e.last_xid, e.last_position, $15, $17, $21, $20, e.left_out,
                      extract(epoch FROM clock_timestamp() - e.oldest) * 1000, extract(epoch FROM clock_timestamp() - e.newest) * 1000,
                      e.headers, e.body
               FROM moved m, json_to_recordset($18::json) AS e (
                   id uuid, duration_ms integer, requests integer, bytes integer, outcome text, status smallint, answer text,
                   batch_id uuid, after_xid xid8, after_position bigint, last_xid xid8, last_position bigint,
                   left_out jsonb, oldest timestamptz, newest timestamptz, headers jsonb, body text)),
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
                   AND (m.purpose = 'live' OR NOT m.paused AND NOT live_waits(m.account_id, m.destination_id))) AS "on!"
           FROM moved m
           JOIN destinations d ON d.account_id = m.account_id AND d.id = m.destination_id
           JOIN accounts a ON a.id = m.account_id"#,
        lease.account.0,
        lease.cursor.0,
        lease.worker,
        lease.number,
        advance_to.map(|place| place.xid) as _,
        advance_to.map(|place| place.position),
        count(accepted),
        count(result.progress.delivered()),
        confirmed.map(|up_to| up_to.place.xid) as _,
        confirmed.map(|up_to| up_to.place.position),
        again > 0,
        matches!(result.health, HealthChange::Healthy),
        number(result.server_errors),
        result.poison_one_by_one,
        lease.revision,
        result.keep.map(interval) as _,
        lease.private,
        Json(result.deliveries) as _,
        result.probes_first,
        number(result.attempt),
        VERSION.cast_signed(),
        result.spent.map(|spent| spent.day),
        result.spent.map_or(0, |spent| spent.requests).cast_signed(),
        result.held_until
    )
    .fetch_optional(connection)
    .await?;
    Ok(match row {
        None => LeaseState::Lost,
        Some(current) if current.is_of(lease) => LeaseState::Held,
        Some(_) => LeaseState::Outdated,
    })
}
