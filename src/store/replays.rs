//! Tables `replays` and `replay_requests`: what people asked to be sent again (spec 9.4). How far each one came is said by its cursor.

mod found;

use chrono::{DateTime, Duration, Utc};

pub use self::found::{Found, estimate, find_end, list_found};
use super::log::Position;
use super::{Result, Tenant};
use crate::completed_request::GenerationId;
use crate::id::{CursorId, DestinationId};

/// The longest from a request's completion to its commit that a range of time allows for.
const LATEST_COMMIT: Duration = Duration::days(1);

/// Requests that can be chosen one by one for a replay.
pub const MOST_REQUESTS: usize = 1_000;

/// What is to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Every request that completed within this time.
    All { from: DateTime<Utc>, until: DateTime<Utc> },
    /// The destination's dead letters.
    DeadLetters,
    /// Requests by the ids of their generations. `begun`: when the first and the last of them began.
    Requests { ids: Vec<String>, begun: (DateTime<Utc>, DateTime<Utc>) },
}

impl Chosen {
    /// Requests by the ids of their generations. None: there are none or too many, or one is not of this gateway.
    pub fn requests(ids: Vec<String>) -> Option<Self> {
        let begun: Option<Vec<_>> = ids.iter().map(|id| GenerationId::given(id.as_str()).begun()).collect();
        let begun = begun.filter(|begun| begun.len() <= MOST_REQUESTS)?;
        let (first, last) = begun.iter().min().zip(begun.iter().max())?;
        Some(Self::Requests { begun: (*first, *last), ids })
    }

    /// Its name in the database.
    pub fn name(&self) -> &'static str {
        match self {
            Self::All { .. } => "all",
            Self::DeadLetters => "dead_letters",
            Self::Requests { .. } => "requests",
        }
    }
}

/// A replay as it is to begin.
#[derive(Debug)]
pub struct NewReplay<'a> {
    pub id: CursorId,
    pub destination: DestinationId,
    pub chosen: &'a Chosen,
    /// Whether what was delivered before is left out.
    pub skips_delivered: bool,
    /// Requests that it looks at.
    pub requests: i64,
    /// The first and the last of them.
    pub ends: (Position, Position),
    /// The most requests a second. None: as many as live traffic leaves room for.
    pub rate: Option<i32>,
    /// Who asked for it.
    pub created_by: &'a str,
}

/// A replay, and how far it came.
#[derive(Debug, Clone)]
pub struct Replay {
    pub id: CursorId,
    /// The name of what was chosen.
    pub chosen: String,
    pub begins_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether what was delivered before is left out.
    pub skips_delivered: bool,
    /// Counted when it began.
    pub requests: i64,
    /// Accepted, be it not confirmed yet.
    pub delivered: i64,
    /// Requests that are still before it, counted up to `requests`.
    pub rest: i64,
    pub rate: Option<i32>,
    pub paused: bool,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub cancelled_at: Option<DateTime<Utc>>,
    /// When its last turn ended.
    pub turn_ended_at: Option<DateTime<Utc>>,
}

/// Where a replay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Running,
    Paused,
    Cancelled,
    Done,
}

impl Replay {
    pub fn progress(&self) -> Progress {
        match (self.cancelled_at.is_some(), self.rest > 0, self.paused) {
            (true, ..) => Progress::Cancelled,
            (_, false, _) => Progress::Done,
            (_, true, true) => Progress::Paused,
            (_, true, false) => Progress::Running,
        }
    }

    /// Whether something of it is still to be sent.
    pub fn is_running(&self) -> bool {
        matches!(self.progress(), Progress::Running | Progress::Paused)
    }
}

/// Holds up whoever else begins a replay in this account, until the transaction ends.
pub async fn lock(tenant: &mut Tenant) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock(29796, hashtext($1::uuid::text))", account)
        .fetch_one(tenant.connection())
        .await?;
    Ok(())
}

/// Begins a replay. False: there is no such destination.
pub async fn create(tenant: &mut Tenant, new: &NewReplay<'_>) -> Result<bool> {
    let (first, last) = new.ends;
    let after = Position { position: first.position - 1, ..first };
    if !super::cursors::create_replay(tenant, new.id, new.destination, (after, last)).await? {
        return Ok(false);
    }
    let account = tenant.account().0;
    let (from, until) = match new.chosen {
        Chosen::All { from, until } => (Some(*from), Some(*until)),
        Chosen::DeadLetters | Chosen::Requests { .. } => (None, None),
    };
    let insert = sqlx::query!(
        "WITH limited AS (
             UPDATE cursors SET rate = $9, since = coalesce($5, since), before = $6, skips_delivered = $10
             WHERE account_id = $1 AND id = $2)
         INSERT INTO replays (account_id, id, destination_id, chosen, begins_at, ends_at, requests, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        account,
        new.id.0,
        new.destination.0,
        new.chosen.name(),
        from,
        until,
        new.requests,
        new.created_by,
        new.rate,
        new.skips_delivered
    );
    insert.execute(tenant.connection()).await?;
    match new.chosen {
        Chosen::All { .. } => {}
        Chosen::DeadLetters => choose_dead_letters(tenant, new).await?,
        Chosen::Requests { ids, begun } => choose_requests(tenant, new.id, ids, *begun).await?,
    }
    Ok(true)
}

async fn choose_dead_letters(tenant: &mut Tenant, new: &NewReplay<'_>) -> Result<()> {
    let account = tenant.account().0;
    let insert = sqlx::query!(
        "INSERT INTO replay_requests (account_id, replay_id, xid, position)
         SELECT $1, $2, xid, position FROM dead_letters
         WHERE account_id = $1 AND destination_id = $3 AND dropped_at IS NULL",
        account,
        new.id.0,
        new.destination.0
    );
    insert.execute(tenant.connection()).await?;
    Ok(())
}

async fn choose_requests(
    tenant: &mut Tenant,
    id: CursorId,
    ids: &[String],
    (first, last): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    let account = tenant.account().0;
    let insert = sqlx::query!(
        "INSERT INTO replay_requests (account_id, replay_id, xid, position)
         SELECT $1, $2, xid, position FROM completed_requests
         WHERE account_id = $1 AND broadcast AND recorded_at >= $4 AND recorded_at < $5 AND generation_id = ANY ($3)",
        account,
        id.0,
        ids,
        first - Duration::minutes(1),
        last + LATEST_COMMIT
    );
    insert.execute(tenant.connection()).await?;
    Ok(())
}

/// A destination's replays, the newest first.
pub async fn list(tenant: &mut Tenant, destination: DestinationId, limit: i64) -> Result<Vec<Replay>> {
    let account = tenant.account().0;
    let replays = sqlx::query_as!(
        Replay,
        r#"SELECT p.id AS "id: CursorId", p.chosen, p.begins_at, p.ends_at, c.skips_delivered, p.requests,
                  c.delivered + c.unconfirmed AS "delivered!", c.rate, c.paused, p.created_by, p.created_at, p.cancelled_at, c.turn_ended_at,
                  CASE WHEN p.cancelled_at IS NOT NULL THEN 0 WHEN p.chosen = 'all' THEN
                      (SELECT count(*) FROM (
                           SELECT FROM completed_requests r
                           WHERE r.account_id = $1 AND r.broadcast AND (r.xid, r.position) > (c.xid, c.position)
                             AND (r.xid, r.position) <= (c.until_xid, c.until_position) LIMIT p.requests) rest)
                  ELSE
                      (SELECT count(*) FROM replay_requests q
                       WHERE q.account_id = $1 AND q.replay_id = p.id AND (q.xid, q.position) > (c.xid, c.position)
                         AND (q.xid, q.position) <= (c.until_xid, c.until_position))
                  END AS "rest!"
           FROM replays p JOIN cursors c ON c.account_id = p.account_id AND c.id = p.id
           WHERE p.account_id = $1 AND p.destination_id = $2
           ORDER BY p.created_at DESC LIMIT $3"#,
        account,
        destination.0,
        limit
    );
    Ok(replays.fetch_all(tenant.connection()).await?)
}

/// The account's replays of which something is still to be sent.
pub async fn count_running(tenant: &mut Tenant) -> Result<i64> {
    let account = tenant.account().0;
    let running = sqlx::query_scalar!(
        r#"SELECT count(*) AS "running!" FROM replays p JOIN cursors c ON c.account_id = p.account_id AND c.id = p.id
           WHERE p.account_id = $1 AND p.cancelled_at IS NULL
             AND (SELECT (r.xid, r.position) <= (c.until_xid, c.until_position) FROM completed_requests r
                  WHERE r.account_id = $1 AND r.broadcast AND (r.xid, r.position) > (c.xid, c.position)
                  ORDER BY r.xid, r.position LIMIT 1)"#,
        account
    );
    Ok(running.fetch_one(tenant.connection()).await?)
}

/// Pauses a replay, or lets it go on. False: there is no such replay of the destination, or it was cancelled.
pub async fn put_paused(tenant: &mut Tenant, destination: DestinationId, id: CursorId, paused: bool) -> Result<bool> {
    let account = tenant.account().0;
    let update = sqlx::query!(
        "UPDATE cursors c SET paused = $4 FROM replays p
         WHERE c.account_id = $1 AND c.id = $3 AND p.account_id = $1 AND p.id = $3 AND p.destination_id = $2
           AND p.cancelled_at IS NULL",
        account,
        destination.0,
        id.0,
        paused
    );
    Ok(update.execute(tenant.connection()).await?.rows_affected() > 0)
}

/// Ends a replay where it stands. False: there is no such replay of the destination, or it was cancelled before.
pub async fn cancel(tenant: &mut Tenant, destination: DestinationId, id: CursorId) -> Result<bool> {
    let account = tenant.account().0;
    let update = sqlx::query!(
        "WITH cancelled AS (
             UPDATE replays SET cancelled_at = clock_timestamp()
             WHERE account_id = $1 AND destination_id = $2 AND id = $3 AND cancelled_at IS NULL
             RETURNING account_id, id)
         UPDATE cursors c SET paused = true, until_xid = c.xid, until_position = c.position FROM cancelled
         WHERE c.account_id = cancelled.account_id AND c.id = cancelled.id",
        account,
        destination.0,
        id.0
    );
    Ok(update.execute(tenant.connection()).await?.rows_affected() > 0)
}
