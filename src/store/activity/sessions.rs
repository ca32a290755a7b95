//! Sessions: requests that share a `session_id`, with their sums: the last request first, or those first that have most of something.

use chrono::{DateTime, Utc};

use super::requests::{Keys, Place, Stretch, Wanted, find_last_walked, plan_for_these_values};
use crate::store::{Result, Tenant};

/// The most requests of a session that are added up: the newest.
pub const MOST_SUMMED: i64 = 1_000;

/// A session in a list.
#[derive(Debug)]
pub struct ListedSession {
    /// The place of its last request that is wanted.
    pub completed_at: DateTime<Utc>,
    /// With `completed_at` its place in the list.
    pub position: i64,
    pub session: String,
    /// What its last request is called.
    pub name: Option<String>,
    /// Who made its last request.
    pub user: Option<String>,
    /// When its first request arrived.
    pub began_at: DateTime<Utc>,
    /// When its last request completed.
    pub ended_at: DateTime<Utc>,
    /// How many requests were added up: at most [`MOST_SUMMED`] by [`list_sessions`], all of the stretch by [`list_top_sessions`].
    pub requests: i64,
    pub failed: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    /// Requests whose cost is known.
    pub costed: i64,
    /// USD.
    pub cost: f64,
}

impl ListedSession {
    pub fn place(&self) -> Place {
        Place { completed_at: self.completed_at, position: self.position }
    }
}

/// Sessions of one stretch, and how far it was walked.
#[derive(Debug)]
pub struct ListedSessions {
    pub sessions: Vec<ListedSession>,
    /// The last request that was looked at, where there may be others behind it and the page is not full.
    pub walked_to: Option<Place>,
}

/// Sessions whose last request of the time lies in a stretch: of a trace, a session, a user or a key, or with a failed request.
///
/// As many requests are looked at as the stretch says, the newest first. A session stands where its last request before `until` does.
pub async fn list_sessions(
    tenant: &mut Tenant,
    wanted: &Wanted,
    stretch: &Stretch,
    until: DateTime<Utc>,
) -> Result<ListedSessions> {
    let account = tenant.account();
    plan_for_these_values(tenant.connection()).await?;
    let keys = Keys::of(account, wanted);
    let sessions = sqlx::query_as!(
        ListedSession,
        r#"SELECT h.completed_at AS "completed_at!", h.position AS "position!", h.session_id AS "session!", h.name, h.user_id AS "user",
                  s.began_at AS "began_at!", s.ended_at AS "ended_at!", s.requests AS "requests!", s.failed AS "failed!",
                  s.input_tokens AS "input_tokens!", s.output_tokens AS "output_tokens!", s.costed AS "costed!", s.cost AS "cost!"
           FROM (SELECT g.* FROM (
                 SELECT DISTINCT ON (w.session_key) w.*
                 FROM (SELECT session_key, completed_at, position, session_id, name, user_id FROM request_facts
                       WHERE account_id = $1 AND completed_at >= $2 AND (completed_at, position) < ($3, $4)
                         AND ($5::bigint IS NULL OR session_key = $5) AND ($6::bigint IS NULL OR user_key = $6)
                       ORDER BY completed_at DESC, position DESC LIMIT $7) w
                 WHERE w.session_key IS NOT NULL
                 ORDER BY w.session_key, w.completed_at DESC, w.position DESC) g
                 WHERE NOT EXISTS (
                           SELECT FROM request_facts n
                           WHERE n.account_id = $1 AND n.session_key = g.session_key AND n.completed_at < $9
                             AND (n.completed_at, n.position) >= ($3, $4) AND ($6::bigint IS NULL OR n.user_key = $6))
                   AND (NOT $10 OR EXISTS (
                           SELECT FROM request_facts b
                           WHERE b.account_id = $1 AND b.session_key = g.session_key AND b.outcome IN ('failed', 'refused')))
                 ORDER BY g.completed_at DESC, g.position DESC LIMIT $11) h
           CROSS JOIN LATERAL (
               SELECT min(r.completed_at - coalesce(r.latency_ms, 0) * interval '1 millisecond') AS began_at,
                      max(r.completed_at) AS ended_at, count(*) AS requests,
                      count(*) FILTER (WHERE r.outcome IN ('failed', 'refused')) AS failed,
                      least(coalesce(sum(r.input_tokens), 0), 9223372036854775807)::bigint AS input_tokens,
                      least(coalesce(sum(r.output_tokens), 0), 9223372036854775807)::bigint AS output_tokens,
                      count(r.cost) AS costed, coalesce(sum(r.cost), 0) AS cost
               FROM (SELECT completed_at, latency_ms, outcome, input_tokens, output_tokens, cost FROM request_facts
                     WHERE account_id = $1 AND session_key = h.session_key
                     ORDER BY completed_at DESC, position DESC LIMIT $8) r) s
           ORDER BY h.completed_at DESC, h.position DESC"#,
        account.0,
        stretch.from,
        stretch.before.completed_at,
        stretch.before.position,
        keys.session,
        keys.user,
        stretch.walked,
        MOST_SUMMED,
        until,
        wanted.outcome.is_some(),
        stretch.most
    );
    let sessions = sessions.fetch_all(tenant.connection()).await?;
    let is_full = i64::try_from(sessions.len()).is_ok_and(|found| found >= stretch.most);
    let walked_to = if is_full { None } else { find_last_walked(tenant, &keys, stretch).await? };
    Ok(ListedSessions { sessions, walked_to })
}

/// What the first sessions have most of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Most {
    Cost,
    Requests,
}

/// The sessions that have most of it in a stretch, the one with the most first, with what they have there: as many requests are looked at
/// as the stretch says, the newest first. With a wanted outcome only those with a failed request there.
pub async fn list_top_sessions(
    tenant: &mut Tenant,
    wanted: &Wanted,
    stretch: &Stretch,
    most: Most,
) -> Result<ListedSessions> {
    let account = tenant.account();
    plan_for_these_values(tenant.connection()).await?;
    let keys = Keys::of(account, wanted);
    let sessions = sqlx::query_as!(
        ListedSession,
        r#"WITH walked AS MATERIALIZED (
               SELECT session_key, completed_at, position, session_id, name, user_id, latency_ms, outcome, input_tokens, output_tokens, cost
               FROM request_facts
               WHERE account_id = $1 AND completed_at >= $2 AND (completed_at, position) < ($3, $4)
                 AND ($5::bigint IS NULL OR session_key = $5) AND ($6::bigint IS NULL OR user_key = $6)
               ORDER BY completed_at DESC, position DESC LIMIT $7),
           sums AS (
               SELECT session_key, min(completed_at - coalesce(latency_ms, 0) * interval '1 millisecond') AS began_at,
                      max(completed_at) AS ended_at, count(*) AS requests,
                      count(*) FILTER (WHERE outcome IN ('failed', 'refused')) AS failed,
                      least(coalesce(sum(input_tokens), 0), 9223372036854775807)::bigint AS input_tokens,
                      least(coalesce(sum(output_tokens), 0), 9223372036854775807)::bigint AS output_tokens,
                      count(cost) AS costed, coalesce(sum(cost), 0) AS cost
               FROM walked
               WHERE session_key IS NOT NULL
               GROUP BY session_key
               HAVING NOT $8 OR bool_or(outcome IN ('failed', 'refused'))
               ORDER BY CASE WHEN $9 THEN sum(cost) END DESC NULLS LAST, requests DESC, ended_at DESC LIMIT $10),
           last AS (
               SELECT DISTINCT ON (session_key) session_key, completed_at, position, session_id, name, user_id
               FROM walked WHERE session_key IN (SELECT session_key FROM sums)
               ORDER BY session_key, completed_at DESC, position DESC)
           SELECT l.completed_at AS "completed_at!", l.position AS "position!", l.session_id AS "session!", l.name, l.user_id AS "user",
                  s.began_at AS "began_at!", s.ended_at AS "ended_at!", s.requests AS "requests!", s.failed AS "failed!",
                  s.input_tokens AS "input_tokens!", s.output_tokens AS "output_tokens!", s.costed AS "costed!", s.cost AS "cost!"
           FROM sums s JOIN last l USING (session_key)
           ORDER BY CASE WHEN $9 THEN s.cost END DESC NULLS LAST, s.requests DESC, l.completed_at DESC, l.position DESC"#,
        account.0,
        stretch.from,
        stretch.before.completed_at,
        stretch.before.position,
        keys.session,
        keys.user,
        stretch.walked,
        wanted.outcome.is_some(),
        most == Most::Cost,
        stretch.most
    );
    let sessions = sessions.fetch_all(tenant.connection()).await?;
    let walked_to = find_last_walked(tenant, &keys, stretch).await?;
    Ok(ListedSessions { sessions, walked_to })
}
