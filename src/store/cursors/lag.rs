//! How far destinations are behind the log.

use chrono::{DateTime, NaiveDate, Utc};

use crate::destination::selection::Spent;
use crate::id::DestinationId;
use crate::store::{Result, Store, Tenant};

/// Waiting requests and dead letters are counted up to here, because a page must not read a million rows.
pub const MOST_COUNTED: i64 = 10_000;

/// What one destination has yet to be sent, and what it never received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    pub destination: DestinationId,
    /// Waiting requests, at most [`MOST_COUNTED`].
    pub waiting: i64,
    /// When the oldest waiting request was recorded.
    pub oldest: Option<DateTime<Utc>>,
    /// Accepted requests that are not confirmed yet.
    pub unconfirmed: i64,
    /// Requests that the retention removed before their delivery.
    pub expired: i64,
    /// At most [`MOST_COUNTED`].
    pub dead_letters: i64,
    /// The day of `budget_used`. None: nothing was counted yet.
    pub budget_day: Option<NaiveDate>,
    /// Requests that the budget of that day has counted.
    pub budget_used: i64,
    /// The budget is used up, and what waits is sent from then on.
    pub held_until: Option<DateTime<Utc>>,
}

impl Lag {
    /// What a day has had of its budget.
    pub fn spent(&self) -> Option<Spent> {
        self.budget_day.map(|day| Spent { day, requests: self.budget_used.unsigned_abs() })
    }
}

/// The lag of each destination of the account, or of `only` one.
pub async fn find_lag(tenant: &mut Tenant, only: Option<DestinationId>) -> Result<Vec<Lag>> {
    let account = tenant.account().0;
    let lags = sqlx::query_as!(
        Lag,
        r#"SELECT c.destination_id AS "destination!: DestinationId", w.waiting AS "waiting!", w.oldest, c.unconfirmed, c.expired,
                  l.dead_letters AS "dead_letters!", c.budget_day, c.budget_used,
                  CASE WHEN c.held_revision = d.revision AND c.held_until > clock_timestamp() THEN c.held_until END AS held_until
           FROM cursors c
           JOIN destinations d ON d.account_id = c.account_id AND d.id = c.destination_id
           CROSS JOIN LATERAL (
               SELECT count(*) AS waiting, min(e.recorded_at) AS oldest
               FROM (SELECT r.recorded_at FROM completed_requests r
                     WHERE r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position)
                       AND r.broadcast AND r.completed_at >= c.since
                     ORDER BY r.xid, r.position LIMIT $2) e) w
           CROSS JOIN LATERAL (
               SELECT count(*) AS dead_letters
               FROM (SELECT FROM dead_letters x
                     WHERE x.account_id = c.account_id AND x.destination_id = c.destination_id AND x.dropped_at IS NULL
                     LIMIT $2) e) l
           WHERE c.account_id = $1 AND c.purpose = 'live' AND ($3::uuid IS NULL OR c.destination_id = $3)"#,
        account,
        MOST_COUNTED,
        only.map(|id| id.0)
    );
    Ok(lags.fetch_all(tenant.connection()).await?)
}

/// The destinations of all accounts that share a health: for the operator's metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCount {
    /// `healthy`, `failing`, `needs_attention`, or `off`.
    pub health: String,
    /// The number of destinations.
    pub destinations: i64,
    /// Age of the oldest request that waits for one of them.
    pub oldest_seconds: Option<f64>,
}

/// The destinations of all accounts, counted by health.
pub async fn count_by_health(store: &Store) -> Result<Vec<HealthCount>> {
    let counts = sqlx::query_as!(
        HealthCount,
        r#"SELECT CASE WHEN a.broadcast_enabled AND d.enabled THEN d.health ELSE 'off' END AS "health!",
                  count(*) AS "destinations!",
                  extract(epoch FROM clock_timestamp() - min(w.recorded_at))::float8 AS oldest_seconds
           FROM cursors c
           JOIN destinations d ON d.account_id = c.account_id AND d.id = c.destination_id
           JOIN accounts a ON a.id = c.account_id
           LEFT JOIN LATERAL (
               SELECT r.recorded_at FROM completed_requests r
               WHERE r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position)
                 AND r.broadcast AND r.completed_at >= c.since
               ORDER BY r.xid, r.position LIMIT 1) w ON true
           WHERE c.purpose = 'live'
           GROUP BY 1"#
    );
    Ok(counts.fetch_all(store.pool()).await?)
}
