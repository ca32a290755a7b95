//! Leases of cursors: taking one, renewing it, and the settings that hold under it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::liveness::LIVENESS_LOCK_CLASS;
use super::{Fence, Key};
use crate::delivery::confirmation::{Confirmation, LOOK_UP, UpTo};
use crate::delivery::poison::{Noted, Poison};
use crate::destination::selection::Spent;
use crate::id::{AccountId, CursorId, DestinationId};
use crate::store::interval::interval;
use crate::store::log::{LeasedSettings, Position};
use crate::store::xid::Xid;
use crate::store::{Result, Store};

/// The right to serve a destination's cursor for a while, and what serving it takes.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "as the database says it, each of its own")]
pub struct Lease {
    pub account: AccountId,
    pub destination: DestinationId,
    pub cursor: CursorId,
    /// Together with `number` the [`Fence`].
    pub worker: i32,
    /// Together with `worker` the [`Fence`].
    pub number: i64,
    /// The cursor's place, with `position`.
    pub xid: Xid,
    /// The cursor's place, with `xid`.
    pub position: i64,
    /// The end of the cursor's range, with `until_position`.
    pub until_xid: Xid,
    /// The end of the cursor's range, with `until_xid`.
    pub until_position: i64,
    /// When the destination began to receive. Requests that completed before are not sent to it.
    pub since: DateTime<Utc>,
    /// Of a replay of a time: requests that completed then or later are not sent.
    pub before: Option<DateTime<Utc>>,
    /// Whether a replay leaves out what was delivered before.
    pub skips_delivered: bool,
    pub failures: i32,
    /// HTTP 500s in a row for the batch at the cursor.
    pub server_errors: i32,
    /// The receiver has to accept requests that carry nothing before it is sent others.
    pub probes_first: bool,
    /// Accepted requests before the cursor that are not confirmed yet.
    pub unconfirmed: i64,
    /// Age of the last accepted request, in seconds.
    pub accepted_seconds_ago: Option<f64>,
    /// Workers in a row that died before they gave the lease back.
    pub poison_lost_leases: i32,
    /// Builds at the cursor's place that never ended.
    pub poison_unfinished: i32,
    /// Entries that are still to be built one by one.
    pub poison_one_by_one: i32,
    /// The kind's slug.
    pub kind: String,
    /// Values that are no secrets.
    pub settings: Json<BTreeMap<String, String>>,
    /// Which requests it gets, as rules are stored. None: all.
    pub selection: Option<Value>,
    /// What is sent to it, as a redaction is stored. None: all.
    pub redaction: Option<Value>,
    /// Sealed values.
    pub secrets: Vec<u8>,
    /// Counts up at each change of the destination.
    pub revision: i32,
    /// Privacy Mode of the account or the destination.
    pub private: bool,
    /// The day of `budget_used`. None: nothing was counted yet.
    pub budget_day: Option<NaiveDate>,
    /// Requests that the budget of that day has counted.
    pub budget_used: i64,
    /// Whether the cursor follows what is recorded.
    pub is_live: bool,
    /// Cursors of the account that have not reached the end of their range.
    pub siblings: i64,
    pub reads: Reads,
    /// The most requests a second. None: no limit.
    pub rate: Option<i32>,
}

impl Lease {
    pub fn key(&self) -> Key {
        Key { account: self.account, destination: self.destination }
    }

    /// What a day has had of its budget.
    pub fn spent(&self) -> Option<Spent> {
        self.budget_day.map(|day| Spent { day, requests: self.budget_used.unsigned_abs() })
    }

    /// What earlier workers noted of their builds at the cursor.
    pub fn poison(&self) -> Poison {
        let noted = Noted { unfinished: self.poison_unfinished, one_by_one: self.poison_one_by_one };
        Poison::of(self.poison_lost_leases, noted)
    }

    /// What was accepted before the cursor and is not confirmed yet.
    pub fn confirmation(&self, accepts_unseen: bool, now: Instant) -> Confirmation<Position> {
        let mut confirmation = Confirmation::new(accepts_unseen, self.probes_first);
        if let (Ok(requests @ 1..), Some(seconds)) = (usize::try_from(self.unconfirmed), self.accepted_seconds_ago) {
            let age = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            let at = now.checked_sub(age).unwrap_or(now);
            confirmation.accept((at, at), UpTo { place: self.place(), requests });
        }
        confirmation
    }

    /// Names this lease in a statement.
    pub fn fence(&self) -> Fence {
        Fence { account: self.account, cursor: self.cursor, worker: self.worker, lease: self.number }
    }

    /// What a read of the log compares with the current settings.
    pub fn leased_settings(&self) -> LeasedSettings {
        LeasedSettings { cursor: self.cursor, worker: self.worker, lease: self.number, revision: self.revision }
    }

    /// Where the cursor stands.
    pub fn place(&self) -> Position {
        Position { xid: self.xid, position: self.position }
    }

    /// The last place of the cursor's range.
    pub fn until(&self) -> Position {
        Position { xid: self.until_xid, position: self.until_position }
    }
}

/// Which entries a cursor reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Reads {
    /// Those that are recorded.
    Live,
    /// All of a range that ends, once more.
    Range,
    /// Those of its range that were chosen one by one.
    Chosen,
}

/// Which destinations to lease.
#[derive(Debug, Clone, Copy)]
pub struct Ready<'a> {
    /// Only these accounts. Empty: all.
    pub accounts: &'a [AccountId],
    /// True: destinations whose last attempt failed. False: the others.
    pub failing: bool,
    pub most: i64,
}

/// Leases cursors that can be served now. Their destinations are on and not waiting, no worker serves them, and there is
/// something to read or to confirm. Those whose last turn lies furthest back come first. A replay is leased only where its
/// destination's live cursor has nothing to read, and with a rate at most once a second.
///
/// The commit is not waited for: a crash of Postgres that loses a lease also ends the session whose lock shows that its worker
/// lives.
///
/// The next entry is looked up in order. Postgres makes a join of `EXISTS`, and reads the table from its beginning without an
/// order; both would read every delivered entry again.
#[expect(clippy::too_many_lines, reason = "one statement, so that a cursor is chosen and leased in one round trip")]
pub async fn lease_ready(store: &Store, ready: Ready<'_>, worker: i32, lease: Duration) -> Result<Vec<Lease>> {
    let accounts: Vec<Uuid> = ready.accounts.iter().map(|account| account.0).collect();
    let leases = sqlx::query_as!(
        Lease,
        r#"WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
           living AS MATERIALIZED (
               SELECT l.objid::bigint AS worker FROM pg_locks l
               WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $4::int::oid
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())),
           free AS (
               SELECT c.account_id, c.id FROM cursors c
               JOIN accounts a ON a.id = c.account_id AND a.broadcast_enabled
               JOIN destinations d ON d.account_id = c.account_id AND d.id = c.destination_id AND d.enabled
               WHERE (cardinality($1::uuid[]) = 0 OR c.account_id = ANY ($1))
                 AND (d.failures > 0) = $6
                 AND (d.not_before IS NULL OR d.not_before <= clock_timestamp())
                 AND (c.leased_by IS NULL OR c.leased_until < clock_timestamp()
                      OR c.leased_by::bigint NOT IN (SELECT worker FROM living))
                 AND (c.accepted_at <= clock_timestamp() - $7::interval
                      OR (c.held_until IS NULL OR c.held_until <= clock_timestamp() OR c.held_revision <> d.revision)
                     AND (SELECT c.until_xid IS NULL OR (n.xid, n.position) <= (c.until_xid, c.until_position)
                          FROM (SELECT r.xid, r.position FROM completed_requests r
                                WHERE r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position) AND r.broadcast
                                  AND r.xid < pg_snapshot_xmin(pg_current_snapshot())
                                ORDER BY r.xid, r.position LIMIT 1) n))
                 AND (c.purpose = 'live'
                      OR NOT c.paused AND (c.resume_at IS NULL OR c.resume_at <= clock_timestamp())
                         AND NOT live_waits(c.account_id, c.destination_id))
               ORDER BY c.turn_ended_at NULLS FIRST
               LIMIT $5
               FOR UPDATE OF c SKIP LOCKED FOR NO KEY UPDATE OF d SKIP LOCKED)
           UPDATE cursors c
           SET resume_at = CASE WHEN c.rate IS NOT NULL THEN clock_timestamp() + interval '1 second' END,
               lease_number = c.lease_number + 1, leased_by = $2, leased_until = clock_timestamp() + $3::interval,
               poison_lost_leases = CASE WHEN c.leased_by IS NULL THEN 0 ELSE c.poison_lost_leases + 1 END
           FROM free, destinations d, accounts a, lazily
           WHERE c.account_id = free.account_id AND c.id = free.id
             AND d.account_id = c.account_id AND d.id = c.destination_id AND a.id = c.account_id
           RETURNING c.account_id AS "account: AccountId", d.id AS "destination: DestinationId",
                     c.id AS "cursor: CursorId", c.leased_by AS "worker!", c.lease_number AS number, c.xid AS "xid: Xid", c.position,
                     coalesce(c.until_xid, $8) AS "until_xid!: Xid", coalesce(c.until_position, $9) AS "until_position!", c.since,
                     c.before, c.skips_delivered,
                     d.failures, c.server_errors, d.probes_first, c.unconfirmed,
                     extract(epoch FROM clock_timestamp() - c.accepted_at)::float8 AS accepted_seconds_ago,
                     c.budget_day, c.budget_used, (c.purpose = 'live') AS "is_live!", c.poison_lost_leases, c.poison_unfinished, c.poison_one_by_one, d.kind,
                     d.settings AS "settings: Json<BTreeMap<String, String>>", d.selection, d.redaction, d.secrets, d.revision,
                     (a.privacy_mode OR d.privacy_mode) AS "private!",
                     (SELECT count(*) FROM cursors s
                      JOIN destinations o ON o.account_id = s.account_id AND o.id = s.destination_id AND o.enabled
                      WHERE s.account_id = c.account_id
                        AND (s.until_xid IS NULL OR (s.xid, s.position) < (s.until_xid, s.until_position))) AS "siblings!",
                     CASE WHEN c.purpose = 'live' THEN 'live'
                          WHEN EXISTS (SELECT FROM replay_requests q WHERE q.account_id = c.account_id AND q.replay_id = c.id)
                          THEN 'chosen' ELSE 'range' END AS "reads!: Reads", c.rate"#,
        &accounts,
        worker,
        interval(lease),
        LIVENESS_LOCK_CLASS,
        ready.most,
        ready.failing,
        interval(LOOK_UP),
        Position::END.xid as _,
        Position::END.position
    );
    Ok(leases.fetch_all(store.pool()).await?)
}

/// The accounts among `accounts` that have working destinations and live entries which an older running transaction holds back.
/// These entries become readable within milliseconds, and no notification says when.
pub async fn list_held_back(store: &Store, accounts: &[AccountId]) -> Result<Vec<AccountId>> {
    let accounts: Vec<Uuid> = accounts.iter().map(|account| account.0).collect();
    let held_back = sqlx::query_scalar!(
        r#"SELECT DISTINCT c.account_id AS "account: AccountId" FROM cursors c
           JOIN accounts a ON a.id = c.account_id AND a.broadcast_enabled
           JOIN destinations d ON d.account_id = c.account_id AND d.id = c.destination_id AND d.enabled
           WHERE c.account_id = ANY ($1) AND c.purpose = 'live' AND c.leased_by IS NULL AND d.failures = 0
             AND (d.not_before IS NULL OR d.not_before <= clock_timestamp())
             AND (c.held_until IS NULL OR c.held_until <= clock_timestamp() OR c.held_revision <> d.revision)
             AND (SELECT true FROM completed_requests r
                  WHERE r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position) AND r.broadcast
                  ORDER BY r.xid, r.position LIMIT 1)"#,
        &accounts
    );
    Ok(held_back.fetch_all(store.pool()).await?)
}

/// The current settings of a leased destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Current {
    /// Counts up at each change of the destination.
    pub(super) revision: i32,
    /// Privacy Mode of the account or the destination.
    pub(super) private: bool,
    /// Whether requests may be sent: Broadcast is on, the destination is not paused, and a replay is not paused and need
    /// not let live traffic pass.
    pub(super) on: bool,
}

impl Current {
    /// Whether they are those of the lease.
    pub(super) fn is_of(self, lease: &Lease) -> bool {
        self == Self { revision: lease.revision, private: lease.private, on: true }
    }
}

/// Whether the lease is held, and the settings that it was taken with are the current ones.
pub async fn is_current(connection: &mut PgConnection, lease: &Lease) -> Result<bool> {
    let fence = lease.fence();
    let current = sqlx::query_as!(
        Current,
        r#"SELECT d.revision, (a.privacy_mode OR d.privacy_mode) AS "private!",
                  (a.broadcast_enabled AND d.enabled
                   AND (c.purpose = 'live' OR NOT c.paused AND NOT live_waits(c.account_id, c.destination_id))) AS "on!"
           FROM cursors c
           JOIN destinations d ON d.account_id = c.account_id AND d.id = c.destination_id
           JOIN accounts a ON a.id = c.account_id
           WHERE c.account_id = $1 AND c.id = $2 AND c.leased_by = $3 AND c.lease_number = $4
             AND c.leased_until > clock_timestamp()"#,
        fence.account.0,
        fence.cursor.0,
        fence.worker,
        fence.lease
    );
    Ok(current.fetch_optional(connection).await?.is_some_and(|current| current.is_of(lease)))
}

/// Extends the lease, if it is still the one of `fence`.
pub async fn renew(store: &Store, fence: Fence, lease: Duration) -> Result<()> {
    let renewed = sqlx::query!(
        "WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
         UPDATE cursors c SET leased_until = clock_timestamp() + $5::interval FROM lazily
         WHERE c.account_id = $1 AND c.id = $2 AND c.leased_by = $3 AND c.lease_number = $4",
        fence.account.0,
        fence.cursor.0,
        fence.worker,
        fence.lease,
        interval(lease)
    );
    renewed.execute(store.pool()).await?;
    Ok(())
}

/// Records what is noted of builds at the cursor's place.
pub async fn record_poison(store: &Store, fence: Fence, noted: Noted) -> Result<()> {
    let updated = sqlx::query!(
        "UPDATE cursors SET poison_unfinished = $5, poison_one_by_one = $6
         WHERE account_id = $1 AND id = $2 AND leased_by = $3 AND lease_number = $4",
        fence.account.0,
        fence.cursor.0,
        fence.worker,
        fence.lease,
        noted.unfinished,
        noted.one_by_one
    );
    updated.execute(store.pool()).await?;
    Ok(())
}
