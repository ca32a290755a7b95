//! One attempt, and the requests that it carried, as far as the log still has them.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Before, LeftOut, ListedDelivery};
use crate::id::{DeliveryId, DestinationId};
use crate::store::log::Position;
use crate::store::xid::Xid;
use crate::store::{Result, Tenant};

/// The requests of the log that an attempt carried.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// They lie behind this place.
    after: Position,
    /// And up to this one.
    until: Position,
    /// They completed then or later.
    since: DateTime<Utc>,
    started_at: DateTime<Utc>,
    /// Whether their content was kept back.
    private: bool,
}

/// A request as it was recorded.
#[derive(Debug)]
pub struct CarriedRequest {
    pub generation_id: String,
    pub completed_at: DateTime<Utc>,
    /// Version of the payload's form.
    pub format: i16,
    pub payload: Vec<u8>,
    /// Prompt and completion. None: kept back, or never recorded.
    pub content: Option<Vec<u8>>,
}

/// An attempt, with its range where it carried something.
pub async fn find(
    tenant: &mut Tenant,
    destination: DestinationId,
    which: Before,
) -> Result<Option<(ListedDelivery, Option<Range>)>> {
    let account = tenant.account().0;
    let found = sqlx::query!(
        r#"SELECT d.id AS "id: DeliveryId", d.started_at, d.duration_ms, d.requests, d.bytes, d.outcome, d.status, d.answer,
                  coalesce(d.left_out, '{}') AS "left_out!: sqlx::types::Json<LeftOut>",
                  d.after_xid AS "after_xid: Xid", d.after_position, d.last_xid AS "last_xid: Xid", d.last_position,
                  coalesce(d.private, false) AS "private!", coalesce(c.since, to_timestamp(0)) AS "since!"
           FROM deliveries d LEFT JOIN cursors c ON c.account_id = d.account_id AND c.id = d.cursor_id
           WHERE d.account_id = $1 AND d.destination_id = $2 AND d.started_at = $3 AND d.id = $4"#,
        account,
        destination.0,
        which.started_at,
        which.id.0
    );
    let Some(row) = found.fetch_optional(tenant.connection()).await? else { return Ok(None) };
    let place = |xid: Option<Xid>, position: Option<i64>| Some(Position { xid: xid?, position: position? });
    let range = place(row.after_xid, row.after_position).zip(place(row.last_xid, row.last_position));
    let range = range.map(|(after, until)| Range {
        after,
        until,
        since: row.since,
        started_at: row.started_at,
        private: row.private,
    });
    let delivery = ListedDelivery {
        id: row.id,
        started_at: row.started_at,
        duration_ms: row.duration_ms,
        requests: row.requests,
        bytes: row.bytes,
        outcome: row.outcome,
        status: row.status,
        answer: row.answer,
        left_out: row.left_out,
    };
    Ok(Some((delivery, range)))
}

/// The first requests of a range, in order. `oldest`: the receiver takes none that completed longer ago.
pub async fn list_carried(
    tenant: &mut Tenant,
    range: &Range,
    oldest: Option<Duration>,
    limit: i64,
) -> Result<Vec<CarriedRequest>> {
    let account = tenant.account().0;
    let since = oldest.map_or(range.since, |oldest| range.since.max(range.started_at - oldest));
    let requests = sqlx::query_as!(
        CarriedRequest,
        r#"SELECT generation_id, completed_at, format, payload, CASE WHEN NOT $7 THEN content END AS content
           FROM completed_requests
           WHERE account_id = $1 AND broadcast AND (xid, position) > ($2, $3) AND (xid, position) <= ($4, $5)
             AND completed_at >= $6
           ORDER BY xid, position LIMIT $8"#,
        account,
        range.after.xid as _,
        range.after.position,
        range.until.xid as _,
        range.until.position,
        since,
        range.private,
        limit
    );
    Ok(requests.fetch_all(tenant.connection()).await?)
}
