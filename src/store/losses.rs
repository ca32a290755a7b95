//! Table `losses`: completed requests that could not be recorded (spec 4.1, 4.2).

use std::time::Duration;

use uuid::Uuid;

use super::interval::interval;
use super::{Result, Store, Tenant};
use crate::id::AccountId;

/// The id that makes recording a loss twice harmless, its account, and the number of lost requests.
pub type Loss = (Uuid, AccountId, u64);

/// Records losses. One whose id is there already changes nothing.
pub async fn record(store: &Store, losses: &[Loss]) -> Result<()> {
    let ids: Vec<Uuid> = losses.iter().map(|(id, ..)| *id).collect();
    let accounts: Vec<Uuid> = losses.iter().map(|(_, account, _)| account.0).collect();
    let requests: Vec<i64> = losses.iter().map(|(.., lost)| i64::try_from(*lost).unwrap_or(i64::MAX)).collect();
    sqlx::query!(
        "INSERT INTO losses (account_id, id, requests)
         SELECT l.account_id, l.id, l.requests
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS l (id, account_id, requests)
         JOIN accounts a ON a.id = l.account_id
         ON CONFLICT DO NOTHING",
        &ids,
        &accounts,
        &requests
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// The account's requests that were lost within this time.
pub async fn count(tenant: &mut Tenant, within: Duration) -> Result<i64> {
    let account = tenant.account().0;
    let count = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(requests), 0)::bigint AS "count!" FROM losses
           WHERE account_id = $1 AND told_at > clock_timestamp() - $2::interval"#,
        account,
        interval(within)
    );
    Ok(count.fetch_one(tenant.connection()).await?)
}

/// Deletes losses older than the retention.
pub async fn delete_expired(store: &Store, retention: Duration) -> Result<()> {
    sqlx::query!("DELETE FROM losses WHERE told_at < clock_timestamp() - $1::interval", interval(retention))
        .execute(store.pool())
        .await?;
    Ok(())
}
