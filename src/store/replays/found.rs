//! The requests that a choice finds, in parts: a time may hold millions.

use chrono::{DateTime, Duration, Utc};

use super::{Chosen, LATEST_COMMIT};
use crate::id::DestinationId;
use crate::store::log::{NamedEntry, Position};
use crate::store::xid::Xid;
use crate::store::{Result, Tenant};

/// A request that was chosen.
#[derive(Debug)]
pub struct Found {
    pub entry: NamedEntry,
    /// As recorded.
    pub bytes: i64,
}

struct Row {
    generation_id: String,
    xid: Xid,
    position: i64,
    recorded_at: DateTime<Utc>,
    completed_at: DateTime<Utc>,
    broadcast: bool,
    bytes: i64,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let Row { generation_id, xid, position, recorded_at, completed_at, broadcast, bytes } = row;
        Self { entry: NamedEntry { generation_id, xid, position, recorded_at, completed_at, broadcast }, bytes }
    }
}

/// The next requests behind `after`, at most `limit`: those of a time in the order in which they were recorded.
pub async fn list_found(
    tenant: &mut Tenant,
    destination: DestinationId,
    chosen: &Chosen,
    after: Option<&NamedEntry>,
    limit: i64,
) -> Result<Vec<Found>> {
    let rows = match chosen {
        Chosen::All { from, until } => list_time(tenant, (*from, *until), after, limit).await?,
        Chosen::DeadLetters => list_dead_letters(tenant, destination, after, limit).await?,
        Chosen::Requests { ids, begun } => list_requests(tenant, (ids, *begun), after, limit).await?,
    };
    Ok(rows.into_iter().map(Found::from).collect())
}

async fn list_time(
    tenant: &mut Tenant,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    after: Option<&NamedEntry>,
    limit: i64,
) -> Result<Vec<Row>> {
    let account = tenant.account().0;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT generation_id, xid AS "xid: Xid", position, recorded_at, completed_at, broadcast,
                  (octet_length(payload) + coalesce(octet_length(content), 0))::bigint AS "bytes!"
           FROM completed_requests
           WHERE account_id = $1 AND recorded_at >= $2 AND recorded_at < $4 AND completed_at >= $2 AND completed_at < $3
             AND (recorded_at, position) > (coalesce($5, '-infinity'::timestamptz), coalesce($6, 0::bigint))
           ORDER BY recorded_at, position LIMIT $7"#,
        account,
        from,
        until,
        until + LATEST_COMMIT,
        after.map(|entry| entry.recorded_at) as Option<DateTime<Utc>>,
        after.map(|entry| entry.position) as Option<i64>,
        limit
    );
    Ok(rows.fetch_all(tenant.connection()).await?)
}

async fn list_dead_letters(
    tenant: &mut Tenant,
    destination: DestinationId,
    after: Option<&NamedEntry>,
    limit: i64,
) -> Result<Vec<Row>> {
    let account = tenant.account().0;
    let after = after.map(NamedEntry::place).unwrap_or_default();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT r.generation_id, r.xid AS "xid: Xid", r.position, r.recorded_at, r.completed_at, r.broadcast,
                  (octet_length(r.payload) + coalesce(octet_length(r.content), 0))::bigint AS "bytes!"
           FROM (SELECT xid, position FROM dead_letters
                 WHERE account_id = $1 AND destination_id = $2 AND dropped_at IS NULL AND (xid, position) > ($3, $4)
                 ORDER BY xid, position) d
           CROSS JOIN LATERAL (SELECT * FROM completed_requests r
                               WHERE r.account_id = $1 AND (r.xid, r.position) >= (d.xid, d.position) AND r.broadcast
                               ORDER BY r.xid, r.position LIMIT 1) r
           WHERE (r.xid, r.position) = (d.xid, d.position)
           ORDER BY r.xid, r.position LIMIT $5"#,
        account,
        destination.0,
        after.xid as _,
        after.position,
        limit
    );
    Ok(rows.fetch_all(tenant.connection()).await?)
}

/// There is no index by id over all days: entries lie within moments of the times that their ids hold.
async fn list_requests(
    tenant: &mut Tenant,
    (ids, (first, last)): (&[String], (DateTime<Utc>, DateTime<Utc>)),
    after: Option<&NamedEntry>,
    limit: i64,
) -> Result<Vec<Row>> {
    let account = tenant.account().0;
    let after = after.map(NamedEntry::place).unwrap_or_default();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT generation_id, xid AS "xid: Xid", position, recorded_at, completed_at, broadcast,
                  (octet_length(payload) + coalesce(octet_length(content), 0))::bigint AS "bytes!"
           FROM completed_requests
           WHERE account_id = $1 AND recorded_at >= $3 AND recorded_at < $4 AND generation_id = ANY ($2)
             AND (xid, position) > ($5, $6)
           ORDER BY xid, position LIMIT $7"#,
        account,
        ids,
        first - Duration::minutes(1),
        last + LATEST_COMMIT,
        after.xid as _,
        after.position,
        limit
    );
    Ok(rows.fetch_all(tenant.connection()).await?)
}

/// How many of the requests that were recorded last are looked at for the last one in the log's order.
const MOST_LAST: i64 = 1_000;

/// The last request in the log that a choice may reach. None: it reaches none.
///
/// Within a moment the log's order is not that of the times at which requests were recorded: the last of many is near enough.
pub async fn find_end(tenant: &mut Tenant, chosen: &Chosen) -> Result<Option<Position>> {
    let account = tenant.account().0;
    let until = match chosen {
        Chosen::All { until, .. } => Some(*until + LATEST_COMMIT),
        Chosen::DeadLetters | Chosen::Requests { .. } => None,
    };
    let end = sqlx::query_as!(
        Position,
        r#"SELECT xid AS "xid: Xid", position
           FROM (SELECT xid, position FROM completed_requests
                 WHERE account_id = $1 AND broadcast AND recorded_at < coalesce($2, 'infinity'::timestamptz)
                 ORDER BY recorded_at DESC, position DESC LIMIT $3) l
           ORDER BY xid DESC, position DESC LIMIT 1"#,
        account,
        until as Option<DateTime<Utc>>,
        MOST_LAST
    );
    Ok(end.fetch_optional(tenant.connection()).await?)
}

/// About how many requests completed within this time, as far as the meter has come.
pub async fn estimate(tenant: &mut Tenant, (from, until): (DateTime<Utc>, DateTime<Utc>)) -> Result<i64> {
    let account = tenant.account().0;
    let requests = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(requests), 0)::bigint AS "requests!" FROM usage_rollups
           WHERE account_id = $1 AND grain = 'hour' AND starts_at > $2::timestamptz - interval '1 hour' AND starts_at < $3"#,
        account,
        from,
        until
    );
    Ok(requests.fetch_one(tenant.connection()).await?)
}
