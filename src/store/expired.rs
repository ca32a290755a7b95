//! Tables `expired_requests` and `expiries`: what left the log before it was sent, by name and by destination. They are written when a
//! partition is dropped.

use std::collections::HashSet;
use std::time::Duration;

use super::interval::interval;
use super::log::{self, NamedEntry};
use super::xid::Xid;
use super::{Result, Store, Tenant};
use crate::completed_request::GenerationId;

/// The account's requests of these names, in no order: those in the log, and those that expired before they were sent.
pub async fn list_named(tenant: &mut Tenant, ids: &[GenerationId]) -> Result<Vec<NamedEntry>> {
    let mut entries = log::list_named(tenant, ids).await?;
    if entries.len() < ids.len() {
        let known: HashSet<String> = entries.iter().map(|entry| entry.generation_id.clone()).collect();
        let expired = list_expired(tenant, ids).await?.into_iter();
        entries.extend(expired.filter(|entry| !known.contains(&entry.generation_id)));
    }
    Ok(entries)
}

async fn list_expired(tenant: &mut Tenant, ids: &[GenerationId]) -> Result<Vec<NamedEntry>> {
    let account = tenant.account().0;
    let names: Vec<&str> = ids.iter().map(GenerationId::as_str).collect();
    let entries = sqlx::query_as!(
        NamedEntry,
        r#"SELECT generation_id, xid AS "xid: Xid", position, recorded_at, completed_at, true AS "broadcast!"
           FROM expired_requests WHERE account_id = $1 AND generation_id = ANY ($2)"#,
        account,
        &names as _
    );
    Ok(entries.fetch_all(tenant.connection()).await?)
}

/// Deletes what expired longer ago than the retention.
pub async fn delete_old(store: &Store, retention: Duration) -> Result<()> {
    sqlx::query!(
        "WITH names AS (DELETE FROM expired_requests WHERE recorded_at < clock_timestamp() - 2 * $1::interval)
         DELETE FROM expiries WHERE expired_at < clock_timestamp() - $1::interval",
        interval(retention)
    )
    .execute(store.pool())
    .await?;
    Ok(())
}
