//! What of a partition was not sent, kept before it is dropped.

use sqlx::AssertSqlSafe;

use crate::id::AccountId;
use crate::store::{Result, Store};

/// Names that are kept of an account for each day that is dropped, the newest ones.
const MOST_NAMES: i64 = 10_000;

/// Keeps the names of the requests in this partition of the log that some destination has not come to. The partition may be dropped
/// then; as long as it is not, its requests are found in the log.
///
/// A statement for each account, because one that writes holds back every reader of the log.
pub(super) async fn record_names(store: &Store, partition: &str) -> Result<()> {
    let accounts = sqlx::query_scalar!(
        r#"SELECT DISTINCT account_id AS "account: AccountId" FROM cursors WHERE purpose = 'live' ORDER BY 1"#
    );
    let accounts = accounts.fetch_all(store.pool()).await?;
    let insert = format!(
        "INSERT INTO expired_requests (account_id, generation_id, xid, position, recorded_at, completed_at)
         SELECT a.account_id, r.generation_id, r.xid, r.position, r.recorded_at, r.completed_at
         FROM (SELECT account_id, xid, position FROM cursors WHERE account_id = $1 AND purpose = 'live'
               ORDER BY xid, position LIMIT 1) a
         CROSS JOIN LATERAL (
             SELECT r.* FROM {partition} r
             WHERE r.account_id = a.account_id AND (r.xid, r.position) > (a.xid, a.position) AND r.broadcast
               AND EXISTS (SELECT FROM cursors c
                           WHERE c.account_id = r.account_id AND c.purpose = 'live' AND (c.xid, c.position) < (r.xid, r.position)
                             AND c.since <= r.completed_at)
             ORDER BY r.xid DESC, r.position DESC LIMIT {MOST_NAMES}) r
         ON CONFLICT DO NOTHING"
    );
    for account in accounts {
        sqlx::query(AssertSqlSafe(insert.clone())).bind(account.0).execute(store.pool()).await?;
    }
    Ok(())
}

/// Counts the requests of this partition that live cursors have not passed, at their destinations, and notes their range.
pub(super) fn count(partition: &str) -> String {
    format!(
        "WITH undelivered AS (
             SELECT c.account_id, c.id, c.destination_id, c.xid, c.position, count(*) AS requests
             FROM cursors c JOIN {partition} r
               ON r.account_id = c.account_id AND (r.xid, r.position) > (c.xid, c.position)
             WHERE c.purpose = 'live' AND r.broadcast AND r.completed_at >= c.since
             GROUP BY c.account_id, c.id),
         counted AS (
             UPDATE cursors c SET expired = c.expired + u.requests FROM undelivered u
             WHERE c.account_id = u.account_id AND c.id = u.id)
         INSERT INTO expiries (account_id, destination_id, after_xid, after_position, last_xid, last_position)
         SELECT u.account_id, u.destination_id, u.xid, u.position, l.xid, l.position
         FROM undelivered u
         CROSS JOIN LATERAL (SELECT r.xid, r.position FROM {partition} r WHERE r.account_id = u.account_id AND r.broadcast
                             ORDER BY r.xid DESC, r.position DESC LIMIT 1) l
         ON CONFLICT DO NOTHING"
    )
}
