//! What `tracecast demo --seed` sets in the past: nothing else in the program does. All times are the database's.

use super::{Result, Store, Tenant, partitions};
use crate::id::DestinationId;

/// Lets the account have had Broadcast on, and its destinations, for so many days.
pub async fn predate(tenant: &mut Tenant, days: i32) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query!(
        "UPDATE broadcast_periods SET started_at = started_at - make_interval(days => $2) WHERE account_id = $1 AND ended_at IS NULL",
        account,
        days
    )
    .execute(tenant.connection())
    .await?;
    sqlx::query!(
        "UPDATE destinations SET created_at = created_at - make_interval(days => $2), updated_at = updated_at - make_interval(days => $2)
         WHERE account_id = $1",
        account,
        days
    )
    .execute(tenant.connection())
    .await?;
    sqlx::query!("UPDATE cursors SET since = since - make_interval(days => $2) WHERE account_id = $1", account, days)
        .execute(tenant.connection())
        .await?;
    Ok(())
}

/// Lets the program have switched the destination off two days ago.
pub async fn switch_off(tenant: &mut Tenant, id: DestinationId) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query!(
        "UPDATE destinations SET enabled = false, switched_off_at = clock_timestamp() - interval '2 days'
         WHERE account_id = $1 AND id = $2",
        account,
        id.0
    )
    .execute(tenant.connection())
    .await?;
    Ok(())
}

/// Makes room in the log for requests of so many past days.
pub async fn create_partitions(store: &Store, days: u64) -> Result<()> {
    partitions::create_since(store, days).await
}

/// Lets the account's requests have been recorded when they completed. Places in the log stay.
pub async fn record_when_completed(tenant: &mut Tenant) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query!(
        "UPDATE completed_requests SET recorded_at = completed_at
         WHERE account_id = $1 AND completed_at < recorded_at - interval '1 minute'",
        account
    )
    .execute(tenant.connection())
    .await?;
    Ok(())
}
