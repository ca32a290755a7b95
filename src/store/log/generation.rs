//! Entries of the log, by the names of their requests.

use chrono::{DateTime, Duration, Utc};

use super::Position;
use crate::completed_request::{FORMAT, GenerationId};
use crate::store::xid::Xid;
use crate::store::{Result, Tenant};

/// How many of the account's entries are looked through. There is no index by name: an entry lies within moments of the time that its
/// name holds.
const LOOKED_THROUGH: i64 = 100_000;

/// How far the clocks of the gateway and of the database may differ.
const CLOCKS: Duration = Duration::minutes(1);

/// The longest from the beginning of a request to its commit.
const LONGEST: Duration = Duration::days(1);

/// What was recorded of a request.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub payload: Vec<u8>,
    /// Prompt and completion. None: not asked for, or never recorded.
    pub content: Option<Vec<u8>>,
}

/// A request that began at `begun`. None: it is not in the log (any more), or a newer version wrote it.
pub async fn find_recorded(
    tenant: &mut Tenant,
    id: &GenerationId,
    begun: DateTime<Utc>,
    with_content: bool,
) -> Result<Option<Recorded>> {
    let account = tenant.account().0;
    let recorded = sqlx::query_as!(
        Recorded,
        "SELECT r.payload, CASE WHEN $7 THEN r.content END AS content
         FROM (SELECT generation_id, format, payload, content FROM completed_requests
               WHERE account_id = $1 AND recorded_at >= $2 AND recorded_at < $3
               ORDER BY recorded_at, position LIMIT $4) r
         WHERE r.generation_id = $5 AND r.format <= $6 LIMIT 1",
        account,
        begun - CLOCKS,
        begun + LONGEST,
        LOOKED_THROUGH,
        id.as_str(),
        FORMAT,
        with_content
    );
    Ok(recorded.fetch_optional(tenant.connection()).await?)
}

/// An entry of the log, without what was recorded in it.
#[derive(Debug, Clone)]
pub struct NamedEntry {
    pub generation_id: String,
    /// Its place, with `position`.
    pub xid: Xid,
    /// Its place, with `xid`.
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
    pub completed_at: DateTime<Utc>,
    /// Whether Broadcast was on when it completed.
    pub broadcast: bool,
}

impl NamedEntry {
    pub fn place(&self) -> Position {
        Position { xid: self.xid, position: self.position }
    }
}

/// What was recorded in an entry.
#[derive(Debug)]
pub struct RecordedEntry {
    /// Which of the entries that were asked for, counted from 0.
    pub number: usize,
    pub payload: Vec<u8>,
    /// Prompt and completion. None: not asked for, or never recorded.
    pub content: Option<Vec<u8>>,
}

/// The account's entries of these names, in no order. Each partition of the log has an index by name; the times that names hold say
/// which partitions need be asked.
pub async fn list_named(tenant: &mut Tenant, ids: &[GenerationId]) -> Result<Vec<NamedEntry>> {
    let account = tenant.account().0;
    let names: Vec<&str> = ids.iter().map(GenerationId::as_str).collect();
    let begun: Option<Vec<DateTime<Utc>>> = ids.iter().map(GenerationId::begun).collect();
    let first = begun.iter().flatten().min().map(|begun| *begun - CLOCKS);
    let last = begun.iter().flatten().max().map(|begun| *begun + LONGEST);
    let entries = sqlx::query_as!(
        NamedEntry,
        r#"SELECT generation_id, xid AS "xid: Xid", position, recorded_at, completed_at, broadcast FROM completed_requests
           WHERE account_id = $1 AND generation_id = ANY ($2)
             AND recorded_at >= coalesce($3, '-infinity'::timestamptz) AND recorded_at < coalesce($4, 'infinity'::timestamptz)"#,
        account,
        &names as _,
        first as Option<DateTime<Utc>>,
        last as Option<DateTime<Utc>>
    );
    Ok(entries.fetch_all(tenant.connection()).await?)
}

/// The entries at these places of the account's log, in their order, without those that completed while Broadcast was off.
pub async fn list_at(tenant: &mut Tenant, places: &[Position]) -> Result<Vec<NamedEntry>> {
    let account = tenant.account().0;
    let xids: Vec<Xid> = places.iter().map(|place| place.xid).collect();
    let positions: Vec<i64> = places.iter().map(|place| place.position).collect();
    let entries = sqlx::query_as!(
        NamedEntry,
        r#"SELECT r.generation_id, r.xid AS "xid: Xid", r.position, r.recorded_at, r.completed_at, r.broadcast
           FROM unnest($2::xid8[], $3::bigint[]) AS e (xid, position)
           CROSS JOIN LATERAL (SELECT * FROM completed_requests r
                               WHERE r.account_id = $1 AND (r.xid, r.position) >= (e.xid, e.position) AND r.broadcast
                               ORDER BY r.xid, r.position LIMIT 1) r
           WHERE (r.xid, r.position) = (e.xid, e.position)
           ORDER BY r.xid, r.position"#,
        account,
        &xids as _,
        &positions
    );
    Ok(entries.fetch_all(tenant.connection()).await?)
}

/// What was recorded in these entries, those of a newer version left out.
pub async fn list_recorded(
    tenant: &mut Tenant,
    entries: &[&NamedEntry],
    with_content: bool,
) -> Result<Vec<RecordedEntry>> {
    let account = tenant.account().0;
    let times: Vec<DateTime<Utc>> = entries.iter().map(|entry| entry.recorded_at).collect();
    let positions: Vec<i64> = entries.iter().map(|entry| entry.position).collect();
    let rows = sqlx::query!(
        r#"SELECT e.number AS "number!", r.payload, CASE WHEN $4 THEN r.content END AS content
           FROM unnest($2::timestamptz[], $3::bigint[]) WITH ORDINALITY AS e (recorded_at, position, number)
           JOIN completed_requests r
             ON r.account_id = $1 AND r.recorded_at = e.recorded_at AND r.position = e.position AND r.format <= $5"#,
        account,
        &times,
        &positions,
        with_content,
        FORMAT
    );
    let recorded = rows.fetch_all(tenant.connection()).await?.into_iter().map(|row| RecordedEntry {
        number: usize::try_from(row.number - 1).unwrap_or_default(),
        payload: row.payload,
        content: row.content,
    });
    Ok(recorded.collect())
}
