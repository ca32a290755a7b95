//! Whether parts of the log hold something to read, without reading them.

use uuid::Uuid;

use super::Position;
use crate::id::AccountId;
use crate::store::xid::Xid;
use crate::store::{Result, Store};

/// What a part of the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backlog {
    Nothing,
    /// An entry that becomes readable when an older transaction has ended. No notification says when.
    HeldBack,
    /// An entry that can be read now.
    Readable,
}

/// A part of an account's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub account: AccountId,
    /// The place before its first entry.
    pub after: Position,
    /// Its last place.
    pub until: Position,
}

/// The backlog of each of these stretches, in their order.
pub async fn list_backlogs(store: &Store, stretches: &[Stretch]) -> Result<Vec<Backlog>> {
    let accounts: Vec<Uuid> = stretches.iter().map(|stretch| stretch.account.0).collect();
    let xids: Vec<Xid> = stretches.iter().map(|stretch| stretch.after.xid).collect();
    let positions: Vec<i64> = stretches.iter().map(|stretch| stretch.after.position).collect();
    let last_xids: Vec<Xid> = stretches.iter().map(|stretch| stretch.until.xid).collect();
    let last_positions: Vec<i64> = stretches.iter().map(|stretch| stretch.until.position).collect();
    let backlogs = sqlx::query_scalar!(
        r#"SELECT e.xid < pg_snapshot_xmin(pg_current_snapshot()) AS is_readable
           FROM unnest($1::uuid[], $2::xid8[], $3::bigint[], $4::xid8[], $5::bigint[]) WITH ORDINALITY
                    AS p (account_id, xid, position, last_xid, last_position, number)
           LEFT JOIN LATERAL (
               SELECT r.xid FROM completed_requests r
               WHERE r.account_id = p.account_id AND r.broadcast AND (r.xid, r.position) > (p.xid, p.position)
                 AND (r.xid, r.position) <= (p.last_xid, p.last_position)
               ORDER BY r.xid, r.position LIMIT 1) e ON true
           ORDER BY p.number"#,
        &accounts,
        &xids as _,
        &positions,
        &last_xids as _,
        &last_positions
    );
    let backlog = |is_readable: Option<bool>| match is_readable {
        None => Backlog::Nothing,
        Some(false) => Backlog::HeldBack,
        Some(true) => Backlog::Readable,
    };
    Ok(backlogs.fetch_all(store.pool()).await?.into_iter().map(backlog).collect())
}
