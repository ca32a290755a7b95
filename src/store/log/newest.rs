//! Reads an account's log backwards from its end, for what is counted over the last requests.

use chrono::{DateTime, Utc};

use super::Position;
use crate::completed_request::FORMAT;
use crate::store::xid::Xid;
use crate::store::{Result, Tenant};

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct NewestEntry {
    /// Its place, with `position`.
    xid: Xid,
    /// Its place, with `xid`.
    position: i64,
    pub completed_at: DateTime<Utc>,
    pub payload: Vec<u8>,
    /// Prompt and completion. None: not asked for, or never recorded.
    pub content: Option<Vec<u8>>,
}

impl NewestEntry {
    pub fn place(&self) -> Position {
        Position { xid: self.xid, position: self.position }
    }
}

/// The newest entries before a place that this version can read, the newest first.
pub async fn list_newest(
    tenant: &mut Tenant,
    before: Position,
    most: i64,
    with_content: bool,
) -> Result<Vec<NewestEntry>> {
    let account = tenant.account().0;
    let entries = sqlx::query_as!(
        NewestEntry,
        r#"SELECT xid AS "xid!: Xid", position AS "position!", completed_at AS "completed_at!", payload AS "payload!", content
           FROM ((SELECT xid, position, completed_at, payload, CASE WHEN $5 THEN content END AS content
                  FROM completed_requests
                  WHERE account_id = $1 AND (xid, position) < ($2, $3) AND format <= $6 AND broadcast
                  ORDER BY xid DESC, position DESC LIMIT $4)
                 UNION ALL
                 (SELECT xid, position, completed_at, payload, CASE WHEN $5 THEN content END
                  FROM completed_requests
                  WHERE account_id = $1 AND (xid, position) < ($2, $3) AND format <= $6 AND NOT broadcast
                  ORDER BY xid DESC, position DESC LIMIT $4)) both_kinds
           ORDER BY xid DESC, position DESC LIMIT $4"#,
        account,
        before.xid as _,
        before.position,
        most,
        with_content,
        FORMAT
    );
    Ok(entries.fetch_all(tenant.connection()).await?)
}
