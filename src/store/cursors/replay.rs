//! Replays: cursors over a range of the log that ends. They are served after the live traffic of their destination.

use crate::id::{CursorId, DestinationId};
use crate::store::log::Position;
use crate::store::{Result, Tenant};

/// Sends the entries after `after` up to `until` to a destination, again or for the first time. Requests that completed while
/// Broadcast was off are left out. False: there is no such destination.
pub async fn create_replay(
    tenant: &mut Tenant,
    id: CursorId,
    destination: DestinationId,
    (after, until): (Position, Position),
) -> Result<bool> {
    let account = tenant.account().0;
    let created = sqlx::query!(
        "INSERT INTO cursors (account_id, destination_id, id, purpose, since, xid, position, until_xid, until_position)
         SELECT account_id, id, $3, 'replay', 'epoch', $4, $5, $6, $7 FROM destinations WHERE account_id = $1 AND id = $2",
        account,
        destination.0,
        id.0,
        after.xid as _,
        after.position,
        until.xid as _,
        until.position
    );
    Ok(created.execute(tenant.connection()).await?.rows_affected() > 0)
}
