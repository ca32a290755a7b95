//! Moves data into the past for `tracecast demo --seed`. Nothing else does. All times are the database's.

use super::{Result, Store, Tenant, partitions};
use crate::id::DestinationId;

/// Dates the account's Broadcast and its destinations so many days back.
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

/// Marks the destination as switched off by the program two days ago.
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

/// Creates the partitions of so many past days.
pub async fn create_partitions(store: &Store, days: u64) -> Result<()> {
    partitions::create_since(store, days).await
}

/// Dates the recording of the account's requests to their completion. Their places in the log stay.
pub async fn record_when_completed(tenant: &mut Tenant) -> Result<()> {
    let account = tenant.account().0;
    sqlx::query!(
        "UPDATE completed_requests SET recorded_at = completed_at
         WHERE account_id = $1 AND completed_at < recorded_at - interval '1 minute'",
        account
    )
    .execute(tenant.connection())
    .await?;
    sqlx::query!(
        "UPDATE request_facts SET recorded_at = completed_at
         WHERE account_id = $1 AND completed_at < recorded_at - interval '1 minute'",
        account
    )
    .execute(tenant.connection())
    .await?;
    Ok(())
}
