//! Table `destination_revisions`: a destination's settings at each revision, without secrets, to which attempts refer.

use std::time::Duration;

use crate::id::DestinationId;
use crate::store::interval::interval;
use crate::store::{Result, Store, Tenant};

/// Records the current settings under their revision.
pub(super) async fn record(tenant: &mut Tenant, id: DestinationId) -> Result<()> {
    let account = tenant.account().0;
    let record = sqlx::query!(
        "INSERT INTO destination_revisions (account_id, destination_id, revision, kind, privacy_mode, settings, masked, target,
                                            selection, redaction)
         SELECT account_id, id, revision, kind, privacy_mode, settings, masked, target, selection, redaction FROM destinations
         WHERE account_id = $1 AND id = $2",
        account,
        id.0
    );
    record.execute(tenant.connection()).await?;
    Ok(())
}

/// Deletes settings that no attempt refers to any more: those that were replaced before the retention. They are kept for a day
/// longer, because attempts are deleted by the day.
pub async fn delete_superseded(store: &Store, retention: Duration) -> Result<()> {
    let delete = sqlx::query!(
        "DELETE FROM destination_revisions r
         WHERE EXISTS (SELECT FROM destination_revisions n
                       WHERE n.account_id = r.account_id AND n.destination_id = r.destination_id AND n.revision > r.revision
                         AND n.created_at < clock_timestamp() - $1::interval - interval '1 day')",
        interval(retention)
    );
    delete.execute(store.pool()).await?;
    Ok(())
}
