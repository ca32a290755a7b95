//! What receipts are computed from: for each request and destination, how far its cursors have come, the attempt that settled the
//! request, and its dead letter.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::types::Json;

use super::cursors::MOST_COUNTED;
use super::deliveries::{Before, LeftOut};
use super::log::{NamedEntry, Position};
use super::xid::Xid;
use super::{Result, Tenant};
use crate::delivery::DeadLetterReason;
use crate::id::{CursorId, DeliveryId, DestinationId};

/// What is known of one request at one destination.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Which of the requests, counted from 0.
    pub entry: usize,
    pub destination: DestinationId,
    /// The kind's slug.
    pub kind: String,
    /// When the destination began to receive.
    pub since: DateTime<Utc>,
    /// Whether the live cursor has passed the request.
    pub is_passed: bool,
    /// Whether it will not go back before it.
    pub is_confirmed: bool,
    /// Until when the budget of the day holds the cursor.
    pub held_until: Option<DateTime<Utc>>,
    /// When the log let go of the request before the destination had come to it.
    pub expired_at: Option<DateTime<Utc>>,
    /// The attempts that settled the request, one of each cursor that has passed it, the newest first. Empty: none has, or the log of
    /// attempts does not reach back as far.
    pub attempts: Vec<Attempt>,
    pub dead_letter: Option<DeadLetter>,
}

/// An attempt that was accepted, or entries that were left out, also of an attempt whose other requests became dead letters.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub id: DeliveryId,
    pub started_at: DateTime<Utc>,
    /// Until the end of the answer.
    pub duration_ms: i32,
    /// Requests in the batch.
    pub requests: i32,
    /// The outcome's name.
    pub outcome: String,
    pub status: Option<i16>,
    /// The receiver's sentence.
    pub answer: Option<String>,
    /// Counts from 1 since something was last accepted.
    pub number: i32,
    /// The destination's, when it was made.
    pub revision: i32,
    /// Whether content was kept back by Privacy Mode.
    pub private: bool,
    /// Version of the code that made the body.
    pub encoder: i16,
    pub left_out: LeftOut,
    /// The cursor's: requests that completed before are not sent.
    pub since: DateTime<Utc>,
}

impl Attempt {
    /// When the receiver had answered.
    pub fn ended_at(&self) -> DateTime<Utc> {
        self.started_at + TimeDelta::milliseconds(self.duration_ms.into())
    }

    /// Whether the receiver accepted it.
    pub fn is_accepted(&self) -> bool {
        matches!(self.outcome.as_str(), "delivered" | "delivered_in_part")
    }

    /// Whether the budget of the day left out what its rules kept of the entry at this place. None: an older version made the attempt,
    /// and nobody knows.
    pub fn is_beyond_budget(&self, place: Position) -> Option<bool> {
        match (self.left_out.budget, self.left_out.budget_from) {
            (0, _) => Some(false),
            (_, Some(from)) => Some(place >= from),
            (_, None) => (!self.is_accepted()).then_some(true),
        }
    }

    pub fn place(&self) -> Before {
        Before { started_at: self.started_at, id: self.id }
    }
}

#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub reason: DeadLetterReason,
    pub status: Option<i16>,
    /// The receiver's sentence.
    pub answer: Option<String>,
    /// Attempts that carried the request, as far as the log of attempts reaches.
    pub attempts: i64,
    pub created_at: DateTime<Utc>,
    /// When a person gave the request up.
    pub dropped_at: Option<DateTime<Utc>>,
}

/// The trails of these requests at every destination of the account, or at `only` one, a cursor of which may be left out of account: in
/// the order of the requests, then of the destinations.
///
/// Of a cursor that has passed a request, the attempt is found by the end of its range. Attempts of one cursor lie behind each other,
/// and begin again at the end of an earlier one where requests were sent again: so the attempt is among the first few. After a
/// long outage a thousand failed ones may lie before it; no more are looked at. Where none was
/// accepted, requests were left out beside one that became a dead letter: then the last attempt, a refused one, settled them.
///
/// A replay has passed only what it was asked for: requests of its time, or chosen ones. Of a request that has expired, only attempts
/// count that began before, or whose range ends within what expired: later ones lie behind the gap.
#[expect(clippy::too_many_lines, reason = "one statement, so that all of it is of one moment")]
pub async fn list_trails(
    tenant: &mut Tenant,
    entries: &[NamedEntry],
    only: Option<(DestinationId, Option<CursorId>)>,
) -> Result<Vec<Trail>> {
    let account = tenant.account().0;
    let xids: Vec<Xid> = entries.iter().map(|entry| entry.xid).collect();
    let positions: Vec<i64> = entries.iter().map(|entry| entry.position).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|entry| entry.recorded_at).collect();
    let completed: Vec<DateTime<Utc>> = entries.iter().map(|entry| entry.completed_at).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT e.number AS "number!", d.id AS "destination: DestinationId", d.kind, c.since,
                  (e.xid, e.position) <= (c.xid, c.position) AS "is_passed!",
                  coalesce((e.xid, e.position) <= (c.confirmed_xid, c.confirmed_position), true) AS "is_confirmed!",
                  CASE WHEN c.held_revision = d.revision AND c.held_until > clock_timestamp() THEN c.held_until END AS held_until,
                  x.expired_at AS "expired_at?",
                  a.id AS "attempt?: DeliveryId", a.started_at AS "started_at?", a.duration_ms AS "duration_ms?",
                  a.requests AS "requests?", a.outcome AS "outcome?", a.status AS "attempt_status?", a.answer AS "attempt_answer?",
                  a.attempt AS "attempt_number?", a.revision AS "revision?", a.private AS "private?", a.encoder AS "encoder?",
                  a.left_out AS "left_out?: Json<LeftOut>", a.since AS "attempt_since?",
                  l.reason AS "reason?: DeadLetterReason", l.status AS "letter_status?", l.answer AS "letter_answer?",
                  l.created_at AS "letter_created_at?", l.dropped_at AS "dropped_at?",
                  CASE WHEN l.reason IS NOT NULL THEN
                      (SELECT count(*) FROM (
                           SELECT after_xid, after_position FROM deliveries
                           WHERE account_id = $1 AND destination_id = d.id AND last_xid IS NOT NULL
                             AND (last_xid, last_position) >= (e.xid, e.position)
                             AND started_at > e.recorded_at - interval '1 hour' AND started_at <= l.created_at
                           ORDER BY last_xid, last_position LIMIT 200) n
                       WHERE (n.after_xid, n.after_position) < (e.xid, e.position)) END AS letter_attempts
           FROM unnest($2::xid8[], $3::bigint[], $4::timestamptz[], $5::timestamptz[]) WITH ORDINALITY
                    AS e (xid, position, recorded_at, completed_at, number)
           JOIN destinations d ON d.account_id = $1 AND ($6::uuid IS NULL OR d.id = $6)
           JOIN cursors c ON c.account_id = d.account_id AND c.destination_id = d.id AND c.purpose = 'live'
           LEFT JOIN dead_letters l
             ON l.account_id = $1 AND l.destination_id = d.id AND l.xid = e.xid AND l.position = e.position
           LEFT JOIN LATERAL (
               SELECT n.* FROM expiries n
               WHERE n.account_id = $1 AND n.destination_id = d.id AND (n.last_xid, n.last_position) >= (e.xid, e.position)
                 AND (n.after_xid, n.after_position) < (e.xid, e.position) AND n.expired_at > e.recorded_at
               ORDER BY n.last_xid, n.last_position LIMIT 1) x ON true
           LEFT JOIN LATERAL (
               SELECT s.*, p.since
               FROM cursors p
               CROSS JOIN LATERAL (
                   (SELECT n.* FROM (
                        SELECT m.* FROM (
                            SELECT id, started_at, duration_ms, requests, outcome, status, answer, attempt, revision, private,
                                   encoder, left_out, after_xid, after_position, last_xid, last_position, cursor_id
                            FROM deliveries
                            WHERE account_id = $1 AND destination_id = d.id AND last_xid IS NOT NULL
                              AND (last_xid, last_position) >= (e.xid, e.position)
                              AND started_at > e.recorded_at - interval '1 hour'
                            ORDER BY last_xid, last_position LIMIT 1000) m
                        WHERE m.cursor_id = p.id AND m.outcome IN ('delivered', 'delivered_in_part', 'left_out')
                        ORDER BY m.last_xid, m.last_position LIMIT 4) n
                    WHERE (n.after_xid, n.after_position) < (e.xid, e.position)
                    ORDER BY n.started_at DESC LIMIT 1)
                   UNION ALL
                   (SELECT n.* FROM (
                        SELECT m.* FROM (
                            SELECT id, started_at, duration_ms, requests, outcome, status, answer, attempt, revision, private,
                                   encoder, left_out, after_xid, after_position, last_xid, last_position, cursor_id
                            FROM deliveries
                            WHERE account_id = $1 AND destination_id = d.id AND last_xid IS NOT NULL
                              AND (last_xid, last_position) >= (e.xid, e.position)
                              AND started_at > e.recorded_at - interval '1 hour'
                            ORDER BY last_xid, last_position LIMIT 1000) m
                        WHERE m.cursor_id = p.id AND m.outcome NOT IN ('delivered', 'delivered_in_part', 'left_out') AND m.left_out IS NOT NULL
                        ORDER BY m.last_xid, m.last_position LIMIT 200) n
                    WHERE (n.after_xid, n.after_position) < (e.xid, e.position)
                    ORDER BY n.started_at DESC LIMIT 1)
                   LIMIT 1) s
               WHERE p.account_id = $1 AND p.destination_id = d.id AND (e.xid, e.position) <= (p.xid, p.position)
                 AND ($7::uuid IS NULL OR p.id <> $7)
                 AND (p.purpose = 'live'
                      OR e.completed_at >= p.since AND e.completed_at < coalesce(p.before, 'infinity')
                         AND NOT EXISTS (
                             SELECT FROM replays r
                             WHERE r.account_id = $1 AND r.id = p.id AND r.chosen <> 'all'
                               AND NOT EXISTS (SELECT FROM replay_requests q
                                               WHERE q.account_id = $1 AND q.replay_id = p.id
                                                 AND q.xid = e.xid AND q.position = e.position)))
                 AND (x.expired_at IS NULL OR s.started_at < x.expired_at
                      OR (s.last_xid, s.last_position) <= (x.last_xid, x.last_position))) a ON true
           ORDER BY e.number, d.created_at, d.id, a.started_at DESC"#,
        account,
        &xids as _,
        &positions,
        &times,
        &completed,
        only.map(|(id, _)| id.0),
        only.and_then(|(_, except)| except).map(|id| id.0)
    );
    let mut trails: Vec<Trail> = Vec::new();
    for row in rows.fetch_all(tenant.connection()).await? {
        let trail = Trail::from(row);
        match trails.last_mut().filter(|last| (last.entry, last.destination) == (trail.entry, trail.destination)) {
            Some(last) => last.attempts.extend(trail.attempts),
            None => trails.push(trail),
        }
    }
    Ok(trails)
}

/// A trail as it is read, with one of its attempts.
struct Row {
    number: i64,
    destination: DestinationId,
    kind: String,
    since: DateTime<Utc>,
    is_passed: bool,
    is_confirmed: bool,
    held_until: Option<DateTime<Utc>>,
    expired_at: Option<DateTime<Utc>>,
    attempt: Option<DeliveryId>,
    started_at: Option<DateTime<Utc>>,
    duration_ms: Option<i32>,
    requests: Option<i32>,
    outcome: Option<String>,
    attempt_status: Option<i16>,
    attempt_answer: Option<String>,
    attempt_number: Option<i32>,
    revision: Option<i32>,
    private: Option<bool>,
    encoder: Option<i16>,
    left_out: Option<Json<LeftOut>>,
    attempt_since: Option<DateTime<Utc>>,
    reason: Option<DeadLetterReason>,
    letter_status: Option<i16>,
    letter_answer: Option<String>,
    letter_created_at: Option<DateTime<Utc>>,
    letter_attempts: Option<i64>,
    dropped_at: Option<DateTime<Utc>>,
}

impl From<Row> for Trail {
    fn from(row: Row) -> Self {
        let attempt = row.attempt.map(|id| Attempt {
            id,
            started_at: row.started_at.unwrap_or_default(),
            duration_ms: row.duration_ms.unwrap_or_default(),
            requests: row.requests.unwrap_or_default(),
            outcome: row.outcome.unwrap_or_default(),
            status: row.attempt_status,
            answer: row.attempt_answer,
            number: row.attempt_number.unwrap_or_default(),
            revision: row.revision.unwrap_or_default(),
            private: row.private.unwrap_or_default(),
            encoder: row.encoder.unwrap_or_default(),
            left_out: row.left_out.map(|left_out| left_out.0).unwrap_or_default(),
            since: row.attempt_since.unwrap_or_default(),
        });
        let dead_letter = row.reason.zip(row.letter_created_at).map(|(reason, created_at)| DeadLetter {
            reason,
            status: row.letter_status,
            answer: row.letter_answer,
            attempts: row.letter_attempts.unwrap_or_default(),
            created_at,
            dropped_at: row.dropped_at,
        });
        Self {
            entry: usize::try_from(row.number - 1).unwrap_or_default(),
            destination: row.destination,
            kind: row.kind,
            since: row.since,
            is_passed: row.is_passed,
            is_confirmed: row.is_confirmed,
            held_until: row.held_until,
            expired_at: row.expired_at,
            attempts: attempt.into_iter().collect(),
            dead_letter,
        }
    }
}

/// How many requests wait before this one, at most [`MOST_COUNTED`], at each destination that has not come to it.
pub async fn count_before(tenant: &mut Tenant, place: Position) -> Result<Vec<(DestinationId, i64)>> {
    let account = tenant.account().0;
    let rows = sqlx::query!(
        r#"SELECT c.destination_id AS "destination: DestinationId", w.waiting AS "waiting!"
           FROM cursors c
           CROSS JOIN LATERAL (
               SELECT count(*) AS waiting
               FROM (SELECT FROM completed_requests r
                     WHERE r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position)
                       AND (r.xid, r.position) < ($2, $3) AND r.broadcast AND r.completed_at >= c.since
                     ORDER BY r.xid, r.position LIMIT $4) b) w
           WHERE c.account_id = $1 AND c.purpose = 'live' AND (c.xid, c.position) < ($2, $3)"#,
        account,
        place.xid as _,
        place.position,
        MOST_COUNTED
    );
    Ok(rows.fetch_all(tenant.connection()).await?.into_iter().map(|row| (row.destination, row.waiting)).collect())
}
