//! What meters have yet to count.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::id::{AccountId, ApiKeyId};
use crate::store::log::Position;
use crate::store::xid::Xid;
use crate::store::{Result, Store};

/// An entry of the log behind a meter.
#[derive(Debug)]
pub struct Unmetered {
    /// Its place, with `position`.
    xid: Xid,
    /// Its place, with `xid`.
    position: i64,
    /// False: an older transaction still runs, which may yet commit entries before this one.
    pub is_readable: bool,
    pub recorded_at: DateTime<Utc>,
    pub completed_at: DateTime<Utc>,
    pub generation_id: String,
    pub api_key: Option<ApiKeyId>,
    pub session_id: Option<String>,
    pub model: String,
    pub status: i16,
    pub cost: Option<f64>,
    pub broadcast: bool,
    /// Version of the payload's form.
    pub format: i16,
    pub payload: Vec<u8>,
}

impl Unmetered {
    pub fn place(&self) -> Position {
        Position { xid: self.xid, position: self.position }
    }
}

/// Where the account's meter stands. Before every entry, while nothing is counted.
pub async fn find_meter(store: &Store, account: AccountId) -> Result<Position> {
    let meter = sqlx::query!(r#"SELECT xid AS "xid: Xid", position FROM meters WHERE account_id = $1"#, account.0);
    let meter = meter.fetch_optional(store.pool()).await?;
    Ok(meter.map_or(Position::default(), |meter| Position { xid: meter.xid, position: meter.position }))
}

/// The next entries of the account's log, in order: at most `most`, and no more after their payloads have come to `bytes`. Those that
/// completed while Broadcast was off have an index of their own.
pub async fn list_unmetered(
    store: &Store,
    account: AccountId,
    after: Position,
    (most, bytes): (usize, usize),
) -> Result<Vec<Unmetered>> {
    let entries = sqlx::query_as!(
        Unmetered,
        r#"SELECT l.xid AS "xid!: Xid", l.position AS "position!", l.xid < pg_snapshot_xmin(pg_current_snapshot()) AS "is_readable!",
                  l.recorded_at AS "recorded_at!", l.completed_at AS "completed_at!", l.generation_id AS "generation_id!",
                  l.api_key_id AS "api_key: ApiKeyId", l.session_id, l.model AS "model!", l.status AS "status!", l.cost,
                  l.broadcast AS "broadcast!", l.format AS "format!", l.payload AS "payload!"
           FROM (SELECT r.*, sum(octet_length(r.payload))
                                 OVER (ORDER BY r.xid, r.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                 FROM (SELECT * FROM (
                           (SELECT xid, position, recorded_at, completed_at, generation_id, api_key_id, session_id, model, status, cost,
                                   broadcast, format, payload
                            FROM completed_requests
                            WHERE account_id = $1 AND (xid, position) > ($2, $3) AND broadcast
                            ORDER BY xid, position LIMIT $4)
                           UNION ALL
                           (SELECT xid, position, recorded_at, completed_at, generation_id, api_key_id, session_id, model, status, cost,
                                   broadcast, format, payload
                            FROM completed_requests
                            WHERE account_id = $1 AND (xid, position) > ($2, $3) AND NOT broadcast
                            ORDER BY xid, position LIMIT $4)) both_kinds
                       ORDER BY xid, position LIMIT $4) r) l
           WHERE coalesce(l.before, 0) < $5
           ORDER BY l.xid, l.position"#,
        account.0,
        after.xid as _,
        after.position,
        number(most),
        number(bytes)
    );
    Ok(entries.fetch_all(store.pool()).await?)
}

fn number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The accounts whose meters have something to count: of these, or of all for none.
pub async fn list_behind(store: &Store, of: &[AccountId]) -> Result<Vec<AccountId>> {
    let accounts: Vec<Uuid> = of.iter().map(|account| account.0).collect();
    let behind = sqlx::query_scalar!(
        r#"SELECT a.id AS "account: AccountId"
           FROM accounts a LEFT JOIN meters m ON m.account_id = a.id
           WHERE (cardinality($1::uuid[]) = 0 OR a.id = ANY ($1))
             AND coalesce(
                     (SELECT true FROM completed_requests r
                      WHERE r.account_id = a.id AND (r.xid, r.position) > (coalesce(m.xid, '0'), coalesce(m.position, 0)) AND r.broadcast
                      ORDER BY r.xid, r.position LIMIT 1),
                     (SELECT true FROM completed_requests r
                      WHERE r.account_id = a.id AND (r.xid, r.position) > (coalesce(m.xid, '0'), coalesce(m.position, 0))
                        AND NOT r.broadcast
                      ORDER BY r.xid, r.position LIMIT 1))"#,
        &accounts
    );
    Ok(behind.fetch_all(store.pool()).await?)
}
