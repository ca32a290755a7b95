//! A log that was restored from a dump into another Postgres.
//!
//! The log is ordered by transaction, and a new cluster counts transactions from the beginning. Restored entries would lie in
//! its future, where no reader looks, and new entries before the cursors. So restored entries are renumbered to lie before all
//! new ones, in their order, and so are the facts about them. (Physical backups and `pg_upgrade` keep counting; there nothing is done.)

use sqlx::PgConnection;

use super::{Result, Store};

/// Renumbers entries that come from another cluster, and gives whether there were any. Several processes may do so at the same
/// time, and others may record meanwhile.
pub(super) async fn renumber(store: &Store) -> Result<bool> {
    if is_of_this_cluster(store).await? {
        return Ok(false);
    }
    let mut transaction = store.begin().await?;
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock(29795, 0)").fetch_one(&mut *transaction).await?;
    // A large log takes long, once.
    sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *transaction).await?;
    let lies_ahead = lies_ahead(&mut transaction).await?;
    if lies_ahead {
        move_before_everything_new(&mut transaction).await?;
    }
    sqlx::query!(
        "INSERT INTO log_origin (system_identifier) SELECT system_identifier FROM pg_control_system()
         ON CONFLICT (one) DO UPDATE SET system_identifier = excluded.system_identifier"
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(lies_ahead)
}

/// Whether the log is known to be this cluster's own. (A log that was restored into the cluster it came from is one, too: the
/// cluster goes on counting.)
async fn is_of_this_cluster(store: &Store) -> Result<bool> {
    let is_known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM log_origin o JOIN pg_control_system() s USING (system_identifier)) AS "known!""#
    );
    Ok(is_known.fetch_one(store.pool()).await?)
}

/// Whether an entry, a cursor or a meter lies beyond this cluster's count of transactions. After `pg_upgrade` none does: the new cluster
/// keeps counting.
async fn lies_ahead(connection: &mut PgConnection) -> Result<bool> {
    let lies_ahead = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM cursors c, (SELECT pg_snapshot_xmax(pg_current_snapshot()) AS xmax) s
               WHERE c.xid > s.xmax
                  OR (SELECT r.xid FROM completed_requests r WHERE r.account_id = c.account_id AND r.broadcast
                      ORDER BY r.xid DESC, r.position DESC LIMIT 1) > s.xmax)
               OR EXISTS (SELECT FROM meters t WHERE t.xid > pg_snapshot_xmax(pg_current_snapshot())) AS "ahead!""#
    );
    Ok(lies_ahead.fetch_one(connection).await?)
}

async fn move_before_everything_new(connection: &mut PgConnection) -> Result<()> {
    forget_unconfirmed(connection).await?;
    // '3' is the first transaction of any cluster that is not Postgres' own. The new positions lie below all old ones, so that
    // no renumbered row collides with another.
    //
    // Rows that are recorded meanwhile stay: `xmin`, Postgres' own note of the writing transaction, shows that they were
    // written here. A cursor stays if it stands at such a row, or was made after everything restored.
    sqlx::query!(
        "WITH bounds AS MATERIALIZED (
             SELECT least(min(position), 0) - count(*) - 1 AS base FROM completed_requests),
         moved AS MATERIALIZED (
             SELECT account_id, recorded_at, xid, position,
                    (SELECT base FROM bounds) + row_number() OVER (ORDER BY xid, position) AS place
             FROM completed_requests WHERE xmin <> xid::xid),
         restored AS MATERIALIZED (
             SELECT c.account_id, c.id, c.xid, c.position, c.until_xid, c.until_position FROM cursors c
             WHERE c.xid <= '3' OR c.xid >= pg_snapshot_xmax(pg_current_snapshot())
                OR CASE c.position
                   WHEN 0 THEN EXISTS (SELECT FROM moved m WHERE m.account_id = c.account_id AND m.recorded_at >= c.since)
                   ELSE NOT EXISTS (SELECT FROM completed_requests r
                                    WHERE r.account_id = c.account_id AND r.xid = c.xid AND r.position = c.position
                                      AND r.xmin = r.xid::xid) END),
         read AS MATERIALIZED (
             SELECT c.account_id, c.id, max(m.place) FILTER (WHERE (m.xid, m.position) <= (c.xid, c.position)) AS place,
                    CASE WHEN c.until_xid IS NOT NULL THEN
                        coalesce(max(m.place) FILTER (WHERE (m.xid, m.position) <= (c.until_xid, c.until_position)),
                                 (SELECT base FROM bounds)) END AS until
             FROM restored c
             LEFT JOIN moved m ON m.account_id = c.account_id
             GROUP BY c.account_id, c.id, c.until_xid),
         metered AS MATERIALIZED (
             SELECT t.account_id, max(m.place) FILTER (WHERE (m.xid, m.position) <= (t.xid, t.position)) AS place
             FROM meters t
             LEFT JOIN moved m ON m.account_id = t.account_id
             WHERE t.xid <= '3' OR t.xid >= pg_snapshot_xmax(pg_current_snapshot())
                OR NOT EXISTS (SELECT FROM completed_requests r
                               WHERE r.account_id = t.account_id AND r.xid = t.xid AND r.position = t.position
                                 AND r.xmin = r.xid::xid)
             GROUP BY t.account_id),
         log AS (
             UPDATE completed_requests r SET xid = '3', position = m.place
             FROM moved m
             WHERE r.account_id = m.account_id AND r.recorded_at = m.recorded_at AND r.position = m.position),
         letters AS (
             UPDATE dead_letters l SET xid = '3', position = m.place
             FROM moved m WHERE l.account_id = m.account_id AND l.xid = m.xid AND l.position = m.position),
         facts AS (
             UPDATE request_facts f SET xid = '3', position = m.place
             FROM moved m
             WHERE f.account_id = m.account_id AND f.recorded_at = m.recorded_at AND f.xid = m.xid AND f.position = m.position),
         meters AS (
             UPDATE meters t SET xid = '3', position = coalesce(d.place, (SELECT base FROM bounds))
             FROM metered d WHERE t.account_id = d.account_id)
         UPDATE cursors c
         SET xid = '3', leased_by = NULL, leased_until = NULL, position = coalesce(read.place, (SELECT base FROM bounds)),
             until_xid = CASE WHEN read.until IS NOT NULL THEN '3'::xid8 END, until_position = read.until
         FROM read WHERE read.account_id = c.account_id AND read.id = c.id"
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Unconfirmed requests are sent again: that is simpler than to renumber one more place of each cursor, and they may well be lost.
async fn forget_unconfirmed(connection: &mut PgConnection) -> Result<()> {
    sqlx::query!(
        "UPDATE cursors
         SET xid = confirmed_xid, position = confirmed_position, confirmed_xid = NULL, confirmed_position = NULL, unconfirmed = 0,
             accepted_at = NULL
         WHERE unconfirmed > 0"
    )
    .execute(connection)
    .await?;
    Ok(())
}
